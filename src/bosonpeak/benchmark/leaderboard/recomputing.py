"""Recompute entries: run the recipe or score the data again; the board trusts no submitted scorecard."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bosonpeak.benchmark.cards.card_file import read_card
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.fresh_cases import MANIFEST
from bosonpeak.benchmark.leaderboard.entries import DataFile, Entry
from bosonpeak.benchmark.leaderboard.recipes import Recipe, environment_for, read_recipe, run_recipe
from bosonpeak.benchmark.scorecards.score_result import Score, ScoreItem
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.benchmark.scoring.submission_score import CARD_IN_RUN, score
from bosonpeak.datasets.errors import BosonpeakError, DigestMismatchError, ForeignInputError, RecomputationError

Standing = Literal["recomputed", "self-reported", "not recomputed"]

ANSWERS = "conformance"
"""Folder of a run in which the board puts the cases."""

LARGEST_DATA = 2_000_000_000
_CHUNK = 1 << 20
_SECONDS = 60.0


@dataclass(frozen=True)
class Board:
    """Configuration of the recomputation."""

    recipes: Path  # folder of committed recipes
    source: Path  # checkout or wheel of this package for the environments
    environments: Path | None = None  # folder of cached environments, or None to use this Python
    seed: int = 1  # for the cases and the recipes' random numbers
    say: Callable[[str], None] = lambda text: None  # callback for progress messages


@dataclass(frozen=True)
class Recomputed:
    """Result of recomputing an entry; only results of a committed recipe are "recomputed" and ranked."""

    name: str
    standing: Standing
    why: str
    card: Scorecard | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class _Run:
    """Folder of a finished recipe run, and the elapsed time."""

    folder: Path
    recipe: Recipe
    seconds: float


def recompute(entry: Entry, board: Board) -> tuple[Recomputed, ...]:
    """Recompute the recipe and the data of an entry, with a result for each that the entry names."""
    (found,) = recompute_all([entry], board)
    return found


def recompute_all(entries: Sequence[Entry], board: Board, *, workers: int = 1) -> Iterator[tuple[Recomputed, ...]]:
    """Recompute entries: up to `workers` recipes run in parallel, and scores follow in the order of the entries."""
    with tempfile.TemporaryDirectory(prefix="board-") as scratch:
        # The threads only wait for the recipes' processes.
        pool = ThreadPoolExecutor(workers)
        try:
            runs = {
                entry.name: pool.submit(_run_recipe, entry, board, _folder_with_cases(entry, board, Path(scratch)))
                for entry in entries
                if entry.recipe
            }
            for entry in entries:
                yield tuple(_results(entry, runs.get(entry.name), board))
        finally:
            pool.shutdown(cancel_futures=True)


def _folder_with_cases(entry: Entry, board: Board, scratch: Path) -> Path:
    folder = scratch / f"{entry.name}-run" / entry.name
    folder.mkdir(parents=True)
    export(folder / ANSWERS, seed=board.seed)
    return folder


def _results(entry: Entry, run: Future[_Run] | None, board: Board) -> Iterator[Recomputed]:
    if run is not None:
        yield _attempt(entry.name, "recomputed", lambda: _score_run(entry, run.result(), board))
    if entry.data is not None:
        data = entry.data
        yield _attempt(entry.name, "self-reported", lambda: _score_data(entry, data, board))


def require_digest(entry: Entry) -> Path | None:
    """Path of the entry's local data file, after a check of its digest, or None if the entry has a URL or no data."""
    if entry.data is None or not entry.data.path:
        return None
    file = entry.folder / entry.data.path
    _require(entry.data, file)
    return file


def without_recipe(entry: Entry, board: Board) -> Entry:
    """Copy of the entry without its recipe, for a check that must not run code."""
    if entry.recipe:
        read_recipe(board.recipes / entry.recipe)
    if entry.data is None and entry.published.exists():
        raise ForeignInputError(
            "an entry without data has a scorecard",
            expected="none: the board writes it when it has run the recipe",
            where=str(entry.published),
        )
    return replace(entry, recipe="")


def _attempt(name: str, standing: Standing, make: Callable[[], tuple[Scorecard, str, float]]) -> Recomputed:
    try:
        card, why, seconds = make()
    except BosonpeakError as error:
        return Recomputed(name, "not recomputed", str(error))
    return Recomputed(name, standing, why, card, seconds)


def _run_recipe(entry: Entry, board: Board, folder: Path) -> _Run:
    recipe = read_recipe(board.recipes / entry.recipe)
    python = Path(sys.executable)
    if board.environments is not None:
        board.say(f"{entry.name}: installing {', '.join(recipe.requirements) or 'nothing else'}")
        python = environment_for(recipe, board.environments, board.source)
    asked = (folder / ANSWERS / MANIFEST).read_bytes()
    board.say(f"{entry.name}: running the recipe {recipe.folder.name}")
    started = time.monotonic()
    run_recipe(recipe, python, folder, board.seed)
    if (folder / ANSWERS / MANIFEST).read_bytes() != asked:
        raise RecomputationError("the recipe changed the cases that it was given", where=recipe.folder.name)
    return _Run(folder, recipe, time.monotonic() - started)


def _score_run(entry: Entry, run: _Run, board: Board) -> tuple[Scorecard, str, float]:
    board.say(f"{entry.name}: scoring the results")
    started = time.monotonic()
    answered = read_card(run.folder / CARD_IN_RUN).conformance
    if answered and Path(answered) != Path(ANSWERS):
        raise RecomputationError(
            "the recipe answers other cases than the board's", expected=ANSWERS, got=answered, where=entry.name
        )
    card = score([run.folder], card=run.folder / CARD_IN_RUN)
    shutil.rmtree(run.folder.parent)
    why = f"recipe {run.recipe.folder.name} {_short(run.recipe)}, seed {board.seed}"
    return card, why, run.seconds + time.monotonic() - started


def _score_data(entry: Entry, data: DataFile, board: Board) -> tuple[Scorecard, str, float]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="board-") as scratch:
        file = Path(scratch) / Path(data.path or data.url).name
        stored = require_digest(entry)
        if stored is None:
            board.say(f"{entry.name}: fetching {data.url}")
            _fetch(data.url, file)
        else:
            # The copy is checked, because the recipe of another entry could change the stored file after its check.
            shutil.copyfile(stored, file, follow_symlinks=False)
        _require(data, file)
        board.say(f"{entry.name}: scoring its data")
        card = score([file])
    return card, f"data of {data.digest[:19]}, computed by the submitter", time.monotonic() - started


def _short(recipe: Recipe) -> str:
    return recipe.digest[:19]


def _fetch(url: str, file: Path) -> None:
    """Download a URL to a file; `read_entry` has restricted the URL to HTTPS."""
    left = LARGEST_DATA
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer, file.open("wb") as target:
            while part := answer.read(_CHUNK):
                left -= len(part)
                if left < 0:
                    raise ValueError(f"more than {LARGEST_DATA:,} bytes")
                target.write(part)
    except (OSError, ValueError) as error:
        raise DigestMismatchError("the data of an entry cannot be had", got=str(error), where=url) from None


def _require(data: DataFile, file: Path) -> None:
    total = hashlib.sha256()
    if file.is_symlink() or not file.is_file():
        raise DigestMismatchError("the data of an entry are not there", expected="a file, no link", where=str(file))
    with file.open("rb") as stream:
        while part := stream.read(_CHUNK):
            total.update(part)
    found = f"sha256:{total.hexdigest()}"
    if found != data.digest:
        raise DigestMismatchError(
            "the data of an entry do not match their digest", expected=data.digest, got=found, where=str(file)
        )


STATISTICAL_SHARE = 0.1
"""Of the tests and comparisons that a stated scorecard calls met, the share that may differ when the
ensemble is made anew: they are judged at 95 %, and trajectories differ from one processor to another."""

_SHOWN = 5


def require_reproduced(stated: Scorecard, found: Scorecard, where: str) -> None:
    """Raise `ForeignInputError` if the stated scorecard has passes that the recomputation does not confirm."""
    # Of the statistical claims up to a tenth may fail.
    if stated.score is None or found.score is None:
        raise ForeignInputError("a scorecard carries no score", expected="what the board wrote", where=where)
    exact, statistical = _not_reproduced(stated.score, found.score)
    met = sum(item.outcome == "met" for item in stated.score.axis("claims").items)
    wrong = [*exact, *(statistical if len(statistical) > STATISTICAL_SHARE * met else [])]
    if wrong:
        shown = "; ".join(f"{item.where}, {item.name}" for item in wrong[:_SHOWN])
        raise ForeignInputError(
            f"the scorecard calls {len(wrong)} things right that are not when they are computed again",
            expected=f"right: {found.score.correctness.right} of {found.score.correctness.decided}",
            got=f"right: {stated.score.correctness.right} of {stated.score.correctness.decided}; first {shown}",
            where=where,
            likely_cause="it was edited, or written by another version of the code",
        )


def _not_reproduced(stated: Score, found: Score) -> tuple[list[ScoreItem], list[ScoreItem]]:
    there = {_key(item): item.outcome for axis in found.axes for item in axis.items}
    lost = [item for item in _met(stated) if there.get(_key(item)) != "met"]
    return [item for item in lost if item.axis != "claims"], [item for item in lost if item.axis == "claims"]


def _met(score: Score) -> Iterator[ScoreItem]:
    for name in ("conformance", "mechanics", "claims"):
        yield from (item for axis in score.axes if axis.axis == name for item in axis.items if item.outcome == "met")


def _key(item: ScoreItem) -> tuple[str, str, str]:
    return item.axis, item.where, item.name
