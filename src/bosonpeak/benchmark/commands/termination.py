"""Termination signals end a command like an error, so that temporary files are removed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class Terminated(BaseException):
    """Raised when the process receives a termination signal."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        super().__init__(signal.Signals(signal_number).name)


@contextlib.contextmanager
def termination_raises() -> Iterator[None]:
    """Raise `Terminated` in the block at a termination signal, unless another handler is installed.

    By default the system ends the process at once, and gigabytes of unpacked temporary files would remain. Only the
    main thread may handle signals: in other threads the block has no effect.
    """
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
