"""Cache of the last report: rendering takes longer than a run without new measurements."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from markupsafe import escape

from bosonpeak.benchmark.report.badge import scorecard_digest
from bosonpeak.benchmark.report.html import Making, render_html
from bosonpeak.benchmark.scorecards.results_cache import digest_of_everything, keep, results_folder
from bosonpeak.benchmark.scorecards.scorecard import Scorecard

_FILE = "report.html"
_DRAWN_WITH = ("jinja2", "matplotlib")


def rendered_once(scorecard: Scorecard, making: Making) -> str:
    """Render as `render_html`, or update date and command of the cached page if nothing else has changed."""
    versions = {name: version(name) for name in _DRAWN_WITH}
    digest = digest_of_everything(versions, [scorecard_digest(scorecard), making.commit])
    places = replace(making, date=f"date-{digest}", command=f"command-{digest}")
    page = _kept(results_folder() / _FILE, digest)
    if page is None:
        page = render_html(scorecard, places)
        keep(_FILE, f"{digest}\n{page}".encode())
    return page.replace(places.date, making.date).replace(places.command, escape(making.command))


def _kept(path: Path, digest: str) -> str | None:
    """Cached page, below a first line that must equal the digest; None otherwise."""
    try:
        first, _, page = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return page if first == digest else None
