"""Validation errors of hand-written documents as text: one line per fault, with its location."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import ValidationError

from bosonpeak.datasets.errors import did_you_mean

_LONGEST = 160


def faults_of(
    error: ValidationError,
    kind: type,
    *,
    root: str = "",
    missing: str = "missing key {key}",
    unknown: str = "unknown key {key}",
    known: str = "",
) -> tuple[str, ...]:
    """Translate all pydantic validation errors of a document into sentences, in the order of the document."""
    # A value that is an ellipsis counts as missing, because no document can contain an ellipsis.
    lines = []
    found = error.errors(include_url=False)
    for fault in found:
        if fault["type"] == "too_short" and any(_is_inside(other["loc"], fault["loc"]) for other in found):
            continue  # follows from a wrong entry inside, which is reported itself
        *inside, key = fault["loc"] or ("",)
        if fault["type"] == "missing" or fault["input"] is ...:
            lines.append(_line(root, inside, missing.format(key=key)))
        elif fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            keys = _keys_at(kind, inside)
            question = did_you_mean(str(key), keys) or known.format(keys=", ".join(keys))
            lines.append(_line(root, inside, ", ".join(filter(None, (unknown.format(key=key), question)))))
        elif fault["type"] == "value_error":
            lines.append(_line(root, fault["loc"], str(fault["ctx"]["error"])))
        else:
            message = fault["msg"].replace("Input should", "should").removesuffix(".")
            lines.append(_line(root, fault["loc"], f"{message}, got {_shortened(repr(fault['input']))}"))
    return tuple(lines)


def _is_inside(place: Sequence[int | str], outer: Sequence[int | str]) -> bool:
    return len(place) > len(outer) and tuple(place[: len(outer)]) == tuple(outer)


def _line(root: str, place: Sequence[int | str], message: str) -> str:
    path = root + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return f"{path.removeprefix('.')}: {message}" if path else message


def _keys_at(kind: type, place: Sequence[int | str]) -> list[str]:
    """List the keys of the table at a location; user-chosen names in the location are skipped."""
    for part in place:
        field = _fields(kind).get(str(part))
        kind = next(_tables(field.annotation), kind) if field is not None else kind
    return list(_fields(kind))


def _fields(kind: type) -> Mapping[str, Any]:
    fields = getattr(kind, "__pydantic_fields__", {})
    return {str(field.validation_alias or name): field for name, field in fields.items()}


def _tables(annotation: Any) -> Iterator[type]:
    if hasattr(annotation, "__pydantic_fields__"):
        yield annotation
    for part in get_args(annotation):
        yield from _tables(part)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
