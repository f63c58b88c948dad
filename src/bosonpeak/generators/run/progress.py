"""Progress of a run: a bar on a terminal, plain lines elsewhere, both from one account of the pace."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

LINE_INTERVAL = 15.0
"""Seconds between the lines of `LineProgress`."""


class Progress(Protocol):
    """What a run tells of itself."""

    def start(self, total: int, done: int) -> None:
        """Begin: of `total` samples, `done` were finished by earlier runs."""
        ...

    def sample_finished(self) -> None:
        """Count one more sample."""
        ...

    def sample_failed(self) -> None:
        """Count one more failure."""
        ...

    def notice(self, text: str) -> None:
        """Tell the user something beside the count."""
        ...

    def stop(self) -> None:
        """End, and show the last state."""
        ...


class Pace:
    """How many samples are done, how fast, and how long the rest will take.

    Parameters
    ----------
    clock : callable, optional
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin = clock()
        self._done_before = 0
        self.total = 0
        self.done = 0
        self.failed = 0

    def start(self, total: int, done: int) -> None:
        """Begin to count time."""
        self._begin = self._clock()
        self._done_before = done
        self.total = total
        self.done = done

    @property
    def samples_per_minute(self) -> float:
        """Rate of this run, failures counted; 0 until something has finished."""
        elapsed = self._clock() - self._begin
        return 60 * (self.done - self._done_before + self.failed) / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time that the rest will take at this rate; None if there is no rate yet."""
        rate = self.samples_per_minute
        return 60 * max(0, self.total - self.done - self.failed) / rate if rate > 0 else None

    def __str__(self) -> str:
        left = self.seconds_left
        time_left = "?" if left is None else str(datetime.timedelta(seconds=round(left)))
        text = f"{self.done}/{self.total} samples, {self.samples_per_minute:.1f} samples/min, {time_left} left"
        return text + (f", {self.failed} failed" if self.failed else "")


class SilentProgress:
    """Says nothing."""

    def start(self, total: int, done: int) -> None:
        """Say nothing."""

    def sample_finished(self) -> None:
        """Say nothing."""

    def sample_failed(self) -> None:
        """Say nothing."""

    def notice(self, text: str) -> None:
        """Say nothing."""

    def stop(self) -> None:
        """Say nothing."""


class LineProgress:
    """A line now and then, for log files.

    Parameters
    ----------
    write : callable
        Gets each line, without its end.
    interval : float, optional
        Seconds between two lines.
    clock : callable, optional
        Returns seconds.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        interval: float = LINE_INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._interval = interval
        self._clock = clock
        self._pace = Pace(clock)
        self._last_line = clock()

    def start(self, total: int, done: int) -> None:
        """Write where the run begins."""
        self._pace.start(total, done)
        self._last_line = self._clock()
        self._write(f"{done}/{total} samples are there already" if done else f"0/{total} samples")

    def sample_finished(self) -> None:
        """Count, and write if the last line is old."""
        self._pace.done += 1
        self._write_if_due()

    def sample_failed(self) -> None:
        """Count, and write if the last line is old."""
        self._pace.failed += 1
        self._write_if_due()

    def notice(self, text: str) -> None:
        """Write the text."""
        self._write(text)

    def stop(self) -> None:
        """Write the last state."""
        self._write(str(self._pace))

    def _write_if_due(self) -> None:
        if self._clock() - self._last_line >= self._interval:
            self._last_line = self._clock()
            self._write(str(self._pace))


class BarProgress:
    """A bar that rich draws on a terminal.

    Parameters
    ----------
    console : Console
        The terminal.
    """

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._pace = Pace()
        self._bar = RichProgress(BarColumn(), TextColumn("{task.fields[pace]}"), console=console)
        self._task = self._bar.add_task("samples", total=None, pace=self._pace)

    def start(self, total: int, done: int) -> None:
        """Show the bar."""
        self._pace.start(total, done)
        self._bar.update(self._task, total=total, completed=done)
        self._bar.start()

    def sample_finished(self) -> None:
        """Move the bar on."""
        self._pace.done += 1
        self._bar.advance(self._task)

    def sample_failed(self) -> None:
        """Count the failure beside the bar."""
        self._pace.failed += 1

    def notice(self, text: str) -> None:
        """Write the text above the bar."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Leave the bar in its last state."""
        self._bar.stop()


def console_progress(console: Console) -> Progress:
    """Return a bar if the console is a terminal, plain lines if it is not."""
    if console.is_terminal:
        return BarProgress(console)
    return LineProgress(lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True))
