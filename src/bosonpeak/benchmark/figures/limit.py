"""The limit omega to 0: modes a particle of all sizes on one curve, and the exponents of several readings of it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.scorecards.ensemble_names import named, own_name
from bosonpeak.benchmark.scorecards.figure import Figure, Panel, Series
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.estimates.intervals import exact_interval

_FEWEST = 4
_POINTS = 60
_LOWEST = 0.25


def modes_a_particle(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """n(ω)/N of every size and parent temperature that the limit is taken from, with the exponents that are claimed."""
    found = Evidence([*evidence.of("limit-exponent"), *evidence.of("limit-exponent", role="context")])
    tests = evidence.of("limit-exponent")
    exponents = sorted({each.claimed for each in tests} | {3.0})
    panels = []
    for (dataset, cell), here in found.by(lambda each: each.ensemble).items():
        most = max(here, key=lambda each: len(each.parameters.get("other_cells", ())))
        panels.append(_panel(most, f"{own_name(dataset)}, {named(cell)}", exponents, open_ensemble))
    return Figure(
        "Modes a particle below a frequency",
        "Cumulative number of modes a particle against the absolute frequency, each size up to the foot of its own "
        "first phonon shell, 95 % bands by the number of modes. If the sizes share one density of states the curves "
        "lie on each other. Thin lines have the slopes s + 1 of the exponents in dispute, through the same point.",
        tuple(panels),
    )


def _panel(measured: Measurement, title: str, exponents: list[float], open_ensemble: OpenEnsemble) -> Panel:
    other = measured.parameters.get("other_dataset") or measured.dataset
    places = [measured.ensemble, *((other, cell) for cell in measured.parameters.get("other_cells", ()))]
    ensembles = sorted((open_ensemble(*place) for place in places), key=lambda each: int(each.attrs["particles"]))
    feet = measured.estimate.details["foot"]
    ends = dict(zip(measured.estimate.details["particles"], feet, strict=True))
    curves = [_curve(each, ends[int(each.attrs["particles"])], order) for order, each in enumerate(ensembles)]
    return Panel(
        title,
        "ω",
        "n(ω)/N",
        (*curves, *_slopes(curves[-1], exponents)),
        x_scale="log",
        y_scale="log",
    )


def _curve(ensemble: xr.Dataset, foot: float, order: int) -> Series:
    """Modes a particle below each frequency, where there are enough to be more than a staircase."""
    lists = mode_lists(ensemble)
    exposure = len(lists.frequency) * int(ensemble.attrs["particles"])
    modes = np.sort(lists.frequency[lists.frequency < foot])
    x = np.geomspace(_LOWEST * foot, foot, _POINTS)
    count = np.searchsorted(modes, x)
    x, count = x[count >= _FEWEST], count[count >= _FEWEST]
    low, high = np.array([exact_interval(each, exposure) for each in count]).T if len(count) else (count, count)
    return Series.of(
        f"N = {ensemble.attrs['particles']}", "band", x, count / exposure, low, high, style="main", order=order
    )


def _slopes(curve: Series, exponents: list[float]) -> list[Series]:
    """Power laws through the upper end of the largest size's curve."""
    x, y = (np.array(values, dtype=np.float64) for values in (curve.x, curve.y))
    if len(x) == 0:
        return []
    return [
        Series.of(f"s = {s:g}", "line", x, y[-1] * (x / x[-1]) ** (s + 1.0), style="reference", order=order)
        for order, s in enumerate(exponents)
    ]
