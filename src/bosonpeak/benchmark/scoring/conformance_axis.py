"""Conformance: every quantity of every case, answered or missing, as items of the score."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bosonpeak.benchmark.conformance.answer_files import asked_cases, read_answers
from bosonpeak.benchmark.conformance.cases import Case, load_case, load_cases
from bosonpeak.benchmark.conformance.digits import SCHEMA_VERSION, QuantityResult, compared
from bosonpeak.benchmark.conformance.fresh_cases import drawn_kinds, is_fresh
from bosonpeak.benchmark.conformance.random_problems import KINDS
from bosonpeak.benchmark.conformance.simulation_code import derived
from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem
from bosonpeak.benchmark.scoring.examined import Asked, Examined
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

STORED_RESULT = "conformance.json"
"""Result of ``bosonpeak conformance run --json`` that a run may hold in place of answers."""

LARGEST_RESULT = 5_000_000
"""Bytes of a stored result; that of all cases has a hundredth of it."""

SELF_REPORTED = (
    "the conformance results are self-reported, a stored summary without answers: none could be checked, none counts"
)

PRACTICE = "the conformance cases are those that the package ships with their references: practice, and no rank"

_FOLLOWING = (("lowest_eigenvalue",), ("lowest_eigenvalue", "eigenvalues"))
"""Answers that follow from others, set aside to judge the others."""

_TAKEN_OUT, _NOT_DRAWN = "the case was taken out", "these cases were drawn before this one was asked"

_OUTCOMES: dict[str, Outcome] = {"matches": "met", "differs": "not met", "missing": "missing"}


def items(examined: Examined, asked: Sequence[Asked]) -> Sequence[ScoreItem]:
    """Items of the answers to the conformance cases, as `AxisItems`."""
    return examined.answers


def conformance_items(folder: Path | None, decoder: Decoder = IN_PLACE) -> tuple[list[ScoreItem], list[str]]:
    """Score a code's answers to the conformance cases; return one item per quantity and case, and notes."""
    # A quantity that follows from another answer is met if either is right, so that no answer is better left out.
    cases = load_cases() if folder is None else asked_cases(folder)
    if folder is None:
        return [item for case in cases for item in _items(case, compared(case, {}))], []
    if any((folder / case.name).is_dir() for case in cases):
        given = {case.name: read_answers(folder, case, decoder) for case in cases}
        items = [item for case in cases for item in _items(case, _best(case, given[case.name]))]
        return (items + _taken_out(folder), []) if is_fresh(folder) else (items, [PRACTICE])
    if (folder / STORED_RESULT).is_file():
        return _declared_items(folder / STORED_RESULT, cases), [SELF_REPORTED]
    raise ForeignInputError(
        "there are no answers to the conformance cases",
        expected=f"what bosonpeak conformance export wrote, with answers added, or {STORED_RESULT}",
        got="a folder without either" if folder.is_dir() else "no folder",
        where=str(folder),
    )


def _taken_out(folder: Path) -> list[ScoreItem]:
    """Items of fresh cases whose folders were removed; they are missing, as unanswered cases are."""
    drawn = drawn_kinds(folder)
    return [
        ScoreItem("conformance", quantity, name, "missing", 0.0, _TAKEN_OUT if name in drawn else _NOT_DRAWN)
        for name, kind in KINDS.items()
        if not (folder / name).is_dir()
        for quantity in load_case(kind.template).references
    ]


def _best(case: Case, given: Mapping[str, FloatArray]) -> tuple[QuantityResult, ...]:
    """Results of a case, each from the best of the answers that imply the quantity."""
    results = compared(case, derived(case.problem, given))
    for names in _FOLLOWING:
        if any(name in given for name in names):
            others = {name: value for name, value in given.items() if name not in names}
            implied = compared(case, derived(case.problem, others))
            results = tuple(map(_better, results, implied))
    return results


def _better(given: QuantityResult, implied: QuantityResult) -> QuantityResult:
    return implied if implied.status == "matches" and given.status != "matches" else given


def _items(case: Case, results: Iterable[QuantityResult]) -> list[ScoreItem]:
    return [
        ScoreItem(
            axis="conformance",
            name=result.quantity,
            where=case.name,
            outcome=_OUTCOMES[result.status],
            earned=float(result.status == "matches"),
            evidence=_evidence(result),
        )
        for result in results
    ]


def _evidence(result: QuantityResult) -> str:
    if result.digits is None:
        return f"not given; {result.reason}" if result.reason else "not given"
    digits = f"{result.digits:.1f} digits match, {result.required:g} are required"
    return f"{digits}; {result.reason}" if result.reason else digits


def _declared_items(file: Path, cases: Iterable[Case]) -> list[ScoreItem]:
    declared = _declared(file)
    items = []
    for case in cases:
        for quantity in case.references:
            status, digits = declared.get((case.name, quantity), ("missing", None))
            shown = f"self-reported: {status}" + ("" if digits is None else f", {digits:.1f} digits")
            items.append(
                ScoreItem(
                    axis="conformance",
                    name=quantity,
                    where=case.name,
                    outcome="missing",
                    earned=0.0,
                    evidence="not given" if status == "missing" else shown,
                )
            )
    return items


def _declared(file: Path) -> Mapping[tuple[str, str], tuple[str, float | None]]:
    document = _document(file)
    results = document.get("results")
    sound = document.get("schema_version") == SCHEMA_VERSION and isinstance(results, list)
    if not sound or not all(map(_is_result, results or ())):
        raise ForeignInputError(
            "the stored conformance result is damaged",
            expected="what bosonpeak conformance run --json writes",
            where=str(file),
        )
    assert results is not None
    return {(entry["case"], entry["quantity"]): (entry["status"], entry.get("digits")) for entry in results}


def _is_result(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("case"), str)
        and isinstance(entry.get("quantity"), str)
        and entry.get("status") in _OUTCOMES
        and (entry.get("digits") is None or isinstance(entry.get("digits"), int | float))
    )


def _document(file: Path) -> dict[str, Any]:
    try:
        with open(file, "rb") as stream:
            content = stream.read(LARGEST_RESULT + 1)
        document = json.loads(content) if len(content) <= LARGEST_RESULT else None
    except (OSError, ValueError, RecursionError) as error:
        raise ForeignInputError(
            "the stored conformance result cannot be read", got=str(error), where=str(file)
        ) from error
    if not isinstance(document, dict):
        raise ForeignInputError(
            "the stored conformance result is not a table of results", got=f"{len(content)} bytes", where=str(file)
        )
    return document
