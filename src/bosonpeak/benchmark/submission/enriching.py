"""Quantities added to a submitted ensemble from its own configurations, for claims and comparisons."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed
from bosonpeak.datasets.arrays import FloatArray

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
    """Add recomputed quantities to an ensemble that has a configuration for every sample.

    Recomputed values replace submitted values, so that a submitted value is checked but never affects a claim or a
    comparison. The first phonon frequency is needed for every sample: if moduli were computed for some samples only and
    none are submitted, their mean serves all samples. Non-cubic boxes have other phonon shells and get no first phonon
    frequency.
    """
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
