"""Resource limits for reading untrusted files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Resource limits for reading a single submission.

    `memory`: bytes of address space of the reading process; `seconds`: from start to last answer; `unpacked`: bytes
    that an archive may unpack to; `ratio`: unpacked over packed bytes, applied only above `harmless` unpacked bytes.
    """

    memory: int = 8 << 30
    seconds: float = 600.0
    unpacked: int = 1 << 31
    harmless: int = 1 << 28
    ratio: int = 100


DEFAULT_LIMITS = Limits()
