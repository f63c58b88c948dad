"""Kind ``calibration``: results of an estimator on data with a known true value, trial by trial.

Variables::

    value                 (sample, trial)  NaN if the estimator did not apply
    low_95, high_95       (sample, trial)  NaN if the estimator gave no interval
    low_68, high_68       (sample, trial)
    independent_units     (sample, trial)  samples or chains behind the interval
    refused               (sample, trial)  1 if the estimator reported that it does not apply
"""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from bosonpeak.datasets.schema.attributes import FILLED_TEXT, JSON_OBJECT, NUMBER
from bosonpeak.datasets.schema.specification import (
    INTEGERS,
    NOT_INFINITE,
    NOT_NEGATIVE,
    DatasetRule,
    KindSpecification,
    ValueRule,
    VariableSpecification,
)

_YES_OR_NO = ValueRule("neither 0 nor 1", lambda values: (values == 0) | (values == 1))


def _a_number(*rules: ValueRule) -> VariableSpecification:
    return VariableSpecification(dims=("sample", "trial"), dtypes=("float64",), required=True, rules=rules)


def _in_order(level: str) -> Callable[[xr.Dataset], xr.DataArray]:
    return lambda dataset: ~(dataset[f"low_{level}"] > dataset[f"high_{level}"])


def _has_trials(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["trial"] > 0


def _nothing_where_refused(dataset: xr.Dataset) -> xr.DataArray:
    return (dataset["refused"] == 0) | dataset["value"].isnull()


SPECIFICATION = KindSpecification(
    variables={
        "value": _a_number(NOT_INFINITE),
        "low_95": _a_number(),
        "high_95": _a_number(),
        "low_68": _a_number(),
        "high_68": _a_number(),
        "independent_units": VariableSpecification(
            dims=("sample", "trial"), dtypes=INTEGERS, required=True, rules=(NOT_NEGATIVE,)
        ),
        "refused": VariableSpecification(dims=("sample", "trial"), dtypes=INTEGERS, required=True, rules=(_YES_OR_NO,)),
    },
    rules=(
        DatasetRule("value", "no sample, or no trial", ("value",), _has_trials, reads_values=False),
        DatasetRule("value", "present although the estimator refused", ("value", "refused"), _nothing_where_refused),
        DatasetRule("low_95", "above the upper end", ("low_95", "high_95"), _in_order("95")),
        DatasetRule("low_68", "above the upper end", ("low_68", "high_68"), _in_order("68")),
    ),
    attributes={
        "estimator": FILLED_TEXT,
        "truth": NUMBER,
        "data": FILLED_TEXT,
        "wrong": FILLED_TEXT,
        "parameters": JSON_OBJECT,
    },
)
