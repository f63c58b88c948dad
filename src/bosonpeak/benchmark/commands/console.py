"""Console of the printed reports."""

from __future__ import annotations

import contextlib
import os
import sys

from rich.console import Console

NO_COLOUR_VARIABLE = "NO_COLOR"
QUIET_VARIABLE = "BOSONPEAK_QUIET"


class ReportConsole(Console):
    """Console that becomes silent when its reader has gone, so that the exit code still gives the verdict."""

    def __init__(self) -> None:
        super().__init__(color_system=None if os.environ.get(NO_COLOUR_VARIABLE) else "auto")

    def on_broken_pipe(self) -> None:
        """Redirect the remaining output to the null device instead of ending the process."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()


def is_quiet() -> bool:
    """Return whether the user disabled progress messages."""
    return os.environ.get(QUIET_VARIABLE, "") not in ("", "0")


def note(text: str) -> None:
    """Print a message on standard error, unless the user wants quiet."""
    if not is_quiet():
        print(text, file=sys.stderr)


def say(text: str) -> None:
    """Print a text without markup and wrapping, its control characters made visible."""
    from rich.text import Text

    from bosonpeak.benchmark.report.words.wording import printable

    ReportConsole().print(Text(printable(text)), soft_wrap=True)
