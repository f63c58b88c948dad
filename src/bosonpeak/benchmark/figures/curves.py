"""Curves common to the figures of claims and to the redrawn figures of the papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.networks.toy_network import on_node_response
from bosonpeak.plot.figure import Panel, Series, Style, named
from bosonpeak.validators.spectra.debye_excess import reduced_density
from bosonpeak.validators.spectra.debye_level import square_lattice_density

NETWORK_FREQUENCY = "ω (√(t0/m))"
BIN_WIDTH = 0.05
FINE_BIN = 0.025
PAPER = "g(ω)/ω, crystal's Debye level = 1"
TOY_FREQUENCY = np.linspace(0.6, 3.2, 521)
TOY_BROADENING = 0.02


def density_band(
    dataset: xr.Dataset,
    label: str,
    reference: str,
    *,
    high: float,
    width: float = FINE_BIN,
    style: Style = "main",
    order: int = 0,
) -> Series:
    """Reduced density of states of networks up to a frequency, with its 95 % band."""
    curve = reduced_density(dataset, low=width, high=high, bin_width=width, reference=reference)
    return Series.from_dataset(label, "band", curve, "frequency", "reduced_density", style=style, order=order)


def density_bands(
    ensembles: Sequence[tuple[str, str]],
    reference: str,
    open_ensemble: OpenEnsemble,
    *,
    high: float,
    width: float = FINE_BIN,
    style: Style = "main",
    first: int = 0,
    label: Callable[[str], str] = named,
) -> list[Series]:
    """Reduced densities of several ensembles, labelled by their groups; `first` is the order of the first ensemble."""
    return [
        density_band(
            open_ensemble(*ensemble), label(ensemble[1]), reference, high=high, width=width, style=style, order=order
        )
        for order, ensemble in enumerate(ensembles, start=first)
    ]


def paper_panel(title: str, curves: Sequence[Series]) -> Panel:
    """Panel of g(ω)/ω over the undisturbed crystal's Debye level, with the axes of the network paper."""
    return Panel(title, NETWORK_FREQUENCY, PAPER, tuple(curves), x_limits=(0.0, 3.2), y_limits=(0.0, 4.0))


def beside_the_crystal(title: str, curves: Sequence[Series]) -> Panel:
    """Fig. 2 of the network paper: curves beside the closed form of the crystal."""
    frequency = np.linspace(0.01, 2.82, 282)
    crystal = square_lattice_density(frequency) / (frequency / (2.0 * np.pi))
    closed = Series.of("δ = 0, closed form", "line", frequency, crystal, style="reference", order=0)
    return paper_panel(title, [closed, *curves])


def neighbour_counts(numbers: IntegerArray, label: str, order: int) -> Series:
    """Fractions of particles by coordination number."""
    fraction = np.bincount(numbers.ravel()) / numbers.size
    return Series.of(label, "line", np.arange(len(fraction)), fraction, order=order)


def toy_response(network: SpringNetwork) -> FloatArray:
    """On-node response of nine nodes over the frequency, shape (node, frequency), at `TOY_FREQUENCY`."""
    return on_node_response(network, TOY_FREQUENCY, broadening=TOY_BROADENING) / TOY_FREQUENCY


def poisson_levels(curve: xr.Dataset) -> Series:
    """Distribution of the spacing ratios of independent levels."""
    return Series.of("Poisson", "line", curve["ratio"].values, curve["poisson"].values, style="control", order=2)


def mode_steps(frequency: FloatArray, label: str, bins: int) -> Series:
    """Modes per glass and unit of frequency, up to the lowest of the highest stored modes; shape (sample, mode)."""
    edges = np.linspace(0.0, float(np.nanmax(frequency, axis=1).min()), bins + 1)
    counts = np.histogram(frequency[np.isfinite(frequency)], edges)[0] / len(frequency) / np.diff(edges)
    return Series.of(label, "steps", 0.5 * (edges[1:] + edges[:-1]), counts)
