"""Kind ``configuration``: particle positions in periodic boxes, without derived quantities."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.periodic_box import tilted_cell
from bosonpeak.datasets.schema.attributes import COUNT
from bosonpeak.datasets.schema.specification import (
    FINITE,
    INTEGERS,
    NOT_NEGATIVE,
    POSITIVE,
    AttributeRule,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
)

SPECIES_LABELS = "labels"
"""Attribute of ``species``: the names of the codes 0, 1, ..., separated by blanks."""


TILTED_SCHEMA_VERSION = "2"
"""Of datasets with ``box_tilt``, so that no reader who does not know it takes the box for a rectangular one."""

_ROUND_OFF = 1e-9


def cells(dataset: xr.Dataset) -> FloatArray:
    """Cell matrices of all samples with one edge per row; returns (samples, axes, axes)."""
    box = dataset["box"].values
    tilt = dataset["box_tilt"].values if "box_tilt" in dataset else np.empty((len(box), 0))
    return np.stack([tilted_cell(*one) for one in zip(box, tilt, strict=True)])


def _inside_the_box(dataset: xr.Dataset) -> xr.DataArray | bool:
    if "box_tilt" in dataset:
        return True
    return (dataset["position"] >= 0.0) & (dataset["position"] <= dataset["box"])


def _inside_the_tilted_box(dataset: xr.Dataset) -> xr.DataArray | bool:
    box = dataset["box"].values
    if not (_tilt_fits(dataset) and np.isfinite(dataset["box_tilt"].values).all() and (box > 0.0).all()):
        return True  # reported by other rules
    inverse = xr.DataArray(np.linalg.inv(cells(dataset)), dims=("sample", "axis", "edge"))
    fraction = (dataset["position"] * inverse).sum("axis")
    return (fraction >= -_ROUND_OFF) & (fraction <= 1.0 + _ROUND_OFF)


def _tilt_fits(dataset: xr.Dataset) -> bool:
    axes = dataset.sizes["axis"]
    return bool(dataset.sizes["tilt"] == axes * (axes - 1) // 2)


def _not_empty(dataset: xr.Dataset) -> bool:
    return dataset.sizes["sample"] > 0 and dataset.sizes["particle"] > 0


def _codes_have_labels(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["species"] < len(str(dataset["species"].attrs.get(SPECIES_LABELS, "")).split())


VARIABLES = {
    "position": VariableSpecification(
        dims=("sample", "particle", "axis"), dtypes=("float64",), required=True, rules=(FINITE,)
    ),
    "box": VariableSpecification(dims=("sample", "axis"), dtypes=("float64",), required=True, rules=(FINITE, POSITIVE)),
    "box_tilt": VariableSpecification(dims=("sample", "tilt"), dtypes=("float64",), rules=(FINITE,)),
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
        DatasetRule("box_tilt", "not xy, or xy, xz and yz", ("box", "box_tilt"), _tilt_fits, reads_values=False),
        DatasetRule(
            "box_tilt",
            f"schema_version is not {TILTED_SCHEMA_VERSION}",
            ("box_tilt",),
            lambda dataset: dataset.attrs.get("schema_version") == TILTED_SCHEMA_VERSION,
            reads_values=False,
        ),
        DatasetRule("position", "outside the box", ("position", "box"), _inside_the_box),
        DatasetRule("position", "outside the box", ("position", "box", "box_tilt"), _inside_the_tilted_box),
        DatasetRule(
            "position",
            "not as many particles as in the attribute particles",
            ("position",),
            lambda dataset: bool(dataset.sizes["particle"] == dataset.attrs.get("particles")),
            reads_values=False,
        ),
        DatasetRule(
            "position",
            "not as many axes as in the attribute dimension",
            ("position",),
            lambda dataset: bool(dataset.sizes["axis"] == dataset.attrs.get("dimension")),
            reads_values=False,
        ),
        DatasetRule("species", "a code without a label", ("species",), _codes_have_labels),
    ),
    attributes={
        "particles": COUNT,
        "dimension": COUNT,
        "schema_version": AttributeRule(
            '"1", or "2" with box_tilt', lambda value: value in ("1", TILTED_SCHEMA_VERSION)
        ),
    },
)
