"""Measure of small stresses that the potential's cutoff does not explain."""

from __future__ import annotations

import dataclasses
import json
import math

import xarray as xr

from bosonpeak.benchmark.measures.base import OpenCell, potential_of
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.glasses.pair_stresses import cutoff_stress_counts
from bosonpeak.generators.particles.potentials import InversePower
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.power_laws.exponent_relations import stress_exponent
from bosonpeak.validators.power_laws.small_stresses import ASYMPTOTIC, most_likely_exponent


def stress_exponent_beyond_cutoff(
    open_cell: OpenCell, cell: str, *, low: float = ASYMPTOTIC[0], high: float = ASYMPTOTIC[1]
) -> Estimate:
    """Small-stress exponent alpha less what the potential's cutoff makes of it in the same window, structure apart."""
    data = open_cell(cell)
    measured = stress_exponent(data, low=low, high=high)
    assert measured.window is not None
    expected = _cutoff_exponent(data, measured.window)
    return dataclasses.replace(
        measured,
        name="alpha less that of the potential's cutoff",
        value=measured.value - expected,
        low=measured.low - expected,
        high=measured.high - expected,
        method=f"{measured.method}; the cutoff alone makes {expected:.3f} with g(r) flat",
        warnings=(),
    )


def _cutoff_exponent(data: xr.Dataset, window: tuple[float, float]) -> float:
    """Exponent that the tapered cutoff makes in a window, by the estimator that the data were put through."""
    potential = potential_of(data)
    if not isinstance(potential, InversePower) or json.loads(data.attrs["parameters"]).get("dimension") != 3:
        raise NotApplicableError(
            "the cutoff's stresses are known for inverse powers in three dimensions", expected="dimension = 3"
        )
    edges = data["stress_edge"].values
    inside = edges[(edges >= window[0] * (1.0 - 1e-9)) & (edges <= window[1] * (1.0 + 1e-9))]
    step = math.log(inside[-1] / inside[0]) / (len(inside) - 1)
    return most_likely_exponent(cutoff_stress_counts(potential, inside), step)
