"""Kind ``theory-spectrum``: densities of states from a theory, on a grid of the parameters of the theory.

Every parameter of the theory is a dimension with a coordinate of the same name, and the last dimension is
``frequency``::

    modulation_wavenumber (modulation_wavenumber)             a coordinate, ascending
    frequency             (frequency)                         a coordinate, ascending
    density_of_states     (modulation_wavenumber, frequency)  required
    reduced_density_of_states (..., frequency)                density over the Debye level of the same parameters
    debye_level           (...)                               density of states over frequency^(d-1) at low frequency

Frequencies that depend on a parameter may be given by another variable of dims (..., frequency). Any further variable
is permitted with units and a long name, such as ``self_energy_real``, ``self_energy_imag`` or ``attenuation`` (...,
frequency), or a critical disorder (...). Values may be NaN where the theory has no solution. The attribute ``theory``
names the theory, ``equations`` the solved equations and their source.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.attributes import FILLED_TEXT, JSON_OBJECT
from bosonpeak.datasets.schema.specification import (
    FINITE,
    NOT_NEGATIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
    ascending,
    not_below_rounding,
)

DENSITIES = ("density_of_states", "reduced_density_of_states")
"""Variables over all parameters and the frequency that may not be negative."""

# A solver's round-off: a density may fall below zero by this fraction of its largest value.
_UNDERSHOOT = 1e-9


def _parameters(dataset: xr.Dataset) -> tuple[Hashable, ...]:
    """Dimensions of the density of states other than the frequency."""
    return dataset["density_of_states"].dims[:-1] if "density_of_states" in dataset else ()


def _has_density(dataset: xr.Dataset) -> bool:
    return "density_of_states" in dataset and dataset["density_of_states"].dtype == np.float64


def _frequency_is_last(dataset: xr.Dataset) -> bool:
    return all(dataset[name].dims[-1:] == ("frequency",) for name in DENSITIES if name in dataset)


def _parameters_are_labelled(dataset: xr.Dataset) -> bool:
    labels = [dataset.coords.get(name) for name in (*_parameters(dataset), "frequency")]
    return all(label is not None and label.dtype == np.float64 and "units" in label.attrs for label in labels)


def _parameters_ascend(dataset: xr.Dataset) -> bool:
    labels = [dataset.coords[name] for name in _parameters(dataset) if name in dataset.coords]
    return all(bool(np.isfinite(label).all()) and bool((np.diff(label) > 0.0).all()) for label in labels)


def _has_points(dataset: xr.Dataset) -> bool:
    return "density_of_states" not in dataset or dataset["density_of_states"].size > 0


def _debye_level_fits(dataset: xr.Dataset) -> bool:
    return "debye_level" not in dataset or set(dataset["debye_level"].dims) <= set(_parameters(dataset))


def _debye_level_is_positive(dataset: xr.Dataset) -> xr.DataArray | bool:
    return ~(dataset["debye_level"] <= 0.0) if "debye_level" in dataset else True


def _not_negative(name: str) -> Callable[[xr.Dataset], xr.DataArray | bool]:
    def holds(dataset: xr.Dataset) -> xr.DataArray | bool:
        if name not in dataset:
            return True
        return not_below_rounding(_UNDERSHOOT).holds(dataset[name])

    return holds


def _not_infinite(name: str) -> Callable[[xr.Dataset], xr.DataArray | bool]:
    def holds(dataset: xr.Dataset) -> xr.DataArray | bool:
        return ~(abs(dataset[name]) == np.inf) if name in dataset else True

    return holds


def _solved_somewhere(dataset: xr.Dataset) -> bool:
    return "density_of_states" not in dataset or bool(dataset["density_of_states"].notnull().any())


def _form(subject: str, message: str, holds: Callable[[xr.Dataset], bool]) -> DatasetRule:
    return DatasetRule(subject, message, (), holds, reads_values=False)


SPECIFICATION = KindSpecification(
    variables={
        "frequency": VariableSpecification(
            dims=("frequency",),
            dtypes=("float64",),
            required=True,
            rules=(FINITE, NOT_NEGATIVE, ascending("frequency", strictly=True)),
        ),
    },
    rules=(
        _form("density_of_states", "missing, or not of type float64", _has_density),
        _form("density_of_states", "no parameter, or no frequency", _has_points),
        _form("density_of_states", "frequency is not the last dimension of every density", _frequency_is_last),
        _form(
            "density_of_states",
            "a parameter has no coordinate of its own name with type float64 and units",
            _parameters_are_labelled,
        ),
        _form("debye_level", "depends on more than the parameters", _debye_level_fits),
        DatasetRule("density_of_states", "a parameter is not ascending", (), _parameters_ascend),
        DatasetRule("density_of_states", "no solution anywhere", (), _solved_somewhere),
        DatasetRule("debye_level", "not above zero", (), _debye_level_is_positive),
        *(DatasetRule(name, "negative beyond round-off", (), _not_negative(name)) for name in DENSITIES),
        *(DatasetRule(name, "infinite", (), _not_infinite(name)) for name in DENSITIES),
    ),
    attributes={"theory": FILLED_TEXT, "equations": FILLED_TEXT, "parameters": JSON_OBJECT},
)
