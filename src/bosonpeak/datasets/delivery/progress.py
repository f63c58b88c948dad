"""How a download goes, told on standard error: a bar on a terminal, two lines elsewhere, or not at all."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.delivery.mirrors import without_secrets

if TYPE_CHECKING:
    from rich.progress import Progress


class Silence:
    """A listener who says nothing."""

    def begin(self, url: str, have: int, size: int) -> None:
        """Say nothing."""

    def advance(self, have: int) -> None:
        """Say nothing."""

    def trouble(self, url: str, reason: str) -> None:
        """Say nothing."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class TerminalProgress:
    """A listener who tells a user, on standard error.

    Parameters
    ----------
    name : str
        What is fetched.
    place : str
        Where it will lie.
    """

    def __init__(self, name: str, place: str) -> None:
        from rich.console import Console

        self._name = name
        self._place = place
        self._console = Console(stderr=True, soft_wrap=True, highlight=False)
        self._begun = time.monotonic()
        self._said = False
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is None and self._said:
            self._say(f"{self._name}: stored as {self._place} after {time.monotonic() - self._begun:.1f} s")

    def begin(self, url: str, have: int, size: int) -> None:
        """Say from where how much comes."""
        amount = f"{(size - have) / 1e6:.1f} MB" if have == 0 else f"the last {size - have:,} of {size:,} bytes"
        self._say(f"{self._name}: fetching {amount} from {without_secrets(url)}")
        self._said = True
        if not self._console.is_terminal:
            return
        if self._bar is None:
            from rich import progress

            self._bar = progress.Progress(
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=size)
        self._bar.update(self._task, completed=have, total=size)

    def advance(self, have: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            self._bar.update(self._task, completed=have)

    def trouble(self, url: str, reason: str) -> None:
        """Say what is wrong with a mirror."""
        self._say(f"{self._name}: {without_secrets(url)}: {reason}")

    def _say(self, text: str) -> None:
        from rich.text import Text

        self._console.print(Text(text))
