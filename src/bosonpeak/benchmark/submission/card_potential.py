"""Potential and particle diameters stated by a card, as objects of the generators."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.schema.configuration import SPECIES_LABELS

if TYPE_CHECKING:
    from bosonpeak.generators.particles.potentials import PairPotential

_NO_TAPER = "none"


def recorded_parameters(card: EnsembleCard) -> Mapping[str, Any]:
    """Parameters of a glass with the names and types of the reference data's attributes."""
    parameters = dict(card.parameters)
    taper = parameters.get("taper")
    named = _NO_TAPER if taper is None else "inf" if math.isinf(taper) else f"{taper:g}"
    described = {key: "inf" if value == math.inf else value for key, value in parameters.items()}
    if card.system != "soft-spheres":
        described["kob_andersen"] = card.system == "kob-andersen"
    apart = ("exponent", "diameters", "cutoff_common")
    recorded = {key: value for key, value in parameters.items() if key not in apart} | {"taper": named}
    return recorded | {"parameters": json.dumps({**described, "dimension": card.dimension}, sort_keys=True)}


def potential_of(card: EnsembleCard) -> PairPotential:
    """Potential whose minima are the glasses of a card, exactly as stated; `NotApplicableError` if not expressible."""
    from bosonpeak.generators.particles.potentials import CutInversePower, InversePower, LennardJones

    if not card.states_a_potential:
        raise NotApplicableError("the card states no potential")
    parameters, is_common = card.parameters, card.has_common_cutoff
    if card.system == "soft-spheres":
        taper, is_shifted = parameters.get("taper"), parameters.get("truncation") != "hard"
        if taper is not None and is_common and is_shifted:
            return InversePower(parameters["exponent"], parameters["cutoff"], taper)
        return CutInversePower(parameters["exponent"], parameters["cutoff"], is_shifted, is_common, taper)
    return LennardJones(
        parameters["cutoff"],
        parameters["truncation"],
        parameters.get("taper", 2.0),
        kob_andersen=card.system == "kob-andersen",
        is_common=is_common,
    )


def diameters_of(card: EnsembleCard, configurations: xr.Dataset) -> FloatArray:
    """Diameters, shape (samples, particles), from ``diameter`` or ``species`` of the configurations."""
    if "diameters" in card.parameters:
        return _diameters_of_types(card.parameters["diameters"], configurations)
    if card.system != "kob-andersen":
        if "diameter" not in configurations:
            raise NotApplicableError(
                "the configurations hold no diameters",
                expected="a diameter of each particle, or diameters by type on the card",
            )
        return np.asarray(configurations["diameter"].values, dtype=np.float64)
    from bosonpeak.generators.sample_generators.particle_systems import MAJORITY_DIAMETER, MINORITY_DIAMETER

    if "species" not in configurations:
        return np.asarray(configurations["diameter"].values, dtype=np.float64)
    species = configurations["species"].values
    codes, counts = np.unique(species, return_counts=True)
    if len(codes) != 2 or counts[0] == counts[1]:
        raise NotApplicableError(
            "the species of the mixture cannot be distinguished",
            expected="two, one of them more frequent",
            got=f"{len(codes)}",
        )
    return np.where(species == codes[np.argmax(counts)], MAJORITY_DIAMETER, MINORITY_DIAMETER)


def _diameters_of_types(by_type: Mapping[str, float], configurations: xr.Dataset) -> FloatArray:
    if "species" not in configurations:
        raise NotApplicableError("the card has diameters by type, and the configurations hold no types")
    labels = str(configurations["species"].attrs[SPECIES_LABELS]).split()
    unknown = sorted(set(labels) - set(by_type))
    if unknown:
        raise NotApplicableError(
            "the card does not say the diameter of every type", expected=", ".join(labels), got=", ".join(by_type)
        )
    found: FloatArray = np.array([by_type[label] for label in labels])[configurations["species"].values]
    stored = configurations.get("diameter")
    if stored is not None and not np.allclose(stored.values, found, rtol=1e-6):
        raise NotApplicableError("the card and the configurations disagree on diameters")
    return found
