"""Score of a submission: correctness, coverage of each track, and the items behind both."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field

from bosonpeak.datasets.documents.record import FINITE, WHOLE, Record, Text, record

Axis = Literal["conformance", "mechanics", "claims", "completeness", "provenance"]
Track = Literal["conformance", "spring networks", "Kob-Andersen", "soft spheres"]
Outcome = Literal["met", "not met", "undecided", "missing"]

AXES: tuple[Axis, ...] = get_args(Axis)
TRACKS: tuple[Track, ...] = get_args(Track)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

ABOUT_PHYSICS: tuple[Axis, ...] = ("conformance", "mechanics", "claims")
"""Axes whose items are right or wrong; the others count what is present."""

LEVEL = 0.95
_NORMAL_QUANTILE = 1.959963984540054
_EARNING: tuple[Outcome, ...] = ("met", "missing")
_ROUNDING = 1e-9
_PROBLEM_LENGTH = 160
_COUNT: Mapping[str, Any] = {"type": "integer", "minimum": 0}
_SHARE: Mapping[str, Any] = {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "null"}]}

Count = Annotated[int, Field(strict=True, ge=0), WHOLE]


@record
class ScoreItem(Record):
    """One required item, and its outcome.

    Parameters
    ----------
    axis : str
        One of `AXES`.
    name : str
        Name of the item.
    where : str
        The ensemble, the case, or the part of the card.
    outcome : str
        One of `OUTCOMES`; "missing" may have earned a part if a part is there.
    earned : float
        Between 0 and 1; 0 if the outcome is "not met" or "undecided".
    evidence : str
        Reason for the outcome, in one sentence with numbers.
    track : str or None
        The track whose fixed set has the item; None if no track has it.
    """

    axis: Axis
    name: Text
    where: Text
    outcome: Outcome
    earned: Annotated[float, Field(strict=True, ge=0, le=1), FINITE]
    evidence: Text = ""
    track: Track | None = None

    def __post_init__(self) -> None:
        most = 1.0 if self.outcome in _EARNING else 0.0
        if self.earned > most:
            raise ValueError(f"an item that is {self.outcome} earned {self.earned}, expected at most {most:g}")

    @property
    def is_decided(self) -> bool:
        """Return whether the item is met or not met."""
        return self.outcome in ("met", "not met")

    def voided(self) -> Self:
        """Return the item as scored for void data: present data earn nothing."""
        if self.outcome == "missing" and not self.earned:
            return self
        return dataclasses.replace(self, outcome="not met", earned=0.0, evidence=f"the data are void ({self.evidence})")


@record
class AxisResult(Record):
    """One axis: the evidence of one kind.

    Parameters
    ----------
    axis : str
    earned : float
        Sum over the required items.
    asked : int
        Number of required items: of all tracks, and of every submitted ensemble.
    submitted : int
        Number of items that are not missing.
    sentence : str
        Counts of the outcomes, and the most important item to correct.
    items : tuple of ScoreItem
        The required items, and any others of the submission.
    """

    axis: Axis
    earned: Annotated[float, Field(strict=True, ge=0), FINITE]
    asked: Count
    submitted: Count
    sentence: Text
    items: tuple[ScoreItem, ...] = ()

    def __post_init__(self) -> None:
        if self.earned > self.asked + _ROUNDING:
            raise ValueError(f"an axis earned more than was asked for: {self.earned} of {self.asked}")

    @classmethod
    def of(
        cls, axis: Axis, asked: Sequence[ScoreItem], others: Sequence[ScoreItem] = (), *, void: bool = False
    ) -> Self:
        """Sum up an axis; `others` are right or wrong and earn nothing, `void` says that void data are among all."""
        items = (*asked, *(dataclasses.replace(item, earned=0.0) for item in others))
        return cls(
            axis=axis,
            earned=sum(item.earned for item in asked),
            asked=len(asked),
            submitted=sum(item.outcome != "missing" or item.earned > 0 for item in items),
            sentence=("Void data are among these. " if void else "") + _sentence(axis, items),
            items=items,
        )

    def count(self, outcome: Outcome) -> int:
        """Number of items with the given outcome."""
        return sum(item.outcome == outcome for item in self.items)


def _sentence(axis: Axis, items: Sequence[ScoreItem]) -> str:
    counts = {outcome: sum(item.outcome == outcome for item in items) for outcome in OUTCOMES}
    reported = [f"{counts['met']} of {len(items)} met"]
    reported += [f"{count} {outcome}" for outcome, count in counts.items() if count and outcome != "met"]
    wrong = next((item for item in items if item.outcome == "not met"), None)
    if wrong is None and axis not in ABOUT_PHYSICS:
        wrong = min((item for item in items if item.outcome == "missing"), key=lambda item: item.earned, default=None)
    if wrong is None:
        return ", ".join(reported) + "."
    problem = wrong.evidence.rstrip(".")
    problem = problem if len(problem) <= _PROBLEM_LENGTH else problem[: _PROBLEM_LENGTH - 3] + "..."
    return f"{', '.join(reported)}; first to mend: {wrong.name}, {wrong.where}: {problem}."


@record
class Correctness(Record):
    """Number of right items among the decided ones.

    Parameters
    ----------
    right : int
    decided : int
        Right and wrong items; missing or undecided items are neither.
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"share": _SHARE, "low": _SHARE, "high": _SHARE}

    right: Count
    decided: Count

    def __post_init__(self) -> None:
        if self.right > self.decided:
            raise ValueError(f"{self.right} are right of {self.decided}")

    @classmethod
    def of(cls, items: Iterable[ScoreItem]) -> Self:
        """Count the right items among the decided items."""
        outcomes = [item.outcome for item in items if item.is_decided]
        return cls(outcomes.count("met"), len(outcomes))

    @property
    def share(self) -> float | None:
        """Share of right items; None if no item is decided."""
        return self.right / self.decided if self.decided else None

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval of the share (Wilson's)."""
        return None if not self.decided else self._interval[0]

    @property
    def high(self) -> float | None:
        """Upper end of the 95 % interval of the share (Wilson's)."""
        return None if not self.decided else self._interval[1]

    @property
    def _interval(self) -> tuple[float, float]:
        """Wilson's interval (J. Am. Stat. Assoc. 22, 209 (1927)), at `LEVEL`."""
        n, p, z = self.decided, self.right / self.decided, _NORMAL_QUANTILE
        scale = 1.0 + z * z / n
        centre = (p + z * z / (2 * n)) / scale
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / scale
        low = 0.0 if self.right == 0 else max(0.0, centre - half)
        high = 1.0 if self.right == n else min(1.0, centre + half)
        return round(low, 12), round(high, 12)


@record
class TrackResult(Record):
    """One track: two numbers, never multiplied.

    Parameters
    ----------
    track : str
        One of `TRACKS`.
    correctness : Correctness
        Correctness on the questions of the track's fixed set.
    asked : int
        Size of the fixed set, the same for every submission; 0 on a scorecard from before there were tracks.
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"coverage": _SHARE}

    track: Track
    correctness: Correctness
    asked: Count

    def __post_init__(self) -> None:
        if self.correctness.decided > self.asked:
            raise ValueError(f"{self.correctness.decided} questions are decided of {self.asked} that are asked")

    @property
    def coverage(self) -> float | None:
        """Share of decided questions in the fixed set."""
        return self.correctness.decided / self.asked if self.asked else None

    @property
    def is_covered(self) -> bool:
        """Return whether every question is decided."""
        return self.asked > 0 and self.correctness.decided == self.asked


@record
class NextStep(Record):
    """A submission that would add to the coverage of a track, or to what is known of the submitted data.

    Parameters
    ----------
    track : str or None
        None for open items of a submitted ensemble without a regime.
    what : str
        Description of the computation.
    questions : int
        Number of questions of the track, or items of the ensemble, that the submission would answer.
    asked : int
        Number of questions of the track, or items of the ensemble.
    """

    track: Track | None
    what: Text
    questions: Count
    asked: Count


@record
class Score(Record):
    """Correctness and coverage, with the items behind both.

    Parameters
    ----------
    correctness : Correctness
        Correctness on all decided items, inside the tracks and beyond.
    tracks : tuple of TrackResult
        In the order of `TRACKS`.
    axes : tuple of AxisResult
        The evidence.
    objections : tuple of str
        Reasons for which data earned nothing, and notes for the reader.
    next_steps : tuple of NextStep
        The submissions that would add most, the first adding most.
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"tracks_covered": _COUNT}

    correctness: Correctness
    tracks: tuple[TrackResult, ...]
    axes: tuple[AxisResult, ...]
    objections: tuple[Text, ...] = ()
    next_steps: tuple[NextStep, ...] = ()

    def __post_init__(self) -> None:
        counted, tracks = _counted(self.axes), _track_results(self.axes)
        if self.correctness != counted:
            raise ValueError(
                f"the score contradicts its items: right {self.correctness.right} of {self.correctness.decided}, "
                f"where {counted.right} of {counted.decided} follows"
            )
        if self.tracks != tracks:
            wrong = [there.track for here, there in zip(self.tracks, tracks, strict=False) if here != there]
            raise ValueError(f"the score contradicts its items in: {', '.join(wrong) or 'the number of tracks'}")

    @classmethod
    def of(
        cls, axes: Iterable[AxisResult], objections: Iterable[str] = (), next_steps: Iterable[NextStep] = ()
    ) -> Self:
        """Sum up the axes."""
        listed = tuple(axes)
        return cls(_counted(listed), _track_results(listed), listed, tuple(objections), tuple(next_steps))

    @property
    def tracks_covered(self) -> int:
        """Number of completely answered tracks."""
        return sum(track.is_covered for track in self.tracks)

    def _repr_html_(self) -> str:
        """Correctness and tracks, for notebooks."""
        rows = [("all", self.correctness, f"{self.tracks_covered} of {len(self.tracks)} tracks")]
        rows += [
            (track.track, track.correctness, f"{track.correctness.decided} of {track.asked} questions")
            for track in self.tracks
        ]
        cells = (
            f"<tr><td>{escape(name)}</td><td>{right.right} of {right.decided}</td><td>{covered}</td></tr>"
            for name, right, covered in rows
        )
        return f"<table><tr><th></th><th>right</th><th>covered</th></tr>{''.join(cells)}</table>"

    def axis(self, name: Axis) -> AxisResult:
        """Axis called `name`; KeyError if absent."""
        return next((axis for axis in self.axes if axis.axis == name), None) or _absent(name)

    def track(self, name: Track) -> TrackResult:
        """Track called `name`; KeyError if absent."""
        return next((track for track in self.tracks if track.track == name), None) or _absent(name)


def _absent(name: str) -> Any:
    raise KeyError(name)


def _counted(axes: Iterable[AxisResult]) -> Correctness:
    return Correctness.of(item for axis in axes if axis.axis in ABOUT_PHYSICS for item in axis.items)


def _track_results(axes: Iterable[AxisResult]) -> tuple[TrackResult, ...]:
    items = [item for axis in axes for item in axis.items]
    found = []
    for name in TRACKS:
        asked = [item for item in items if item.track == name]
        found.append(TrackResult(name, Correctness.of(asked), len(asked)))
    return tuple(found)
