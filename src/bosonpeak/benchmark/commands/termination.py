"""A termination signal ends a command like an error: what lies in temporary places is removed on the way out."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class Terminated(BaseException):
    """The process was asked to end.

    Parameters
    ----------
    signal_number : int
    """

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(signal.Signals(signal_number).name)


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Raise `Terminated` in the block at a termination signal, unless somebody else takes it already.

    By default the system ends the process on the spot, and gigabytes that were unpacked stay for ever. Only the main
    thread may handle signals: elsewhere nothing is changed.

    Yields
    ------
    None
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]

    def end(signal_number: int, _frame: Any) -> None:
        for number in taken:
            signal.signal(number, signal.SIG_IGN)  # a second one must not cut the cleaning short
        raise Terminated(signal_number)

    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
