"""The index of a GSD file, looked at before its own package makes room for what it promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bosonpeak.datasets.errors import ForeignInputError

_HEADER = np.dtype([("magic", "<u8"), ("location", "<u8"), ("entries", "<u8")])
_ENTRY = np.dtype(
    [
        ("frame", "<u8"),
        ("rows", "<u8"),
        ("location", "<i8"),
        ("columns", "<u4"),
        ("name", "<u2"),
        ("type", "u1"),
        ("flags", "u1"),
    ]
)
_ITEM_BYTES = np.array([0, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 1])


def require_sound_index(path: Path) -> None:
    """Refuse a GSD file whose index promises more than the file holds.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ForeignInputError
        If the index, or an array that it names, does not fit into the file.
    """
    length = path.stat().st_size
    header = np.fromfile(path, dtype=_HEADER, count=1)
    if not header.size:
        raise _broken("no header", path)
    location, entries = int(header["location"][0]), int(header["entries"][0])
    if location + entries * _ENTRY.itemsize > length:
        raise _broken(f"an index of {entries:,} entries", path)
    index = np.fromfile(path, dtype=_ENTRY, count=entries, offset=location)
    index = index[index["location"] > 0]
    kinds = np.minimum(index["type"], len(_ITEM_BYTES) - 1)
    # In floating point nothing overflows.
    claimed = index["rows"].astype(np.float64) * index["columns"] * _ITEM_BYTES[kinds] + index["location"]
    if (claimed > length).any():
        worst = index[int(np.argmax(claimed))]
        raise _broken(f"an array of {int(worst['rows']):,} x {int(worst['columns']):,} numbers", path)


def _broken(got: str, path: Path) -> ForeignInputError:
    return ForeignInputError(
        "the GSD file promises more than it holds",
        expected="an index and arrays inside the file",
        got=got,
        where=str(path),
        likely_cause="a truncated file, or a header that was tampered with",
    )
