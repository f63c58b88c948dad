"""Kind ``glass-ensemble``: inherent structures of glasses, with their modes, moduli and stresses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.attributes import COUNT, JSON_OBJECT, NOT_NEGATIVE_NUMBER
from bosonpeak.datasets.schema.mode_ensemble import MODE_RULES, MODE_VARIABLES
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

_NORM_TOLERANCE = 2e-3  # eigenvectors may be stored with nine significant bits


def _a_sample(rules: tuple[ValueRule, ...] = (FINITE,), *, required: bool = False) -> VariableSpecification:
    return VariableSpecification(dims=("sample",), dtypes=("float64",), required=required, rules=rules)


def _counted() -> VariableSpecification:
    return VariableSpecification(dims=("sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,))


def _bins_and_edges(dataset: xr.Dataset) -> bool:
    return "stress_edge" in dataset and dataset.sizes["stress_bin_edge"] == dataset.sizes["stress_bin"] + 1


def _inside_the_box(dataset: xr.Dataset) -> xr.DataArray:
    return (dataset["position"] >= 0.0) & (dataset["position"] <= dataset["box"])


def _normalised(dataset: xr.Dataset) -> xr.DataArray:
    weight = (dataset["eigenvector"].astype(np.float64) ** 2).sum(("particle", "axis"))
    return abs(weight - 1.0) <= _NORM_TOLERANCE


def _pairs_counted(dataset: xr.Dataset) -> xr.DataArray:
    return dataset["pair_count"] <= dataset.sizes["pair"]


def _real_pairs(dataset: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(np.arange(dataset.sizes["pair"]), dims="pair") < dataset["pair_count"]


def _pairs_exist(dataset: xr.Dataset) -> xr.DataArray:
    named, real = dataset["pair_particle"], _real_pairs(dataset)
    return ((named >= 0) & (named < dataset.sizes["particle"])).where(real, named == -1)


def _contacts_counted(dataset: xr.Dataset) -> xr.DataArray:
    return 2 * dataset["pair_count"] == dataset["contact_number"].sum("particle", dtype=np.int64)


_PAIRS = ("pair_count", "pair_particle", "pair_force")

VARIABLES = {
    **MODE_VARIABLES,
    "highest_eigenfrequency": VariableSpecification(
        dims=("sample", "high_mode"), dtypes=("float64",), rules=(FINITE, NOT_NEGATIVE, ascending("high_mode"))
    ),
    "highest_participation_ratio": replace(MODE_VARIABLES["participation_ratio"], dims=("sample", "high_mode")),
    "full_eigenfrequency": VariableSpecification(
        dims=("full_sample", "full_mode"),
        dtypes=("float64",),
        rules=(NOT_INFINITE, NOT_NEGATIVE, ascending("full_mode")),
    ),
    "first_phonon": _a_sample((FINITE, POSITIVE), required=True),
    "shear_modulus": _a_sample(),
    "bulk_modulus": _a_sample(),
    "pressure": _a_sample(),
    "transverse_velocity": _a_sample((FINITE, POSITIVE)),
    "inherent_structure_energy": _a_sample(),
    "residual_force": _a_sample((FINITE, NOT_NEGATIVE)),
    "diameter_structure_factor": _a_sample((FINITE, NOT_NEGATIVE)),
    "shear_stress": _a_sample((FINITE, NOT_NEGATIVE)),
    "lowest_stiffness": _a_sample(),
    "branch_is_elastic": _counted(),
    "branch_strain": _a_sample((FINITE, NOT_NEGATIVE)),
    "zero_shear_inherent_structure_energy": _a_sample(),
    "zero_shear_eigenfrequency": replace(MODE_VARIABLES["eigenfrequency"], required=False),
    "zero_shear_participation_ratio": MODE_VARIABLES["participation_ratio"],
    "zero_shear_shear_modulus": _a_sample((FINITE, POSITIVE)),
    "zero_shear_first_phonon": _a_sample((FINITE, POSITIVE)),
    "zero_shear_residual_force": _a_sample((FINITE, NOT_NEGATIVE)),
    "zero_shear_shear_stress": _a_sample((FINITE, NOT_NEGATIVE)),
    "zero_shear_lowest_stiffness": _a_sample(),
    "smallest_eigenvalue": _a_sample(),
    "mode_residual": _a_sample((FINITE, NOT_NEGATIVE)),
    "mode_orthonormality": _a_sample((FINITE, NOT_NEGATIVE)),
    "hessian_asymmetry": _a_sample((FINITE, NOT_NEGATIVE)),
    "translation_residual": _a_sample((FINITE, NOT_NEGATIVE)),
    "mean_contact_number": _a_sample((FINITE, NOT_NEGATIVE)),
    "rattler_count": _counted(),
    "free_particle_count": _counted(),
    "sweep": _counted(),
    "chain": _counted(),
    "stress_count": VariableSpecification(dims=("sample", "stress_bin"), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "stress_count_below": _counted(),
    "stress_count_above": _counted(),
    "chain_stress_count": VariableSpecification(
        dims=("independent_chain", "stress_bin"), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)
    ),
    "chain_stress_count_below": replace(_counted(), dims=("independent_chain",)),
    "chain_stress_count_above": replace(_counted(), dims=("independent_chain",)),
    "stress_edge": VariableSpecification(
        dims=("stress_bin_edge",),
        dtypes=("float64",),
        rules=(FINITE, POSITIVE, ascending("stress_bin_edge", strictly=True)),
    ),
    "full_sample_index": VariableSpecification(dims=("full_sample",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "configuration_index": VariableSpecification(dims=("configuration",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "box": VariableSpecification(dims=("axis",), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "position": VariableSpecification(dims=("configuration", "particle", "axis"), dtypes=("float64",), rules=(FINITE,)),
    "diameter": VariableSpecification(
        dims=("configuration", "particle"), dtypes=("float64",), rules=(FINITE, POSITIVE)
    ),
    "contact_number": VariableSpecification(dims=("configuration", "particle"), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "coordination_number": VariableSpecification(
        dims=("configuration", "particle"), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)
    ),
    "coordination_distance": VariableSpecification(dims=(), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    "eigenvector": VariableSpecification(
        dims=("configuration", "low_mode", "particle", "axis"), dtypes=FLOATS[::-1], rules=(FINITE,)
    ),
    "pair_count": VariableSpecification(dims=("configuration",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "pair_particle": VariableSpecification(dims=("configuration", "pair", "end"), dtypes=INTEGERS),
    "pair_force": VariableSpecification(dims=("configuration", "pair"), dtypes=("float64",), rules=(NOT_INFINITE,)),
    "particle_stress": VariableSpecification(
        dims=("configuration", "particle", "axis", "axis2"), dtypes=FLOATS[::-1], rules=(FINITE,)
    ),
    "liquid_position": VariableSpecification(
        dims=("independent_chain", "particle", "axis"), dtypes=FLOATS, rules=(FINITE,)
    ),
    "liquid_diameter": VariableSpecification(
        dims=("independent_chain", "particle"), dtypes=("float64",), rules=(FINITE, POSITIVE)
    ),
    "displacement_acceptance": VariableSpecification(dims=("independent_chain",), dtypes=("float64",)),
    "swap_acceptance": VariableSpecification(dims=("independent_chain",), dtypes=("float64",)),
    "energy_drift": VariableSpecification(dims=("independent_chain",), dtypes=("float64",), rules=(NOT_NEGATIVE,)),
    "liquid_energy": VariableSpecification(dims=("independent_chain", "record"), dtypes=FLOATS[::-1], rules=(FINITE,)),
    "record_sweep": VariableSpecification(
        dims=("record",), dtypes=INTEGERS, rules=(NOT_NEGATIVE, ascending("record", strictly=True))
    ),
    "quench_outcome": VariableSpecification(dims=("quench",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "quench_chain": VariableSpecification(dims=("quench",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
    "quench_sweep": VariableSpecification(dims=("quench",), dtypes=INTEGERS, rules=(NOT_NEGATIVE,)),
}

RULES = (
    *MODE_RULES,
    DatasetRule(
        "stress_count",
        "stress_edge is missing, or does not have one edge more than there are bins",
        ("stress_count",),
        _bins_and_edges,
        reads_values=False,
    ),
    DatasetRule(
        "chain_stress_count",
        "stress_edge is missing, or does not have one edge more than there are bins",
        ("chain_stress_count",),
        _bins_and_edges,
        reads_values=False,
    ),
    DatasetRule("position", "outside the box", ("position", "box"), _inside_the_box),
    DatasetRule("eigenvector", "not normalised", ("eigenvector",), _normalised),
    DatasetRule(
        "pair_count",
        "pair_count, pair_particle and pair_force belong together: one is missing",
        (),
        lambda dataset: len(set(_PAIRS) & set(dataset.variables)) in (0, len(_PAIRS)),
        reads_values=False,
    ),
    DatasetRule("pair_count", "above the number of pairs", ("pair_count", "pair_force"), _pairs_counted),
    DatasetRule(
        "pair_count", "not half the sum of the contact numbers", ("pair_count", "contact_number"), _contacts_counted
    ),
    DatasetRule(
        "pair_particle",
        "names a particle that does not exist (beyond pair_count: not -1)",
        (*_PAIRS, "position"),
        _pairs_exist,
    ),
    DatasetRule(
        "pair_force",
        "NaN below pair_count, or a force beyond it",
        ("pair_count", "pair_force"),
        lambda dataset: dataset["pair_force"].notnull() == _real_pairs(dataset),
    ),
    DatasetRule(
        "position",
        "not as many particles as in the attribute particles",
        ("position",),
        lambda dataset: bool(dataset.sizes["particle"] == dataset.attrs.get("particles")),
        reads_values=False,
    ),
)

SPECIFICATION = KindSpecification(
    variables=VARIABLES,
    rules=RULES,
    attributes={
        "particles": COUNT,
        "dimension": COUNT,
        "degrees_of_freedom": COUNT,
        "density": NOT_NEGATIVE_NUMBER,
        "parent_temperature": NOT_NEGATIVE_NUMBER,
        "parameters": JSON_OBJECT,
    },
)
