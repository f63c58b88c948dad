"""Figure of one claim on given axes, with a curve of other data beside the judged ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.judging.verification import verify
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.drawing import finish, new_axes
from bosonpeak.plot.exponents import cumulative_count, local_exponent
from bosonpeak.plot.figure import Panel
from bosonpeak.plot.panel_axes import fill_axes
from bosonpeak.plot.structures import stresses

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TAKING = ("glass-cumulative-count", "glass-local-exponent", "glass-stresses")
_OWN = {"color": "black", "linewidth": 2.2}
_EXPONENT = re.compile(r"\bs = (\d+(?:\.\d+)?)")


def draw_claim(identifier: str, data: Any, ax: Axes | None, label: str | None, panel: int, style: Any) -> Axes:
    """Judge a claim on the reference data, draw one panel of its figure, and the given data's curve on it."""
    ((name, figure),) = verify(claims=[identifier]).figures.items()
    if not figure.panels:  # a figure that several claims share may show tests of the others
        figure = verify(claims=[claim.id for claim in load_claims() if claim.figure == name]).figures[name]
    if not 0 <= panel < len(figure.panels):
        raise NotApplicableError(
            f"the figure of {identifier} has no such panel",
            expected=f"a place from 0 to {len(figure.panels) - 1}" if figure.panels else figure.caption,
            got=str(panel),
        )
    shown = figure.panels[panel]
    add = None if data is None else _curve_for(identifier, name, shown, panel)
    axes = new_axes(ax)
    fill_axes(axes, shown)
    if add is not None:
        limits = axes.get_xlim(), axes.get_ylim()
        add(data, axes, label or "own data", _OWN | style)
        top = limits[1][1] if shown.y_limits else max(limits[1][1], axes.get_ylim()[1])
        axes.set(xlim=limits[0], ylim=(limits[1][0], top))
    axes.set_title(f"{identifier}: {shown.title}", fontsize="medium")
    axes.set_title("", loc="left")
    return finish(axes, shown.x_label, shown.y_label)


def _that_take_curves() -> list[str]:
    """Ids of the claims of the suite whose figures take a curve of other data."""
    return [claim.id for claim in load_claims() if claim.figure in _TAKING]


def _curve_for(identifier: str, name: str, panel: Panel, place: int) -> Callable[[Any, Axes, str, Any], object]:
    """Function that draws the quantity of a panel for other data; NotApplicableError where there is none."""
    exponent = _EXPONENT.search(panel.title)
    if name == "glass-cumulative-count" and exponent:
        power = float(exponent[1])
        return lambda data, axes, label, style: cumulative_count(data, ax=axes, label=label, exponent=power, **style)
    if name == "glass-local-exponent":
        return lambda data, axes, label, style: local_exponent(data, ax=axes, label=label, claims=False, **style)
    if name == "glass-stresses" and place == 0:
        return lambda data, axes, label, style: stresses(data, ax=axes, label=label, claims=False, **style)
    raise NotApplicableError(
        f"this panel of {identifier} takes no curve of other data",
        expected=f"the first panel of {', '.join(_that_take_curves())}",
        got=f"{name}, panel {place}",
        likely_cause="bosonpeak.score tests a claim on other data",
    )
