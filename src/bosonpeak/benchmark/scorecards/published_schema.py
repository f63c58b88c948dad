"""JSON schema of scorecards, derived from the records and published as ``scorecard.schema.json``."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

from bosonpeak.benchmark.scorecards.scorecard import SCHEMA_VERSION, Scorecard
from bosonpeak.datasets.documents.record import json_schema

_INNERMOST = re.compile(r"[\[{][^\[\]{}]*[\]}]")
_LINE = 200


def schema() -> dict[str, Any]:
    """Return the published JSON schema of a scorecard."""
    text = resources.files(__package__).joinpath("scorecard.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def derived_schema() -> dict[str, Any]:
    """Derive the JSON schema of written and readable scorecards from the records."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:bosonpeak:scorecard:{SCHEMA_VERSION}",
        **json_schema(Scorecard),
        "title": "bosonpeak scorecard",
    }


def _on_one_line(found: re.Match[str]) -> str:
    return " ".join(found[0].split()) if len(found[0]) < _LINE else found[0]


if __name__ == "__main__":
    print(_INNERMOST.sub(_on_one_line, json.dumps(derived_schema(), indent=1, ensure_ascii=False)))
