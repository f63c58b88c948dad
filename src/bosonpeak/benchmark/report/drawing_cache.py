"""Cache of drawn figures: drawing takes longer than judging cached results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from bosonpeak.benchmark.report import styles, svg
from bosonpeak.benchmark.report.styles import LegendEntry
from bosonpeak.benchmark.report.svg import DrawnPanel, draw_figure
from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.report.words.literature import Sourced, groups
from bosonpeak.benchmark.scorecards.results_cache import keep, results_folder
from bosonpeak.plot import palette, panel_axes
from bosonpeak.plot.figure import Figure

_CODE = (svg, styles, wording, palette, panel_axes)


class Shown(Sourced, Protocol):
    """A claim or a claim result with the name of its figure."""

    @property
    def figure(self) -> str | None:
        """Name of the figure, None without one."""
        ...


def identifiers(claims: Sequence[Shown], first: Iterable[str] = ()) -> dict[str, str]:
    """Id prefix of each figure of a page in the order of the page: figures before the claims, then paper by paper."""
    in_order = [claims[place].figure for group in groups(claims) for place in group.places]
    named = dict.fromkeys(name for name in (*first, *in_order) if name is not None)
    return {name: f"figure-{number}" for number, name in enumerate(named, start=1)}


def drawn_once(figure: Figure, identifier: str) -> tuple[DrawnPanel, ...]:
    """Draw as `draw_figure`, or return the identifier's cached drawing if figure and drawing code are unchanged."""
    path = results_folder() / f"{identifier}.json"
    digest = _digest(figure, identifier)
    if (found := _kept(path, digest)) is not None:
        return found
    panels = draw_figure(figure, identifier)
    document = {"digest": digest, "panels": [asdict(panel) for panel in panels]}
    keep(path.name, json.dumps(document).encode("utf-8"))
    return panels


def _kept(path: Path, digest: str) -> tuple[DrawnPanel, ...] | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["digest"] != digest:
            return None
        return tuple(
            DrawnPanel(panel["title"], panel["svg"], tuple(LegendEntry(**entry) for entry in panel["legend"]))
            for panel in document["panels"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(figure: Figure, identifier: str) -> str:
    import matplotlib

    content = hashlib.sha256(repr((figure, identifier, matplotlib.__version__)).encode("utf-8", "backslashreplace"))
    for module in _CODE:
        content.update(Path(str(module.__file__)).read_bytes())
    return content.hexdigest()
