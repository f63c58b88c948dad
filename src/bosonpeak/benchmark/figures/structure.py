"""Figures of the claims about the structure of glasses: coordination, local moduli, small stresses."""

from __future__ import annotations

import numpy as np

from bosonpeak.benchmark.figures.curves import neighbour_counts
from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.figures.marks import estimates, region_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named, number_in
from bosonpeak.plot.structures import coordination_curve
from bosonpeak.validators.glasses.coordination import Neighbours, coordination_numbers
from bosonpeak.validators.power_laws.low_mode_counts import low_modes_and_small_stresses
from bosonpeak.validators.spectra.network_structure import coordination_distribution

_REGIONS = ("pairs", "particles")
_NEIGHBOURS: tuple[Neighbours, ...] = ("interacting", "delaunay")


def solid_coordination(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Coordination numbers of a simulated solid, counted in two ways (Fig. 3 right of the network paper)."""
    shares, spreads = evidence.of("solid-coordination"), evidence.of("coordination-spread")
    panels = []
    for neighbours in _NEIGHBOURS:
        series = []
        for order, ensemble in enumerate(shares.ensembles):
            numbers = coordination_numbers(open_ensemble(*ensemble), neighbours)
            series.append(neighbour_counts(numbers, named(ensemble[1]), order))
        networks = dict.fromkeys((each.parameters["other_dataset"], each.parameters["against"]) for each in spreads)
        for order, network in enumerate(networks):
            found = coordination_distribution(open_ensemble(*network))
            series.append(coordination_curve(named(network[1]), found, order, style="reference"))
        limits = {(each.parameters["low"], each.parameters["high"]) for each in shares}
        marks = tuple(
            Mark("span", start=low - 0.5, stop=high + 0.5, label=f"{low} to {high}") for low, high in sorted(limits)
        )
        title = "non-zero elements of the Hessian" if neighbours == "interacting" else "neighbours after Delaunay"
        panels.append(Panel(title, "coordination number", "fraction", tuple(series), marks, x_limits=(0.0, 20.0)))
    return Figure(
        "Coordination of a two-dimensional solid",
        "Soft discs: partners that a particle interacts with, and neighbours in a triangulation, whose mean is 6 for "
        "every arrangement in the plane. Thin: the network of the claim. Shaded: the paper's range.",
        tuple(panels),
    )


def local_moduli(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Variance of the local shear modulus over the critical variance, of single glasses and on average."""
    tests = Evidence([*evidence.of("local-disorder"), *evidence.of("local-disorder", role="context")])
    panels = []
    for dataset, here in tests.by(lambda each: each.dataset).items():
        temperature = [number_in(each.cell) for each in here]
        single = [each.estimate.details.get("gamma", []) for each in here]
        scale = [
            each.estimate.value / max(float(np.mean(values)), 1e-300) for each, values in zip(here, single, strict=True)
        ]
        x = [place for place, values in zip(temperature, single, strict=True) for _ in values]
        y = [value * unit for values, unit in zip(single, scale, strict=True) for value in values]
        panels.append(
            Panel(
                dataset,
                "T*",
                "γ/γ_c",
                (
                    Series.of("single glasses", "points", x, y, style="faint", order=1),
                    estimates("mean", here, temperature, order=0),
                ),
                region_marks(evidence.of("local-disorder")),
                y_scale="log",
            )
        )
    return Figure(
        "How far glasses are from criticality",
        "Variance of the shear moduli of cubes, from their stresses under a strain of the whole, over that at which "
        "the self-consistent Born approximation is unstable at the glasses' own K/G. Faint: single glasses, scaled "
        "with the mean critical value; 95 % intervals of the means.",
        tuple(panels),
    )


def small_stress(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Correlation of vorticity and strain of low modes with local stresses."""
    names = {
        "vorticity-at-small-stress": "vorticity",
        "vorticity-less-strain-at-small-stress": "vorticity less strain",
    }
    shown = Evidence(each for each in evidence if each.role != "control" and each.measure in names)
    series = [
        estimates(names[name], here, [number_in(each.cell) for each in here], order=order)
        for order, (name, here) in enumerate(shown.by(lambda each: each.measure).items())
    ]
    marks = (Mark("hline", 0.0, label="none"), *region_marks(evidence.of("vorticity-at-small-stress")))
    panel = Panel("low modes and local stresses", "T*", "excess rank correlation with |σ|", tuple(series), marks)
    return Figure(
        "Low modes and local stresses",
        "Rank correlation over particles of the size of a mode's vorticity, or strain, with local stress, less that "
        "of the same mode elsewhere in the same glass; 95 % intervals over chains. Below zero: at small stresses.",
        (panel,),
    )


def intensity(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Number of low modes per glass, and of small stresses, against the parental temperature."""
    tests = evidence.needed("intensity-over-small-stresses")
    modes: list[Series] = []
    stresses: list[Series] = []
    for order, (dataset, here) in enumerate(tests.by(lambda each: each.dataset).items()):
        groups = list(dict.fromkeys([*(each.parameters["against"] for each in here), *here.cells]))
        x = [number_in(group) for group in groups]
        below, stress = (float(here[0].parameters[name]) for name in ("below", "stress"))
        numbers = []
        for group in groups:
            data = open_ensemble(dataset, group)
            counts = low_modes_and_small_stresses(data, below=below, stress=stress)
            numbers.append([float(each.sum()) / data.sizes["sample"] for each in counts])
        for panel, values in zip((modes, stresses), zip(*numbers, strict=True), strict=True):
            panel.append(Series.of(dataset, "points", x, list(values), style="main", order=order))
    ratios = [
        estimates(dataset, here, [number_in(each.cell) for each in here], order=order)
        for order, (dataset, here) in enumerate(tests.by(lambda each: each.dataset).items())
    ]
    return Figure(
        "Low modes and small stresses against the quench",
        "Left, middle: modes per glass below the claim's frequency and stress components below its stress. Right: the "
        "ratio of the numbers of modes over that of the stresses, both against the highest T*; 95 % intervals.",
        (
            Panel("low modes", "T*", "modes per glass", tuple(modes), y_scale="log"),
            Panel("small stresses", "T*", "components per glass", tuple(stresses), y_scale="log"),
            Panel("one over the other", "T*", "ratio to that at high T*", tuple(ratios), region_marks(tests)),
        ),
    )


def tensor_form(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Stable share of the coupling and exponent in the tensor form, for stresses of pairs and of particles."""
    panels = []
    for measure, label in (("stable-coupling", "share of the coupling"), ("tensor-exponent", "s")):
        tests = evidence.of(measure)
        shown = Evidence([*tests, *evidence.of(measure, role="context")])
        x = [float(_REGIONS.index(str(each.parameters.get("regions", "particles")))) for each in shown]
        series = (estimates("measured", shown, x, order=0),)
        panels.append(Panel(label, "0: pairs, 1: particles", label, series, region_marks(tests), x_limits=(-0.5, 1.5)))
    return Figure(
        "The tensor form",
        "Share of the coupling to strain that goes through rotations of positive stiffness, which alone have states, "
        "and the exponent s that they make in the window of the low modes; 95 % intervals over configurations.",
        tuple(panels),
    )
