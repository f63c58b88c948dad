"""Safety checks of tar headers before Python's tarfile module reads them.

Long member descriptions (PAX records, GNU long names) pass through regular expressions that take quadratic time in
older Python versions (CVE-2024-6232), and can move the position at which the next header is expected.
"""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import IO

from bosonpeak.datasets.errors import ForeignInputError

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
    """Reject a tar archive with unusual headers; the unpacked stream is read from its current position.

    Raises `ForeignInputError` if a header exceeds `LARGEST_HEADER`, is damaged, or moves the contents, or if there are
    more headers than ``most`` members can have.
    """
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
        "the tar archive has a header that is not read",
        expected=f"headers as tar writes them for plain files, up to {LARGEST_HEADER:,} bytes",
        got=got,
        where=str(source),
        done="nothing was unpacked",
    )
