"""Records sent by a protected process to its parent, and the field-by-field checks on receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.raw_spectra import Place, RawSpectra
from bosonpeak.datasets.storage.raw_groups import StoredGroup, StoredVariable


@dataclass(frozen=True)
class Hollow:
    """Placeholder for an array of which only type and shape are sent."""

    dtype: str
    shape: tuple[int, ...]


def _is(kind: type | tuple[type, ...]) -> Any:
    return lambda value: isinstance(value, kind)


def _numbers(kinds: str, dimensions: int | None = None) -> Any:
    return lambda value: (
        isinstance(value, np.ndarray)
        and value.dtype.kind in kinds
        and (value.dtype.itemsize == 8 or kinds != "f")
        and dimensions in (None, value.ndim)
    )


def _or_none(check: Any) -> Any:
    return lambda value: value is None or check(value)


def _each(check: Any) -> Any:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _table(check: Any) -> Any:
    return lambda value: isinstance(value, dict) and all(map(check, value.values()))


_text = _is(str)
_texts = _each(_text)
_attribute = _is((str, int, float, np.ndarray, np.generic, list))
_attributes = _table(lambda value: _attribute(value) and (not isinstance(value, list) or _texts(value)))

_FIELDS: dict[type, Mapping[str, Any]] = {
    Hollow: {"dtype": _text, "shape": _each(lambda value: type(value) is int and value >= 0)},
    StoredVariable: {"dimensions": _texts, "values": _is((np.ndarray, Hollow)), "attributes": _attributes},
    StoredGroup: {"variables": _table(_is(StoredVariable)), "attributes": _attributes},
    Place: {
        "where": _text,
        "form": lambda value: value in ("line", "row", "element", "mode"),
        "labels": _texts,
        "lines": _each(_numbers("i", 1)),
    },
    RawSpectra: {
        "samples": lambda value: bool(value) and _each(_numbers("f", 1))(value),
        "layout": _text,
        "place": _is(Place),
        "role": lambda value: value in ("", "frequency", "eigenvalue"),
        "units": _text,
        "arrays": _table(_numbers("fiu")),
        "notes": _texts,
        "is_of_matrix": _is(bool),
    },
    RawMatrix: {
        "values": lambda value: _numbers("f", 2)(value) and value.shape[0] == value.shape[1] > 0,
        "layout": _text,
        "where": _text,
        "family": lambda value: value in ("", "lammps", "phonopy"),
        "precision": _is(float),
        "notes": _texts,
        "masses": _or_none(_numbers("f", 1)),
    },
    RawConfiguration: {
        "positions": lambda value: _numbers("f", 2)(value) and value.shape[1] == 3,
        "origin": lambda value: _numbers("f", 1)(value) and value.shape == (3,),
        "cell": lambda value: _numbers("f", 2)(value) and value.shape == (3, 3),
        "layout": _text,
        "where": _text,
        "ids": _or_none(_numbers("i", 1)),
        "species": _texts,
        "sizes": _or_none(_numbers("f", 1)),
        "sizes_are": lambda value: value in ("", "diameters", "radii"),
        "masses": _or_none(_numbers("f", 1)),
        "fractional": _is(bool),
        "single_precision": _is(bool),
        "unit_style": _text,
        "notes": _texts,
    },
}


def _checked(kind: type) -> Any:
    def made(**fields: Any) -> Any:
        rules = _FIELDS[kind]
        wrong = [name for name, rule in rules.items() if name not in fields or not rule(fields[name])]
        if wrong or len(fields) > len(rules):
            raise ValueError(f"a {kind.__name__} with impossible {', '.join(wrong) or 'fields'}")
        return _consistent(kind(**{name: _frozen(value) for name, value in fields.items()}))

    return made


def _frozen(value: Any) -> Any:
    """Convert received lists back to tuples, the type they had before sending."""
    return tuple(value) if isinstance(value, list) and not (value and isinstance(value[0], list)) else value


def _consistent(made: Any) -> Any:
    if isinstance(made, RawSpectra):
        made = RawSpectra(**{**vars(made), "samples": list(made.samples)})
    if isinstance(made, RawConfiguration):
        beside = [made.ids, made.sizes, made.masses, made.species or None]
        if any(values is not None and len(values) != len(made.positions) for values in beside):
            raise ValueError("a configuration with inconsistent numbers of particles")
    if isinstance(made, StoredVariable):
        values: Any = made.values
        made = StoredVariable(
            made.dimensions, filled(values) if isinstance(values, Hollow) else values, made.attributes
        )
        if len(made.dimensions) != made.values.ndim:
            raise ValueError("an array with too many or too few dimension names")
    return made


def hollow(group: StoredGroup) -> StoredGroup:
    """Return the group with each array replaced by its type and shape."""
    variables = {
        name: StoredVariable(
            variable.dimensions,
            Hollow(variable.values.dtype.str, variable.values.shape),  # type: ignore[arg-type]
            variable.attributes,
        )
        for name, variable in group.variables.items()
    }
    return StoredGroup(variables, group.attributes)


def filled(described: Hollow) -> NDArray[Any]:
    """Array of zeros or empty strings of the described type and shape, broadcast so that no memory is used."""
    dtype = np.dtype(described.dtype)
    return np.broadcast_to(np.array("" if dtype.hasobject else 0, dtype=dtype), described.shape)


RECORDS: Mapping[str, type] = {kind.__name__: kind for kind in _FIELDS}
"""Dataclasses that are sent, by name."""

CHECKED_RECORDS: Mapping[str, Any] = {kind.__name__: _checked(kind) for kind in _FIELDS}
"""Constructors of the records from received data; ValueError if the data are invalid."""
