"""Evidence behind the spring-network claims, as figures made of plain series.

Figures 2 to 4 of the paper are redrawn from the embedded ensembles; beside them stand the same data against each
network's own Debye level and against the crystal of its own sound speed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import Style, plain_series
from bosonpeak.generators.networks.nine_node_toy import nine_node_toy, on_node_response
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.validators.levels.participation import participation_scaling
from bosonpeak.validators.spectra.debye_excess import excess_peak, reduced_density
from bosonpeak.validators.spectra.debye_level import square_lattice_density
from bosonpeak.validators.spectra.network_structure import coordination_distribution
from bosonpeak.validators.spectra.phonon_shells import sound_speed2
from bosonpeak.validators.spectra.van_hove import van_hove_peak

OpenEnsemble = Callable[[str, str], xr.Dataset]

DISPLACEMENTS = (0.1, 0.2, 0.3)
FREQUENCY = "ω (√(t0/m))"
BIN_WIDTH = 0.05
FINE_BIN = 0.025


def reduced_density_of_states(open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 2 of the paper: g(ω)/ω, with fixed and with distributed coordination."""
    return Figure(
        "Fig. 2 of the paper, from the embedded ensemble",
        "g(ω)/ω in units of the undisturbed crystal's Debye level, 60 x 60 nodes, ten networks for each "
        "displacement, 95 % bands. Left: four springs a node; the comb is the phonon shells of the finite box. Right: "
        "springs up to a + δ; most of the rise is the lower sound speed, see these networks against their own level.",
        tuple(
            Panel(
                title,
                FREQUENCY,
                "g(ω)/ω, crystal's Debye level = 1",
                _paper_curves(open_ensemble, situation),
                x_limits=(0.0, 3.2),
                y_limits=(0.0, 4.0),
            )
            for situation, title in (
                (1, "situation 1: z = 4, t = t0 a/r"),
                (2, "situation 2: r < a + δ, t = t0 a/r"),
            )
        ),
    )


def own_debye(open_ensemble: OpenEnsemble) -> Figure:
    """The same networks, a million nodes each, against their own sound speed."""
    level, ratio = [], []
    for order, displacement in enumerate(DISPLACEMENTS):
        cases: tuple[tuple[int, Style], ...] = ((2, "main"), (1, "control"))
        for situation, style in cases:
            ensemble = open_ensemble("network/spectra", f"situation-{situation}/delta-{displacement}")
            label = f"δ = {displacement}, " + ("z distributed" if situation == 2 else "z = 4")
            level.append(_band(ensemble, label, "own-debye", order, style, high=3.0))
            ratio.append(_band(ensemble, label, "rescaled-crystal", order, style, high=1.5))
    return Figure(
        "Against each network's own sound speed",
        "1000 x 1000 nodes, five networks for each curve, 95 % bands. Left: g over the Debye level of the network's "
        "own effective stiffness. Right: g over the crystal of the same sound speed, so that 1 means no excess.",
        (
            Panel(
                "own Debye level = 1",
                FREQUENCY,
                "g / g_Debye(own c)",
                tuple(level),
                (Mark("hline", 1.0),),
                x_limits=(0.0, 3.0),
                y_limits=(0.5, 3.0),
            ),
            Panel(
                "crystal of the same sound speed = 1",
                FREQUENCY,
                "g / g_crystal(own c)",
                tuple(ratio),
                (Mark("hline", 1.0), Mark("span", start=0.4, stop=0.6, label="window of NET-2")),
                x_limits=(0.0, 1.5),
                y_limits=(0.6, 1.4),
            ),
        ),
    )


def equal_strengths(open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 4 left of the paper, and the controls that hold coordination fixed."""
    equal = _paper_curves(open_ensemble, 3)
    families: tuple[tuple[str, str, int, Style], ...] = (
        ("situation-2/delta-0.2", "cutoff network, t = t0 a/r", 0, "main"),
        ("situation-3/delta-0.2", "cutoff network, t = t0", 1, "main"),
        ("dilution/probability-0.8", "diluted, p = 0.8", 2, "main"),
        ("weak-springs/fraction-0.2", "z = 4, 20 % of springs at 0.1", 3, "control"),
        ("weak-springs/fraction-0.4", "z = 4, 40 % of springs at 0.1", 4, "control"),
        ("broad-strengths/shape-1", "z = 4, exponential strengths", 5, "control"),
    )
    ratio = tuple(
        _band(open_ensemble("network/spectra", group), label, "rescaled-crystal", order, style, high=1.5)
        for group, label, order, style in families
    )
    return Figure(
        "Is coordination the sole cause?",
        "Left: Fig. 4 left of the paper, springs of one strength up to a + δ (60 x 60 nodes, ten networks). Right: "
        "excess over the crystal of the same sound speed for networks of a million nodes; thin curves keep four "
        "springs at every node and vary their strength alone.",
        (
            Panel(
                "situation 3: r < a + δ, t = t0",
                FREQUENCY,
                "g(ω)/ω, crystal's Debye level = 1",
                equal,
                x_limits=(0.0, 3.2),
                y_limits=(0.0, 4.0),
            ),
            Panel(
                "coordination or strength alone",
                FREQUENCY,
                "g / g_crystal(own c)",
                ratio,
                (Mark("hline", 1.0),),
                x_limits=(0.0, 1.5),
                y_limits=(0.6, 1.6),
            ),
        ),
    )


def van_hove(open_ensemble: OpenEnsemble) -> Figure:
    """g(ω)/ω up to the band edge, with the Van Hove peak marked."""
    panels = []
    for situation in (2, 3):
        series, marks = [], []
        for order, displacement in enumerate(DISPLACEMENTS):
            ensemble = open_ensemble("network/spectra", f"situation-{situation}/delta-{displacement}")
            series.append(_band(ensemble, f"δ = {displacement}", "own-debye", order, "main", high=3.2))
            position = van_hove_peak(ensemble).position.value
            marks.append(Mark("vline", position, label=f"peak at {position:.2f}"))
        panels.append(
            Panel(
                f"situation {situation}",
                FREQUENCY,
                "g / g_Debye(own c)",
                tuple(series),
                tuple(marks),
                x_limits=(0.0, 3.2),
                y_limits=(0.0, 3.0),
            )
        )
    return Figure(
        "The Van Hove peak under disorder",
        "Vertical lines: maximum of g(ω)/ω within 0.8 to 1.4 of sqrt(trace(H)/N), the frequency of the "
        "crystal's singularity. Sharp spikes in situation 3 are small clusters with integer eigenvalues.",
        tuple(panels),
    )


def coordination(open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 3 of the paper: how many springs a node has."""
    series = []
    for order, displacement in enumerate(DISPLACEMENTS):
        found = coordination_distribution(open_ensemble("network/paper", f"situation-2/delta-{displacement}"))
        spread = found.fraction.std(axis=0, ddof=1)
        mean = found.fraction.mean(axis=0)
        label = f"δ = {displacement}, mean {found.mean.value:.2f}"
        series.append(plain_series(label, "line", found.number, mean, style="main", order=order))
        series.append(
            plain_series(
                "", "points", found.number, mean, low=mean - spread, high=mean + spread, style="main", order=order
            )
        )
    panel = Panel(
        "situation 2",
        "coordination number z",
        "fraction of nodes",
        tuple(series),
        (Mark("vline", 4.0),),
        x_limits=(0.0, 8.0),
        y_limits=(0.0, 0.6),
    )
    caption = "Fig. 3 left of the paper from the embedded ensemble; bars are the standard deviation over ten networks."
    return Figure("Coordination numbers", caption, (panel,))


def nine_node(open_ensemble: OpenEnsemble) -> Figure:
    """Fig. 4 right of the paper: on-node response of the nine-node toy."""
    frequency = np.linspace(0.6, 3.2, 521)

    def response(network: SpringNetwork) -> NDArray[np.float64]:
        return on_node_response(network, frequency, broadening=0.02) / frequency

    panels = []
    for change, title in (("added", "a spring added"), ("missing", "a spring missing")):
        lattice, changed = response(nine_node_toy()), response(nine_node_toy(change))
        ends = (4, 6) if change == "added" else (4, 3)
        others = [node for node in range(9) if node not in ends]
        weakened = response(nine_node_toy("missing", stiffness=0.5))
        series = [
            plain_series("lattice, every node", "line", frequency, lattice[0], style="reference", order=0),
            plain_series("its two nodes", "line", frequency, changed[list(ends)].mean(axis=0), style="main", order=0),
            plain_series("the other seven", "line", frequency, changed[others].mean(axis=0), style="main", order=1),
        ]
        if change == "missing":
            series.append(
                plain_series(
                    "at half strength instead",
                    "line",
                    frequency,
                    weakened[[4, 3]].mean(axis=0),
                    style="control",
                    order=2,
                )
            )
        panels.append(
            Panel(
                title,
                FREQUENCY,
                "-Im G_ii / ω (arbitrary units)",
                tuple(series),
                y_scale="log",
                x_limits=(0.6, 3.2),
            )
        )
    return Figure(
        "Nine nodes: new poles beside the old ones",
        "Fig. 4 right of the paper with broadening ε = 0.02. Poles at ω² = 3 and 6 stay; an added spring "
        "makes 4 and 7, a missing one 2 and 5. A spring of half strength, at unchanged coordination, makes two too.",
        tuple(panels),
    )


def localisation(open_ensemble: OpenEnsemble) -> Figure:
    """Participation number against system size."""
    series = []
    families: list[tuple[str, str, Style]] = [(f"delta-{d}", f"ω near 0.5, δ = {d}", "main") for d in DISPLACEMENTS]
    families.append(("band-top", "highest modes, δ = 0.2", "control"))
    for order, (family, label, style) in enumerate(families):
        ensembles = [open_ensemble("network/localisation", f"{family}/size-{size}") for size in (30, 60, 120, 240)]
        fit = participation_scaling(ensembles)
        nodes = np.array(fit.details["sizes"], dtype=np.float64)
        number = nodes * np.array(fit.details["mean_participation_ratio"])
        series.append(plain_series(f"{label}: D = {fit.value:.2f}", "line", nodes, number, style=style, order=order))
        series.append(plain_series("", "points", nodes, number, style=style, order=order))
    nodes = np.array([900.0, 57600.0])
    series.append(plain_series("all nodes", "line", nodes, nodes, style="reference", order=0))
    panel = Panel("participation number N e", "nodes N", "N e", tuple(series), x_scale="log", y_scale="log")
    caption = "Twenty modes and ten networks a point. Extended modes rise with slope 1, localised ones stay level."
    return Figure("Extended or localised?", caption, (panel,))


PEAK_FAMILIES: tuple[tuple[str, Style, list[str]], ...] = (
    ("cutoff networks, t = t0 a/r", "main", [f"situation-2/delta-{d}" for d in DISPLACEMENTS]),
    ("cutoff networks, t = t0", "main", [f"situation-3/delta-{d}" for d in DISPLACEMENTS]),
    ("cutoff a + x δ", "main", [f"cutoff/factor-{x}" for x in ("0.5", "1.5", "2")]),
    ("dilution", "main", [f"dilution/probability-{p}" for p in ("0.9", "0.8", "0.7")]),
    ("z = 4, weak springs", "control", [f"weak-springs/fraction-{f}" for f in ("0.2", "0.4")]),
    ("z = 4, broad strengths", "control", ["broad-strengths/shape-3", "broad-strengths/shape-1"]),
)


def peak_position(open_ensemble: OpenEnsemble) -> Figure:
    """Where the peak sits, against the network's own sound speed."""
    positions: list[Series] = []
    heights: list[Series] = []
    for order, (label, style, groups) in enumerate(PEAK_FAMILIES):
        ensembles = [open_ensemble("network/spectra", group) for group in groups]
        speed = [float(np.sqrt(sound_speed2(ensemble).mean())) for ensemble in ensembles]
        peaks = [excess_peak(ensemble) for ensemble in ensembles]
        for target, name in ((positions, "position"), (heights, "height")):
            found = [getattr(peak, name) for peak in peaks]
            target.append(
                plain_series(
                    label,
                    "points",
                    speed,
                    [e.value for e in found],
                    [e.low for e in found],
                    [e.high for e in found],
                    style=style,
                    order=order,
                )
            )
    return Figure(
        "Where the peak sits and how high it is",
        "Left: maximum of g(ω)/ω; networks without a maximum between 0.15 and 1.15 are missing. Right: largest "
        "excess over the crystal of the same sound speed. 95 % intervals over five networks of a million nodes.",
        (
            Panel(
                "peak position",
                "own sound speed c",
                "ω at the maximum of g/ω",
                tuple(positions),
                (Mark("hspan", start=0.4, stop=0.6, label="NET-8"),),
                y_limits=(0.0, 1.2),
            ),
            Panel("peak height", "own sound speed c", "largest excess", tuple(heights), y_limits=(0.0, 0.8)),
        ),
    )


def submission(dataset: xr.Dataset, cell: str, name: str) -> Figure:
    """A third party's spectra against their own Debye level."""
    highest = float(dataset["eigenfrequency"].max())
    low = _band(dataset, name, "own-debye", 0, "main", high=highest, width=BIN_WIDTH)
    ratio = _band(dataset, name, "rescaled-crystal", 0, "main", high=1.5, width=BIN_WIDTH)
    return Figure(
        f"Submission, {cell}",
        "Density of states over the Debye level of the submission's own sound speed, and over the crystal of it.",
        (
            Panel("own Debye level = 1", FREQUENCY, "g / g_Debye(own c)", (low,), (Mark("hline", 1.0),)),
            Panel("crystal of the same speed = 1", FREQUENCY, "g / g_crystal(own c)", (ratio,), (Mark("hline", 1.0),)),
        ),
    )


def _paper_curves(open_ensemble: OpenEnsemble, situation: int) -> tuple[Series, ...]:
    frequency = np.linspace(0.01, 2.82, 282)
    crystal = square_lattice_density(frequency) / (frequency / (2.0 * np.pi))
    curves = [plain_series("δ = 0, closed form", "line", frequency, crystal, style="reference", order=0)]
    for order, displacement in enumerate(DISPLACEMENTS):
        ensemble = open_ensemble("network/paper", f"situation-{situation}/delta-{displacement}")
        curves.append(_band(ensemble, f"δ = {displacement}", "paper", order, "main", high=3.2, width=BIN_WIDTH))
    return tuple(curves)


def _band(
    dataset: xr.Dataset, label: str, reference: str, order: int, style: Style, *, high: float, width: float = FINE_BIN
) -> Series:
    curve = reduced_density(dataset, low=width, high=high, bin_width=width, reference=reference)
    return plain_series(
        label,
        "band",
        curve["frequency"].values,
        curve["reduced_density"].values,
        curve["lower"].values,
        curve["upper"].values,
        style=style,
        order=order,
    )
