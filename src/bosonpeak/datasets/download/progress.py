"""Download progress on standard error: a bar on a terminal, else one line at the start and one at the end."""

from __future__ import annotations

import time
from typing import Any

from bosonpeak.datasets.download.cache import without_secrets


class DownloadProgress:
    """Context that reports the download of dataset `name` to the path `place`; silent if `shown` is false."""

    def __init__(self, name: str, place: str, *, shown: bool) -> None:
        from rich.console import Console

        self._name, self._place, self._started = name, place, time.monotonic()
        self._console = Console(stderr=True, soft_wrap=True, highlight=False, quiet=not shown)
        self._bar: Any = None

    def __enter__(self) -> DownloadProgress:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is None:
            self.say(f"stored as {self._place} after {time.monotonic() - self._started:.1f} s")

    def begin(self, url: str, size: int) -> None:
        """Report the server and the size, and reset the bar."""
        self.say(f"fetching {size / 1e6:.1f} MB from {url}")
        if self._bar is None and self._console.is_terminal and not self._console.quiet:
            from rich import progress

            speed, left = progress.TransferSpeedColumn(), progress.TimeRemainingColumn()
            columns = (progress.BarColumn(), progress.DownloadColumn(), speed, left)
            self._bar = progress.Progress(*columns, console=self._console, transient=True)
            self._bar.add_task("", total=size)
            self._bar.start()
        self.advance(0)

    def advance(self, received: int) -> None:
        """Move the bar to the number of received bytes."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=received)

    def say(self, text: str) -> None:
        """Print one line without the secrets of URLs."""
        self._console.print(f"{self._name}: {without_secrets(text)}", markup=False, emoji=False)
