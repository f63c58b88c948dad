"""Figure of one claim on given axes, with a curve of other data beside the judged ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bosonpeak.benchmark.judging.claim_file import choose_claims, load_claims
from bosonpeak.benchmark.judging.own_curves import Own, own_curves
from bosonpeak.benchmark.judging.verification import verify
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.drawing import finish, new_axes
from bosonpeak.plot.figure import Series
from bosonpeak.plot.fitting import that_fit
from bosonpeak.plot.panel_axes import draw_series, fill_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OWN = {"color": "black", "linewidth": 2.2}


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
    axes = new_axes(ax)
    fill_axes(axes, shown)
    if data is not None:
        (claim,) = choose_claims([identifier])
        tests = [*claim.tests, *claim.context]
        found = _curves(name, Own(data, label or "own data", shown, axes.get_xlim(), tests), identifier)
        for series in found:
            draw_series(axes, series, _OWN | style)
        _make_room(axes, found)
    axes.set_title(f"{identifier}: {shown.title}", fontsize="medium")
    axes.set_title("", loc="left")
    return finish(axes, shown.x_label, shown.y_label)


def _make_room(axes: Axes, found: Sequence[Series]) -> None:
    """Raise the upper end of the ordinate, and lower its lower end, to the ordinates of other data inside the panel."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    points = ((x, y) for each in found for x, y in zip(each.x, each.y, strict=False))
    shown = [y for x, y in points if x is not None and y is not None and left <= x <= right]
    shown = [y for y in shown if y > 0.0 or axes.get_yscale() == "linear"]
    margin = 0.05 * (max(shown) - min(shown)) if shown and axes.get_yscale() == "linear" else 0.0
    if shown:
        axes.set_ylim(min(low, min(shown)), high if max(shown) <= high else max(shown) + margin)


def _curves(name: str, own: Own, identifier: str) -> Sequence[Series]:
    """Series of the data; NotApplicableError names the functions that draw them where the panel cannot."""
    fitting = ", ".join(that_fit(own.data))
    hint = f"{fitting or 'bosonpeak.plot'} can draw these data; bosonpeak.score tests a claim on other data"
    try:
        found = own_curves(name, own)
    except KeyError as error:
        raise NotApplicableError(
            f"these data lack what this panel of {identifier} shows",
            expected=own.panel.y_label,
            got=str(error.args[0]).partition(".")[0],
            where=own.panel.title,
            likely_cause=hint,
        ) from None
    except NotApplicableError as error:
        raise NotApplicableError(
            f"the quantity of this panel of {identifier} cannot be computed from these data: {error.what}",
            expected=error.expected,
            got=error.got,
            where=own.panel.title,
            likely_cause=f"{error.likely_cause}; {hint}" if error.likely_cause else hint,
        ) from None
    if found is None:
        raise NotApplicableError(
            f"this panel of {identifier} takes no curve of other data",
            expected="a panel whose quantity follows from one ensemble",
            got=f"{own.panel.y_label} against {own.panel.x_label}",
            where=own.panel.title,
            likely_cause=hint,
        )
    return found
