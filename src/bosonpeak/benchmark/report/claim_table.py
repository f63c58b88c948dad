"""Everything measured for a claim as a CSV table: parts, tests, controls and notes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from bosonpeak.benchmark.report.figure_files import csv_cell
from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, EstimateResult, Expectation

_ESTIMATE = ("quantity", "value", "low", "high", "level", "unit", "n", "method", "warnings")
_HEADER = (
    "kind",
    "part",
    "name",
    "cell",
    "dataset",
    "measure",
    *_ESTIMATE,
    "expected_low",
    "expected_high",
    "verdict",
    "required",
    "smallest_tolerance",
    "samples_to_decide",
    "reason",
)
_LONGEST = 2000


def claim_csv(claim: ClaimResult) -> str:
    """Table with one row per part, test, control and note of a claim; empty cells for missing numbers."""
    stream = io.StringIO()
    table = csv.DictWriter(stream, _HEADER, restval="", lineterminator="\n")
    table.writeheader()
    for row in _rows(claim):
        table.writerow({key: _shown(value) for key, value in row.items()})
    return stream.getvalue()


def _rows(claim: ClaimResult) -> Iterator[dict[str, object]]:
    for part in claim.parts:
        yield {
            "kind": "part",
            "part": part.name,
            **_estimate(part.estimate),
            "verdict": part.verdict,
            "smallest_tolerance": part.minimum_detectable_effect,
            "samples_to_decide": part.samples_to_decide,
            "reason": "; ".join(part.reasons),
        }
        for test in part.tests:
            yield {
                "kind": "test",
                "part": part.name,
                "name": test.name,
                "cell": wording.cell(test.cell),
                "dataset": test.dataset,
                "measure": test.measure,
                **_estimate(test.estimate),
                **_expected(test.expect),
                "verdict": test.verdict,
                "smallest_tolerance": test.minimum_detectable_effect,
                "samples_to_decide": test.samples_to_decide,
                "reason": test.reason,
            }
    for control in claim.controls:
        yield {
            "kind": "control",
            "name": control.name,
            "cell": wording.cell(control.cell),
            "dataset": control.dataset,
            **_estimate(control.estimate),
            "verdict": control.verdict,
            "required": control.must_be,
            "reason": control.reason,
        }
    for note in claim.notes:
        yield {"kind": "note", "reason": note}


def _estimate(estimate: EstimateResult | None) -> dict[str, object]:
    if estimate is None:
        return {}
    numbers = {name: getattr(estimate, name) for name in ("value", "low", "high", "level", "unit", "n", "method")}
    return {"quantity": estimate.name, **numbers, "warnings": "; ".join(estimate.warnings)}


def _expected(expect: Expectation | None) -> dict[str, object]:
    return {} if expect is None else {"expected_low": expect.low, "expected_high": expect.high}


def _shown(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.7g}" if isinstance(value, float) else csv_cell(str(value), _LONGEST)
