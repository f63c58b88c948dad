"""Rotational content of every stored mode of a glass ensemble, as a labelled dataset."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.helmholtz import PROBES, curl_weight
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.vortices.chance_curl import independent_waves
from bosonpeak.validators.vortices.curl_content import Vorticity, vorticity

_MEASURED = {
    "curl_content": "rotational share of the squared displacement gradient",
    "curl_content_error": "standard error of the curl content",
    "local_curl_content": "curl content from local affine fits",
    "transverse_fraction": "transverse share of the squared displacement",
    "transverse_fraction_error": "standard error of the transverse fraction",
    "resolved": "share of the squared displacement that the plane waves reproduce",
    "independent_waves": "number of independent waves behind the curl content",
}


def vorticity_of_ensemble(
    dataset: Ensemble, *, modes: int | None = None, radius: float | None = None, probes: int = PROBES
) -> xr.Dataset:
    """Curl content of the stored modes of every stored configuration.

    Parameters
    ----------
    dataset : xarray.Dataset, xarray.DataTree or str
        Glass ensemble with ``position`` (configuration, particle, axis), ``eigenvector`` (configuration, low_mode,
        particle, axis), ``box`` (axis), ``configuration_index`` (configuration) and ``eigenfrequency`` (sample, mode);
        ``first_phonon`` and ``chain`` (sample) are copied if present.
    modes : int, optional
        Number of the lowest modes to measure; all stored modes by default.
    radius : float, optional
        Radius of a particle's neighbourhood; three mean particle distances by default.
    probes : int
        Random unresolved fields for the error.

    Returns
    -------
    xarray.Dataset
        By ``configuration`` and ``low_mode``: results of `vorticity`, ``eigenfrequency`` and, where the first phonon
        is known, ``reduced_frequency`` (over omega_0); by configuration its ``sample`` and ``chain``. The attributes
        give radius, waves and probes.

    Raises
    ------
    NotApplicableError
        If there are no eigenvectors with their positions, or they cannot be measured.

    Examples
    --------
    The lowest three modes of two glasses of discs; all turn more than they dilate.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-0.20").isel(configuration=slice(2))
    >>> found = vorticity_of_ensemble(discs, modes=3)
    >>> found["curl_content"].shape
    (2, 3)
    >>> bool((found["curl_content"] > 0.5).all())
    True
    """
    dataset = one_ensemble(dataset)
    require_variables(dataset, "position", "eigenvector", "box", "configuration_index", "eigenfrequency")
    chosen = dataset if modes is None else dataset.isel(low_mode=slice(modes))
    if chosen.sizes["configuration"] == 0 or chosen.sizes["low_mode"] == 0:
        raise NotApplicableError("no eigenvectors are stored", expected="at least one configuration with one mode")
    box = chosen["box"].values
    found = [
        vorticity(
            chosen["position"].isel(configuration=index).values,
            chosen["eigenvector"].isel(configuration=index).values,
            box,
            radius=radius,
            probes=probes,
        )
        for index in range(chosen.sizes["configuration"])
    ]
    rows = [_rows(each) for each in found]
    variables = {
        name: (("configuration", "low_mode"), np.stack([row[name] for row in rows]), {"long_name": text, "units": "1"})
        for name, text in _MEASURED.items()
    }
    attributes = {
        "radius": found[0].radius,
        "waves": 2 * len(found[0].decomposition.wave_vectors),
        "probes": probes,
        "worst_condition": max(each.decomposition.condition for each in found),
    }
    return xr.Dataset(variables, attrs=attributes).assign(_places(chosen))


def _rows(found: Vorticity) -> dict[str, FloatArray]:
    decomposition = found.decomposition
    return {
        "curl_content": found.curl_content,
        "curl_content_error": found.error,
        "local_curl_content": found.local_curl_content,
        "transverse_fraction": found.transverse_fraction,
        "transverse_fraction_error": decomposition.fraction_error,
        "resolved": found.resolved,
        "independent_waves": independent_waves(
            decomposition.powers.full.sum(axis=2), curl_weight(decomposition, found.radius)
        ),
    }


def _places(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Frequency of each mode, and sample and chain of each configuration."""
    sample = dataset["configuration_index"].astype(int)
    frequency = dataset["eigenfrequency"].isel(sample=sample, mode=slice(dataset.sizes["low_mode"]))
    placed = {"sample": sample, "eigenfrequency": frequency.rename(mode="low_mode")}
    if "first_phonon" in dataset:
        placed["reduced_frequency"] = placed["eigenfrequency"] / dataset["first_phonon"].isel(sample=sample)
        placed["reduced_frequency"].attrs = {"long_name": "frequency over that of the first phonon", "units": "1"}
    if "chain" in dataset:
        placed["chain"] = dataset["chain"].isel(sample=sample)
    return {name: values.reset_coords(drop=True) for name, values in placed.items()}
