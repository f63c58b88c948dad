"""Field types of records: values are cleaned first, then validated against the type.

Numbers that are not finite become ``None`` (JSON ``null``) and unwritable characters are replaced, so that a record
equals the object read back from its JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from numbers import Real
from types import MappingProxyType
from typing import Annotated, Any, SupportsInt

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, Strict, WithJsonSchema

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
