"""The file itself, before its format is known."""

from __future__ import annotations

from pathlib import Path

from bosonpeak.datasets.adapters.raw_spectra import MAXIMUM_BYTES
from bosonpeak.datasets.errors import ForeignInputError

_HEAD = 4096


def existing_file(path: Path, expected: str) -> Path:
    """Return the path if a file of a size that can be read is there.

    Parameters
    ----------
    path : Path
    expected : str
        Formats that are read, for messages.

    Raises
    ------
    ForeignInputError
        If it is missing, a directory, empty, or larger than foreign input may be.
    """
    if not path.is_file():
        raise ForeignInputError(
            "the file does not exist" if not path.exists() else "the path is no file",
            expected=expected,
            got="a directory" if path.is_dir() else "nothing of that name",
            where=str(path),
        )
    size = path.stat().st_size
    if not 0 < size <= MAXIMUM_BYTES:
        raise ForeignInputError(
            "the file is too large" if size else "the file is empty",
            expected=f"1 to {MAXIMUM_BYTES:,} bytes",
            got=f"{size:,} bytes",
            where=str(path),
            likely_cause="more in it than is asked for: store that alone" if size else "an interrupted copy",
        )
    return path


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, by which its format is recognised.

    Raises
    ------
    ForeignInputError
        If it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read(_HEAD)
    except OSError as error:
        raise ForeignInputError(
            "the file could not be read", got=error.strerror or str(error), where=str(path)
        ) from error
