"""Figures of C. Jiang, Microscopic origin of Boson peak in amorphous solids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.published.drawn import Comparison, Redrawn
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.benchmark.scorecards.ensemble_names import named
from bosonpeak.benchmark.scorecards.figure import Figure, Panel, Series, Style
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.networks.nine_node_toy import nine_node_toy, on_node_response
from bosonpeak.validators.glasses.coordination import Neighbours, coordination_numbers
from bosonpeak.validators.spectra.debye_excess import reduced_density
from bosonpeak.validators.spectra.debye_level import square_lattice_density
from bosonpeak.validators.spectra.network_structure import coordination_distribution

_PAPER, _STRUCTURES, _SOLID = "network/paper", "network/structures", ("glass/modes-2d", "m-2/T-0.15")
_DISPLACEMENTS = ("delta-0.1", "delta-0.2", "delta-0.3")
_FREQUENCY = "ω (√(t0/m))"
_CORNER = 12.0
_BIN = 0.05
_BELOW = 1.0
_LEVEL_TOLERANCE = 0.1
_STATED_PEAK = 0.5
_BROADENING = 0.02
_RANGE = (3, 7)


def structures(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 1: springs and nodes of both situations, the lower left corner."""
    panels, told = [], []
    for situation, title in (
        ("situation-1", "left: four springs a node"),
        ("situation-2", "right: springs by distance"),
    ):
        network = open_ensemble(_STRUCTURES, f"{situation}/delta-0.2")
        places, nodes = network["position"].values[0], network["bond_node"].values
        panels.append(_corner(title, places, nodes))
        number = np.bincount(nodes.ravel(), minlength=len(places))
        told.append((float(number.mean()), float(number.std())))
    (mean_four, spread_four), (mean, spread) = told
    caption = (
        f"Nodes displaced by δ = 0.2 from a square lattice, {_CORNER:g} x {_CORNER:g} of 60 x 60. "
        "Springs that leave the cut are left out."
    )
    return Redrawn(
        Figure("Networks, Fig. 1", caption, tuple(panels)),
        (
            Comparison("springs a node, left", "4, all", f"{mean_four:.2f} ± {spread_four:.2f}", spread_four == 0.0),
            Comparison("springs a node, right", "not fixed", f"{mean:.2f} ± {spread:.2f}", spread > 0.0),
        ),
    )


def densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 2: g(ω)/ω of ten networks of 60 x 60 nodes."""
    panels = [
        _density_panel(open_ensemble, "situation-1", "left"),
        _density_panel(open_ensemble, "situation-2", "right"),
    ]
    return Redrawn(
        Figure(
            "Networks, Fig. 2",
            "g(ω)/ω in units of the crystal's Debye level, ten networks of 60 x 60 nodes a curve, 95 % bands; the comb "
            "of the left panel is the phonon shells of the box.",
            tuple(panels),
        ),
        (
            *_levels(panels[0]),
            *_peaks(panels[1], "the rise is there; most of it is the lower sound speed of the networks, see NET-2"),
        ),
    )


def coordination(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 3: coordination of the networks, and of a simulated solid."""
    series, told = [], []
    for order, displacement in enumerate(_DISPLACEMENTS):
        found = coordination_distribution(open_ensemble(_PAPER, f"situation-2/{displacement}"))
        height = found.fraction.mean(axis=0)
        series.append(Series.of(named(displacement), "line", found.number, height, order=order))
        peak = int(found.number[np.argmax(height)])
        told.append(Comparison(f"peak of z, {named(displacement)}", "4", str(peak), peak == 4))
    left = Panel("left: networks", "coordination number", "fraction", tuple(series), x_limits=(0.0, 8.0))
    solid, counted = open_ensemble(*_SOLID), []
    ways: tuple[tuple[Neighbours, str], ...] = (
        ("interacting", "non-zero elements of the Hessian"),
        ("delaunay", "neighbours after Delaunay"),
    )
    for order, (way, label) in enumerate(ways):
        numbers = coordination_numbers(solid, way)
        fraction = np.bincount(numbers.ravel()) / numbers.size
        counted.append(Series.of(label, "line", np.arange(len(fraction)), fraction, order=order))
        share = float(np.mean((numbers >= _RANGE[0]) & (numbers <= _RANGE[1])))
        told.append(
            Comparison(
                f"share with z from {_RANGE[0]} to {_RANGE[1]}, {label}",
                "all",
                f"{share:.3f}",
                share > 0.99,
                "" if share > 0.99 else "a two-dimensional solid of another potential, soft discs",
            )
        )
    right = Panel("right: a solid", "coordination number", "fraction", tuple(counted), x_limits=(0.0, 20.0))
    caption = "Left: ten networks a curve. Right: 60 inherent structures of 400 soft discs, counted in two ways."
    return Redrawn(Figure("Networks, Fig. 3", caption, (left, right)), tuple(told))


def springs_alike(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 4: equal springs, and the response of nine nodes."""
    left = _density_panel(open_ensemble, "situation-3", "left: equal springs")
    frequency = np.linspace(0.6, 3.2, 521)
    changes: tuple[tuple[str, str, Style, int], ...] = (
        ("none", "lattice", "reference", 0),
        ("added", "a spring added", "main", 0),
        ("missing", "a spring missing", "main", 1),
    )
    series, poles = [], {}
    for change, label, style, order in changes:
        toy = nine_node_toy(change)
        response = on_node_response(toy, frequency, broadening=_BROADENING) / frequency
        series.append(Series.of(label, "line", frequency, response.mean(axis=0), style=style, order=order))
    for group in ("lattice", "added", "missing"):
        squared = open_ensemble("network/nine-node", group)["eigenfrequency"].values[0] ** 2
        poles[group] = sorted({round(float(value), 6) for value in squared if value > 1e-9})
    right = Panel("right: nine nodes", _FREQUENCY, "-Im G / ω, mean over nodes", tuple(series), y_scale="log")
    told = [
        Comparison(
            f"poles ω² with a spring {group}",
            "two old ones and two new ones",
            ", ".join(f"{value:g}" for value in poles[group]),
            set(poles["lattice"]) <= set(poles[group]) and len(poles[group]) == len(poles["lattice"]) + 2,
        )
        for group in ("added", "missing")
    ]
    caption = "Left: as Fig. 2 right with springs of one strength. Right: closed form of nine nodes, broadening 0.02."
    peaks = _peaks(left, "equal strengths change next to nothing")
    return Redrawn(Figure("Networks, Fig. 4", caption, (left, right)), (*peaks, *told))


def _corner(title: str, places: FloatArray, nodes: np.ndarray) -> Panel:
    shown = np.all(places < _CORNER, axis=1)
    ends = places[nodes[np.all(np.take(shown, nodes), axis=1)]]
    path = np.concatenate([ends, np.full((len(ends), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    lines = [
        Series.of("" if first else "springs", "line", *path[first : first + 600].T, style="reference")
        for first in range(0, len(path), 600)
    ]
    dots = Series.of("nodes", "points", *places[shown].T)
    return Panel(title, "x (a)", "y (a)", (*lines, dots), x_limits=(0.0, _CORNER), y_limits=(0.0, _CORNER))


def _density_panel(open_ensemble: OpenEnsemble, situation: str, title: str) -> Panel:
    frequency = np.linspace(0.01, 2.82, 282)
    crystal = square_lattice_density(frequency) / (frequency / (2.0 * np.pi))
    series = [Series.of("δ = 0, closed form", "line", frequency, crystal, style="reference")]
    for order, displacement in enumerate(_DISPLACEMENTS):
        series.append(_density(open_ensemble(_PAPER, f"{situation}/{displacement}"), named(displacement), order))
    y_label = "g(ω)/ω, crystal's Debye level = 1"
    return Panel(title, _FREQUENCY, y_label, tuple(series), x_limits=(0.0, 3.2), y_limits=(0.0, 4.0))


def _density(ensemble: xr.Dataset, label: str, order: int) -> Series:
    curve = reduced_density(ensemble, low=_BIN, high=3.2, bin_width=_BIN, reference="paper")
    columns = (curve[name].values for name in ("frequency", "reduced_density", "lower", "upper"))
    return Series.of(label, "band", *columns, order=order)


def _shown(panel: Panel) -> Sequence[tuple[str, FloatArray, FloatArray]]:
    """Curves of the networks below the Van Hove peak."""
    curves = []
    for series in panel.series[1:]:
        x, y = np.array(series.x, dtype=np.float64), np.array(series.y, dtype=np.float64)
        kept = (x < _BELOW) & np.isfinite(y)
        curves.append((series.label, x[kept], y[kept]))
    return curves


def _levels(panel: Panel) -> list[Comparison]:
    told = []
    for label, x, y in _shown(panel):
        level = float(np.average(y, weights=x))
        crystal = float(np.average(square_lattice_density(x) * 2.0 * np.pi / x, weights=x))
        why = f"the crystal itself has {crystal:.2f}"
        same = abs(level - 1.0) < _LEVEL_TOLERANCE
        told.append(Comparison(f"modes below ω = 1 over Debye, {label}", "1", f"{level:.2f}", same, why))
    return told


def _peaks(panel: Panel, why: str) -> list[Comparison]:
    told = []
    for label, x, y in _shown(panel):
        # A parabola over the bins about the stated place, where single bins carry the shells of the box.
        near = (x > 0.2) & (x < 0.9)
        bent, tilt, _ = np.polyfit(x[near], y[near], 2)
        place = -tilt / (2.0 * bent) if bent < 0.0 else float("nan")
        told.append(
            Comparison(f"place of the peak, {label}", "0.5", f"{place:.2f}", abs(place - _STATED_PEAK) < 0.1, why)
        )
    return told
