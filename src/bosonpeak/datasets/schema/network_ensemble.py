"""Kind ``network-ensemble``: spring networks, with or without their eigenmodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.attributes import COUNT, JSON_OBJECT, LABEL, NOT_NEGATIVE_NUMBER
from bosonpeak.datasets.schema.mode_ensemble import MODE_RULES, MODE_VARIABLES
from bosonpeak.datasets.schema.specification import (
    FINITE,
    INTEGERS,
    NOT_NEGATIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
)
from bosonpeak.datasets.schema.stiffness import STIFFNESS, STIFFNESS_RULES


def _components_fit(dataset: xr.Dataset) -> xr.DataArray:
    count = dataset["zero_mode_count"]
    return (count >= 1) & (count <= dataset.sizes["node"])


def _bonds_counted(dataset: xr.Dataset) -> bool:
    return int(dataset["bond_count"].sum()) == dataset.sizes["bond"]


def _bond_ends_exist(dataset: xr.Dataset) -> xr.DataArray:
    return (dataset["bond_node"] >= 0) & (dataset["bond_node"] < dataset.sizes["node"])


def _coordination_matches_bonds(dataset: xr.Dataset) -> xr.DataArray:
    ends = dataset["coordination_number"].sum("node", dtype=np.int64)
    return ends == 2 * dataset["bond_count"].astype(np.int64)


VARIABLES = {
    **MODE_VARIABLES,
    "eigenfrequency": replace(MODE_VARIABLES["eigenfrequency"], required=False),
    "zero_mode_count": replace(MODE_VARIABLES["zero_mode_count"], required=True),
    "coordination_number": VariableSpecification(
        dims=("sample", "node"), dtypes=INTEGERS, required=True, rules=(NOT_NEGATIVE,)
    ),
    "effective_stiffness": replace(STIFFNESS, required=True),
    "mean_diagonal": VariableSpecification(
        dims=("sample",), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE)
    ),
    "position": VariableSpecification(dims=("sample", "node", "axis"), dtypes=("float64",), rules=(FINITE,)),
    "bond_count": VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "bond_node": VariableSpecification(dims=("bond", "end"), dtypes=INTEGERS),
    "bond_stiffness": VariableSpecification(dims=("bond",), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE)),
    "eigenvector": VariableSpecification(
        dims=("sample", "low_mode", "node"), dtypes=("float32", "float64"), rules=(FINITE,)
    ),
    "eigenvector_frequency": VariableSpecification(
        dims=("sample", "low_mode"), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE)
    ),
}

RULES = (
    *MODE_RULES,
    *STIFFNESS_RULES,
    DatasetRule(
        "zero_mode_count",
        "outside the range 1 to number of nodes (a network has one zero mode per connected component)",
        ("zero_mode_count", "coordination_number"),
        _components_fit,
    ),
    DatasetRule(
        "bond_count",
        "bond_count, bond_node and bond_stiffness belong together: one is missing",
        (),
        lambda dataset: len({"bond_count", "bond_node", "bond_stiffness"} & set(dataset.variables)) in (0, 3),
        reads_values=False,
    ),
    DatasetRule(
        "bond_count",
        'attribute sample_dimension must be "bond" (CF contiguous ragged array)',
        ("bond_count",),
        lambda dataset: dataset["bond_count"].attrs.get("sample_dimension") == "bond",
        reads_values=False,
    ),
    DatasetRule("bond_count", "does not add up to the number of bonds", ("bond_count", "bond_node"), _bonds_counted),
    DatasetRule(
        "bond_node", "names a node that does not exist", ("bond_node", "coordination_number"), _bond_ends_exist
    ),
    DatasetRule(
        "bond_count",
        "half the sum of the coordination numbers differs from it",
        ("bond_count", "coordination_number"),
        _coordination_matches_bonds,
    ),
    DatasetRule(
        "eigenvector",
        "eigenvector_frequency is missing",
        ("eigenvector",),
        lambda dataset: "eigenvector" not in dataset or "eigenvector_frequency" in dataset,
        reads_values=False,
    ),
)

SPECIFICATION = KindSpecification(
    variables=VARIABLES,
    rules=RULES,
    attributes={
        "lattice_size": COUNT,
        "situation": LABEL,
        "displacement": NOT_NEGATIVE_NUMBER,
        "parameters": JSON_OBJECT,
    },
)
