"""Total score of a submission: items of all axes, objections, and the submissions that would add most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bosonpeak.benchmark.scorecards.score_result import Axis, AxisResult, NextStep, Score, ScoreItem
from bosonpeak.benchmark.scoring import claims_axis, conformance_axis, mechanics_axis
from bosonpeak.benchmark.scoring.coverage_axes import completeness_items, provenance_items
from bosonpeak.benchmark.scoring.examined import AxisItems, Examined
from bosonpeak.benchmark.scoring.objections import NAME, VOID, Objection
from bosonpeak.benchmark.scoring.tracks import asked_ensembles, asked_regimes, in_tracks

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
    told = [_told(objection) for ensemble in examined.ensembles for objection in ensemble.objections]
    return Score.of(axes, [*told, *examined.notes], next_steps(item for axis in axes for item in axis.items))


def _told(objection: Objection) -> str:
    effect = "void, earns nothing" if objection.severity == VOID else "note"
    return f"{objection.where}: {objection.kind} ({effect}): {objection.evidence}"


MOST = 3
"""Next steps that are named."""

_SHOWN = 6


def next_steps(items: Iterable[ScoreItem]) -> tuple[NextStep, ...]:
    """At most `MOST` submissions by descending gain, the share of a track that each would answer."""
    asked: dict[str, int] = {}
    places: dict[tuple[str, str], list[ScoreItem]] = {}
    for item in items:
        if item.track is not None:
            asked[item.track] = asked.get(item.track, 0) + 1
            places.setdefault((item.track, item.where), []).append(item)
    found = []
    for (track, where), there in places.items():
        for what, open_ones in _kinds(where, there):
            if open_ones:
                found.append(NextStep(open_ones[0].track or "conformance", what, len(open_ones), asked[track]))
    found = _whole_conformance(found, asked.get("conformance", 0))
    return tuple(sorted(found, key=lambda step: -step.questions / step.asked)[:MOST])


def _kinds(where: str, items: Sequence[ScoreItem]) -> list[tuple[str, list[ScoreItem]]]:
    """Missing and undecided items of one place, each group with the submission that would settle the group."""
    missing = [item for item in items if item.outcome == "missing"]
    undecided = [item for item in items if item.outcome == "undecided"]
    if items[0].axis == "conformance":
        return [(f"answers to the case {where}: {_names(missing)}", missing), _more(where, undecided)]
    make = next((ensemble.make for ensemble in asked_ensembles() if ensemble.regime == where), where)
    if len(missing) == len(items):
        return [(make, missing)]
    return [(f"of the ensemble {where}: {_names(missing)}", missing), _more(where, undecided)]


def _more(where: str, undecided: list[ScoreItem]) -> tuple[str, list[ScoreItem]]:
    return f"more samples of {where}, or the data named in its notes, would decide: {_names(undecided)}", undecided


def _names(items: Sequence[ScoreItem]) -> str:
    names = [item.name.removeprefix(NAME) for item in items]
    return "; ".join(names[:_SHOWN]) + (f"; and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _whole_conformance(steps: list[NextStep], asked: int) -> list[NextStep]:
    """Merge the conformance steps of all cases into one step if no case was answered."""
    cases = [step for step in steps if step.track == "conformance"]
    if not asked or sum(step.questions for step in cases) < asked:
        return steps
    others = [step for step in steps if step.track != "conformance"]
    return [*others, NextStep("conformance", "answers to the conformance cases", asked, asked)]
