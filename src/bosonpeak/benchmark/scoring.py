"""Score eigenfrequencies that somebody else computed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import xarray as xr

from bosonpeak.benchmark.card import Card, read_card
from bosonpeak.benchmark.claims import Claim, ClaimTest, load_claims
from bosonpeak.benchmark.figures import submission_figure
from bosonpeak.benchmark.measures import OpenCell
from bosonpeak.benchmark.scorecard import Code, DataSource, NotRun, Scorecard, TestResult
from bosonpeak.benchmark.verification import environment, judge_claim
from bosonpeak.datasets import content_digest, read_frequencies
from bosonpeak.datasets.errors import CardError, ForeignInputError, NotApplicableError


def score(paths: Sequence[str | Path], card: str | Path | None = None) -> Scorecard:
    """Judge a submission: one ensemble, by the claims whose regime it falls into.

    Parameters
    ----------
    paths : sequence of path
        One file of eigenfrequencies: our netCDF, ``.npz``, or text.
    card : path
        The submission's card.

    Returns
    -------
    Scorecard
        With the claims that apply, and why the others could not be run.

    Raises
    ------
    CardError
        If the card is missing or cannot be used.
    ForeignInputError
        If the data cannot be read or contradict the card.
    """
    if card is None:
        raise CardError(
            "a submission needs a card",
            expected="--card CARD.toml with system, dimension, nodes, displacement and situation",
            got="no card",
        )
    if len(paths) != 1:
        raise ForeignInputError("one ensemble is scored at a time", expected="one file", got=f"{len(paths)} files")
    path, submission_card = Path(paths[0]), read_card(card)
    return score_dataset(_labelled(path, submission_card), submission_card, name=path.name)


def score_dataset(dataset: xr.Dataset, card: Card, *, name: str) -> Scorecard:
    """Judge a labelled submission; see `score`."""
    results, left_out = [], []
    for claim in load_claims():
        reason = _why_not(claim, card)
        if reason is None:
            only = _fits(card)
            result = judge_claim(
                claim, _opener(dataset, card), recorded=card.recorded.get(claim.id), only=only, with_controls=False
            )
            reason = _why_undone(result.tests) if result.verdict == "not run" else None
        if reason is not None:
            left_out.append(NotRun(claim.id, reason))
        else:
            results.append(result)
    figure = submission_figure(dataset, card.cell, name)
    results = [dataclasses.replace(result, figure="submission") for result in results]
    return Scorecard(
        suite="score",
        code=Code(card.code_name, card.code_version),
        data=(DataSource(name, content_digest(dataset)),),
        environment=environment(),
        claims=tuple(results),
        not_run=tuple(left_out),
        figures={"submission": figure} if results else {},
    )


def _labelled(path: Path, card: Card) -> xr.Dataset:
    dataset = read_frequencies(path, card.for_reader)
    if dataset.sizes["mode"] != card.nodes:
        raise ForeignInputError(
            "the card and the data disagree on the number of modes",
            expected=f"{card.nodes} eigenfrequencies a sample, one for each node (zero modes included)",
            got=f"{dataset.sizes['mode']} eigenfrequencies a sample",
            where=str(path),
            likely_cause="zero modes dropped, only part of the spectrum, or samples along rows instead of columns",
        )
    return dataset.assign_attrs(
        lattice_size=card.lattice_size,
        degrees_of_freedom=card.nodes,
        displacement=card.displacement,
        situation=card.situation,
    )


def _opener(dataset: xr.Dataset, card: Card) -> Callable[[str], OpenCell]:
    def open_cell(group: str, other: str | None = None, /) -> xr.Dataset:
        if group != card.cell or other is not None:
            raise NotApplicableError(f"it also needs the ensemble {group}, which the submission does not hold")
        return dataset

    return lambda name: open_cell


def _fits(card: Card) -> Callable[[ClaimTest, str], bool]:
    return lambda test, cell: cell == card.cell


def _why_not(claim: Claim, card: Card) -> str | None:
    if claim.regime.get("system") != card.system:
        return f"it is about {claim.regime.get('system')}, the card says {card.system}"
    cells = sorted({cell for test in claim.tests for cell in test.cells})
    if card.cell not in cells:
        return f"no test of it applies to {card.cell}; its tests are about {', '.join(cells)}"
    return None


def _why_undone(tests: Sequence[TestResult]) -> str:
    return "; ".join(dict.fromkeys(test.reason for test in tests))
