"""Figures of the claims about the character of modes in glasses: level repulsion and extent."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.curves import poisson_levels
from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import estimates, region_marks, slopes_through, window_marks
from bosonpeak.benchmark.measures.base import AtHome, OpenEnsemble
from bosonpeak.benchmark.measures.levels import RANDOM_MATRICES, embedded_reference
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, Style, named, own_name
from bosonpeak.plot.mode_statistics import ratio_curve
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.levels.below_phonon import low_ratio_distribution, repulsion_below_phonon
from bosonpeak.validators.levels.reference_levels import GoeReference
from bosonpeak.validators.levels.spacing_ratios import folded
from bosonpeak.validators.levels.spacing_statistics import ratio_distribution

_LIKENESS = (Mark("hline", 1.0, label="random matrices"), Mark("hline", 0.0, label="Poisson"))
_WINDOW_ENDS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5)
_CLOUD_SAMPLES, _CLOUD_END = 30, 1.2
_APART, _BESIDE = 0.03, 0.012


def level_ratios(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Spacing ratios of the lowest, middle and highest levels (Fig. 2 of the source), and of the edges."""
    tests = evidence.needed("goe-likeness")
    particles = {each.dataset: int(open_ensemble(*each.ensemble).attrs["particles"]) for each in tests}
    largest = max(tests.datasets, key=lambda dataset: particles[dataset])
    by_dataset = tests.by(lambda each: each.dataset)
    panels = [
        _ratio_panel(here, open_ensemble)
        for here in by_dataset.pop(largest).by(lambda each: each.parameters["part"]).values()
    ]
    beside = evidence.of("goe-likeness", role="context")
    panels += [_edge_panel(Evidence([*here, *beside]).on(here.ensembles)) for here in by_dataset.values()]
    return Figure(
        "Do levels repel each other?",
        f"First: Fig. 2 of the source, ratio r of neighbouring spacings of N = {particles[largest]}, 95 % intervals "
        "over chains; lines are the surmise for random matrices, matrices of the same order, and Poisson levels. Last: "
        "the k lowest and the k highest levels of smaller glasses, on the scale from no repulsion (0) to random "
        "matrices (1), as the claim measures them.",
        tuple(panels),
    )


def low_levels(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Repulsion among the modes below the first phonon alone."""
    tests = evidence.needed("goe-likeness-below-phonon")
    beside = evidence.of("goe-likeness-below-phonon", role="context")
    shown = Evidence([*tests, *beside]).on((dataset, cell) for dataset in tests.datasets for cell in tests.cells)
    matrices = open_ensemble(RANDOM_MATRICES, f"{tests[0].parameters['reference']}/middle")["eigenfrequency"].values
    reference = GoeReference(matrices)
    panels = [_low_panel(here, open_ensemble, reference) for here in tests.by(lambda each: each.dataset).values()]
    likeness: list[Series] = []
    ensembles = shown.by(lambda each: each.ensemble)
    for order, ((dataset, cell), here) in enumerate(ensembles.items()):
        shift = _BESIDE * (order - 0.5 * (len(ensembles) - 1))
        x = [each.window[1] + shift for each in here]
        likeness.append(_running(open_ensemble(dataset, cell), reference, order))
        likeness.append(estimates(f"{own_name(dataset)}, {named(cell)}", here, x, order=order))
    ends = dict.fromkeys(each.window[1] for each in tests)
    panels.append(
        Panel(
            "where the window ends",
            "upper end of the window, ω/ω₀",
            "likeness to GOE",
            tuple(likeness),
            (
                *_LIKENESS,
                *region_marks(tests),
                *(Mark("vline", end, label=f"end of the window of {tests.claims}") for end in ends),
            ),
            y_limits=(-0.4, 1.6),
        )
    )
    return Figure(
        "Modes below the first phonon",
        "Left: r~ = min(r, 1/r) of three neighbours in the window of the claim, levels unfolded by the ensemble's "
        "staircase, with 95 % intervals over chains. Right: mean of r~ on the scale from no repulsion to random "
        "matrices, against the end of the window, as the claim measures it; faint lines, for this figure only, go on "
        "beyond ω₀, where phonons take part.",
        tuple(panels),
    )


def mode_extent(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Participation number of low modes against size and against frequency."""
    tests, growth = evidence.needed("participation-number"), evidence.of("participation-growth")

    def particles(measured: Measurement) -> float:
        return float(open_ensemble(*measured.ensemble).attrs["particles"])

    ordered = sorted(tests, key=particles)
    series = [estimates(_window_name(tests[0]), tests, [particles(each) for each in tests], order=0)]
    lines = [*growth, *evidence.of("participation-growth", role="context")]
    for order, each in enumerate(lines):
        x, y = (each.estimate.details[name] for name in ("particles", "participation_number"))
        scale = " of the largest" if each.parameters.get("scale") == "largest" else ""
        label = f"{_window_name(each)}{scale}: D = {each.estimate.value:.2f}"
        chosen = np.argsort(x)
        style: Style = "main" if each in growth else "faint"
        series.append(Series.of(label, "line", np.take(x, chosen), np.take(y, chosen), style=style, order=order))
    centre = ordered[len(ordered) // 2 - 1] if len(ordered) > 1 else ordered[0]
    through = (particles(centre), centre.estimate.value)
    ends = np.array([particles(ordered[0]), particles(ordered[-1])])
    series += [slopes_through(ends, through, each) for each in growth]
    series += [
        Series.of(label, "line", ends, through[1] * (ends / through[0]) ** slope, style="reference", order=number)
        for number, (label, slope) in enumerate((("localised, slope 0", 0.0), ("extended, slope 1", 1.0)))
    ]
    cloud = [extent_of_modes(open_ensemble(*each.ensemble), order) for order, each in enumerate(ordered)]
    return Figure(
        "How far do low modes extend?",
        f"{named(tests[0].cell)}, {own_name(tests[0].dataset)}. Left: participation number of the low modes with 95 % "
        "intervals over chains, and the lines whose slopes D are claimed to be near 0 in several windows; thin lines "
        f"through the point of N = {through[0]:g} are localised (slope 0) and extended modes (slope 1). Right: single "
        "modes of some thirty glasses of each size.",
        (
            Panel(
                "against the size of the box",
                "particles N",
                "participation number N e",
                tuple(series),
                region_marks(tests),
                x_scale="log",
                y_scale="log",
            ),
            Panel(
                "against frequency",
                "ω/ω₀",
                "participation number N e",
                tuple(cloud),
                (*window_marks(tests), *region_marks(tests), Mark("vline", 1.0, label="ω₀")),
                y_scale="log",
                x_limits=(0.0, _CLOUD_END),
            ),
        ),
    )


def _ratio_panel(tests: Evidence, open_ensemble: OpenEnsemble) -> Panel:
    part, count, matrices = (tests[0].parameters[name] for name in ("part", "count", "reference"))
    series = []
    for order, measured in enumerate(tests):
        curve = ratio_distribution(open_ensemble(*measured.ensemble), part=part, count=count, highest=4.0, bins=20)
        series.append(ratio_curve(named(measured.cell), "points", curve, order))
    levels = embedded_reference(AtHome(RANDOM_MATRICES, open_ensemble), matrices, part, count).levels
    simulated = ratio_distribution(levels, part="highest", count=levels.shape[1], highest=4.0)
    lines = (("surmise", curve["surmise"], curve), (_rows(matrices), simulated["density"], simulated))
    series += [
        Series.of(label, "line", at["ratio"].values, density.values, style="reference", order=order)
        for order, (label, density, at) in enumerate(lines)
    ]
    series.append(poisson_levels(curve))
    title = f"{part} {count} levels"
    return Panel(title, "r", "P(r)", tuple(series), x_limits=(0.0, 4.0), y_limits=(0.0, 1.1))


def _edge_panel(measured: Evidence) -> Panel:
    """Likeness of the lowest and of the highest levels of one dataset, against their number."""
    series = []
    edges = Evidence(each for each in measured if each.parameters["part"] != "middle")
    orders = {cell: order for order, cell in enumerate(edges.cells)}
    for (part, cell), here in edges.by(lambda each: (each.parameters["part"], each.cell)).items():
        x = [each.parameters["count"] * (1.0 + _APART * (orders[cell] - 0.5)) for each in here]
        style: Style = "main" if part == "lowest" else "control"
        series.append(estimates(f"{part}, {named(cell)}", here, x, style=style, order=orders[cell]))
    return Panel(
        f"edges of the spectrum, {own_name(edges[0].dataset)}",
        "number k of levels",
        "likeness to GOE",
        tuple(series),
        (*_LIKENESS, *region_marks(edges)),
        y_limits=(-0.4, 1.4),
    )


def _low_panel(tests: Evidence, open_ensemble: OpenEnsemble, reference: GoeReference) -> Panel:
    high = tests[0].parameters["high"]
    series = []
    for order, measured in enumerate(tests):
        curve = low_ratio_distribution(open_ensemble(*measured.ensemble), high=high)
        series.append(ratio_curve(named(measured.cell), "points", curve, order))
    edges = np.linspace(0.0, 1.0, 11)
    density = np.histogram(folded(reference.ratio), edges, density=True)[0]
    centre = 0.5 * (edges[1:] + edges[:-1])
    matrices = _rows(tests[0].parameters["reference"])
    series.append(Series.of(matrices, "line", centre, density, style="reference", order=0))
    series.append(Series.of("Poisson", "line", centre, curve["poisson"].values, style="control", order=2))
    title = f"below {high:g} ω₀, {own_name(tests[0].dataset)}"
    return Panel(title, "r~ = min(r, 1/r)", "P(r~)", tuple(series), y_limits=(0.0, 2.4))


def _running(ensemble: xr.Dataset, reference: GoeReference, order: int) -> Series:
    """Likeness against the end of the window, for display only; ends that cannot be measured are left out."""
    x, y = [], []
    for end in _WINDOW_ENDS:
        try:
            y.append(repulsion_below_phonon(ensemble, high=end, reference=reference).value)
        except NotApplicableError:  # too few modes below the end, or the stored lists stop before it
            continue
        x.append(end)
    return Series.of("", "line", x, y, style="faint", order=order)


def _rows(reference: str) -> str:
    """Name of random matrices: "goe-2997" is "GOE, 2997 rows"."""
    ensemble, _, rows = reference.partition("-")
    return f"{ensemble.upper()}, {rows} rows"


def _window_name(measured: Measurement) -> str:
    return "{:g} to {:g} ω₀".format(*measured.window)


def extent_of_modes(ensemble: xr.Dataset, order: int) -> Series:
    """Participation number of single modes of some thirty glasses against the frequency."""
    every = math.ceil(ensemble.sizes["sample"] / _CLOUD_SAMPLES)
    chosen = ensemble.isel(sample=slice(None, None, every))
    particles = int(ensemble.attrs["particles"])
    reduced = chosen["eigenfrequency"].values / mode_lists(ensemble).scale
    inside = reduced < _CLOUD_END
    number = particles * chosen["participation_ratio"].values[inside]
    x, y = np.round(reduced[inside], 4), np.round(number, 1)
    return Series.of(f"N = {particles}", "points", x, y, style="main", order=order)
