"""Resource limits for reading untrusted files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Resource limits for reading a single submission."""

    memory: int = 4 << 30  # bytes of address space of the reading process
    seconds: float = 120.0  # from start to last answer
    unpacked: int = 1 << 31  # bytes that an archive may unpack to
    harmless: int = 1 << 28
    ratio: int = 100  # unpacked over packed bytes, applied only above `harmless` unpacked bytes


DEFAULT_LIMITS = Limits()
