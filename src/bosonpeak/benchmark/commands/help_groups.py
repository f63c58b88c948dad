"""Help of a command group in sections: the commands of daily use first, the tools of studies and releases below."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

STUDIES = "Studies and comparisons of codes"
RELEASES = "Release tools"
_DEFAULT = "Commands"
_FIRST = ("verify", "score", "generate", "datasets", "plot", "claims")
"""Commands of daily use, in the order of the help; all others follow in the order of their definition."""


class SectionedGroup(TyperGroup):
    """Command group whose plain help lists the commands by their ``rich_help_panel``."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a section for each panel, in the order of the first command of each; the default panel comes first."""
        sections: dict[str, list[tuple[str, Any]]] = {_DEFAULT: []}
        ordered = {name: self.commands[name] for name in _FIRST if name in self.commands} | dict(self.commands)
        for name, command in ordered.items():
            panel = getattr(command, "rich_help_panel", None)
            sections.setdefault(panel if isinstance(panel, str) else _DEFAULT, []).append((name, command))
        longest = max(map(len, self.commands))
        for title, commands in sections.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(longest), command.get_short_help_str(formatter.width - 6 - longest))
                        for name, command in commands
                    ]
                )
