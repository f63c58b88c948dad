"""Safe reading of untrusted ``.npz`` archives and ``.npy`` arrays: no pickles, no decompression bombs."""

from __future__ import annotations

import math
import stat
import struct
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.files.foreign_file import MAXIMUM_BYTES, natural_order
from bosonpeak.datasets.errors import ForeignInputError

ZIP_FAILURES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
"""Exceptions of Python's zip reader for damaged archives."""

_MAXIMUM_MEMBERS = 100_000
_MOST_DIMENSIONS = 32
_VERSIONS = ((1, 0), (2, 0), (3, 0))
_LONGEST = 2**62

_HEADER_FAILURES = (
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    RecursionError,
    MemoryError,
    EOFError,
    tokenize.TokenError,
)
"""Errors of NumPy, and of its use of Python's parser, on invalid headers."""
_MAXIMUM_RATIO = 1032
"""Deflate cannot compress further than this."""


def read_archive(path: Path) -> dict[str, NDArray[Any]]:
    """Read the arrays of a checked ``.npz`` archive, in natural order of names (``arr_2`` before ``arr_10``)."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _checked_members(archive, path)
            return {name: _read_array(archive, members[name], path) for name in sorted(members, key=natural_order)}
    except ZIP_FAILURES as error:
        raise ForeignInputError(
            "the .npz archive is damaged",
            expected="a zip archive written by numpy.savez",
            got=f"{type(error).__name__}: {error}",
            where=str(path),
            likely_cause="an interrupted copy or download",
        ) from error


def read_array_file(path: Path) -> NDArray[Any]:
    """Read an ``.npy`` file; `ForeignInputError` if it is damaged, malicious, or contains pickled objects."""
    with open(path, "rb") as stream:
        return _parse(stream, path.stat().st_size, str(path))


def _checked_members(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    members = archive.infolist()
    if not 0 < len(members) <= _MAXIMUM_MEMBERS:
        raise _refused("the archive has too many members, or none", f"1 to {_MAXIMUM_MEMBERS:,}", len(members), path)
    total = sum(member.file_size for member in members)
    if total > MAXIMUM_BYTES:
        raise _refused("the archive unpacks to too much", f"at most {MAXIMUM_BYTES:,} bytes", f"{total:,} bytes", path)
    checked: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        name = member.filename
        where = f"{path}, member {name!r}"
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/") or "\\" in name or ":" in name:
            raise _refused("an archive member has an unsafe name", "a plain array name", repr(name), where)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _refused("an archive member is a link", "an array", repr(name), where)
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(
                "an archive member is encrypted, or compressed by an unsupported method",
                "stored or deflated, as by numpy.savez",
                f"method {member.compress_type}",
                where,
            )
        if member.file_size > _MAXIMUM_RATIO * max(member.compress_size, 1):
            raise _refused(
                "an archive member claims an impossible compression",
                f"at most {_MAXIMUM_RATIO} to 1",
                f"{member.file_size:,} bytes from {member.compress_size:,}",
                where,
            )
        key = name.removesuffix(".npy")
        if key in checked:
            raise _refused("two archive members have the same name", "distinct names", repr(key), where)
        checked[key] = member
    return checked


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    with archive.open(member) as stream:
        return _parse(stream, member.file_size, f"{path}, array {member.filename.removesuffix('.npy')!r}")


def _parse(stream: IO[bytes], available: int, where: str) -> NDArray[Any]:
    """Read the header, compare its declared size with the remaining bytes, and only then read the data."""
    try:
        version = npy.read_magic(stream)  # type: ignore[no-untyped-call,unused-ignore]
        if version not in _VERSIONS:
            raise ValueError(f"version {version} of the format")
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with warnings.catch_warnings():
            # NumPy warns of files written by Python 2; an untrusted file could trigger this warning at will.
            warnings.simplefilter("ignore", UserWarning)
            shape, fortran_order, dtype = reader(stream, max_header_size=10_000)  # type: ignore[no-untyped-call,unused-ignore]
    except _HEADER_FAILURES as error:
        raise ForeignInputError(
            "not a NumPy array",
            expected="the .npy format",
            got=str(error).splitlines()[0] if str(error) else type(error).__name__,
            where=where,
            likely_cause="a damaged file, or an archive that numpy.savez did not write",
        ) from error
    if dtype.hasobject:
        raise ForeignInputError(
            "the array holds Python objects",
            expected="numbers",
            got=f"dtype {dtype}",
            where=where,
            likely_cause="arrays of different lengths in one object array; save one array per sample instead",
            done="refused: unpickling objects from a file can run any program",
        )
    _require_sound_shape(shape, dtype, where)
    declared = dtype.itemsize * math.prod(shape)
    following = available - stream.tell()
    if declared != following:
        raise ForeignInputError(
            "the header of the array does not fit its data",
            expected=f"{declared:,} bytes for shape {shape} of {dtype}",
            got=f"{following:,} bytes",
            where=where,
            likely_cause="a truncated file, or a header that was tampered with",
        )
    data = stream.read()
    if len(data) != declared:
        raise EOFError(f"{len(data):,} of {declared:,} bytes")
    array = np.frombuffer(data, dtype=dtype) if declared else np.empty(0, dtype=dtype)
    return array.reshape(shape, order="F" if fortran_order else "C")


def _require_sound_shape(shape: tuple[int, ...], dtype: np.dtype[Any], where: str) -> None:
    lengths = all(type(length) is int and 0 <= length < _LONGEST for length in shape)
    if not lengths or len(shape) > _MOST_DIMENSIONS or dtype.itemsize == 0 or dtype.subdtype is not None:
        raise ForeignInputError(
            "invalid header of the array",
            expected=f"up to {_MOST_DIMENSIONS} lengths, none negative, and a type of nonzero size",
            got=f"shape {str(shape)[:80]} of {dtype}"[:160],
            where=where,
            likely_cause="a damaged file, or a header that was tampered with",
        )


def _refused(what: str, expected: str, got: object, where: object) -> ForeignInputError:
    return ForeignInputError(what, expected=expected, got=str(got), where=str(where), done="nothing was unpacked")
