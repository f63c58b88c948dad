"""Recompute quantities from submitted configurations and the card's potential, and add them for the comparisons."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.submission.card_potential import diameters_of, potential_of
from bosonpeak.benchmark.submission.reading import Say, Submitted
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError, RecipeError

if TYPE_CHECKING:
    from bosonpeak.generators.particles.interactions import Interactions
    from bosonpeak.generators.particles.potentials import PairPotential


LOWEST = 20
"""Lowest modes that are computed again."""

MODES_RECOMPUTED_OF = 20
"""Samples of 1000 particles in three dimensions whose modes and moduli are computed again, spread evenly over the
ensemble: half a minute. Larger glasses are fewer, by the cube of their degrees of freedom."""

_BUDGET = MODES_RECOMPUTED_OF * 3000**3
_MOST_SAMPLES = 60
_LARGEST_FOR_MODULI = 6000

LENGTH_UNITS = ("1", "sigma", "a")
"""Units of length in which potentials of reduced units make sense; the card's density says which length it is."""


@dataclass(frozen=True)
class Recomputed:
    """Quantities recomputed from the configurations of an ensemble, or the `reason` why nothing could be recomputed."""

    # `sample`: (configurations,), first dimension of `structure`, the quantities without a Hessian; `chosen`:
    # (chosen,), first dimension of `vibration`, the quantities from a Hessian.

    sample: IntegerArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    structure: dict[str, NDArray[Any]] = field(default_factory=dict)
    chosen: IntegerArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    vibration: dict[str, NDArray[Any]] = field(default_factory=dict)
    reason: str = ""

    @property
    def exists(self) -> bool:
        """Test whether anything was computed."""
        return not self.reason


def recompute(submitted: Submitted, say: Say = lambda text: None) -> Recomputed:
    """Compute structure of all configurations, and modes and moduli of as many as `MODES_RECOMPUTED_OF` allows."""
    configurations = submitted.configurations
    if configurations is None:
        return Recomputed(reason="no configurations were submitted")
    try:
        potential = potential_of(submitted.card)
        _require_reduced_units(configurations)
        diameters = diameters_of(submitted.card, configurations)
        return _recomputed(submitted, configurations, diameters, potential, say)
    except (NotApplicableError, RecipeError) as error:
        return Recomputed(reason=f"{error.what}: {error.got}" if error.got else error.what)


def _require_reduced_units(configurations: xr.Dataset) -> None:
    units = str(configurations["position"].attrs.get("units", "1"))
    if units not in LENGTH_UNITS:
        raise NotApplicableError(
            "configurations are not in reduced units", expected=" or ".join(LENGTH_UNITS), got=units
        )
    if "mass" in configurations and not np.allclose(configurations["mass"].values, 1.0, rtol=1e-9):
        raise NotApplicableError("masses are not all 1", expected="the unit of mass", got="other masses")


def _recomputed(
    submitted: Submitted, configurations: xr.Dataset, diameters: FloatArray, potential: PairPotential, say: Say
) -> Recomputed:
    from bosonpeak.generators.glasses.pairs_at_cutoff import resting_interactions
    from bosonpeak.generators.particles.configuration import Configuration

    positions, boxes = configurations["position"].values, configurations["box"].values
    count = len(positions)
    tilts = configurations["box_tilt"].values if "box_tilt" in configurations else np.empty((count, 0))
    chosen = _spread(count, submitted.card.degrees_of_freedom)
    structures, vibrations = [], []
    for index in range(count):
        if index % 20 == 0:
            say(f"recomputing {submitted.name}: configuration {index + 1} of {count}")
        glass = Configuration.checked(positions[index], diameters[index], boxes[index], potential, tilts[index])
        found, held = resting_interactions(glass)
        beside = {"rattler_count": int(found.rattlers.sum()), "held_pair_count": int(held.sum())}
        structures.append(_structure(found, positions[index], boxes[index]) | beside)
        if index in chosen:
            vibrations.append(_vibration(found, glass.shape, with_sum=not held.any()))
    return Recomputed(
        sample=configurations["sample_index"].values.astype(np.int64),
        structure=_stacked(structures),
        chosen=np.array(sorted(chosen), dtype=np.int64),
        vibration=_stacked(vibrations),
    )


def _spread(count: int, degrees_of_freedom: int) -> set[int]:
    """Evenly spaced indices of configurations whose Hessians are affordable, including the first and the last."""
    affordable = int(np.clip(_BUDGET // degrees_of_freedom**3, 1, _MOST_SAMPLES))
    return set(np.linspace(0, count - 1, min(count, affordable)).round().astype(int).tolist())


def _structure(found: Interactions, positions: FloatArray, box: FloatArray) -> dict[str, Any]:
    from bosonpeak.generators.glasses.pair_stresses import logarithmic_edges, stress_histogram
    from bosonpeak.generators.glasses.pairs_at_cutoff import residual_force

    count, dimension = positions.shape
    volume = float(np.prod(box))
    contacts = np.bincount(found.pairs.ravel(), minlength=count)
    rows, columns = np.triu_indices(dimension, 1)
    virial = found.first * found.distance
    shears = np.abs(virial[:, None] * found.direction[:, rows] * found.direction[:, columns]).ravel()
    counts, below, above = stress_histogram(shears, logarithmic_edges())
    return {
        "density": count / volume,
        "inherent_structure_energy": float(found.energy.sum()) / count,
        "residual_force": residual_force(found),
        "pressure": -float(virial.sum()) / (dimension * volume),
        "mean_contact_number": float(contacts.mean()),
        "free_particle_count": int(np.count_nonzero(contacts == 0)),
        "stress_count": counts.astype(np.int32),
        "stress_count_below": np.int32(below),
        "stress_count_above": np.int32(above),
    }


def _vibration(found: Interactions, box: FloatArray, *, with_sum: bool) -> dict[str, Any]:
    from bosonpeak.generators.glasses.elastic_moduli import moduli_of_interactions
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian

    hessian = ProjectedHessian.of_interactions(found)
    matrix = hessian.matrix
    lowest = np.full(LOWEST, np.nan)
    shear = bulk = phonon = np.nan
    try:
        modes = glass_normal_modes(hessian, "lowest", count=min(LOWEST, hessian.size))
        lowest[: len(modes.frequencies)] = modes.frequencies
        if matrix.shape[0] <= _LARGEST_FOR_MODULI:
            moduli = moduli_of_interactions(found, box, hessian=hessian)
            shear, bulk, phonon = moduli.shear, moduli.bulk, moduli.lowest_transverse_frequency
    except NotApplicableError:
        # Not a minimum, or unbalanced forces: quantities not yet computed stay NaN.
        pass
    return {
        "lowest_frequencies": lowest,
        "zero_mode_count": hessian.zero_mode_count,
        "mean_square_frequency": float(matrix.diagonal().sum()) / matrix.shape[0] if with_sum else np.nan,
        "shear_modulus": shear,
        "bulk_modulus": bulk,
        "first_phonon": phonon,
    }


def _stacked(rows: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


_OF_STRUCTURE = (
    "inherent_structure_energy",
    "residual_force",
    "pressure",
    "mean_contact_number",
    "rattler_count",
    "free_particle_count",
    "stress_count_below",
    "stress_count_above",
)
_OF_HESSIAN = ("shear_modulus", "bulk_modulus", "first_phonon")


def enriched(submitted: Submitted, recomputed: Recomputed) -> Submitted:
    """Add recomputed quantities to an ensemble that has a configuration for every sample."""
    # Recomputed values replace submitted values, so that a submitted value is checked but never affects a claim. The
    # first phonon is needed for every sample: the mean of the computed moduli serves samples without their own.
    if submitted.card.is_network:
        return submitted
    added: dict[str, Any] = {}
    if recomputed.exists and np.array_equal(recomputed.sample, np.arange(submitted.samples)):
        added |= {name: ("sample", recomputed.structure[name], {"units": "1"}) for name in _OF_STRUCTURE}
        added |= _stresses(recomputed)
        if len(recomputed.chosen) == submitted.samples:
            added |= {name: ("sample", recomputed.vibration[name], {"units": "1"}) for name in _OF_HESSIAN}
    dataset = submitted.dataset.assign(added)
    if not submitted.is_in_cubes:
        return replace(submitted, dataset=dataset.drop_vars("first_phonon", errors="ignore"))
    phonon = _first_phonon(replace(submitted, dataset=dataset), recomputed)
    if phonon is not None:
        dataset = dataset.assign(first_phonon=("sample", phonon, {"units": "1"}))
    elif "first_phonon" in dataset and not np.isfinite(dataset["first_phonon"].values).all():
        dataset = dataset.drop_vars("first_phonon")
    return replace(submitted, dataset=dataset)


def _stresses(recomputed: Recomputed) -> dict[str, Any]:
    from bosonpeak.generators.glasses.pair_stresses import logarithmic_edges

    return {
        "stress_count": (("sample", "stress_bin"), recomputed.structure["stress_count"], {"units": "1"}),
        "stress_edge": (("stress_bin_edge",), logarithmic_edges(), {"units": "1"}),
    }


def _first_phonon(submitted: Submitted, recomputed: Recomputed) -> FloatArray | None:
    """Lowest transverse phonon frequency of every sample, or None if already known or not computable."""
    dataset, parameters = submitted.dataset, submitted.card.parameters
    if "first_phonon" in dataset and np.isfinite(dataset["first_phonon"].values).all():
        return None
    if "density" in parameters and "shear_modulus" in dataset and (dataset["shear_modulus"].values > 0.0).all():
        length = (parameters["particles"] / parameters["density"]) ** (1.0 / submitted.card.dimension)
        velocity = np.sqrt(dataset["shear_modulus"].values / parameters["density"])
        return np.asarray(2.0 * math.pi * velocity / length)
    computed = recomputed.vibration.get("first_phonon", np.empty(0))
    known = computed[np.isfinite(computed)]
    return np.full(submitted.samples, known.mean()) if known.size else None
