"""Kind ``mode-ensemble``: eigenfrequencies, the minimum content of a spectrum, and all else about a harmonic solid."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.specification import (
    FINITE,
    FLOATS,
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

# A participation ratio in single precision may exceed one by rounding.
_ROUNDING = 1e-6


def _frequency_where_counted(dataset: xr.Dataset) -> xr.DataArray:
    """Mask of valid frequencies: NaN is permitted only as padding at the end of a row."""
    frequency = dataset["eigenfrequency"]
    if "mode_count" not in dataset:
        return frequency.notnull()
    return _is_padding(dataset) | frequency.notnull()


def _is_padding(dataset: xr.Dataset) -> xr.DataArray:
    index = xr.DataArray(np.arange(dataset.sizes["mode"]), dims="mode")
    return index >= dataset["mode_count"].astype(np.int64)


def _counts_fit(dataset: xr.Dataset) -> xr.DataArray:
    return (dataset["mode_count"] >= 0) & (dataset["mode_count"] <= dataset.sizes["mode"])


def _has_modes(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["mode"] > 0


MODE_VARIABLES = {
    "eigenfrequency": VariableSpecification(
        dims=("sample", "mode"),
        dtypes=("float64",),
        required=True,
        rules=(NOT_INFINITE, NOT_NEGATIVE, ascending("mode")),
    ),
    "unstable_frequency": VariableSpecification(
        dims=("sample", "unstable_mode"),
        dtypes=("float64",),
        rules=(NOT_INFINITE, ValueRule("not below zero", lambda values: ~(values >= 0.0)), ascending("unstable_mode")),
    ),
    "mode_count": VariableSpecification(dims=("sample",), dtypes=INTEGERS),
    "zero_mode_count": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "first_phonon": VariableSpecification(dims=("sample",), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "chain": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "participation_ratio": VariableSpecification(
        dims=("sample", "mode"),
        dtypes=FLOATS,
        rules=(POSITIVE, ValueRule("above one", lambda values: ~(values > 1.0 + _ROUNDING))),
    ),
}

MODE_RULES = (
    DatasetRule("eigenfrequency", "no sample, or no mode", ("eigenfrequency",), _has_modes, reads_values=False),
    DatasetRule(
        "eigenfrequency",
        "NaN (allowed only beyond mode_count, at the end of a row)",
        ("eigenfrequency",),
        _frequency_where_counted,
    ),
    DatasetRule(
        "eigenfrequency",
        "a value beyond mode_count, where NaN is expected",
        ("eigenfrequency", "mode_count"),
        lambda dataset: ~_is_padding(dataset) | dataset["eigenfrequency"].isnull(),
    ),
    DatasetRule("mode_count", "outside the range 0 to number of modes", ("eigenfrequency", "mode_count"), _counts_fit),
    DatasetRule(
        "participation_ratio",
        "NaN where there is an eigenfrequency",
        ("eigenfrequency", "participation_ratio"),
        lambda dataset: dataset["eigenfrequency"].isnull() | dataset["participation_ratio"].notnull(),
    ),
)


def _per_sample(*rules: ValueRule) -> VariableSpecification:
    return VariableSpecification(dims=("sample",), dtypes=("float64",), rules=rules)


SOLID_VARIABLES = {
    "eigenvector": VariableSpecification(
        dims=("sample", "mode", "particle", "axis"), dtypes=FLOATS, rules=(NOT_INFINITE,)
    ),
    "position": VariableSpecification(dims=("sample", "particle", "axis"), dtypes=("float64",), rules=(FINITE,)),
    "box": VariableSpecification(dims=("sample", "axis"), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "box_tilt": VariableSpecification(dims=("sample", "tilt"), dtypes=("float64",), rules=(FINITE,)),
    "mass": VariableSpecification(dims=("sample", "particle"), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "zero_mode_frequency": _per_sample(FINITE, NOT_NEGATIVE),
    "asymmetry": _per_sample(FINITE, NOT_NEGATIVE),
    "translation_cost": _per_sample(FINITE, NOT_NEGATIVE),
    "rotation_cost": _per_sample(FINITE, NOT_NEGATIVE),
    "eigenvalue_precision": _per_sample(FINITE, NOT_NEGATIVE),
    "residual_force": _per_sample(FINITE, NOT_NEGATIVE),
    "shear_modulus": _per_sample(FINITE),
    "bulk_modulus": _per_sample(FINITE),
    "transverse_velocity": _per_sample(FINITE, POSITIVE),
    "longitudinal_velocity": _per_sample(FINITE, POSITIVE),
    "debye_frequency": _per_sample(FINITE, POSITIVE),
    "debye_level": _per_sample(FINITE, POSITIVE),
}

SPECIFICATION = KindSpecification(
    variables=MODE_VARIABLES | SOLID_VARIABLES,
    rules=(
        *MODE_RULES,
        DatasetRule(
            "zero_mode_count",
            "above the number of modes",
            ("eigenfrequency", "zero_mode_count"),
            lambda dataset: dataset["zero_mode_count"] <= dataset.sizes["mode"],
        ),
    ),
)
