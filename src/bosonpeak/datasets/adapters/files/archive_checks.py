"""Safety checks of tar headers and member names before Python's tarfile reads an untrusted archive (CVE-2024-6232)."""

from __future__ import annotations

import re
import tarfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.plain_text import is_file_name_everywhere

LARGEST_HEADER = 1 << 14
"""Bytes that a header of a tar archive may have; long names take some hundreds."""

_BLOCK = 512
_PAX = (b"x", b"g", b"X")
_LONG_NAMES = (b"L", b"K")
_RECORD = re.compile(rb"([1-9][0-9]{0,4}) ([!-<>-~][ -<>-~]{0,254})=")
_MANY_DIGITS = re.compile(rb"[0-9]{128}")
_MOVES = (b"size", b"GNU.sparse.", b"hdrcharset")
"""Keywords that move or describe contents in ways that files below two gigabytes do not need."""


def require_plain_headers(stream: IO[bytes], source: Path, most: int) -> None:
    """Reject a tar stream with large, damaged or displacing headers, or with more than ``most`` members can have."""
    for _ in range(3 * most):
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK or not any(block):
            return
        if not _is_header(block):
            return  # tarfile reports the fault
        size = _size(block, source)
        kind = block[156:157]
        if kind in (*_PAX, *_LONG_NAMES):
            if size > LARGEST_HEADER:
                raise _refused(f"a header of {size:,} bytes", source)
            content = stream.read(-(-size // _BLOCK) * _BLOCK)
            if kind in _PAX:
                _require_records(content[:size], source)
        else:
            # Links, folders and devices have no contents, whatever size the header states.
            stream.seek(-(-size // _BLOCK) * _BLOCK if kind in tarfile.REGULAR_TYPES else 0, 1)
    raise _refused(f"more than {3 * most:,} headers", source)


def _is_header(block: bytes) -> bool:
    """Test whether tarfile accepts a block as a header, that is, whether its checksum is right."""
    try:
        return tarfile.nti(block[148:156]) in tarfile.calc_chksums(block)  # type: ignore[attr-defined]
    except tarfile.HeaderError:
        return False


def _size(block: bytes, source: Path) -> int:
    field = block[124:136]
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]{0,11}", digits):
        raise _refused(f"a size of {field!r}", source)
    return int(digits or b"0", 8)


def _require_records(content: bytes, source: Path) -> None:
    position = 0
    if _MANY_DIGITS.search(content):
        raise _refused("a number of more than a hundred digits", source)
    while position < len(content):
        found = _RECORD.match(content, position)
        end = position + int(found[1]) if found else 0
        if not found or not found.end() < end <= len(content) or content[end - 1 : end] != b"\n":
            raise _refused("a damaged PAX record", source)
        if found[2].startswith(_MOVES):
            raise _refused(f"a PAX record {found[2][:40].decode()}", source)
        position = end


def _refused(got: str, source: Path) -> ForeignInputError:
    return ForeignInputError(
        "unsupported header in the tar archive",
        expected=f"headers as tar writes them for plain files, up to {LARGEST_HEADER:,} bytes",
        got=got,
        where=str(source),
        done="nothing was unpacked",
    )


LONGEST_NAME = 1024
"""Bytes of a member's whole name; a run with a folder an ensemble needs a tenth of it."""

LONGEST_PART = 255
"""Bytes of one part of a name, which is what file systems take."""

DEEPEST = 16
"""Parts of a name; a run, an ensemble, a sample and a file make four."""

_MARKUP = "<>"
_ELSEWHERE = '\\:"|?*'
"""Characters that mean a drive, a stream or a separator on some system, or that it does not take in a name."""

_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")


def plain_parts(name: str, where: str) -> tuple[str, ...]:
    """Parts of a member name that stays below its target folder on any system; empty for the folder itself."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    fault = _fault(name, parts)
    if fault:
        raise ForeignInputError(
            "an archive member has an unsafe name",
            expected="a relative path of plain names",
            got=f"{name[:80]!a}: {fault}",
            where=where,
            done="nothing was unpacked",
        )
    return parts


def require_plain_file_name(name: str, where: str) -> None:
    """Reject a file name with markup or unprintable characters, which is unsafe to print in a report."""
    # Bytes that are not UTF-8 appear as surrogates; they are replaced when names are printed.
    shown = name.encode("utf-8", "replace").decode()
    fault = _unprintable(shown) or _holds(shown, _MARKUP)
    if fault:
        raise ForeignInputError(
            "the file name is not plain text",
            expected="a name without <, > and invisible characters",
            got=f"{name[:80]!a}: {fault}",
            where=ascii(where)[1:-1],
            done="it was not read",
        )


@dataclass
class DistinctNames:
    """Accepted member names, distinct on any system, whatever its case sensitivity and composition of accents."""

    _spelled: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    _files: set[tuple[str, ...]] = field(default_factory=set)

    def add(self, parts: tuple[str, ...], *, is_folder: bool, where: str) -> None:
        """Add a name; `ForeignInputError` if its file exists, a part is spelled differently, or a part is a file."""
        folded = tuple(unicodedata.normalize("NFC", part).casefold() for part in parts)
        for length in range(1, len(parts) + 1):
            key, spelled = folded[:length], parts[:length]
            is_file = length == len(parts) and not is_folder
            taken = self._spelled.get(key)
            if taken is not None and (is_file or taken != spelled or key in self._files):
                raise ForeignInputError(
                    "two archive members have the same name",
                    expected="names that differ in more than case, and no file inside a file",
                    got=f"{'/'.join(taken)!a} and {'/'.join(parts)!a}",
                    where=where,
                    done="nothing was unpacked",
                )
            self._spelled[key] = spelled
            if is_file:
                self._files.add(key)


def _fault(name: str, parts: tuple[str, ...]) -> str:
    if name.startswith("/"):
        return "absolute"
    if ".." in parts:
        return "it leads to a parent folder"
    if unprintable := _unprintable(name) or _holds(name, _MARKUP + _ELSEWHERE):
        return unprintable
    if len(name.encode()) > LONGEST_NAME or any(len(part.encode()) > LONGEST_PART for part in parts):
        return "too long"
    if len(parts) > DEEPEST:
        return f"more than {DEEPEST} parts"
    if any(part.startswith(" ") or not is_file_name_everywhere(part) for part in parts):
        return "a part begins or ends with a blank, ends with a point, or names a device on some system"
    return ""


def _unprintable(name: str) -> str:
    found = next((character for character in name if unicodedata.category(character) in _INVISIBLE), "")
    return f"it contains U+{ord(found):04X}" if found else ""


def _holds(name: str, characters: str) -> str:
    found = next((character for character in name if character in characters), "")
    return f"it contains {found}" if found else ""
