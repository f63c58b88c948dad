"""Kind ``density-of-states``: curves of a density of states from elsewhere, with or without errors."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.schema.specification import (
    FINITE,
    NOT_NEGATIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
    ascending,
)

_FEWEST_POINTS = 4


def _has_points(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["frequency"] >= _FEWEST_POINTS


SPECIFICATION = KindSpecification(
    variables={
        "density_of_states": VariableSpecification(
            dims=("sample", "frequency"), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE)
        ),
        "density_of_states_error": VariableSpecification(
            dims=("sample", "frequency"), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE)
        ),
        "frequency": VariableSpecification(
            dims=("frequency",),
            dtypes=("float64",),
            required=True,
            rules=(FINITE, NOT_NEGATIVE, ascending("frequency", strictly=True)),
        ),
    },
    rules=(
        DatasetRule(
            "density_of_states",
            f"no sample, or fewer than {_FEWEST_POINTS} frequencies",
            ("density_of_states",),
            _has_points,
            reads_values=False,
        ),
    ),
)
