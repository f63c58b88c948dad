"""Kind ``spectrum``: densities of states on a grid, with their error and resolution."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.schema.specification import (
    FINITE,
    INTEGERS,
    NOT_NEGATIVE,
    POSITIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
    ascending,
    not_below_rounding,
)
from bosonpeak.datasets.schema.stiffness import STIFFNESS, STIFFNESS_RULES

# A positive kernel sums cancelling terms: a density may fall below zero by this fraction of its maximum.
_UNDERSHOOT = 1e-9
_SUM_TOLERANCE = 1e-6


def _sums_to_one(dataset: xr.Dataset) -> xr.DataArray:
    return abs(dataset["coordination_fraction"].sum("coordination") - 1.0) <= _SUM_TOLERANCE


def _zero_modes_fit(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["zero_mode_count"] <= dataset["node_count"]


def _has_resolution_note(dataset: xr.Dataset) -> bool:
    carriers = [dataset.attrs, *(dataset[name].attrs for name in ("density_of_states", "frequency"))]
    return any(str(attributes.get("resolution_note", "")).strip() for attributes in carriers)


def _has_points(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["frequency"] > 0


SPECIFICATION = KindSpecification(
    variables={
        "density_of_states": VariableSpecification(
            dims=("sample", "frequency"),
            dtypes=("float64",),
            required=True,
            rules=(FINITE, not_below_rounding(_UNDERSHOOT)),
        ),
        "density_of_states_error": VariableSpecification(
            dims=("sample", "frequency"), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE)
        ),
        "frequency": VariableSpecification(
            dims=("frequency",),
            dtypes=("float64",),
            required=True,
            rules=(FINITE, NOT_NEGATIVE, ascending("frequency", strictly=True)),
        ),
        "resolution": VariableSpecification(
            dims=("frequency",), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE)
        ),
        "chebyshev_moment": VariableSpecification(dims=("sample", "moment"), dtypes=("float64",), rules=(FINITE,)),
        "spectral_bound": VariableSpecification(dims=("sample",), dtypes=("float64",), rules=(FINITE, POSITIVE)),
        "node_count": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(POSITIVE,)),
        "coordination_fraction": VariableSpecification(
            dims=("sample", "coordination"), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE)
        ),
        "zero_mode_count": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
        "effective_stiffness": STIFFNESS,
        "mean_diagonal": VariableSpecification(dims=("sample",), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE)),
    },
    rules=(
        *STIFFNESS_RULES,
        DatasetRule(
            "density_of_states", "no sample, or no frequency", ("density_of_states",), _has_points, reads_values=False
        ),
        DatasetRule(
            "frequency",
            "no attribute resolution_note on it, on density_of_states, or on the dataset",
            ("density_of_states", "frequency"),
            _has_resolution_note,
            reads_values=False,
        ),
        DatasetRule("zero_mode_count", "above the number of nodes", ("zero_mode_count", "node_count"), _zero_modes_fit),
        DatasetRule("coordination_fraction", "does not add up to one", ("coordination_fraction",), _sums_to_one),
    ),
)
