"""Modes per particle of any glasses beside the reference, in a frequency without units and size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.marks import modes_a_particle_band
from bosonpeak.benchmark.scorecards.figure import Figure, Panel, Series, Style
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.validators.estimates.inputs import mode_lists

_POINTS = 60
_DECADES = 1.5


@dataclass(frozen=True)
class Glasses:
    """Ensemble of a curve; its dataset has ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) in one unit."""

    name: str
    dataset: xr.Dataset
    particles: int
    dimension: int

    @property
    def scaled(self) -> FloatArray:
        """Scaled frequencies 2 pi omega / (omega_0 N^(1/d)) = omega a / v_T, shape (samples, modes).

        omega_0 is the mean over the samples: a soft mode lowers a sample's own.
        """
        return np.asarray(mode_lists(self.dataset).reduced * (2.0 * math.pi / self.particles ** (1.0 / self.dimension)))


def can_be_laid_beside(dataset: xr.Dataset) -> bool:
    """Return whether a dataset has the variables needed by `Glasses`."""
    return "eigenfrequency" in dataset and "first_phonon" in dataset


def modes_in_scaled_frequency(glasses: Sequence[Glasses], references: Sequence[Glasses]) -> Figure:
    """n(omega)/N of glasses beside references of their dimension, one panel a dimension."""
    panels = []
    for dimension in sorted({each.dimension for each in glasses}, reverse=True):
        here = [_curve(each, "main", order) for order, each in enumerate(_of(dimension, glasses))]
        there = [_curve(each, "reference", order) for order, each in enumerate(_of(dimension, references))]
        panels.append(
            Panel(
                f"{dimension} dimensions",
                "ωa/v_T",
                "n(ω)/N",
                (*here, *there),
                x_scale="log",
                y_scale="log",
            )
        )
    return Figure(
        "Modes a particle in scaled frequency",
        "Cumulative number of modes a particle against ωa/v_T = 2πω/(ω_0 N^(1/d)), which has neither units nor a size: "
        "a is the mean distance of particles, v_T the speed of transverse sound, ω_0 the first transverse phonon, the "
        "mean over the ensemble. Each curve ends where the first of its lists does; 95 % bands by the number of modes. "
        "Below the first phonon of a small box its phonons are missing, whatever the glass.",
        tuple(panels),
    )


def _of(dimension: int, glasses: Sequence[Glasses]) -> list[Glasses]:
    return [each for each in glasses if each.dimension == dimension]


def _curve(glasses: Glasses, style: Style, order: int) -> Series:
    every = glasses.scaled
    rows = every[np.isfinite(every).any(axis=1)]
    end = float(np.nanmax(rows, axis=1).min())
    modes = np.sort(rows[rows > 0.0])
    exposure = len(every) * glasses.particles
    x = np.geomspace(end / 10.0**_DECADES, end, _POINTS)
    count = np.searchsorted(modes, x, side="right")
    return modes_a_particle_band(glasses.name, x, count, exposure, style=style, order=order)
