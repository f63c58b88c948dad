"""The published JSON schema of scorecards, and documents held against it."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from bosonpeak.datasets.errors import SchemaError

SCHEMA_VERSION = "1"

_MOST_VIOLATIONS_SHOWN = 20


def schema() -> dict[str, Any]:
    """Return the published JSON schema of a scorecard."""
    text = resources.files(__package__).joinpath("scorecard.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators

    each_item = Draft202012Validator.VALIDATORS["items"]

    def items(validator: Any, subschema: Any, instance: Any, parent: Any) -> Iterator[Any]:
        # Curves have many thousands of points: one look at all of them, and item by item only to name a culprit.
        plain_numbers = subschema == {"type": ["number", "null"]} and isinstance(instance, list)
        if not (plain_numbers and all(value is None or type(value) in (int, float) for value in instance)):
            yield from each_item(validator, subschema, instance, parent)

    return validators.extend(Draft202012Validator, {"items": items})(schema())


def check_document(document: object) -> None:
    """Refuse what is no scorecard.

    Raises
    ------
    SchemaError
        Naming every violation, or the other schema version.
    """
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is not None and version != SCHEMA_VERSION:
        raise SchemaError(
            "the scorecard is of another schema version",
            expected=f"schema_version {SCHEMA_VERSION!r}",
            got=f"{version!r}",
            likely_cause="it was written by another release of bosonpeak",
        )
    try:
        violations = [f"{error.json_path}: {_shortened(error.message)}" for error in _validator().iter_errors(document)]
    except RecursionError:
        violations = ["$: nested too deeply"]
    if violations:
        shown = sorted(violations)[:_MOST_VIOLATIONS_SHOWN]
        if len(violations) > len(shown):
            shown.append(f"and {len(violations) - len(shown)} more")
        raise SchemaError(f"the scorecard violates its schema in {len(violations)} place(s)", violations=shown)


def _shortened(message: str, most: int = 160) -> str:
    return message if len(message) <= most else f"{message[: most // 2]} ... {message[-most // 2 :]}"
