"""Clean stop of a run on a signal of the user or the system."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class StoppedComputation(BaseException):
    """Stop signal during a computation in this process; no handler of errors takes it."""


class StopRequest:
    """Record of a stop signal; a call returns true after a signal."""

    def __init__(self) -> None:
        self.signal_number = 0
        self._raises = False

    def __call__(self) -> bool:
        """Test whether to stop."""
        return self.signal_number != 0

    def take(self, signal_number: int) -> None:
        """Record a signal, and end the computation if one is under way in this process."""
        self.signal_number = signal_number
        if self._raises:
            raise StoppedComputation

    @contextlib.contextmanager
    def ending(self) -> Iterator[None]:
        """End the enclosed computation at a stop signal; it must have no effect before its end."""
        self._raises = True
        try:
            with contextlib.suppress(StoppedComputation):
                yield
        finally:
            self._raises = False


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Turn the first interrupt or termination signal into a stop request; only the main thread handles signals."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def take(signal_number: int, _frame: object) -> None:
        signal.signal(signal_number, before[signal_number])
        request.take(signal_number)

    before: dict[int, Any] = {
        number: signal.signal(number, take) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
