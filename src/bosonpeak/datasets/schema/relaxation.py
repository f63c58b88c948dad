"""Kind ``relaxation``: relaxation times of a liquid at a single temperature, with the underlying correlation curves."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.schema.attributes import COUNT, JSON_OBJECT, NOT_NEGATIVE_NUMBER
from bosonpeak.datasets.schema.specification import (
    FINITE,
    INTEGERS,
    NOT_INFINITE,
    NOT_NEGATIVE,
    POSITIVE,
    DatasetRule,
    KindSpecification,
    ValueRule,
    VariableSpecification,
    ascending,
)

_NOT_ABOVE_ONE = ValueRule("above one", lambda values: ~(values > 1.0))


def _a_run(rules: tuple[ValueRule, ...], *, required: bool = False) -> VariableSpecification:
    return VariableSpecification(dims=("sample", "dynamics"), dtypes=("float64",), required=required, rules=rules)


def _a_lag(dtypes: tuple[str, ...], rules: tuple[ValueRule, ...]) -> VariableSpecification:
    return VariableSpecification(dims=("dynamics", "lag_number"), dtypes=dtypes, rules=rules)


def _a_curve(rules: tuple[ValueRule, ...]) -> VariableSpecification:
    return VariableSpecification(dims=("sample", "dynamics", "lag_number"), dtypes=("float64",), rules=rules)


def _has_runs(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["dynamics"] > 0


def _dynamics_differ(dataset: xr.Dataset) -> xr.DataArray:
    shares = dataset["swap_probability"]
    return (shares == shares.rename(dynamics="other")).sum("other") == 1


def _overlap_where_lags(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["overlap"].isnull() == dataset["lag"].isnull()


SPECIFICATION = KindSpecification(
    variables={
        "relaxation_time": _a_run((NOT_INFINITE, POSITIVE), required=True),
        "relaxation_time_bound": _a_run((FINITE, POSITIVE), required=True),
        "swap_probability": VariableSpecification(
            dims=("dynamics",), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE, _NOT_ABOVE_ONE)
        ),
        "lag": _a_lag(("float64",), (NOT_INFINITE, POSITIVE, ascending("lag_number", strictly=True))),
        "origin_count": _a_lag(INTEGERS, (NOT_NEGATIVE,)),
        "overlap": _a_curve((NOT_NEGATIVE, _NOT_ABOVE_ONE)),
        "self_scattering": _a_curve((NOT_INFINITE, _NOT_ABOVE_ONE)),
        "mean_energy": _a_run((FINITE,)),
        "displacement_acceptance": _a_run((NOT_NEGATIVE, _NOT_ABOVE_ONE)),
        "swap_acceptance": _a_run((NOT_NEGATIVE, _NOT_ABOVE_ONE)),
        "energy_drift": _a_run((FINITE, NOT_NEGATIVE)),
        "equilibration_energy": VariableSpecification(dims=("sample", "record"), dtypes=("float64",), rules=(FINITE,)),
        "equilibration_sweep": VariableSpecification(
            dims=("record",), dtypes=INTEGERS, rules=(NOT_NEGATIVE, ascending("record", strictly=True))
        ),
    },
    rules=(
        DatasetRule(
            "relaxation_time", "no sample, or no dynamics", ("relaxation_time",), _has_runs, reads_values=False
        ),
        DatasetRule(
            "relaxation_time",
            "above its bound, the longest lag",
            ("relaxation_time", "relaxation_time_bound"),
            lambda dataset: ~(dataset["relaxation_time"] > dataset["relaxation_time_bound"]),
        ),
        DatasetRule("swap_probability", "the same for two dynamics", ("swap_probability",), _dynamics_differ),
        DatasetRule("overlap", "lag is missing", ("overlap",), lambda dataset: "lag" in dataset, reads_values=False),
        DatasetRule("overlap", "NaN where there is a lag, or the reverse", ("overlap", "lag"), _overlap_where_lags),
        DatasetRule(
            "relaxation_time_bound",
            "below the longest lag",
            ("relaxation_time_bound", "lag"),
            lambda dataset: dataset["lag"].max("lag_number") <= dataset["relaxation_time_bound"],
        ),
    ),
    attributes={
        "particles": COUNT,
        "dimension": COUNT,
        "density": NOT_NEGATIVE_NUMBER,
        "temperature": NOT_NEGATIVE_NUMBER,
        "overlap_length": NOT_NEGATIVE_NUMBER,
        "parameters": JSON_OBJECT,
    },
)
