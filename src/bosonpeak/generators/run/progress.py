"""Progress of a run: a bar on a terminal, plain lines elsewhere, from a common rate estimate."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

LINE_INTERVAL = 15.0
"""Seconds between two plain lines."""


class Pace:
    """Number of finished samples, rate, and remaining time; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin = clock()
        self._done_before = 0
        self.total = 0
        self.done = 0
        self.failed = 0

    def start(self, total: int, done: int) -> None:
        """Start the clock; `done` samples were finished by earlier runs."""
        self._begin = self._clock()
        self._done_before = done
        self.total = total
        self.done = done

    @property
    def samples_per_minute(self) -> float:
        """Rate of this run, failures included; 0 before the first sample."""
        elapsed = self._clock() - self._begin
        return 60 * (self.done - self._done_before + self.failed) / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Remaining time at the present rate; None without a rate."""
        rate = self.samples_per_minute
        return 60 * max(0, self.total - self.done - self.failed) / rate if rate > 0 else None

    def __str__(self) -> str:
        left = self.seconds_left
        time_left = "?" if left is None else str(datetime.timedelta(seconds=round(left)))
        text = f"{self.done}/{self.total} samples, {self.samples_per_minute:.1f} samples/min, {time_left} left"
        return text + (f", {self.failed} failed" if self.failed else "")


class Progress:
    """Progress report of a run: a bar on a terminal, else a line every `interval` seconds; silent without a console."""

    def __init__(
        self,
        console: Console | None = None,
        *,
        interval: float = LINE_INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._interval = interval
        self._clock = clock
        self._pace = Pace(clock)
        self._last_line = clock()
        self._bar = _bar(console, self._pace) if console is not None and console.is_terminal else None

    def start(self, total: int, done: int) -> None:
        """Start the report: of `total` samples, `done` were finished by earlier runs."""
        self._pace.start(total, done)
        self._last_line = self._clock()
        if self._bar is None:
            self.notice(f"{done}/{total} samples are already finished" if done else f"0/{total} samples")
        else:
            self._bar.update(self._bar.task_ids[0], total=total, completed=done)
            self._bar.start()

    def sample_finished(self) -> None:
        """Count one more sample."""
        self._pace.done += 1
        self._show()

    def sample_failed(self) -> None:
        """Count one more failure."""
        self._pace.failed += 1
        self._show()

    def notice(self, text: str) -> None:
        """Print a message to the user besides the count."""
        if self._console is not None:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Stop the report and show the final state."""
        if self._bar is None:
            self.notice(str(self._pace))
        else:
            self._bar.stop()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._pace.done)
        elif self._clock() - self._last_line >= self._interval:
            self._last_line = self._clock()
            self.notice(str(self._pace))


def _bar(console: Console, pace: Pace) -> Bar:
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(BarColumn(), TextColumn("{task.fields[pace]}"), console=console)
    bar.add_task("samples", total=None, pace=pace)
    return bar
