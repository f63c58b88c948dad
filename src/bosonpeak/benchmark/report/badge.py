"""README badge: verdicts, date and digest of the scorecard."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape, quoteattr

from bosonpeak.benchmark.report.words.wording import MARKS, one_line, outcome, score_line, tally
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.storage.atomic import write_bytes

_HEIGHT, _PADDING, _CHARACTER = 20, 7, 6.6
_DIGITS_SHOWN = 12
_LABEL, _GOOD, _BAD, _QUIET = "#3b3f45", "#2f6f4f", "#a3322b", "#5c6570"


@dataclass(frozen=True)
class _Part:
    text: str
    colour: str

    @property
    def width(self) -> int:
        return round(len(self.text) * _CHARACTER) + 2 * _PADDING


def scorecard_digest(scorecard: Scorecard) -> str:
    """SHA-256 of a scorecard as `Scorecard.to_json` writes it, in hexadecimal."""
    return hashlib.sha256(scorecard.to_json().encode("utf-8")).hexdigest()


def render_badge(scorecard: Scorecard, on: date | None = None) -> str:
    """Badge as self-contained SVG, dated `on` or today (UTC).

    Red if a verdict changed or a control failed, grey if nothing could be judged.
    """
    day = (on or datetime.now(UTC).date()).isoformat()
    digest = scorecard_digest(scorecard)
    parts = (
        _Part("bosonpeak", _LABEL),
        _Part(
            _message(scorecard), _BAD if scorecard.exit_code else _GOOD if _is_anything_judged(scorecard) else _QUIET
        ),
        _Part(f"{day} {digest[:_DIGITS_SHOWN]}", _QUIET),
    )
    said = outcome(scorecard) if scorecard.score is None else f"{score_line(scorecard.score)}."
    title = f"{one_line(scorecard.code.name, 60)}: {said} {day}, scorecard sha256 {digest}"
    return _drawn(parts, title)


def write_badge(scorecard: Scorecard, path: str | os.PathLike[str], on: date | None = None) -> None:
    """Write a badge to `path` atomically."""
    write_bytes(path, render_badge(scorecard, on).encode("utf-8"))


def _is_anything_judged(scorecard: Scorecard) -> bool:
    """Test whether an item of a score is right or wrong, or without a score a claim is supported or refuted."""
    if scorecard.score is not None:
        return scorecard.score.correctness.decided > 0
    return any(verdict in ("supported", "refuted") for verdict in tally(scorecard))


def _message(scorecard: Scorecard) -> str:
    if scorecard.score is not None:
        score, right = scorecard.score, scorecard.score.correctness
        if not right.decided:
            return "nothing decided"
        return f"right {right.right}/{right.decided} tracks {score.tracks_covered}/{len(score.tracks)}"
    counts = " ".join(f"{count}{MARKS[verdict]}" for verdict, count in tally(scorecard).items())
    return counts or "nothing judged"


def _drawn(parts: Sequence[_Part], title: str) -> str:
    total = sum(part.width for part in parts)
    shapes, left = [], 0
    for part in parts:
        inner = part.width - 2 * _PADDING
        shapes.append(f'<rect x="{left}" width="{part.width}" height="{_HEIGHT}" fill="{part.colour}"/>')
        shapes.append(
            f'<text x="{left + _PADDING}" y="14" textLength="{inner}" lengthAdjust="spacingAndGlyphs">'
            f"{escape(part.text)}</text>"
        )
        left += part.width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{_HEIGHT}" role="img" '
        f"aria-label={quoteattr(title)}><title>{escape(title)}</title>"
        f'<clipPath id="round"><rect width="{total}" height="{_HEIGHT}" rx="3"/></clipPath>'
        '<g clip-path="url(#round)" fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{''.join(shapes)}</g></svg>\n"
    )
