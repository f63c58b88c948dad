"""The effective stiffness tensor, which several kinds of dataset carry."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.specification import FINITE, DatasetRule, VariableSpecification

# Homogenisation solves are iterative: symmetry and sign are accurate to this fraction of the trace.
_TOLERANCE = 1e-6


def _trace(stiffness: xr.DataArray) -> xr.DataArray:
    return xr.DataArray(np.abs(np.trace(stiffness.values, axis1=1, axis2=2)), dims="sample")


def _symmetric(stiffness: xr.DataArray) -> xr.DataArray:
    asymmetry = np.abs(stiffness.values - np.swapaxes(stiffness.values, 1, 2))
    bound = _TOLERANCE * _trace(stiffness).values[:, None, None]
    return xr.DataArray(~(asymmetry > bound), dims=stiffness.dims)


def _positive_semidefinite(stiffness: xr.DataArray) -> xr.DataArray:
    finite = np.isfinite(stiffness.values).all(axis=(1, 2))
    matrices = np.where(finite[:, None, None], stiffness.values, 0.0)
    lowest = np.linalg.eigvalsh(0.5 * (matrices + np.swapaxes(matrices, 1, 2)))[:, 0]
    bound = _TOLERANCE * _trace(stiffness.copy(data=matrices)).values
    return xr.DataArray(lowest >= -bound, dims="sample")


def _square(dataset: xr.Dataset) -> bool:
    return dataset.sizes["axis"] == dataset.sizes["axis2"]


def _semidefinite(dataset: xr.Dataset) -> xr.DataArray | bool:
    return not _square(dataset) or _positive_semidefinite(dataset["effective_stiffness"])


def _symmetric_if_square(dataset: xr.Dataset) -> xr.DataArray | bool:
    return not _square(dataset) or _symmetric(dataset["effective_stiffness"])


STIFFNESS = VariableSpecification(dims=("sample", "axis", "axis2"), dtypes=("float64",), rules=(FINITE,))

STIFFNESS_RULES = (
    DatasetRule("effective_stiffness", "not a square tensor", ("effective_stiffness",), _square, reads_values=False),
    DatasetRule("effective_stiffness", "not symmetric", ("effective_stiffness",), _symmetric_if_square),
    DatasetRule("effective_stiffness", "not positive semidefinite", ("effective_stiffness",), _semidefinite),
)
