"""Display of text: untrusted text without control characters, and counted nouns with the right number."""

from __future__ import annotations

import re

# C0 and C1 controls drive terminals; marks, overrides and isolates of direction reorder text; tag characters,
# zero-width characters and the soft hyphen hide text; line and paragraph separators begin lines; U+FFFE and U+FFFF
# are invalid in XML. Tabs and line ends are harmless.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

_COMMANDS = re.compile(r"::|##(?=\[|vso\[)")
"""Beginnings of workflow commands: two colons on a new line, or ``##[`` and ``##vso[`` anywhere."""


_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE | re.DOTALL
)


def is_file_name_everywhere(part: str) -> bool:
    """Test whether a path component is a regular file name on Windows too: no device name, no final dot or space."""
    return not part.endswith((".", " ")) and not _DEVICE.fullmatch(part)


def printable(text: str) -> str:
    """Neutralise characters that steer a terminal, reorder text or start a command of a workflow runner."""
    inert = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    # Two passes, so that ":::" keeps no pair of colons.
    return _COMMANDS.sub(lambda found: " ".join(found[0]), _COMMANDS.sub(lambda found: " ".join(found[0]), inert))


def plural(count: int, noun: str) -> str:
    """Format a count with its noun: ``1 claim``, ``2 claims``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def one_line(text: str, most: int = 200) -> str:
    """Make text printable on one line of at most `most` characters; the middle of longer text is left out."""
    line = " ".join(printable(text).split())
    if len(line) <= most:
        return line
    kept = max(most - 1, 2)
    return f"{line[: kept - kept // 3]}\N{HORIZONTAL ELLIPSIS}{line[-(kept // 3) :]}"
