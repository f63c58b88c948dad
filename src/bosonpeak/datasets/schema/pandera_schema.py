"""Translate a specification into a pandera schema, and pandera's findings into sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandera.xarray as pa
import xarray as xr
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError as PanderaError
from pandera.errors import SchemaErrors as PanderaErrors

from bosonpeak.datasets.schema.attributes import VARIABLE_ATTRIBUTES
from bosonpeak.datasets.schema.specification import (
    AttributeRule,
    DatasetRule,
    KindSpecification,
    ValueRule,
    VariableSpecification,
)

_SHOWN_POSITIONS = 3
_LONGEST_MESSAGE = 400

_Verdict = Callable[[Any], xr.DataArray | bool]


def violations(
    dataset: xr.Dataset, specification: KindSpecification, attributes: Mapping[str, AttributeRule], *, read_values: bool
) -> list[str]:
    """List a sentence for every rule that a dataset, eager or in Dask chunks, breaks."""
    schema = pandera_schema(dataset, specification, attributes, read_values=read_values)
    try:
        # Rules about sizes count as data checks, so pandera always runs in full; for the level "structure" the
        # schema contains no rules that read values.
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(dataset, lazy=True)
    except PanderaErrors as errors:
        return [_sentence(error, dataset) for error in errors.schema_errors]
    return []


def pandera_schema(
    dataset: xr.Dataset, specification: KindSpecification, attributes: Mapping[str, AttributeRule], *, read_values: bool
) -> pa.DatasetSchema:
    """Build the pandera schema of a kind; a variable of several permitted types takes the type in the dataset."""
    coordinates: dict[str, pa.Coordinate] = {}
    variables: dict[str, pa.DataVar | pa.DataArraySchema | None] = {}
    for name, wanted in specification.variables.items():
        checks = [_value_check(name, rule, wanted) for rule in wanted.rules] if read_values else []
        shape: dict[str, Any] = {"dims": wanted.dims, "dtype": _accepted_type(dataset, name, wanted), "checks": checks}
        if name in dataset.coords:
            coordinates[name] = _LabelledCoordinate(**shape, nullable=True)
        else:
            variables[name] = pa.DataVar(**shape, required=wanted.required, nullable=True, attrs=VARIABLE_ATTRIBUTES)
    for name in map(str, dataset.data_vars):
        variables.setdefault(name, pa.DataVar(nullable=True, attrs=VARIABLE_ATTRIBUTES))
    for name in map(str, dataset.coords):
        coordinates.setdefault(name, _LabelledCoordinate(nullable=True))
    rules = [rule for rule in specification.rules if read_values or not rule.reads_values]
    return pa.DatasetSchema(
        data_vars=variables,
        coords=coordinates,
        attrs=dict(attributes),
        checks=[_dataset_check(rule, specification) for rule in rules],
    )


class _LabelledCoordinate(pa.Coordinate):  # type: ignore[misc,unused-ignore]
    """Coordinate that requires units and a name like any other variable."""

    def to_data_array_schema(self, coord_name: str) -> pa.DataArraySchema:
        schema = super().to_data_array_schema(coord_name)
        schema.attrs = VARIABLE_ATTRIBUTES
        return schema


def _accepted_type(dataset: xr.Dataset, name: str, wanted: VariableSpecification) -> str:
    found = dataset[name].dtype.name if name in dataset.variables else ""
    return found if found in wanted.dtypes else wanted.dtypes[0]


def _value_check(name: str, rule: ValueRule, wanted: VariableSpecification) -> pa.Check:
    def holds(values: xr.DataArray) -> xr.DataArray | bool:
        return rule.holds(values) if wanted.fits(values) else True

    return _check(holds, name, rule.message)


def _dataset_check(rule: DatasetRule, specification: KindSpecification) -> pa.Check:
    def holds(dataset: xr.Dataset) -> xr.DataArray | bool:
        applies = all(
            name in dataset.variables and specification.variables[name].fits(dataset[name]) for name in rule.needs
        )
        return rule.holds(dataset) if applies else True

    return _check(holds, rule.subject, rule.message)


def _check(holds: _Verdict, subject: str, message: str) -> pa.Check:
    return pa.Check(holds, name=f"{subject}: {message}", title=subject, error=message, ignore_na=False)


def _sentence(error: PanderaError, dataset: xr.Dataset) -> str:
    if isinstance(error.check, pa.Check):
        text = str(error.check.name) + _positions(error.check_output, dataset.get(error.check.title))
        if error.check_output is None:
            text += f" (the rule could not be applied: {error.args[0]})"
    elif isinstance(error.schema, pa.DataArraySchema):
        text = f"{error.schema.name}: {error.args[0]}"
    else:
        text = str(error.args[0]).removeprefix("missing ").replace("data_var", "variable")
        text = f"missing {text}" if str(error.args[0]).startswith("missing ") else text
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."


def _positions(holds: xr.DataArray | bool | None, subject: xr.DataArray | None) -> str:
    """Count the violations of a rule and list the first positions, counted from zero."""
    if not isinstance(holds, xr.DataArray) or holds.ndim == 0:
        return ""
    same_shape = subject is not None and set(subject.dims) == set(holds.dims)
    ordered = holds.transpose(*subject.dims) if subject is not None and same_shape else holds
    broken = np.argwhere(~ordered.values)
    places = []
    for index in broken[:_SHOWN_POSITIONS]:
        position = dict(zip(ordered.dims, map(int, index), strict=True))
        place = ", ".join(f"{dim} {number}" for dim, number in position.items())
        if subject is not None and same_shape:
            place += f": {subject.isel(position).values.item():.8g}"
        places.append(f"({place})")
    return f", {len(broken)} of {holds.size} values, first {' '.join(places)}"
