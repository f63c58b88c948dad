"""Records: frozen dataclasses that convert to plain JSON values and back, cleaned as soon as they are made.

Numbers that are not finite become ``None`` (JSON ``null``) and text loses what cannot be written, so that a record
equals what is read back from its own JSON.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Self

Numbers = Sequence[float | None]
Limits = tuple[float | None, float | None]

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Record:
    """What every part of a scorecard shares: conversion to plain JSON values and back."""

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON values under the keys of the published schema."""
        return {_key(entry): _document(getattr(self, entry.name)) for entry in _entries(type(self))}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Rebuild the record from `document`, which has already passed the schema."""
        return cls(
            **{entry.name: _read(entry, document[_key(entry)]) for entry in _entries(cls) if _key(entry) in document}
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.to_dict())

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


def clean_text(value: object) -> str:
    """Return `value` as text that can be written to a file and to a terminal: without lone surrogates."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def clean_texts(values: Iterable[object]) -> tuple[str, ...]:
    """Return texts, each cleaned."""
    return tuple(clean_text(value) for value in values)


def clean_number(value: object) -> float | None:
    """Return `value` as a finite number, or None."""
    if value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def clean_numbers(values: Iterable[object]) -> tuple[float | None, ...]:
    """Return numbers, those that are not finite as None."""
    listed = values.tolist() if hasattr(values, "tolist") else values
    return tuple(clean_number(value) for value in listed)


def clean_limits(values: Iterable[object] | None) -> Limits | None:
    """Return a pair of limits, or None if there is none."""
    if values is None:
        return None
    low, high = clean_numbers(values)
    return low, high


def clean_count(value: float | None) -> int | None:
    """Return a whole number, or None if there is none."""
    return None if value is None or clean_number(value) is None else int(value)


def clean_mapping(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a read-only mapping of cleaned names to plain values."""
    return MappingProxyType({clean_text(key): _plain(value) for key, value in values.items()})


def _plain(value: object) -> object:
    """Return `value` with text cleaned, arrays as tuples, and numbers as Python's own finite ones."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return clean_number(value)
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return clean_mapping(value)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} does not belong on a scorecard")


def _entries(kind: type[Record]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(kind)  # type: ignore[arg-type]


def _key(entry: dataclasses.Field[Any]) -> str:
    key: str = entry.metadata.get("key", entry.name)
    return key


def _rebuild(kind: type[Record], document: Mapping[str, Any]) -> Record:
    return kind.from_dict(document)


def _document(value: object) -> object:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _document(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_document(item) for item in value]
    return value


def _read(entry: dataclasses.Field[Any], value: Any) -> Any:
    record: type[Record] | None = entry.metadata.get("record")
    if record is None or value is None:
        return value
    if isinstance(value, list):
        return tuple(record.from_dict(item) for item in value)
    if entry.metadata.get("keyed"):
        return {key: record.from_dict(item) for key, item in value.items()}
    return record.from_dict(value)
