"""Options of all commands that read untrusted files."""

from __future__ import annotations

from typing import Annotated

import typer

from bosonpeak.datasets.protection.limits import DEFAULT_LIMITS, Limits

_GIGABYTE = 1 << 30

TrustFiles = Annotated[
    bool,
    typer.Option(
        "--trust-files", help="Read the files in this process, with all its rights, and not in one that is locked in."
    ),
]
MemoryLimit = Annotated[float, typer.Option(metavar="GIB", help="Memory of the process that reads.")]
TimeLimit = Annotated[float, typer.Option(metavar="SECONDS", help="Time that all reading may take.")]
UnpackLimit = Annotated[
    float | None,
    typer.Option(
        metavar="GIB", help="What an archive may unpack to, however small it is.", show_default="2, or 100 to 1"
    ),
]

MEMORY, TIME = DEFAULT_LIMITS.memory / _GIGABYTE, DEFAULT_LIMITS.seconds


def limits_of(memory: float, time: float, unpack: float | None) -> Limits:
    """Limits requested by the user; an explicit unpacking limit also lifts the limit on the compression ratio."""
    if not (0.25 <= memory <= 1e6 and 1.0 <= time <= 1e8 and (unpack is None or 0 < unpack <= 1e6)):
        raise typer.BadParameter("limits are positive numbers; at least 0.25 GiB of memory, and a second")
    if unpack is None:
        return Limits(memory=int(memory * _GIGABYTE), seconds=time)
    size = int(unpack * _GIGABYTE)
    return Limits(memory=int(memory * _GIGABYTE), seconds=time, unpacked=size, harmless=size)
