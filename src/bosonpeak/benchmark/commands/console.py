"""Shared parts of the commands: report console, termination signals as errors, limits on untrusted files."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console

from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits

NO_COLOUR_VARIABLE = "NO_COLOR"
QUIET_VARIABLE = "BOSONPEAK_QUIET"


class ReportConsole(Console):
    """Console that becomes silent when its reader has gone, so that the exit code still gives the verdict."""

    def __init__(self) -> None:
        super().__init__(color_system=None if os.environ.get(NO_COLOUR_VARIABLE) else "auto")

    def on_broken_pipe(self) -> None:
        """Redirect the remaining output to the null device instead of ending the process."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()


def is_quiet() -> bool:
    """Return whether the user disabled progress messages."""
    return os.environ.get(QUIET_VARIABLE, "") not in ("", "0")


def note(text: str) -> None:
    """Print a message on standard error, unless the user wants quiet."""
    if not is_quiet():
        print(text, file=sys.stderr)


def say(text: str) -> None:
    """Print a text without markup and wrapping, its control characters made visible."""
    from rich.text import Text

    from bosonpeak.benchmark.report.words.wording import printable

    ReportConsole().print(Text(printable(text)), soft_wrap=True)


class Terminated(BaseException):
    """Raised when the process receives a termination signal."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(signal.Signals(signal_number).name)


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Raise `Terminated` in the block at a termination signal, unless another handler is installed."""
    # The default action ends the process at once and leaves gigabytes of temporary files; only the main thread may
    # handle signals.
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def end(signal_number: int, _frame: Any) -> None:
        for number in taken:
            signal.signal(number, signal.SIG_IGN)  # a second signal must not interrupt the cleanup
        raise Terminated(signal_number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


_GIGABYTE = 1 << 30

TrustFiles = Annotated[
    bool,
    typer.Option("--trust-files", help="Read untrusted files in this process instead of a sandboxed one."),
]
MemoryLimit = Annotated[float, typer.Option(metavar="GIB", help="Memory limit of the reading process.")]
TimeLimit = Annotated[float, typer.Option(metavar="SECONDS", help="Time limit for all reading.")]
UnpackLimit = Annotated[
    float | None,
    typer.Option(
        metavar="GIB", help="Largest unpacked size of an archive.", show_default="2, or a compression of 100 to 1"
    ),
]

MEMORY, TIME = DEFAULT_LIMITS.memory / _GIGABYTE, DEFAULT_LIMITS.seconds


def limits_of(memory: float, time: float, unpack: float | None) -> Limits:
    """Limits requested by the user; an explicit unpacking limit also lifts the limit on the compression ratio."""
    if not (0.25 <= memory <= 1e6 and 1.0 <= time <= 1e8 and (unpack is None or 0 < unpack <= 1e6)):
        raise typer.BadParameter("limits must be positive: at least 0.25 GiB of memory and 1 second")
    if unpack is None:
        return Limits(memory=int(memory * _GIGABYTE), seconds=time)
    size = int(unpack * _GIGABYTE)
    return Limits(memory=int(memory * _GIGABYTE), seconds=time, unpacked=size, harmless=size)
