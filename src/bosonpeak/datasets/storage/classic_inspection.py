"""The header of a classic netCDF file, looked at before the netCDF library makes room for what it declares.

The layout is that of the NetCDF users' guide, appendix "File format specifications": CDF-1, CDF-2 (64-bit offsets) and
CDF-5 (64-bit counts).
"""

from __future__ import annotations

from dataclasses import dataclass

_DIMENSIONS, _VARIABLES, _ATTRIBUTES = 10, 11, 12
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
_LONGEST_NAME = 1024


@dataclass
class _Header:
    """A header, read from the start to the end."""

    data: bytes
    count_bytes: int
    offset_bytes: int
    position: int = 4

    def number(self, size: int) -> int:
        """The next number of so many bytes."""
        self.skip(size)
        return int.from_bytes(self.data[self.position - size : self.position], "big")

    def skip(self, size: int) -> None:
        """Go on by so many bytes, all of which must be there."""
        if size > len(self.data) - self.position:
            raise ValueError(f"the header goes on for {size:,} bytes where {len(self.data) - self.position:,} are left")
        self.position += size

    def name(self) -> None:
        """Pass over a name."""
        length = self.number(self.count_bytes)
        if length > _LONGEST_NAME:
            raise ValueError(f"a name of {length:,} bytes")
        self.skip(-(-length // 4) * 4)

    def elements(self, tag: int) -> int:
        """Number of elements of the list that begins here."""
        found, count = self.number(4), self.number(self.count_bytes)
        if found not in (0, tag) or (found == 0 and count):
            raise ValueError(f"a list of kind {found} where one of kind {tag} should begin")
        if count * (4 + self.count_bytes) > len(self.data) - self.position:
            raise ValueError(f"a list of {count:,} elements where {len(self.data) - self.position:,} bytes are left")
        return count

    def attributes(self) -> None:
        """Pass over a list of attributes."""
        for _ in range(self.elements(_ATTRIBUTES)):
            self.name()
            kind = self.number(4)
            if kind not in _VALUE_BYTES:
                raise ValueError(f"an attribute of type {kind}")
            self.skip(-(-self.number(self.count_bytes) * _VALUE_BYTES[kind] // 4) * 4)


def require_sound_header(data: bytes) -> None:
    """Refuse a classic netCDF file whose header declares more than its bytes could hold.

    Parameters
    ----------
    data : bytes
        The content of the file, or as much of it as holds the header.

    Raises
    ------
    ValueError
        If a list, a name or an attribute does not fit, or is of no known kind.
    """
    version = data[3]
    header = _Header(data, 8 if version == 5 else 4, 4 if version == 1 else 8)
    header.number(header.count_bytes)
    for _ in range(header.elements(_DIMENSIONS)):
        header.name()
        header.number(header.count_bytes)
    header.attributes()
    for _ in range(header.elements(_VARIABLES)):
        header.name()
        dimensions = header.number(header.count_bytes)
        header.skip(dimensions * header.count_bytes)
        header.attributes()
        header.skip(4 + header.count_bytes + header.offset_bytes)
