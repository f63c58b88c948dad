"""Outputs of a command: the requested files, and the progress line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bosonpeak.benchmark.commands.console import is_quiet

if TYPE_CHECKING:
    from types import TracebackType

    from rich.status import Status

    from bosonpeak.benchmark.scorecards.scorecard import Scorecard

_FEWEST_DONE = 3
STANDARD_OUTPUT = Path("-")
"""Path that requests the scorecard on standard output instead of the table."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The requested output files."""

    html: Path | None
    json: Path | None
    junit: Path | None
    badge: Path | None
    receipt: Path | None = None

    @property
    def prints_json(self) -> bool:
        """Return whether the scorecard goes to standard output."""
        return self.json == STANDARD_OUTPUT

    @property
    def named(self) -> dict[str, str]:
        """Paths of the files by kind."""
        files = {
            "HTML report": self.html,
            "scorecard": None if self.prints_json else self.json,
            "JUnit": self.junit,
            "badge": self.badge,
            "receipt": self.receipt,
        }
        return {kind: str(path) for kind, path in files.items() if path is not None}

    def require_writable(self) -> None:
        """Raise at once for paths that could not be written at the end."""
        from bosonpeak.datasets.storage.atomic import writable_target

        targets = [writable_target(path) for path in self.named.values()]
        if len(set(targets)) < len(targets):
            raise typer.BadParameter("two reports cannot go to the same file")

    def write(self, scorecard: Scorecard, command: Sequence[str] = (), *, kept: bool = False) -> None:
        """Write the files, each atomically; report and receipt contain the command, `kept` allows a cached report."""
        if self.json is not None and not self.prints_json:
            from bosonpeak.datasets.storage.atomic import write_bytes

            write_bytes(self.json, scorecard.to_json().encode("utf-8"))
        if self.junit is not None:
            from bosonpeak.benchmark.report.junit import write_junit

            write_junit(scorecard, self.junit)
        if self.html is not None:
            from bosonpeak.benchmark.report.html import Making, render_html
            from bosonpeak.benchmark.report.page_cache import rendered_once
            from bosonpeak.datasets.storage.atomic import write_bytes

            page = (rendered_once if kept else render_html)(scorecard, Making.now(command))
            write_bytes(self.html, page.encode("utf-8"))
        if self.badge is not None:
            from bosonpeak.benchmark.report.badge import write_badge

            write_badge(scorecard, self.badge)
        if self.receipt is not None:
            from bosonpeak.benchmark.scorecards.receipt import receipt_of
            from bosonpeak.datasets.storage.atomic import write_bytes

            write_bytes(self.receipt, receipt_of(scorecard, command).to_json().encode("utf-8"))


class ProgressLine:
    """Progress on standard error: a changing line on a terminal, plain lines elsewhere, nothing if quiet."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=is_quiet())
        self._begun = time.monotonic()
        self._status: Status | None = None

    def __enter__(self) -> ProgressLine:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, claim: str, number: int, total: int) -> None:
        """Show the claim under judgement; `number` counts from 0."""
        self.say(f"judging {claim} ({number + 1} of {total}){self._time_left(number, total)}")

    def _time_left(self, done: int, total: int) -> str:
        """Estimate of the remaining time from the mean time per claim; empty before `_FEWEST_DONE` claims."""
        if done < _FEWEST_DONE:
            return ""
        seconds = (time.monotonic() - self._begun) / done * (total - done)
        return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", about {seconds:.0f} s left"

    def say(self, text: str) -> None:
        """Show a message, which may contain paths of a card."""
        from rich.text import Text

        from bosonpeak.datasets.plain_text import one_line

        shown = Text(one_line(text, 400))
        if self._status is not None:
            self._status.update(shown)
        else:
            self._console.print(shown, soft_wrap=True)
