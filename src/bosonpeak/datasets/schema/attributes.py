"""Rules for attributes: provenance on every dataset, units and a name on every variable."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Container

import numpy as np

from bosonpeak.datasets.schema.specification import AttributeRule
from bosonpeak.datasets.schema.units import unknown_unit_symbols

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_filled_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _is_date(value: object) -> bool:
    if value == "":
        return True
    try:
        datetime.date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _is_integer(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and bool(np.isfinite(value))


def _is_json_object(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


TEXT = AttributeRule("text, possibly empty", _is_text)
FILLED_TEXT = AttributeRule("text", _is_filled_text)
DATE = AttributeRule("an ISO date such as 2026-01-31, or empty if unknown", _is_date)
DIGEST = AttributeRule("sha256: and 64 hexadecimal digits", _is_digest)
OPTIONAL_DIGEST = AttributeRule("empty, or sha256: and 64 hexadecimal digits", lambda v: v == "" or _is_digest(v))
SEED = AttributeRule("a whole number, or text", lambda value: _is_integer(value) or _is_text(value))
LABEL = AttributeRule("text or a whole number", lambda value: _is_integer(value) or _is_filled_text(value))
COUNT = AttributeRule("a whole number above zero", lambda value: _is_integer(value) and int(str(value)) > 0)
NUMBER = AttributeRule("a finite number", _is_number)
NOT_NEGATIVE_NUMBER = AttributeRule(
    "a number not below zero", lambda value: _is_number(value) and float(str(value)) >= 0.0
)
JSON_OBJECT = AttributeRule("the JSON text of an object", _is_json_object)

UNITS = AttributeRule(
    'a unit made of known symbols, "1" if there is none',
    lambda value: isinstance(value, str) and not unknown_unit_symbols(value),
)

VARIABLE_ATTRIBUTES = {"units": UNITS, "long_name": FILLED_TEXT}

_PROVENANCE = {
    "Conventions": AttributeRule(
        "a convention such as ACDD-1.3", lambda value: str(value).startswith(("ACDD-", "CF-"))
    ),
    "schema_version": AttributeRule('"1"', lambda value: value == "1"),
    "title": FILLED_TEXT,
    "summary": TEXT,
    "recipe": TEXT,
    "recipe_digest": OPTIONAL_DIGEST,
    "seed": SEED,
    "code": FILLED_TEXT,
    "code_version": FILLED_TEXT,
    "git_commit": TEXT,
    "created": DATE,
    "licence": FILLED_TEXT,
    "source": FILLED_TEXT,
}


def provenance_rules(present: Container[str]) -> dict[str, AttributeRule]:
    """Rules for the global attributes of a dataset or root; the content digest is checked if `present`."""
    return _PROVENANCE | ({"content_digest": DIGEST} if "content_digest" in present else {})
