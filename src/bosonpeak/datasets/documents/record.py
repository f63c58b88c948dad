"""Records: frozen dataclasses whose field declarations define validation, reading, writing and the schema.

Numbers that are not finite become ``None`` and unwritable characters are replaced, so that JSON gives an equal record.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from numbers import Real
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, SupportsInt, TypeVar, dataclass_transform

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    Strict,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

from bosonpeak.datasets.documents.faults import faults_of
from bosonpeak.datasets.errors import SchemaError

_CONFIG = ConfigDict(extra="forbid", validate_by_name=True, validate_by_alias=True)
_MOST_FAULTS_SHOWN = 20


@dataclass(frozen=True, config=_CONFIG)
class Record:
    """Base of all parts of a scorecard: conversion to plain JSON values and back."""

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Keys of the document that follow from the fields, each an attribute, with their JSON schemas."""

    later: ClassVar[tuple[str, ...]] = ()
    """Keys that documents of this schema version need not have."""

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON values under the keys of the published schema."""
        fields = {key: _document(getattr(self, name)) for name, key in _keys(type(self)).items()}
        return fields | {key: _document(getattr(self, key)) for key in self.follows}

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Make the record of a JSON document; SchemaError names every violation with its place."""
        try:
            found: Self = TypeAdapter(cls).validate_python(document, by_alias=True, by_name=False)
        except ValidationError as error:
            raise _refusal(error, cls) from None
        except RecursionError:
            raise SchemaError("a document is nested too deeply") from None
        return found

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.to_dict())

    @model_validator(mode="wrap")
    @classmethod
    def _agreeing(cls, given: Any, handler: Callable[[Any], Self]) -> Self:
        """Validate a document: all written keys must be present, and derived keys must have the derived values."""
        if not isinstance(given, Mapping):
            return handler(given)
        needed = [key for key in _keys(cls).values() if key not in cls.later]
        found = handler(dict.fromkeys(needed, ...) | {key: given[key] for key in given if key not in cls.follows})
        for key in cls.follows:
            follows = _document(getattr(found, key))
            if given.get(key) != follows:
                raise ValueError(
                    f"the scorecard contradicts itself: {key} = {json.dumps(given.get(key))}, "
                    f"where {json.dumps(follows)} follows from the rest"
                )
        return found

    @classmethod
    def __get_pydantic_json_schema__(cls, core: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> Any:
        schema = handler.resolve_ref_schema(handler(core))
        reported, properties = _field_descriptions(cls), schema["properties"]
        for name, key in _keys(cls).items():
            described = {"description": reported[name]} if name in reported else {}
            kept = {word: part for word, part in properties[key].items() if word not in ("title", "default")}
            properties[key] = kept | described
        properties |= {key: dict(part) for key, part in cls.follows.items()}
        schema["required"] = [key for key in properties if key not in cls.later]
        schema["description"] = _doc(cls).partition("\n\n")[0].replace("\n", " ")
        return schema


_Kind = TypeVar("_Kind", bound=Record)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, Field))
def record(kind: type[_Kind]) -> type[_Kind]:
    """Make a class a frozen dataclass with cleaned and validated fields; SchemaError names the invalid fields."""
    made: Any = dataclass(frozen=True, config=_CONFIG)(kind)
    make, names = made.__init__, tuple(_keys(made))

    def checked(self: _Kind, *arguments: Any, **named: Any) -> None:
        given = dict(zip(names, arguments, strict=False))  # by name, so that an error names its field
        try:
            make(self, *arguments[len(given) :], **given, **named)
        except ValidationError as error:
            raise _refusal(error, kind) from None

    made.__init__ = functools.update_wrapper(checked, make)
    finished: type[_Kind] = made
    return finished


def json_schema(kind: type[Record]) -> dict[str, Any]:
    """JSON schema of the documents of a record class, derived from the declared fields."""
    return TypeAdapter(kind).json_schema()


def _keys(kind: type[Record]) -> Mapping[str, str]:
    """Document key of each field."""
    fields: Mapping[str, FieldInfo] = kind.__pydantic_fields__  # type: ignore[attr-defined]
    return {name: str(field.validation_alias or name) for name, field in fields.items()}


def _field_descriptions(kind: type[Record]) -> Mapping[str, str]:
    """Parameter descriptions in the docstring of a class, by field name."""
    sections = _doc(kind).partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    reported = re.findall(r"^(\w[\w, ]*) : .*\n((?:    .+\n?)+)", sections, flags=re.MULTILINE)
    return {name: " ".join(text.split()) for names, text in reported for name in names.split(", ")}


def _doc(kind: type[Record]) -> str:
    return inspect.getdoc(kind) or ""


def _refusal(error: ValidationError, kind: type[Record]) -> SchemaError:
    words = {"missing": "{key!r} is a required property", "unknown": "{key!r} was unexpected"}
    found = faults_of(error, kind, root="$", **words)
    shown = sorted(found)[:_MOST_FAULTS_SHOWN]
    if len(found) > len(shown):
        shown.append(f"and {len(found) - len(shown)} more")
    return SchemaError(f"the {kind.__name__} violates its schema in {len(found)} place(s)", violations=shown)


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


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _clean(text: str) -> str:
    """Replace lone surrogates, which neither files nor terminals can encode."""
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", str(text))


def _clean_text(value: object) -> object:
    """Clean a text; leave other values to the validation."""
    return _clean(value) if isinstance(value, str) else value


def _clean_number(value: object) -> object:
    """Return a finite number or None; leave other values to the validation."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return value
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _clean_count(value: object) -> object:
    """Return a whole number or None; leave other values to the validation."""
    number = _clean_number(value)
    whole = isinstance(number, float) and number.is_integer()
    return int(value) if whole and isinstance(value, SupportsInt) else number


def _clean_numbers(values: Any) -> object:
    listed = values.tolist() if hasattr(values, "tolist") else values
    return tuple(map(_clean_number, listed)) if isinstance(listed, list | tuple) else listed


def _clean_mapping(values: object) -> Mapping[str, Any]:
    """Return a read-only mapping of cleaned names to plain values."""
    if not isinstance(values, Mapping):
        raise ValueError("should be an object")
    return MappingProxyType({_clean(key): _plain(value) for key, value in values.items()})


def _plain(value: object) -> object:
    """Convert a value to plain JSON types: text cleaned, arrays as tuples, numbers as finite Python numbers."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _clean_number(value)
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _clean_mapping(value)
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} does not belong on a scorecard")


Text = Annotated[str, BeforeValidator(_clean_text)]
FINITE = BeforeValidator(_clean_number)
WHOLE = BeforeValidator(_clean_count)
OptionalNumber = Annotated[Annotated[float, Strict()] | None, FINITE]
OptionalCount = Annotated[Annotated[int, Field(strict=True, ge=0)] | None, WHOLE]
Numbers = Annotated[tuple[Annotated[float, Strict()] | None, ...], BeforeValidator(_clean_numbers)]
Limits = Annotated[
    tuple[Annotated[float, Strict()] | None, Annotated[float, Strict()] | None], BeforeValidator(_clean_numbers)
]
ReadOnly = AfterValidator(MappingProxyType)
Parameters = Annotated[
    Mapping[str, Any], PlainValidator(_clean_mapping), WithJsonSchema({"type": "object", "additionalProperties": True})
]
