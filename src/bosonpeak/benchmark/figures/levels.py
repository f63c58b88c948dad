"""Evidence behind the claims about the character of modes in glasses, as figures made of plain series."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.levels import RANDOM_MATRICES, embedded_reference
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import Style, plain_series
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.levels.below_phonon import low_ratio_distribution, repulsion_below_phonon
from bosonpeak.validators.levels.mode_extent import localisation
from bosonpeak.validators.levels.random_matrices import GoeReference
from bosonpeak.validators.levels.spacing_ratios import folded
from bosonpeak.validators.levels.spacing_statistics import level_statistics, ratio_distribution

OpenEnsemble = Callable[[str, str], xr.Dataset]

TAPERS = (("glass/taper-2", "m = 2"), ("glass/taper-inf", "m = ∞"))
TEMPERATURES = ("T-1.00", "T-0.20")
SIZES = (("glass/sizes", "N-500"), ("glass/taper-2", "T-0.20"), ("glass/sizes", "N-2000"), ("glass/sizes", "N-4000"))

_COUNTS = (10, 15, 20, 30, 40, 50)
_WINDOW_ENDS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)
_BELOW, _UP_TO_PHONON = (0.0, 0.6), (0.6, 0.9)
_CLOUD_SAMPLES, _CLOUD_END = 30, 1.2
_APART, _BESIDE = 0.03, 0.012


def level_ratios(open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 2 of the source: spacing ratios of the lowest, middle and highest levels; and how the edges go on."""
    panels = [_ratio_panel(open_ensemble, part) for part in ("lowest", "middle", "highest")]
    panels += [_edge_panel(open_ensemble, dataset, label) for dataset, label in TAPERS]
    return Figure(
        "Do levels repel each other?",
        "First three: Fig. 2 of the source, ratio r of neighbouring spacings of N = 1600, 95 % intervals over chains; "
        "lines are the surmise for random matrices, matrices of the same order, and Poisson levels. Last two: the k "
        "lowest and the k highest levels of N = 1000, on the scale from no repulsion (0) to random matrices (1).",
        tuple(panels),
    )


def low_levels(open_ensemble: OpenEnsemble) -> Figure:
    """Repulsion among the modes below the first phonon alone."""
    matrices = open_ensemble(RANDOM_MATRICES, "goe-2997/middle")["eigenfrequency"].values
    reference = GoeReference(matrices)
    panels = [_low_panel(open_ensemble, dataset, label, reference) for dataset, label in TAPERS]
    likeness = []
    for order, (dataset, label) in enumerate(TAPERS):
        for place, temperature in enumerate(TEMPERATURES):
            ensemble = open_ensemble(dataset, temperature)
            likeness.append(
                _estimates(
                    f"{label}, T* = {temperature.removeprefix('T-')}",
                    [
                        (end + _BESIDE * (2 * order + place - 1.5), _low_likeness(ensemble, end, reference))
                        for end in _WINDOW_ENDS
                    ],
                    style="main" if place else "control",
                    order=2 * order + place,
                )
            )
    panels.append(
        Panel(
            "where the window ends",
            "upper end of the window, ω/ω₀",
            "likeness to GOE",
            tuple(likeness),
            (
                Mark("hline", 1.0, label="random matrices"),
                Mark("hline", 0.0, label="Poisson"),
                Mark("span", start=0.88, stop=0.92, label="window of SIM-6"),
            ),
            y_limits=(-0.4, 1.6),
        )
    )
    return Figure(
        "Modes below the first phonon",
        "Left: r~ = min(r, 1/r) of three neighbours below 0.9 ω₀, levels unfolded by the ensemble's staircase, with "
        "95 % intervals over chains. Right: mean of r~ on the scale from no repulsion to random matrices, against the "
        "end of the window; beyond ω₀ phonons take part.",
        tuple(panels),
    )


def mode_extent(open_ensemble: OpenEnsemble) -> Figure:
    """How many particles take part in low modes, against size and against frequency."""
    growth = []
    for order, (low, high) in enumerate((_BELOW, _UP_TO_PHONON)):
        found = [(dataset, group, _number(open_ensemble, dataset, group, low, high)) for dataset, group in SIZES]
        places = [(float(open_ensemble(dataset, group).attrs["particles"]), number) for dataset, group, number in found]
        growth.append(_estimates(f"{low:g} to {high:g} ω₀", places, style="main", order=order))
    growth += _rival_lines(growth[0])
    cloud = [_cloud(open_ensemble(dataset, group), order) for order, (dataset, group) in enumerate(SIZES)]
    return Figure(
        "How far do low modes extend?",
        "T* = 0.20, m = 2. Left: participation number of the modes below the foot of the phonons, and up to it, with "
        "95 % intervals over chains; lines through the point of N = 1000 are localised (slope 0) and extended modes "
        "(slope 1). Right: single modes of some thirty glasses of each size.",
        (
            Panel(
                "against the size of the box",
                "particles N",
                "participation number N e",
                tuple(growth),
                x_scale="log",
                y_scale="log",
            ),
            Panel(
                "against frequency",
                "ω/ω₀",
                "participation number N e",
                tuple(cloud),
                (Mark("span", start=_BELOW[0], stop=_BELOW[1], label="window of LB-2"), Mark("vline", 1.0, label="ω₀")),
                y_scale="log",
                x_limits=(0.0, _CLOUD_END),
            ),
        ),
    )


def _ratio_panel(open_ensemble: OpenEnsemble, part: str) -> Panel:
    series = []
    for order, temperature in enumerate(TEMPERATURES):
        curve = ratio_distribution(
            open_ensemble("glass/level-statistics", temperature), part=part, count=50, highest=4.0, bins=20
        )
        label = f"T* = {temperature.removeprefix('T-')}"
        values = (curve[name].values for name in ("ratio", "density", "lower", "upper"))
        series.append(plain_series(label, "points", *values, style="main", order=order))
    simulated = ratio_distribution(
        _opened(open_ensemble, "goe-4797", part).levels, part="highest", count=50 - 2 * (part == "lowest"), highest=4.0
    )
    lines = (("surmise", curve["surmise"], curve), ("GOE, 4797 rows", simulated["density"], simulated))
    series += [
        plain_series(label, "line", at["ratio"].values, density.values, style="reference", order=order)
        for order, (label, density, at) in enumerate(lines)
    ]
    series.append(
        plain_series("Poisson", "line", curve["ratio"].values, curve["poisson"].values, style="control", order=2)
    )
    return Panel(f"{part} 50 levels", "r", "P(r)", tuple(series), x_limits=(0.0, 4.0), y_limits=(0.0, 1.1))


def _edge_panel(open_ensemble: OpenEnsemble, dataset: str, label: str) -> Panel:
    series = []
    for order, temperature in enumerate(TEMPERATURES):
        ensemble = open_ensemble(dataset, temperature)
        for part in ("lowest", "highest"):
            found = [
                (
                    count * (1.0 + _APART * (order - 0.5)),
                    level_statistics(
                        ensemble,
                        part=part,
                        count=count,
                        reference=_opened(open_ensemble, "goe-2997", part, count),
                    ).goe_likeness,
                )
                for count in _COUNTS
            ]
            name = f"{part}, T* = {temperature.removeprefix('T-')}"
            series.append(_estimates(name, found, style="main" if part == "lowest" else "control", order=order))
    marks = (Mark("hline", 1.0, label="random matrices"), Mark("hline", 0.0, label="Poisson"))
    return Panel(
        f"edges of the spectrum, {label}",
        "number k of levels",
        "likeness to GOE",
        tuple(series),
        marks,
        y_limits=(-0.4, 1.4),
    )


def _low_panel(open_ensemble: OpenEnsemble, dataset: str, label: str, reference: GoeReference) -> Panel:
    series = []
    for order, temperature in enumerate(TEMPERATURES):
        curve = low_ratio_distribution(open_ensemble(dataset, temperature))
        values = (curve[name].values for name in ("ratio", "density", "lower", "upper"))
        series.append(
            plain_series(f"T* = {temperature.removeprefix('T-')}", "points", *values, style="main", order=order)
        )
    edges = np.linspace(0.0, 1.0, 11)
    density = np.histogram(folded(reference.ratio), edges, density=True)[0]
    centre = 0.5 * (edges[1:] + edges[:-1])
    series.append(plain_series("GOE, 2997 rows", "line", centre, density, style="reference", order=0))
    series.append(plain_series("Poisson", "line", centre, curve["poisson"].values, style="control", order=2))
    return Panel(f"below 0.9 ω₀, {label}", "r~ = min(r, 1/r)", "P(r~)", tuple(series), y_limits=(0.0, 2.4))


def _low_likeness(ensemble: xr.Dataset, end: float, reference: GoeReference) -> Estimate | None:
    """None where too few modes lie below the end of the window, or the stored lists end before it does."""
    try:
        return repulsion_below_phonon(ensemble, high=end, reference=reference)
    except NotApplicableError:
        return None


def _number(open_ensemble: OpenEnsemble, dataset: str, group: str, low: float, high: float) -> Estimate | None:
    """None where too few chains have a mode in the window."""
    try:
        return localisation(open_ensemble(dataset, group), low=low, high=high).participation_number
    except NotApplicableError:
        return None


def _rival_lines(points: Series) -> list[Series]:
    """Localised and extended modes through the point of a thousand particles, or else the first."""
    x, y = np.array(points.x, dtype=np.float64), np.array(points.y, dtype=np.float64)
    if len(x) == 0:
        return []
    through = int(np.argmin(np.abs(np.log(x / 1000.0))))
    ends = np.array([x.min(), x.max()])
    return [
        plain_series(label, "line", ends, y[through] * (ends / x[through]) ** slope, style="reference", order=order)
        for order, (label, slope) in enumerate((("localised, slope 0", 0.0), ("extended, slope 1", 1.0)))
    ]


def _cloud(ensemble: xr.Dataset, order: int) -> Series:
    every = math.ceil(ensemble.sizes["sample"] / _CLOUD_SAMPLES)
    chosen = ensemble.isel(sample=slice(None, None, every))
    particles = int(ensemble.attrs["particles"])
    reduced = chosen["eigenfrequency"].values / chosen["first_phonon"].values[:, None]
    inside = reduced < _CLOUD_END
    number = particles * chosen["participation_ratio"].values[inside]
    return plain_series(
        f"N = {particles}", "points", np.round(reduced[inside], 4), np.round(number, 1), style="main", order=order
    )


def _opened(open_ensemble: OpenEnsemble, reference: str, part: str, count: int = 50) -> GoeReference:
    return embedded_reference(_opener(open_ensemble, RANDOM_MATRICES), reference, part, count)


def _opener(open_ensemble: OpenEnsemble, dataset: str) -> Callable[..., xr.Dataset]:
    def open_cell(group: str, other: str | None = None, /) -> xr.Dataset:
        return open_ensemble(other or dataset, group)

    return open_cell


def _estimates(label: str, found: Sequence[tuple[float, Estimate | None]], *, style: Style, order: int) -> Series:
    known = [(x, estimate) for x, estimate in found if estimate is not None]
    return plain_series(
        label,
        "points",
        [x for x, _ in known],
        [estimate.value for _, estimate in known],
        [estimate.low for _, estimate in known],
        [estimate.high for _, estimate in known],
        style=style,
        order=order,
    )
