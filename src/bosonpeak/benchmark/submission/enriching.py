"""What a submitted ensemble gains from its own configurations, so that claims and comparisons can use it."""

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
    """Add what its configurations say to an ensemble that has one for every sample.

    What was computed here takes the place of what was stated, so that a statement can only be checked and never
    changes a claim or a comparison. The frequency of the first phonon is needed of every sample: where moduli were
    computed of some samples only and none are stated, their mean stands for all. Boxes that are no cubes have other
    shells of phonons, so that no frequency of a first one is told of them.

    Parameters
    ----------
    submitted : Submitted
    recomputed : Recomputed

    Returns
    -------
    Submitted
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
    """Frequency of the lowest transverse phonon of every sample, where the dataset does not have it yet."""
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
