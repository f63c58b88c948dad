"""The console that reports are printed on."""

from __future__ import annotations

import contextlib

from rich.console import Console


class ReportConsole(Console):
    """A console that falls silent when its reader has gone, so that the exit code still tells the verdict."""

    def on_broken_pipe(self) -> None:
        """Redirect the rest to nowhere instead of ending the process."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()
