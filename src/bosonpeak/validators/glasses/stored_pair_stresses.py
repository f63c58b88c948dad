"""Stress tensors of single pairs of particles from stored pair forces."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables


def pair_stress_tensors(data: Ensemble) -> xr.DataArray:
    """Signed stress tensor of every interacting pair of an ensemble with stored pair forces.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``position`` (..., particle, axis), ``box`` (axis), ``pair_particle`` (..., pair, end) and ``pair_force``
        (..., pair), such as ``glass/taper-2-particles/T-0.20``; all configurations or a selection of them.

    Returns
    -------
    xarray.DataArray
        sigma_ab = -f r e_a e_b, shape (..., pair, axis, axis2), in units of the energy: f is the force of the pair, r
        its distance and e its direction. Tension is positive, the local volume is left out. NaN beyond ``pair_count``.

    Raises
    ------
    NotApplicableError
        If the data are several ensembles, or hold no pair forces.

    Notes
    -----
    Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 86-87. The sum over pairs is the stress of the sample times
    its volume; `bosonpeak.generators.pair_stresses` makes the same tensors from positions and a potential.

    Examples
    --------
    Two discs pressed together with a force of 0.2 at the distance 0.8:

    >>> import xarray as xr
    >>> discs = xr.Dataset(
    ...     {
    ...         "position": (("particle", "axis"), [[0.1, 0.0], [0.9, 0.0]]),
    ...         "box": ("axis", [4.0, 4.0]),
    ...         "pair_particle": (("pair", "end"), [[0, 1]]),
    ...         "pair_force": ("pair", [0.2]),
    ...     },
    ...     coords={"axis": ["x", "y"]},
    ... )
    >>> stress = pair_stress_tensors(discs)
    >>> float(stress.sel(axis="x", axis2="x")[0].round(6)), float(stress.sel(axis="x", axis2="y")[0].round(6))
    (-0.16, 0.0)
    """
    dataset = one_ensemble(data)
    require_variables(dataset, "position", "box", "pair_particle", "pair_force")
    position, ends = dataset["position"].drop_vars("particle", errors="ignore"), dataset["pair_particle"]
    # Beyond pair_count the index -1 names the last particle; the force there is NaN.
    first, second = (position.isel(particle=ends.isel(end=place, drop=True)) for place in (0, 1))
    separation = first - second
    separation = separation - dataset["box"] * np.rint(separation / dataset["box"])
    strength = dataset["pair_force"] / np.sqrt((separation**2).sum("axis"))
    stress = -strength * separation * separation.rename(axis="axis2")
    described = {"units": "epsilon", "long_name": "stress e_a e_b r dphi/dr of a pair, tension positive"}
    return stress.transpose(..., "pair", "axis", "axis2").rename("pair_stress").assign_attrs(described)
