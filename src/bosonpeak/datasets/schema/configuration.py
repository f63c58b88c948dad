"""Kind ``configuration``: particles in periodic boxes, with nothing computed from them."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.schema.attributes import COUNT
from bosonpeak.datasets.schema.specification import (
    FINITE,
    INTEGERS,
    NOT_NEGATIVE,
    POSITIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
)

SPECIES_LABELS = "labels"
"""Attribute of ``species``: the names of the codes 0, 1, ..., separated by blanks."""


def _inside_the_box(dataset: xr.Dataset) -> xr.DataArray:
    return (dataset["position"] >= 0.0) & (dataset["position"] <= dataset["box"])


def _not_empty(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["particle"] > 0


def _particles_agree(dataset: xr.Dataset) -> bool:
    return bool(dataset.sizes["particle"] == dataset.attrs.get("particles"))


def _dimension_agrees(dataset: xr.Dataset) -> bool:
    return bool(dataset.sizes["axis"] == dataset.attrs.get("dimension"))


def _codes_have_labels(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["species"] < len(str(dataset["species"].attrs.get(SPECIES_LABELS, "")).split())


VARIABLES = {
    "position": VariableSpecification(
        dims=("sample", "particle", "axis"), dtypes=("float64",), required=True, rules=(FINITE,)
    ),
    "box": VariableSpecification(dims=("sample", "axis"), dtypes=("float64",), required=True, rules=(FINITE, POSITIVE)),
    "species": VariableSpecification(
        dims=("sample", "particle"), dtypes=INTEGERS, required=True, rules=(NOT_NEGATIVE,)
    ),
    "diameter": VariableSpecification(dims=("sample", "particle"), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "mass": VariableSpecification(dims=("sample", "particle"), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "chain": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
}

SPECIFICATION = KindSpecification(
    variables=VARIABLES,
    rules=(
        DatasetRule("position", "no sample, or no particle", ("position",), _not_empty, reads_values=False),
        DatasetRule("position", "outside the box", ("position", "box"), _inside_the_box),
        DatasetRule(
            "position",
            "not as many particles as the attribute particles says",
            ("position",),
            _particles_agree,
            reads_values=False,
        ),
        DatasetRule(
            "position",
            "not as many axes as the attribute dimension says",
            ("position",),
            _dimension_agrees,
            reads_values=False,
        ),
        DatasetRule("species", "a code without a label", ("species",), _codes_have_labels),
    ),
    attributes={"particles": COUNT, "dimension": COUNT},
)
