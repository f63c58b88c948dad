"""Boson peaks predicted without a free parameter from the measured correlation function of the local shear modulus.

Glasses are taken from their stored configurations. Spring networks, which are stored without their structure, are made
again by their recorded parameters, in smaller boxes. Heterogeneous-elasticity theory gets gamma, k_xi, K/G0 and G0 of
`measured_medium`; the quasi-equilibrium theory gets the mean wave number of C(k) as k_G.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.measures.base import OpenCell, potential_of
from bosonpeak.benchmark.measures.local_moduli import CHAINS, places_and_shares
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.generators.networks.homogenisation import node_shares
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.theories.heterogeneous_elasticity.boson_peak import (
    BosonPeak,
    heterogeneous_elasticity_boson_peak,
)
from bosonpeak.generators.theories.heterogeneous_elasticity.measured_medium import MeasuredMedium, measured_medium
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import chain_labels, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, deletion_groups, jackknife_half_width
from bosonpeak.validators.reduced_densities.reduced_maximum import boson_peak
from bosonpeak.validators.theories.local_modulus_correlations import (
    LENGTHS,
    RANGE,
    LocalDisorder,
    ModulusCorrelation,
    modulus_correlation,
)
from bosonpeak.validators.waves.currents import stored_currents
from bosonpeak.validators.waves.sound_damping import damping_at

NETWORKS, NETWORK_SIZE = 8, 96
"""Spring networks that are made again, and nodes along their sides."""

THEORIES = ("heterogeneous-elasticity", "quasi-equilibrium")

CROSSOVER = math.sqrt(0.75)
"""omega_BP over c k_G (C. Jiang, below eq. 18)."""

_SEED = 38

_LEAST_DISORDER = 1e-4
"""Disorder gamma of which the boson peak exceeds the precision of the theory's solution."""


@dataclass(frozen=True)
class ElasticSample:
    """Measured elasticity of the samples of a system."""

    correlation: ModulusCorrelation
    bulk_over_shear: FloatArray  # (samples,), infinite for a scalar field
    density: float  # of mass
    spacing: float  # distance rho^(-1/d) of particles, nodes or grid points
    lengths: tuple[float, ...]  # coarse-graining lengths over the spacing
    is_scalar: bool


@dataclass(frozen=True)
class PeakPrediction:
    """Predictions of both theories at a coarse-graining length."""

    length: float
    local: LocalDisorder
    medium: MeasuredMedium
    unit: float  # k_xi sqrt(G0 / rho)
    speed: float  # sqrt(G / rho)

    @functools.cached_property
    def peak(self) -> BosonPeak | None:
        """Boson peak in multiples of `unit`; None if heterogeneous-elasticity theory has no stable medium."""
        if not self.medium.is_stable:
            return None
        medium = self.medium
        return heterogeneous_elasticity_boson_peak(medium.disorder, medium.bulk_modulus, dimension=medium.dimension)

    def frequency(self, theory: str) -> float:
        """Predicted omega_BP; 0 where heterogeneous-elasticity theory has no stable medium."""
        if theory == "quasi-equilibrium":
            return CROSSOVER * self.speed * self.local.mean_wave_number
        return self.unit * self.peak.frequency if self.peak else 0.0


def elastic_sample(data: xr.Dataset, *, chains: int = CHAINS) -> ElasticSample:
    """Measure the local moduli of a glass, network; `NotApplicableError` without structure or parameters."""
    if "position" in data and "diameter" in data:
        return _of_glass(data, chains)
    parameters = json.loads(data.attrs.get("parameters", "{}"))
    if {"situation", "strength_shape"} <= parameters.keys():
        return _of_networks(json.dumps(parameters, sort_keys=True))
    raise NotApplicableError(
        "the local moduli cannot be measured",
        expected="stored configurations of particles, or the parameters of a network",
        got=", ".join(map(str, data.data_vars)),
    )


def predict(sample: ElasticSample, length: float, kept: NDArray[np.intp] | slice = slice(None)) -> PeakPrediction:
    """Predictions at a coarse-graining length, in units of the particle distance, from some of the samples."""
    found = sample.correlation
    local, modulus = found.at_length(length * sample.spacing, kept), float(found.modulus[kept].mean())
    medium = measured_medium(
        local.variance / modulus**2,
        float(sample.bulk_over_shear[kept].mean()),
        dimension=found.dimension,
        scalar=sample.is_scalar,
    )
    if medium.disorder < _LEAST_DISORDER:
        raise NotApplicableError("the modulus does not fluctuate", got=f"gamma = {medium.disorder:.2g}")
    unit = local.cutoff * math.sqrt(modulus / medium.softening / sample.density)
    return PeakPrediction(length, local, medium, unit, math.sqrt(modulus / sample.density))


def predicted_peak(sample: ElasticSample, *, theory: str, level: float = LEVEL) -> Estimate:
    """Predicted frequency of the boson peak: middle length, and limits over all lengths and over samples."""
    # Limits at each length are a jackknife of the logarithm over samples; the widest of all lengths are returned.
    count = len(sample.correlation.modulus)
    group, everything = deletion_groups(count), np.arange(count)
    values, lows, highs, unstable = [], [], [], []
    for length in sample.lengths:
        value = predict(sample, length).frequency(theory)
        parts = [predict(sample, length, everything[group != one]).frequency(theory) for one in range(group[-1] + 1)]
        values.append(value)
        if min([value, *parts]) <= 0.0:
            unstable.append(length)
            lows.append(0.0)
            highs.append(max([value, *parts]))
            continue
        half = jackknife_half_width(np.log(parts), level)
        lows.append(value * math.exp(-half))
        highs.append(value * math.exp(half))
    warnings = tuple(f"the theory has no stable medium at the length {length:g}" for length in unstable)
    return Estimate(
        f"boson peak predicted by {theory.replace('-', ' ')}",
        values[len(values) // 2],
        min(lows),
        max(highs),
        level,
        count,
        "middle coarse-graining length; limits: jackknife over samples, extremes over the lengths",
        warnings=warnings,
        details={"lengths": list(sample.lengths), "values": values, "lows": lows, "highs": highs},
    )


def predicted_peak_ratio(
    open_cell: OpenCell,
    cell: str,
    *,
    theory: str,
    peak_dataset: str | None = None,
    peak_cell: str | None = None,
    length: float | None = None,
) -> Estimate:
    """Predicted over measured frequency of the boson peak, with both errors; at a single length if given."""
    if theory not in THEORIES:
        raise NotApplicableError("unknown theory", expected=" or ".join(THEORIES), got=theory)
    sample = elastic_sample(open_cell(cell))
    if length is not None:
        sample = replace(sample, lengths=(length,))
    measured = boson_peak(open_cell(peak_cell or cell, peak_dataset))
    if not measured.value > 0.0:
        raise NotApplicableError("no boson peak was measured", got="; ".join(measured.warnings))
    return ratio_of_peaks(predicted_peak(sample, theory=theory), measured)


def predicted_damping_ratio(
    open_cell: OpenCell, cell: str, *, frequency: float, wave_dataset: str, wave_cell: str
) -> Estimate:
    """Damping of transverse waves by heterogeneous-elasticity theory over the measured damping, at a frequency."""
    sample = elastic_sample(open_cell(cell))
    measured = damping_at(stored_currents(open_cell(wave_cell, wave_dataset)), frequency=frequency)
    predicted = [damping(predict(sample, length), frequency, sample.correlation.dimension) for length in sample.lengths]
    relative = 0.5 * math.log(measured.high / measured.low) if measured.low > 0.0 else math.inf
    ratios = [each / measured.value for each in predicted]
    return Estimate(
        "predicted damping of waves over the measured",
        ratios[len(ratios) // 2],
        min(ratios) * math.exp(-relative),
        max(ratios) * math.exp(relative),
        measured.level,
        measured.n,
        "middle coarse-graining length; limits: extremes over the lengths, errors of the measured damping",
        window=(frequency, frequency),
        details={"lengths": list(sample.lengths), "values": predicted},
    )


def damping(prediction: PeakPrediction, frequency: float, dimension: int) -> float:
    """Predicted damping rate of transverse waves over their frequency; infinite in an unstable medium."""
    if prediction.peak is None:
        return math.inf
    spectrum = heterogeneous_elasticity(
        prediction.medium.disorder, prediction.medium.bulk_modulus, [frequency / prediction.unit], dimension=dimension
    )
    return float(spectrum.attenuation[0]) * prediction.unit / frequency


def ratio_of_peaks(predicted: Estimate, measured: Estimate) -> Estimate:
    """Ratio of two peak frequencies; relative errors in quadrature at each length, extremes over the lengths."""
    up = math.log(measured.high / measured.value) if measured.high > 0.0 else math.inf
    down = math.log(measured.value / measured.low) if measured.low > 0.0 else math.inf
    lows, highs = [], []
    details = predicted.details
    for value, low, high in zip(details["values"], details["lows"], details["highs"], strict=True):
        ratio = value / measured.value
        lows.append(0.0 if low <= 0.0 else ratio * math.exp(-math.hypot(math.log(value / low), up)))
        if low <= 0.0:
            highs.append(high / measured.value * math.exp(down))
        else:
            highs.append(ratio * math.exp(math.hypot(math.log(high / value), down)))
    return Estimate(
        predicted.name + " over the measured",
        predicted.value / measured.value,
        min(lows),
        max(highs),
        predicted.level,
        predicted.n,
        f"{predicted.method}; errors of the measured peak in quadrature",
        warnings=(*predicted.warnings, *measured.warnings),
        details={**details, "measured": [measured.value, measured.low, measured.high]},
    )


def _of_glass(data: xr.Dataset, chains: int) -> ElasticSample:
    require_variables(data, "position", "diameter", "box", "shear_modulus", "bulk_modulus")
    index = rows_of(data, "configuration")
    chosen = _first_of_chains(data, index)[:chains]
    potential, box = potential_of(data), data["box"].values
    if not np.allclose(box, box[0]):
        raise NotApplicableError("the box is not a cube", got=str(box))
    places, diameters = (data[name].values[chosen].astype(np.float64) for name in ("position", "diameter"))
    glasses = [places_and_shares(place, sizes, box, potential) for place, sizes in zip(places, diameters, strict=True)]
    samples = index[chosen]
    shear, bulk = (data[name].values[samples].astype(np.float64) for name in ("shear_modulus", "bulk_modulus"))
    dimension, count = len(box), data.sizes["particle"]
    stretch = 2.0 * (dimension - 1) / dimension
    spacing = float((np.prod(box) / count) ** (1.0 / dimension))
    found = modulus_correlation(
        [folded for folded, _ in glasses],
        [shares[:-1] - shares[-1] for _, shares in glasses],
        float(box[0]),
        shear_over_longitudinal=float(np.mean(shear / (bulk + stretch * shear))),
        largest=RANGE / (LENGTHS[0] * spacing),
    )
    return ElasticSample(found, bulk / shear, count / float(np.prod(box)), spacing, LENGTHS, is_scalar=False)


def _first_of_chains(data: xr.Dataset, index: IntegerArray) -> IntegerArray:
    """Position of the first stored configuration of each chain."""
    _, first = np.unique(chain_labels(data)[index], return_index=True)
    return np.asarray(first)


@functools.lru_cache(64)
def _of_networks(parameters: str) -> ElasticSample:
    given = json.loads(parameters)
    names = ("displacement", "situation", "cutoff_factor", "bond_probability", "weak_fraction", "weak_stiffness")
    options = {name: given[name] for name in names}
    options["strength_shape"] = float(given["strength_shape"])
    places, shares = [], []
    for seed in np.random.SeedSequence(_SEED).spawn(NETWORKS):
        network = SpringNetwork.build(NETWORK_SIZE, **options, seed=seed)
        ends = network.positions[network.bonds]
        vectors = ends[:, 1] - ends[:, 0]
        vectors -= network.box * np.round(vectors / network.box)
        places.append(network.positions)
        shares.append(
            node_shares(
                network.bonds, network.stiffness, network.node_count, vectors, lattice_shape=network.lattice_shape
            )
        )
    found = modulus_correlation(
        np.stack(places),
        np.stack(shares),
        float(NETWORK_SIZE),
        shear_over_longitudinal=None,
        largest=RANGE / LENGTHS[0],
    )
    return ElasticSample(found, np.full(NETWORKS, math.inf), 1.0, 1.0, LENGTHS, is_scalar=True)
