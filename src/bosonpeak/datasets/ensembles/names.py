"""Names of datasets: a registered name, a family of blocks, either with a group behind it, and suggestions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable

_BLOCK = re.compile(r"(.+)/block-\d+")
_MOST_LISTED = 12
_LIKE_A_BLOCK = re.compile(r"block-\d+(/|$)")


def name_and_group(text: str, known: Collection[str]) -> tuple[str, str | None]:
    """Split ``"glass/taper-2/T-0.20"`` into the longest known name or family of blocks, and a group if any."""
    names = {*known, *families(known)}
    if text in names:
        return text, None
    beginning = [name for name in names if text.startswith(f"{name}/")]
    name = max(beginning, key=len, default=text)
    group = text.removeprefix(name).strip("/")
    return (text, None) if _LIKE_A_BLOCK.match(group) else (name, group or None)


def families(known: Iterable[str]) -> dict[str, list[str]]:
    """Blocks by the name of their ensemble, such as ``"limit/taper-2"``, in order."""
    found: dict[str, list[str]] = {}
    for name in sorted(known):
        if match := _BLOCK.fullmatch(name):
            found.setdefault(match[1], []).append(name)
    return found


def similar_names(text: str, names: Iterable[str]) -> str:
    """Suggest the names most similar to the beginning of an unknown one, else the first of all; families for blocks."""
    known = sorted(names)
    if "/block-" not in text:
        known = sorted({match[1] if (match := _BLOCK.fullmatch(name)) else name for name in known})
    beginnings = {name: "/".join(text.split("/")[: name.count("/") + 1]) for name in known}
    likeness = {name: difflib.SequenceMatcher(None, name, start).ratio() for name, start in beginnings.items()}
    close = sorted((name for name in known if likeness[name] > 0.6), key=lambda name: -likeness[name])[:3]
    if not close and len(known) > _MOST_LISTED:
        return f"one of {len(known)} names: {', '.join(known[:3])} ..."
    return ", ".join(close or known) or "a registered name, but the registry is empty"
