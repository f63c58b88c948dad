"""Figures of the spring-network claims: figures 2 to 4 of the paper, and the data against Debye level and crystal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.curves import (
    BIN_WIDTH,
    TOY_FREQUENCY,
    beside_the_crystal,
    density_band,
    density_bands,
    paper_panel,
    toy_response,
)
from bosonpeak.benchmark.figures.curves import NETWORK_FREQUENCY as FREQUENCY
from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import estimates, region_marks, slopes_through, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.networks.toy_network import nine_node_toy
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, Style, named
from bosonpeak.plot.structures import coordination_curve
from bosonpeak.validators.spectra.network_structure import coordination_distribution
from bosonpeak.validators.spectra.shell_frequencies import sound_speed2

_BESIDE = 0.02


def reduced_density_of_states(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """g(ω)/ω with fixed and with distributed coordination (Fig. 2 of the paper), and the claimed excess."""
    small = evidence.of("shells-resolved-below", role="context")
    tests = evidence.needed("excess")
    return Figure(
        "Fig. 2 of the paper, and what is left of it",
        "First: g(ω)/ω in units of the undisturbed crystal's Debye level, 60 x 60 nodes, ten networks for each curve, "
        "95 % bands; situation 1 has four springs per node, and its comb is the phonon shells of the finite box; "
        "situation 2 has springs up to a + δ, and most of its rise is the lower sound speed. Last: networks of a "
        "million nodes over the crystal of their own sound speed, so that 1 means no excess; points are the means over "
        "the window that the claim judges, thin curves its controls.",
        (
            *(
                beside_the_crystal(
                    named(situation), density_bands(here.ensembles, "paper", open_ensemble, high=3.2, width=BIN_WIDTH)
                )
                for situation, here in sorted(small.by(lambda each: each.family).items())
            ),
            _excess_panel(tests, evidence.of("excess", role="control"), open_ensemble),
        ),
    )


def own_debye(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Networks of a million nodes against their own sound speed."""
    tests, controls = evidence.of("excess"), evidence.of("excess", role="control")
    level = density_bands(tests.ensembles, "own-debye", open_ensemble, high=3.0)
    level += density_bands(controls.ensembles, "own-debye", open_ensemble, high=3.0, style="control", first=len(level))
    return Figure(
        "Against each network's own sound speed",
        "1000 x 1000 nodes, five networks for each curve, 95 % bands; thin curves are the claim's controls. Left: g "
        "over the Debye level of the network's own effective stiffness. Right: g over the crystal of the same sound "
        "speed, so that 1 means no excess; points are the means over the window that the claim judges.",
        (
            Panel(
                "own Debye level = 1",
                FREQUENCY,
                "g / g_Debye(own c)",
                tuple(level),
                (Mark("hline", 1.0), *window_marks(tests)),
                x_limits=(0.0, 3.0),
                y_limits=(0.5, 3.0),
            ),
            _excess_panel(tests, controls, open_ensemble),
        ),
    )


def equal_strengths(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 4 left of the paper, and the controls that hold coordination fixed."""
    changes, sole = evidence.of("excess-change"), evidence.of("excess")
    before = changes.ensembles
    rivals = [(each.dataset, f"{each.parameters['against']}/{_rest(each.cell)}") for each in changes]
    others = [pair for pair in evidence.of("peak-height", role="context").ensembles if pair not in sole.ensembles]
    return Figure(
        "Is coordination the sole cause?",
        "First: as Fig. 4 left of the paper, springs of one strength up to a + δ, here networks of a million nodes. "
        "Then: the same over the crystal of their own sound speed, and, thin, with the strengths t0 a/r; the claim "
        "judges the difference in the shaded window, which stands beside it. Last: networks that keep four springs at "
        "every node and vary their strength alone, with the means that the claim judges; thin curves have distributed "
        "coordination.",
        (
            paper_panel(
                "equal strengths, against the undisturbed crystal",
                density_bands(before, "paper", open_ensemble, high=3.2),
            ),
            _ratio_panel(
                "equal strengths or not",
                [
                    *density_bands(before, "rescaled-crystal", open_ensemble, high=1.5),
                    *density_bands(rivals, "rescaled-crystal", open_ensemble, high=1.5, style="control"),
                ],
                tuple(
                    Mark("span", start=low, stop=high, label=label) for low, high, label in _reported_windows(changes)
                ),
            ),
            Panel(
                "what equal strengths change",
                "δ",
                "change of the excess",
                (estimates("equal strengths less t0 a/r", changes, _displacements(changes, open_ensemble), order=0),),
                (Mark("hline", 0.0), *region_marks(changes)),
            ),
            _excess_panel(sole, Evidence(), open_ensemble, beside=others, title="strength alone"),
        ),
    )


def van_hove(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """g(ω)/ω up to the band edge, with the Van Hove peak marked."""
    tests = evidence.needed("van-hove-prominence")
    position = {each.cell: each.estimate.value for each in evidence.of("van-hove-position", role="context")}
    panels, prominence = [], []
    for order, (family, here) in enumerate(tests.by(lambda each: each.family).items()):
        known = [position[cell] for cell in here.cells if cell in position]
        marks = [Mark("vline", place, label=f"peak at {place:.2f}") for place in known]
        prominence.append(estimates(named(family), here, _displacements(here, open_ensemble), order=order))
        panels.append(
            Panel(
                named(family),
                FREQUENCY,
                "g / g_Debye(own c)",
                tuple(density_bands(here.ensembles, "own-debye", open_ensemble, high=3.2)),
                tuple(marks),
                x_limits=(0.0, 3.2),
                y_limits=(0.0, 3.0),
            )
        )
    highest = max(1.1 * each.estimate.high for each in tests)
    panels.append(
        Panel(
            "prominence", "δ", "prominence of the peak", tuple(prominence), region_marks(tests), y_limits=(0.0, highest)
        )
    )
    return Figure(
        "The Van Hove peak under disorder",
        "Vertical lines: maximum of g(ω)/ω near sqrt(trace(H)/N), the frequency of the crystal's singularity, where it "
        "is measured. Sharp spikes in situation 3 are small clusters with integer eigenvalues. Last: how far the peak "
        "stands out, with 95 % intervals, against what the claim asks for.",
        tuple(panels),
    )


def coordination(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Distribution of the coordination number (Fig. 3 of the paper)."""
    tests = evidence.needed("most-probable-coordination")
    mean = {each.ensemble: each.estimate.value for each in evidence.of("mean-coordination", role="context")}
    series = []
    for order, ensemble in enumerate(tests.ensembles):
        found = coordination_distribution(open_ensemble(*ensemble))
        label = _member(ensemble[1]) + (f", mean {mean[ensemble]:.2f}" if ensemble in mean else "")
        series.append(coordination_curve(label, found, order))
    panel = Panel(
        named(tests[0].family),
        "coordination number z",
        "fraction of nodes",
        tuple(series),
        region_marks(tests, "x"),
        x_limits=(0.0, 8.0),
        y_limits=(0.0, 0.6),
    )
    caption = "Fig. 3 left of the paper from the embedded ensemble; bands are 95 % intervals over ten networks."
    return Figure("Coordination numbers", caption, (panel,))


def nine_node(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """On-node response of the nine-node toy (Fig. 4 right of the paper), with the counted poles."""

    def springs(network: SpringNetwork) -> IntegerArray:
        return np.bincount(network.bonds.ravel(), minlength=len(network.positions))

    panels = []
    for measured in evidence.of("new-poles"):
        toy, changed = nine_node_toy(), nine_node_toy(measured.cell)
        ends = springs(changed) != springs(toy)
        half = toy_response(nine_node_toy(measured.cell, stiffness=0.5))[ends].mean(axis=0)
        here = toy_response(changed)
        curves: tuple[tuple[str, FloatArray, Style, int], ...] = (
            ("lattice, every node", toy_response(toy)[0], "reference", 0),
            ("its two nodes", here[ends].mean(axis=0), "main", 0),
            ("the other seven", here[~ends].mean(axis=0), "main", 1),
            ("its two nodes, at half strength instead", half, "control", 2),
        )
        series = [
            Series.of(label, "line", TOY_FREQUENCY, values, style=style, order=order)
            for label, values, style, order in curves
        ]
        old, now = (measured.estimate.details[name] for name in ("poles_before", "poles_after"))
        marks = [Mark("vline", np.sqrt(pole), label="new pole") for pole in now if pole not in old]
        panels.append(
            Panel(
                f"a spring {measured.cell}",
                FREQUENCY,
                "-Im G_ii / ω (arbitrary units)",
                tuple(series),
                tuple(marks),
                y_scale="log",
                x_limits=(0.6, 3.2),
            )
        )
    return Figure(
        "Nine nodes: new poles beside the old ones",
        "Fig. 4 right of the paper with broadening ε = 0.02. Poles at ω² = 3 and 6 stay; an added spring "
        "makes 4 and 7, a missing one 2 and 5. A spring of half strength in its place, thin, makes two too.",
        tuple(panels),
    )


def localisation(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Participation number against system size."""
    tests = evidence.needed("participation-scaling")
    series: list[Series] = []
    nodes = np.array([])
    for order, each in enumerate([*tests, *evidence.of("participation-scaling", role="control")]):
        style: Style = "main" if each.role == "test" else "control"
        nodes = np.array(each.estimate.details["sizes"], dtype=np.float64)
        number = nodes * np.array(each.estimate.details["mean_participation_ratio"])
        label = f"{named(each.cell)}: D = {each.estimate.value:.2f}"
        series.append(Series.of(label, "line", nodes, number, style=style, order=order))
        series.append(Series.of("", "points", nodes, number, style=style, order=order))
        if order == 0:
            series.append(slopes_through(nodes, (float(nodes[0]), float(number[0])), each))
    ends = nodes[[0, -1]]
    series.append(Series.of("all nodes", "line", ends, ends, style="reference", order=0))
    panel = Panel("participation number N e", "nodes N", "N e", tuple(series), x_scale="log", y_scale="log")
    caption = (
        "Twenty modes and ten networks a point; the thin one is the claim's control. Extended modes rise with slope 1, "
        "localised ones stay level; the band holds the slopes that are claimed."
    )
    return Figure("Extended or localised?", caption, (panel,))


def peak_position(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Frequency of the peak against the network's own sound speed."""
    tests = evidence.needed("peak-position")
    positions = Evidence([*tests, *evidence.of("peak-position", role="control")])
    heights = evidence.of("peak-height", role="context")
    orders = {family: order for order, family in enumerate(positions.by(_network))}

    def drawn(measured: Evidence) -> tuple[Series, ...]:
        series = []
        for (dataset, family), here in measured.by(_network).items():
            speed = [float(np.sqrt(sound_speed2(open_ensemble(*each.ensemble)).mean())) for each in here]
            label = named(family) if dataset == tests[0].dataset else f"{named(family)}, other size"
            style: Style = "control" if here[0].role == "control" else "main"
            order = orders.get((dataset, family), len(orders))
            series.append(estimates(label, here, speed, style=style, order=order))
        return tuple(series)

    return Figure(
        "Where the peak sits and how high it is",
        "Left: maximum of g(ω)/ω; networks without a maximum in the window are missing. Right: largest excess over the "
        "crystal of the same sound speed, where it is measured. 95 % intervals over networks; the hollow point is the "
        "claim's control.",
        (
            Panel(
                "peak position",
                "own sound speed c",
                "ω at the maximum of g/ω",
                drawn(positions),
                region_marks(tests),
                y_limits=(0.0, 1.2),
            ),
            Panel("peak height", "own sound speed c", "largest excess", drawn(heights), y_limits=(0.0, 0.8)),
        ),
    )


def submission(dataset: xr.Dataset, cell: str, name: str) -> Figure:
    """Spectra of a submission against their own Debye level."""
    highest = float(dataset["eigenfrequency"].max())
    low = density_band(dataset, name, "own-debye", high=highest, width=BIN_WIDTH)
    ratio = density_band(dataset, name, "rescaled-crystal", high=1.5, width=BIN_WIDTH)
    return Figure(
        f"Submission, {cell}",
        "Density of states over the Debye level of the submission's own sound speed, and over the crystal of it.",
        (
            Panel("own Debye level = 1", FREQUENCY, "g / g_Debye(own c)", (low,), (Mark("hline", 1.0),)),
            Panel("crystal of the same speed = 1", FREQUENCY, "g / g_crystal(own c)", (ratio,), (Mark("hline", 1.0),)),
        ),
    )


def _excess_panel(
    tests: Evidence,
    controls: Evidence,
    open_ensemble: OpenEnsemble,
    *,
    beside: Sequence[tuple[str, str]] = (),
    title: str = "crystal of the same sound speed = 1",
) -> Panel:
    """Curves of the excess, its means over the window and the region expected by the claim."""
    series = density_bands(tests.ensembles, "rescaled-crystal", open_ensemble, high=1.5)
    others = [*controls.ensembles, *beside]
    series += density_bands(others, "rescaled-crystal", open_ensemble, high=1.5, style="control", first=len(series))
    for number, each in enumerate(tests):
        place = each.middle + _BESIDE * (number - 0.5 * (len(tests) - 1))
        series.append(estimates("", Evidence([each]), [place], order=number, offset=1.0))
    return _ratio_panel(title, series, (*window_marks(tests), *region_marks(tests, offset=1.0)))


def _ratio_panel(title: str, series: Sequence[Series], marks: Sequence[Mark]) -> Panel:
    label = "g / g_crystal(own c)"
    level = Mark("hline", 1.0)
    limits: tuple[float, float] = (0.6, 1.6)
    return Panel(title, FREQUENCY, label, tuple(series), (level, *marks), x_limits=(0.0, 1.5), y_limits=limits)


def _displacements(measured: Evidence, open_ensemble: OpenEnsemble) -> list[float]:
    return [float(open_ensemble(*each.ensemble).attrs["displacement"]) for each in measured]


def _reported_windows(measured: Evidence) -> list[tuple[float, float, str]]:
    """Windows given to measures as parameters, for estimates without a window."""
    windows = [(each.parameters["low"], each.parameters["high"], f"window of {each.claim}") for each in measured]
    return list(dict.fromkeys(windows))


def _rest(cell: str) -> str:
    return cell.partition("/")[2]


def _member(cell: str) -> str:
    return named(_rest(cell) or cell)


def _network(measured: Measurement) -> tuple[str, str]:
    return measured.dataset, measured.family
