"""The list at the end of a zip archive, looked at before it is read into memory."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from bosonpeak.datasets.errors import ForeignInputError

LARGEST_DIRECTORY = 1 << 24
"""Bytes of the list of members: a hundred thousand names of a hundred letters."""

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
"""What Python's reader of zip archives raises on bytes that are none."""

_TAIL = 65_535 + 22 + 20 + 56
"""The last records of an archive, and the longest comment that may follow them."""

_END, _LOCATOR, _END_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"


def require_small_directory(path: Path) -> None:
    """Refuse a zip archive whose list of members is larger than any that is read here.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ForeignInputError
        If the list declares more than `LARGEST_DIRECTORY`; an archive without one is left to its reader.
    """
    with open(path, "rb") as stream:
        stream.seek(-min(_TAIL, path.stat().st_size), 2)
        declared = _declared(stream.read())
    if declared > LARGEST_DIRECTORY:
        raise ForeignInputError(
            "the list of the archive's members is too large",
            expected=f"at most {LARGEST_DIRECTORY:,} bytes",
            got=f"{declared:,} bytes",
            where=str(path),
            done="nothing was unpacked",
        )


def _declared(tail: bytes) -> int:
    """Size of the list in bytes, as the last records of the archive give it; 0 without such records."""
    end = tail.rfind(_END)
    if end < 0 or end + 16 > len(tail):
        return 0
    (size,) = struct.unpack_from("<L", tail, end + 12)
    record = end - 20 - 56
    if record >= 0 and tail[end - 20 : end - 16] == _LOCATOR and tail[record : record + 4] == _END_64:
        (size,) = struct.unpack_from("<Q", tail, record + 40)
    return int(size)
