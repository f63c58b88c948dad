"""The console that reports are printed on."""

from __future__ import annotations

import contextlib
import os
import sys

from rich.console import Console

NO_COLOUR_VARIABLE = "NO_COLOR"
QUIET_VARIABLE = "BOSONPEAK_QUIET"


class ReportConsole(Console):
    """A console that falls silent when its reader has gone, so that the exit code still tells the verdict.

    Without colours it prints text and nothing else: no bold, no dim.
    """

    def __init__(self) -> None:
        super().__init__(color_system=None if os.environ.get(NO_COLOUR_VARIABLE) else "auto")

    def on_broken_pipe(self) -> None:
        """Redirect the rest to nowhere instead of ending the process."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()


def is_quiet() -> bool:
    """Whether the user wants to hear nothing of progress."""
    return os.environ.get(QUIET_VARIABLE, "") not in ("", "0")


def note(text: str) -> None:
    """Say something beside the answer, on standard error, unless the user wants quiet."""
    if not is_quiet():
        print(text, file=sys.stderr)


def say(text: str) -> None:
    """Print a text as it is, whatever it holds and however wide the terminal is."""
    from rich.text import Text

    from bosonpeak.benchmark.report.words.wording import printable

    ReportConsole().print(Text(printable(text)), soft_wrap=True)
