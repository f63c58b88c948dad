"""Submissions that would add most to a score."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bosonpeak.benchmark.scorecards.score_result import ABOUT_PHYSICS, NextStep, ScoreItem, Track
from bosonpeak.benchmark.scoring.examined import Asked, Examined
from bosonpeak.benchmark.scoring.objections import NAME
from bosonpeak.benchmark.scoring.tracks import asked_ensembles
from bosonpeak.benchmark.submission.reference_ensembles import regimes

MOST = 3
"""Next steps that are named."""

_SHOWN = 6

_CONFIGURATIONS = "configurations, from which the mechanics are computed again with the potential on the card"
_POTENTIAL = (
    "configurations, and a pair potential on the card (soft-spheres, lennard-jones or kob-andersen); other potentials "
    "are tested as calculators: bosonpeak conformance run --track vibrations --ase MODULE:OBJECT"
)
_FIRST_PHONON = (
    "first_phonon among the variables (lowest transverse phonon, by the moduli): the exponent is then measured"
)


def next_steps(items: Sequence[ScoreItem], examined: Examined | None = None) -> tuple[NextStep, ...]:
    """At most `MOST` submissions: about submitted data without a regime, then for tracks of the submitted systems.

    Steps for tracks are ordered by descending gain, the share of a track that each would answer.
    """
    brought = set() if examined is None else _tracks_of({one.card.system for one in examined.submitted})
    own = [] if examined is None else [step for place in examined.without_regime for step in _own_steps(place, items)]
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
    fitting = [step for step in found if step.track in brought] if brought or own else found
    return tuple([*own, *sorted(fitting, key=lambda step: -step.questions / step.asked)][:MOST])


def _tracks_of(systems: Collection[str]) -> set[Track]:
    """Tracks that ask for ensembles of the given systems, and conformance, which asks codes; empty without a system."""
    if not systems:
        return set()
    system_of = {regime.name: regime.system for regime in regimes()}
    tracks: set[Track] = {each.track for each in asked_ensembles() if system_of.get(each.regime) in systems}
    return tracks | {"conformance"}


def _own_steps(place: Asked, items: Sequence[ScoreItem]) -> list[NextStep]:
    """Submissions that would settle open items of an ensemble without a regime, by descending number of items."""
    assert place.ensemble is not None
    submitted = place.ensemble.submitted
    there = [item for item in items if item.where == place.name and item.axis in ABOUT_PHYSICS]
    open_ones = {axis: sum(item.axis == axis and not item.is_decided for item in there) for axis in ABOUT_PHYSICS}
    missing = {item.name.partition(" ")[0] for item in there if item.axis == "claims" and item.outcome == "missing"}
    steps = []
    if submitted.configurations is None and submitted.card.states_a_potential:
        steps.append((_CONFIGURATIONS, open_ones["mechanics"]))
    elif not submitted.card.states_a_potential and not submitted.card.is_network:
        steps.append((_POTENTIAL, open_ones["mechanics"]))
    if "exponent" in missing and "first_phonon" not in submitted.dataset:
        steps.append((_FIRST_PHONON, 1))
    return [NextStep(None, what, count, len(there)) for what, count in steps if count]


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
