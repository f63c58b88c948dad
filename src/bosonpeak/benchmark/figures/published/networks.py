"""Figures of C. Jiang, Microscopic origin of Boson peak in amorphous solids."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.figures.curves import (
    BIN_WIDTH,
    NETWORK_FREQUENCY,
    TOY_FREQUENCY,
    beside_the_crystal,
    density_bands,
    neighbour_counts,
    toy_response,
)
from bosonpeak.benchmark.figures.published.drawn import Comparison, Redrawn, exactly
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.networks.toy_network import nine_node_toy
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.plot.claimed_values import published_marks, published_values
from bosonpeak.plot.figure import Figure, Panel, Series, Style, named, own_name
from bosonpeak.plot.structures import coordination_curve
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import jackknife_interval, mean_interval
from bosonpeak.validators.glasses.coordination import Neighbours, coordination_numbers
from bosonpeak.validators.spectra.debye_excess import excess, reduced_density
from bosonpeak.validators.spectra.debye_level import square_lattice_density
from bosonpeak.validators.spectra.network_structure import coordination_distribution

_PAPER, _SOLID = "network/paper", ("glass/modes-2d", "m-2/T-0.15")
_DISPLACEMENTS = ("delta-0.1", "delta-0.2", "delta-0.3")
_CORNER = 12.0
_BELOW = 1.0
_LEVEL_TOLERANCE = 0.1
_PEAK_TOLERANCE = 0.1
_NEAR_PEAK = (0.2, 0.9)
_INTEGER = 0.5
_LENGTH_TOLERANCE = 0.01
_RANGE, _SHARE_TOLERANCE = (3, 7), 0.01


def structures(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 1: springs and nodes of both situations, the lower left corner, from the seed of network/structures."""
    seed = sample_seed(load_recipe("network/structures"), 0)
    panels, numbers, longest = [], [], []
    for situation, title in (
        (1, "left: four springs per node"),
        (2, "right: springs by distance"),
    ):
        network = SpringNetwork.build(60, displacement=0.2, situation=situation, seed=seed)
        places, nodes = network.positions, network.bonds
        panels.append(_corner(title, places, nodes))
        numbers.append(np.bincount(nodes.ravel(), minlength=len(places)))
        bonds = nearest_image(places[nodes[:, 1]] - places[nodes[:, 0]], math.sqrt(len(places)))
        longest.append(float(np.linalg.norm(bonds, axis=1).max()))
    four = numbers[0]
    caption = (
        f"Nodes displaced by δ = 0.2 from a square lattice, {_CORNER:g} x {_CORNER:g} of 60 x 60. "
        "Springs that leave the cut are left out."
    )
    return Redrawn(
        Figure("Networks, Fig. 1", caption, tuple(panels)),
        (
            Comparison(
                "springs per node, left, all", 4.0, 0.0, (float(four.mean()), float(four.min()), float(four.max()))
            ),
            Comparison(
                "longest spring, right",
                1.2,
                _LENGTH_TOLERANCE,
                exactly(longest[1]),
                "a + δ",
                here_as=f"{longest[1]:.4f}",
            ),
        ),
    )


def densities(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 2: g(ω)/ω of ten networks of 60 x 60 nodes."""
    panels = [
        _densities("left", "situation-1", open_ensemble),
        _densities("right", "situation-2", open_ensemble, "networks-2"),
    ]
    return Redrawn(
        Figure(
            "Networks, Fig. 2",
            "g(ω)/ω in units of the crystal's Debye level, ten networks of 60 x 60 nodes a curve, 95 % bands; the comb "
            "of the left panel is the phonon shells of the box.",
            tuple(panels),
        ),
        (
            *_levels(open_ensemble, "situation-1"),
            *_peaks(
                open_ensemble, "situation-2", "most of the rise is the lower sound speed of the networks, see NET-2"
            ),
        ),
    )


def coordination(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 3: coordination of the networks, and of a simulated solid."""
    series, reported = [], []
    for order, displacement in enumerate(_DISPLACEMENTS):
        found = coordination_distribution(open_ensemble(_PAPER, f"situation-2/{displacement}"))
        series.append(coordination_curve(named(displacement), found, order))
        reported.append(Comparison(f"peak of z, {named(displacement)}", 4.0, _INTEGER, _interval(found.most_probable)))
    left = Panel("left: networks", "coordination number", "fraction", tuple(series), x_limits=(0.0, 8.0))
    solid, counted = open_ensemble(*_SOLID), []
    ways: tuple[tuple[Neighbours, str], ...] = (
        ("interacting", "non-zero elements of the Hessian"),
        ("delaunay", "neighbours after Delaunay"),
    )
    for order, (way, label) in enumerate(ways):
        numbers = coordination_numbers(solid, way)
        counted.append(neighbour_counts(numbers, label, order))
        share = mean_interval(((numbers >= _RANGE[0]) & (numbers <= _RANGE[1])).mean(axis=-1))
        reported.append(
            Comparison(
                f"share with z from {_RANGE[0]} to {_RANGE[1]}, {label}",
                1.0,
                _SHARE_TOLERANCE,
                share,
                "a two-dimensional solid of another potential, soft discs",
            )
        )
    right = Panel("right: a solid", "coordination number", "fraction", tuple(counted), x_limits=(0.0, 20.0))
    caption = "Left: ten networks a curve. Right: 60 inherent structures of 400 soft discs, counted in two ways."
    return Redrawn(Figure("Networks, Fig. 3", caption, (left, right)), tuple(reported))


def springs_alike(open_ensemble: OpenEnsemble) -> Redrawn:
    """Fig. 4: equal springs, and the response of nine nodes."""
    left = _densities("left: equal springs", "situation-3", open_ensemble, "networks-4")
    changes: tuple[tuple[str, str, Style, int], ...] = (
        ("none", "lattice", "reference", 0),
        ("added", "a spring added", "main", 0),
        ("missing", "a spring missing", "main", 1),
    )
    series, poles = [], {}
    for change, label, style, order in changes:
        response = toy_response(nine_node_toy(change)).mean(axis=0)
        series.append(Series.of(label, "line", TOY_FREQUENCY, response, style=style, order=order))
    for group in ("lattice", "added", "missing"):
        squared = open_ensemble("network/nine-node", group)["eigenfrequency"].values[0] ** 2
        poles[group] = sorted({round(float(value), 6) for value in squared if value > 1e-9})
    right = Panel("right: nine nodes", NETWORK_FREQUENCY, "-Im G / ω, mean over nodes", tuple(series), y_scale="log")
    reported = []
    for group in ("added", "missing"):
        for kind, found in (
            ("old", set(poles["lattice"]) & set(poles[group])),
            ("new", set(poles[group]) - set(poles["lattice"])),
        ):
            listed = ", ".join(f"{value:g}" for value in sorted(found))
            reported.append(
                Comparison(f"{kind} poles with a spring {group}", 2.0, 0.0, exactly(len(found)), f"ω² = {listed}")
            )
    caption = "Left: as Fig. 2 right with springs of one strength. Right: closed form of nine nodes, broadening 0.02."
    peaks = _peaks(open_ensemble, "situation-3", "equal strengths change next to nothing")
    return Redrawn(Figure("Networks, Fig. 4", caption, (left, right)), (*peaks, *reported))


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


def _densities(title: str, situation: str, open_ensemble: OpenEnsemble, printed: str = "") -> Panel:
    bands = density_bands(_shown(situation), "paper", open_ensemble, high=3.2, width=BIN_WIDTH, label=own_name)
    return replace(beside_the_crystal(title, bands), marks=published_marks(printed) if printed else ())


def _shown(situation: str) -> list[tuple[str, str]]:
    """Ensembles of a situation, by displacement."""
    return [(_PAPER, f"{situation}/{displacement}") for displacement in _DISPLACEMENTS]


def _interval(found: Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high


def _levels(open_ensemble: OpenEnsemble, situation: str) -> list[Comparison]:
    """Modes below ω = 1 over the crystal's Debye level; the crystal's own dispersion lifts them by some per cent."""
    x = np.linspace(0.5 * BIN_WIDTH, _BELOW - 0.5 * BIN_WIDTH, round(_BELOW / BIN_WIDTH))
    crystal = float(square_lattice_density(x).sum() / (x / (2.0 * np.pi)).sum())
    reported = []
    for place in _shown(situation):
        found = excess(open_ensemble(*place), low=BIN_WIDTH, high=_BELOW, reference="paper")
        level = (1.0 + found.value, 1.0 + found.low, 1.0 + found.high)
        reported.append(
            Comparison(
                f"modes below ω = 1 over Debye, {own_name(place[1])}",
                1.0,
                _LEVEL_TOLERANCE,
                level,
                f"the crystal itself has {crystal:.2f}",
            )
        )
    return reported


def _peaks(open_ensemble: OpenEnsemble, situation: str, why: str) -> list[Comparison]:
    """Place of the peak by a parabola over bins about the stated place; jackknife over networks."""
    reported = []
    for place in _shown(situation):
        ensemble = open_ensemble(*place)
        found = jackknife_interval(_PlaceOf(ensemble), ensemble.sizes["sample"])
        printed = published_values("networks-2")["place of the peak"].value
        reported.append(Comparison(f"place of the peak, {own_name(place[1])}", printed, _PEAK_TOLERANCE, found, why))
    return reported


@dataclass(frozen=True)
class _PlaceOf:
    """Place of the peak of the mean reduced density over some networks of an ensemble."""

    ensemble: xr.Dataset

    def __call__(self, kept: NDArray[np.intp]) -> float:
        curve = reduced_density(
            self.ensemble.isel(sample=kept), low=BIN_WIDTH, high=3.2, bin_width=BIN_WIDTH, reference="paper"
        )
        x, y = curve["frequency"].values, curve["reduced_density"].values
        # Single bins carry the phonon shells of the box: only a parabola over many of them has a place.
        near = (x > _NEAR_PEAK[0]) & (x < _NEAR_PEAK[1]) & np.isfinite(y)
        bent, tilt, _ = np.polyfit(x[near], y[near], 2)
        return float(-tilt / (2.0 * bent)) if bent < 0.0 else math.nan
