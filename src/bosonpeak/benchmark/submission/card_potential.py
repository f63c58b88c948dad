"""The potential and the particles that a card speaks of, as the generators know them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.cards.card import EnsembleCard
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError

if TYPE_CHECKING:
    from bosonpeak.generators.particles.potentials import PairPotential

_NO_TAPER = "none"


def recorded_parameters(card: EnsembleCard) -> Mapping[str, Any]:
    """Parameters of a glass under the names and in the form of the reference data's attributes."""
    parameters = dict(card.parameters)
    taper = parameters.get("taper")
    named = _NO_TAPER if taper is None else "inf" if math.isinf(taper) else f"{taper:g}"
    described = {key: "inf" if value == math.inf else value for key, value in parameters.items()}
    if card.system != "soft-spheres":
        described["kob_andersen"] = card.system == "kob-andersen"
    recorded = {key: value for key, value in parameters.items() if key != "exponent"} | {"taper": named}
    return recorded | {"parameters": json.dumps({**described, "dimension": card.dimension}, sort_keys=True)}


def potential_of(card: EnsembleCard) -> PairPotential:
    """Potential whose minima the glasses of a card are.

    A Lennard-Jones potential that is merely cut has the forces of the shifted one, which is taken in its place.
    """
    from bosonpeak.generators.particles.potentials import CutInversePower, InversePower, LennardJones
    from bosonpeak.generators.sample_generators.particle_systems import smooth_forces

    parameters = card.parameters
    if card.system == "soft-spheres":
        if "truncation" in parameters:
            return CutInversePower(
                parameters["exponent"], parameters["cutoff"], is_shifted=parameters["truncation"] == "shifted"
            )
        return InversePower(parameters["exponent"], parameters["cutoff"], parameters["taper"])
    return smooth_forces(
        LennardJones(
            parameters["cutoff"],
            parameters["truncation"],
            parameters.get("taper", 2.0),
            kob_andersen=card.system == "kob-andersen",
        )
    )


def diameters_of(card: EnsembleCard, configurations: xr.Dataset) -> FloatArray:
    """Diameters of the particles, shape (samples, particles).

    Parameters
    ----------
    card : EnsembleCard
    configurations : xarray.Dataset
        With ``diameter``; of the Kob-Andersen mixture ``species`` will do, the more frequent one being A.

    Raises
    ------
    NotApplicableError
        If they are not known, or a mixture has other than two species.
    """
    if card.system != "kob-andersen":
        if "diameter" not in configurations:
            raise NotApplicableError("the configurations hold no diameters", expected="a diameter of each particle")
        return np.asarray(configurations["diameter"].values, dtype=np.float64)
    from bosonpeak.generators.sample_generators.particle_systems import MAJORITY_DIAMETER, MINORITY_DIAMETER

    if "species" not in configurations:
        return np.asarray(configurations["diameter"].values, dtype=np.float64)
    species = configurations["species"].values
    codes, counts = np.unique(species, return_counts=True)
    if len(codes) != 2 or counts[0] == counts[1]:
        raise NotApplicableError(
            "the species of the mixture cannot be told", expected="two, one of them more frequent", got=f"{len(codes)}"
        )
    return np.where(species == codes[np.argmax(counts)], MAJORITY_DIAMETER, MINORITY_DIAMETER)
