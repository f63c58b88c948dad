"""Faults of a card with the line of the entry and an example of a correct line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bosonpeak.benchmark.cards.templates import example_of

_OF_ENSEMBLE = re.compile(r"ensemble (\d+): ")
_LEADING = re.compile(r"[\w.-]+")
_QUOTED = re.compile(r"(?:key|mean) '([^']+)'")
_SYSTEM = re.compile(r'\s*system\s*=\s*"([^"]*)"')


def with_lines(faults: Iterable[str], text: str) -> list[str]:
    """Faults, each with the line number of its entry in the card, if present, and an example, if a template has one."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.strip().startswith("[[ensemble]]")]
    return [_with_line(fault, lines, starts) for fault in faults]


def _with_line(fault: str, lines: list[str], starts: list[int]) -> str:
    begin, end = 0, len(lines)
    if found := _OF_ENSEMBLE.match(fault):
        number = int(found[1]) - 1
        begin, end = starts[number], starts[number + 1] if number + 1 < len(starts) else len(lines)
    elif len(starts) == 1:
        begin = starts[0] if _line_of("system", lines, starts[0], len(lines)) else 0
    message = fault.removeprefix(found[0] if found else "")
    leading = _LEADING.match(message)
    path = leading[0].split(".")[::-1] if leading else []
    quoted = _QUOTED.findall(message)
    numbers = (_line_of(key, lines, begin, end) or _line_of(key, lines, 0, begin) for key in (*quoted, *path))
    line = next(filter(None, numbers), 0)
    system = next((match[1] for text in lines[begin:end] if (match := _SYSTEM.match(text))), None)
    example = next(filter(None, (example_of(key, system) for key in (*quoted[::-1], *path))), "")
    return (f"line {line}: " if line else "") + fault + (f"; example: {example}" if example else "")


def _line_of(key: str, lines: list[str], begin: int, end: int) -> int:
    """Number of the line that assigns a key, counted from 1; 0 if none does."""
    assigned = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    return next((number + 1 for number in range(begin, end) if assigned.match(lines[number])), 0)
