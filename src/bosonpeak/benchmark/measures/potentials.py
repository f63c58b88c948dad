"""Which potential an ensemble of glasses is of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError

if TYPE_CHECKING:
    from bosonpeak.generators.particles.potentials import InversePower, LennardJones

_SOFT_SPHERES = ("exponent", "cutoff", "taper")
_LENNARD_JONES = ("truncation", "cutoff", "taper", "kob_andersen")


def potential_of(dataset: xr.Dataset) -> InversePower | LennardJones:
    """Potential that the particles of an ensemble had, from the parameters that it records.

    Raises
    ------
    NotApplicableError
        If they do not say.
    """
    from bosonpeak.generators.sample_generators.particle_systems import lennard_jones_potential, soft_sphere_potential

    parameters = json.loads(dataset.attrs.get("parameters", "{}"))
    if parameters.keys() >= set(_LENNARD_JONES):
        return lennard_jones_potential(parameters)
    if parameters.keys() >= set(_SOFT_SPHERES):
        return soft_sphere_potential(parameters)
    raise NotApplicableError(
        "the potential is unknown",
        expected=f"{', '.join(_SOFT_SPHERES)}, or {', '.join(_LENNARD_JONES)}, in the parameters",
    )
