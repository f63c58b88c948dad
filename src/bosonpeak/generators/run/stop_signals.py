"""Clean stop of a run on a signal of the user or the system."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any


class StopRequest:
    """Record of a stop signal; a call returns true after a signal."""

    def __init__(self) -> None:
        self.signal_number = 0

    def __call__(self) -> bool:
        """Test whether to stop."""
        return self.signal_number != 0


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Turn the first interrupt or termination signal into a stop request; only the main thread handles signals."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def take(signal_number: int, _frame: object) -> None:
        request.signal_number = signal_number
        signal.signal(signal_number, before[signal_number])

    before: dict[int, Any] = {
        number: signal.signal(number, take) or signal.SIG_DFL for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
