"""Tracks: fixed small sets of questions, listed in ``tracks.toml``, whose answered share is the coverage."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources

import xarray as xr

from bosonpeak.benchmark.judging.measurements import Measurements, ReferenceData
from bosonpeak.benchmark.scorecards.score_result import ScoreItem, Track
from bosonpeak.benchmark.scoring.claims_axis import CALIBRATION, asked_tests
from bosonpeak.benchmark.scoring.examined import Examined
from bosonpeak.benchmark.scoring.mechanics_axis import asked_checks
from bosonpeak.benchmark.scoring.objections import NAME, asked_comparisons
from bosonpeak.benchmark.submission.reference_ensembles import Regime, regimes
from bosonpeak.datasets.errors import NotApplicableError

Question = tuple[str, str]
"""Axis and name of an item."""


@dataclass(frozen=True)
class AskedEnsemble:
    """Ensemble of a track: reference dataset and group, instruction in one line, and questions as (axis, name)."""

    track: Track
    regime: str
    make: str
    questions: frozenset[Question]


@functools.cache
def asked_ensembles() -> tuple[AskedEnsemble, ...]:
    """Ensembles of all tracks except conformance, which has none."""
    text = resources.files(__package__).joinpath("tracks.toml").read_text(encoding="utf-8")
    return tuple(
        AskedEnsemble(entry["track"], entry["regime"], entry["make"], _questions(entry))
        for entry in tomllib.loads(text)["ensemble"]
    )


def in_tracks(items: Iterable[ScoreItem]) -> list[ScoreItem]:
    """Items with their tracks; all answers to conformance cases belong to the track "conformance"."""
    by_regime = {ensemble.regime: ensemble for ensemble in asked_ensembles()}
    found = []
    for item in items:
        asked = by_regime.get(item.where)
        if item.axis == "conformance":
            found.append(replace(item, track="conformance"))
        elif asked is not None and (item.axis, item.name) in asked.questions:
            found.append(replace(item, track=asked.track))
        else:
            found.append(item)
    return found


def asked_regimes(examined: Examined) -> tuple[Regime, ...]:
    """Regimes with required items: the regimes of the tracks, and all submitted regimes."""
    wanted = {asked.regime for asked in asked_ensembles()}
    wanted |= {submitted.regime.name for submitted in examined.submitted if submitted.regime is not None}
    return tuple(regime for regime in regimes() if regime.name in wanted)


def decidable_questions(regime: Regime, reference: ReferenceData) -> tuple[Question, ...]:
    """Questions, as (axis, name), that an ensemble alone can answer and the reference data decide."""

    def alone(dataset: str, group: str) -> xr.Dataset:
        if dataset.startswith(CALIBRATION) or (dataset, group) in regime.places:
            return reference.cell(dataset, group)
        raise NotApplicableError("it needs another ensemble")

    found: list[Question] = [("mechanics", name) for name in asked_checks(regime.system)]
    found += [("claims", NAME + name) for name in asked_comparisons(regime, reference.cell)]
    data = Measurements(alone)
    for asked in asked_tests():
        if asked.regime == regime and asked.on(data)[1].verdict in ("supported", "refuted"):
            found.append(("claims", asked.name))
    return tuple(dict.fromkeys(found))


def _questions(entry: Mapping[str, Sequence[str]]) -> frozenset[Question]:
    questions = [("mechanics", name) for name in entry["mechanics"]]
    questions += [("claims", NAME + name) for name in entry["comparisons"]]
    questions += [("claims", name) for name in entry["claims"]]
    return frozenset(questions)
