"""Unpacking of untrusted archives into a temporary folder; every member is checked before any byte is written."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from bosonpeak.datasets.adapters.files.archive_checks import (
    LARGEST_HEADER,
    DistinctNames,
    plain_parts,
    require_plain_headers,
)
from bosonpeak.datasets.adapters.files.foreign_file import existing_file, head_of
from bosonpeak.datasets.adapters.files.numpy_archive import ZIP_FAILURES
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits
from bosonpeak.datasets.storage.scratch_folder import scratch_folder

MAXIMUM_FILES = 50_000
"""Members: fifty files per sample for a thousand samples."""

CONTENT = "content"
"""Folder that archives are unpacked into."""

_XZ_MEMORY = 1 << 28
"""Bytes that a compressed file may ask for to be unpacked; ``xz -9`` needs a quarter of it."""

_CHUNK = 1 << 20
_BLOCK = 512
_KNOWN = "zip, tar, tar.gz or tar.xz"
_UNREAD = ((b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"))

_FAILURES = (*ZIP_FAILURES, tarfile.TarError, lzma.LZMAError)
"""Errors of the archive readers on bytes that are not an archive."""


@dataclass(frozen=True)
class _Member:
    """Entry of an archive, of a type that may be unpacked."""

    name: str
    is_folder: bool
    size: int
    open: Callable[[], IO[bytes]]


@contextlib.contextmanager
def unpacked(path: str | os.PathLike[str], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Path]:
    """Give the content of an archive as a folder, for as long as the block runs.

    A zip archive or a tar archive (plain, gzip or xz) is recognised by content and unpacked into a temporary folder,
    which is removed at the end of the block, even after an error. A folder, or a file that is not an archive (such as
    an ``.npz`` of arrays), is returned unchanged.

    Parameters
    ----------
    path : path-like
    limits : Limits
        Limits of the unpacked size.

    Yields
    ------
    Path
        A folder, or the file itself.

    Raises
    ------
    ForeignInputError
        If the archive is damaged; a member is a link, a device, sparse or encrypted, or has a name that leads
        out of the folder, is unsafe, or is repeated; or the content exceeds `limits` or `MAXIMUM_FILES`.

    Examples
    --------
    The folder is removed with the block.

    >>> import tempfile
    >>> import zipfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     packed = Path(folder) / "run.zip"
    ...     with zipfile.ZipFile(packed, "w") as archive:
    ...         archive.writestr("frequencies.txt", "0.5 1.0 1.5")
    ...     with unpacked(packed) as content:
    ...         [file.name for file in content.iterdir()]
    ['frequencies.txt']
    >>> content.exists()
    False
    """
    source = file_path(path)
    if not may_be_packed(source):
        yield source
        return
    with scratch_folder() as scratch:
        yield scratch / CONTENT if unpack(source, scratch, limits) else source


def may_be_packed(source: Path) -> bool:
    """Test whether a path is a file with an archive signature; `ForeignInputError` if missing or unsupported."""
    if source.is_dir():
        return False
    return bool(_form(existing_file(source, f"a folder, a file, or an archive ({_KNOWN})")))


def unpack(source: Path, scratch: Path, limits: Limits) -> bool:
    """Unpack an archive into the subfolder `CONTENT` of ``scratch``; return False for an ``.npz`` of arrays."""
    form = _form(source)
    if form == "zip" and _holds_arrays_only(source):
        return False
    content = scratch / CONTENT
    content.mkdir()
    try:
        _unpack(source, form, content, scratch / "archive.tar", limits)
    except _FAILURES as error:
        raise _damaged(source, f"{type(error).__name__}: {error}"[:200]) from error
    return True


def sole_folder(folder: Path) -> Path | None:
    """Return the only visible entry of a folder if it is a folder itself, as in an archive of a folder; else None."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".") and entry.name != "__MACOSX"]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink() else None


def _form(file: Path) -> str:
    """Archive type ``"zip"``, ``"tar"``, ``"gzip"`` or ``"xz"``; empty if the file is not an archive."""
    head = head_of(file)
    unread = next((name for magic, name in _UNREAD if head.startswith(magic) and b"\0" in head), "")
    if unread:
        raise ForeignInputError(
            "unsupported kind of archive",
            expected=_KNOWN,
            got=unread,
            where=str(file),
            likely_cause="unpack it, and give the folder",
        )
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    return "tar" if head[257:262] == b"ustar" else ""


def _holds_arrays_only(file: Path) -> bool:
    """Test whether a zip archive is an ``.npz``: only arrays, none in a folder."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except _FAILURES:
        return False
    return bool(names) and all(name.endswith(".npy") and "/" not in name for name in names)


def _unpack(source: Path, form: str, content: Path, scratch: Path, limits: Limits) -> None:
    if form == "zip":
        with zipfile.ZipFile(source) as archive:
            _write_all(_zip_members(archive, source), content, source, limits)
        return
    if form == "tar":
        with open(source, "rb") as stream:
            _unpack_tar(stream, content, source, limits)
        return
    with open(source, "rb") as packed, open(scratch, "x+b") as stream:
        chunks = _gzip_chunks(packed) if form == "gzip" else _xz_chunks(packed)
        size = 0
        for chunk in chunks:
            size += len(chunk)
            _require_size(size, source, limits)
            stream.write(chunk)
        stream.seek(0)
        _unpack_tar(stream, content, source, limits)
    scratch.unlink()


def _unpack_tar(stream: IO[bytes], content: Path, source: Path, limits: Limits) -> None:
    require_plain_headers(stream, source, MAXIMUM_FILES)
    stream.seek(0)
    capped = _CappedReads(stream)
    with tarfile.open(fileobj=capped, mode="r:") as archive:
        members = _tar_members(archive, stream, source)
        capped.largest = _CHUNK  # from here on member contents are read, not headers
        _write_all(members, content, source, limits)


class _CappedReads(io.RawIOBase):
    """File wrapper with a limit on each read, because a tar header can claim any length for its records."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.largest = LARGEST_HEADER

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= self.largest:
            raise tarfile.ReadError(f"a header that claims {size:,} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def _gzip_chunks(packed: IO[bytes]) -> Iterator[bytes]:
    with gzip.open(packed, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _xz_chunks(packed: IO[bytes]) -> Iterator[bytes]:
    reader = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    while not reader.eof:
        data = packed.read(_CHUNK) if reader.needs_input else b""
        if reader.needs_input and not data:
            raise EOFError("the compressed data end too early")
        yield reader.decompress(data, _CHUNK)


def _zip_members(archive: zipfile.ZipFile, source: Path) -> list[_Member]:
    found = []
    for entry in archive.infolist():
        # zipfile truncates filename at a NUL; orig_filename keeps the full name.
        name, kind = entry.orig_filename, stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(
                "an archive member is not a file", "files and folders", f"{name!a}: a link or a device", source
            )
        if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            got = "encrypted" if entry.flag_bits & 1 else f"method {entry.compress_type}"
            raise _refused(
                "an archive member is compressed by an unsupported method",
                "stored or deflated",
                f"{name!a}: {got}",
                source,
            )
        found.append(_Member(name, name.endswith("/"), entry.file_size, partial(archive.open, entry)))
    return found


def _tar_members(archive: tarfile.TarFile, stream: IO[bytes], source: Path) -> list[_Member]:
    length = os.fstat(stream.fileno()).st_size
    found: list[_Member] = []
    end = 0
    while (entry := archive.next()) is not None:
        if len(found) >= MAXIMUM_FILES:
            raise _too_many(source)
        if entry.issparse() or not (entry.isreg() or entry.isdir()):
            kind = "sparse" if entry.issparse() else "a link or a device"
            raise _refused("an archive member is not a file", "files and folders", f"{entry.name!a}: {kind}", source)
        size = 0 if entry.isdir() else entry.size
        if entry.offset < end or size < 0 or entry.offset_data + size > length:
            raise _damaged(source, f"{entry.name[:80]!a} claims {entry.size:,} bytes")
        end = entry.offset_data + -(-size // _BLOCK) * _BLOCK
        found.append(_Member(entry.name, entry.isdir(), size, partial(_opened, archive, entry)))
    stream.seek(end)
    if stream.read(_BLOCK) != bytes(_BLOCK):
        raise _damaged(source, "no end of the archive")
    return found


def _opened(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    stream = archive.extractfile(entry)
    assert stream is not None
    return stream


def _write_all(members: Sequence[_Member], content: Path, source: Path, limits: Limits) -> None:
    """Check all member names and sizes, then write the files."""
    if len(members) > MAXIMUM_FILES:
        raise _too_many(source)
    _require_size(sum(member.size for member in members), source, limits)
    names = DistinctNames()
    places = []
    for member in members:
        parts = plain_parts(member.name, str(source))
        if not (parts or member.is_folder):
            raise _refused("an archive member has no name", "a name", ascii(member.name), source)
        names.add(parts, is_folder=member.is_folder, where=str(source))
        places.append(content.joinpath(*parts))
    for member, place in zip(members, places, strict=True):
        (place if member.is_folder else place.parent).mkdir(parents=True, exist_ok=True)
        if not member.is_folder:
            _write(member, place, source)


def _write(member: _Member, place: Path, source: Path) -> None:
    written = 0
    with member.open() as packed, open(place, "xb") as stream:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > member.size:
                break
            stream.write(chunk)
    if written != member.size:
        raise _damaged(source, f"{member.name[:80]!a} does not hold the {member.size:,} bytes that it claims")


def _require_size(unpacked_bytes: int, source: Path, limits: Limits) -> None:
    if unpacked_bytes > limits.unpacked:
        raise _refused(
            "the archive unpacks to too much",
            f"at most {limits.unpacked:,} bytes, a limit that can be raised",
            f"{unpacked_bytes:,} or more",
            source,
        )
    packed_bytes = source.stat().st_size
    if unpacked_bytes > limits.harmless and unpacked_bytes > limits.ratio * packed_bytes:
        raise _refused(
            "the archive unpacks to far more than its size",
            f"at most {limits.ratio} to 1 beyond {limits.harmless:,} bytes, a limit that can be raised",
            f"{unpacked_bytes:,} bytes or more, from {packed_bytes:,}",
            source,
        )


def _too_many(source: Path) -> ForeignInputError:
    return _refused("the archive has too many members", f"at most {MAXIMUM_FILES:,}", "more", source)


def _refused(what: str, expected: str, got: str, source: Path) -> ForeignInputError:
    return ForeignInputError(what, expected=expected, got=got, where=str(source), done="nothing was unpacked")


def _damaged(source: Path, got: str) -> ForeignInputError:
    return ForeignInputError(
        "the archive is damaged, or not an archive",
        expected=_KNOWN,
        got=got,
        where=str(source),
        likely_cause="an interrupted copy or download, or a single file packed without tar",
        done="unpacked parts were removed",
    )
