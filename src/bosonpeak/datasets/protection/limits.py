"""How much a stranger's files may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What reading one submission may take.

    Parameters
    ----------
    memory : int
        Bytes of address space of the process that reads.
    seconds : float
        From its start to its last answer.
    unpacked : int
        Bytes that an archive may unpack to.
    harmless : int
        Bytes up to which an archive may unpack to however much more than its own size.
    ratio : int
        Unpacked over packed bytes, beyond `harmless`.
    """

    memory: int = 8 << 30
    seconds: float = 600.0
    unpacked: int = 1 << 31
    harmless: int = 1 << 28
    ratio: int = 100


DEFAULT_LIMITS = Limits()
