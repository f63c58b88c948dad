"""Total score of a submission: items of all axes, and objections."""

from __future__ import annotations

from collections.abc import Mapping

from bosonpeak.benchmark.scorecards.score_result import Axis, AxisResult, Score
from bosonpeak.benchmark.scoring import claims_axis, conformance_axis, mechanics_axis
from bosonpeak.benchmark.scoring.coverage_axes import completeness_items, provenance_items
from bosonpeak.benchmark.scoring.examined import AxisItems, Examined
from bosonpeak.benchmark.scoring.next_steps import next_steps
from bosonpeak.benchmark.scoring.objections import VOID, Objection
from bosonpeak.benchmark.scoring.tracks import asked_regimes, in_tracks

_AXES: Mapping[Axis, AxisItems] = {
    "conformance": conformance_axis.items,
    "mechanics": mechanics_axis.items,
    "claims": claims_axis.items,
    "completeness": completeness_items,
    "provenance": provenance_items,
}

_ABOUT_ENSEMBLES: tuple[Axis, ...] = ("mechanics", "claims", "completeness")


def total_score(examined: Examined) -> Score:
    """Add up the items of all axes; items of ensembles without a regime are right or wrong and earn nothing."""
    asked = examined.asked(asked_regimes(examined))
    axes = []
    for axis, items in _AXES.items():
        of_ensembles = axis in _ABOUT_ENSEMBLES
        others = items(examined, examined.without_regime) if of_ensembles else ()
        void = of_ensembles and examined.is_void
        axes.append(AxisResult.of(axis, in_tracks(items(examined, asked)), others, void=void))
    reported = [_in_words(objection) for ensemble in examined.ensembles for objection in ensemble.objections]
    return Score.of(
        axes, [*reported, *examined.notes], next_steps([item for axis in axes for item in axis.items], examined)
    )


def _in_words(objection: Objection) -> str:
    effect = "void, earns nothing" if objection.severity == VOID else "note"
    return f"{objection.where}: {objection.kind} ({effect}): {objection.evidence}"
