"""Text that is shown: what comes from outside is made inert, what is counted agrees in number."""

from __future__ import annotations

import re

# C0 and C1 controls drive terminals; marks, overrides and isolates of direction reorder what is shown; tag characters,
# zero-width ones and the soft hyphen hide text; line and paragraph separators begin lines; neither U+FFFE nor U+FFFF
# may stand in XML. Tabs and line ends are harmless.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)

_COMMANDS = re.compile(r"::|##(?=\[|vso\[)")
"""How commands to the runners of workflows begin: two colons on a new line, or ``##[`` and ``##vso[`` anywhere."""


_DEVICE = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE | re.DOTALL
)


def is_file_name_everywhere(part: str) -> bool:
    """Whether Windows, too, takes this part of a path for itself: it names no device and ends in no point or blank.

    Parameters
    ----------
    part : str
        Without separators.
    """
    return not part.endswith((".", " ")) and not _DEVICE.fullmatch(part)


def printable(text: str) -> str:
    """Show a text with nothing in it that steers a display or a runner of workflows.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With every such character replaced by U+FFFD, and a blank inside every mark that could begin a command.
    """
    inert = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    # Of ":::" every pair of colons is parted.
    return _COMMANDS.sub(lambda found: " ".join(found[0]), _COMMANDS.sub(lambda found: " ".join(found[0]), inert))


def plural(count: int, noun: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def one_line(text: str, most: int = 200) -> str:
    """Show a text on one line.

    Parameters
    ----------
    text : str
    most : int
        Characters, beyond which the middle is left out.

    Returns
    -------
    str
        Printable.
    """
    line = " ".join(printable(text).split())
    if len(line) <= most:
        return line
    kept = max(most - 1, 2)
    return f"{line[: kept - kept // 3]}\N{HORIZONTAL ELLIPSIS}{line[-(kept // 3) :]}"
