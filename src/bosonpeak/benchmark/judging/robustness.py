"""How far verdicts depend on which part of the data is looked at, and in which window.

Every comparison of a claim is made again on random halves of the chains, with each chain left out, and in other
windows. What came out is stored beside the claims, under the digests of the data that it was made on, and
`bosonpeak.benchmark.judging.verdicts` calls nothing decided whose halves lean both ways.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.judging.subsets import chains_of, with_chains
from bosonpeak.benchmark.measures.base import AtHome, OpenEnsemble
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets import info
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES

HALVES = 20
"""Random halves of the chains."""

MOST_LEFT_OUT = 40
"""Chains that are left out one at a time, at most; of more, so many are taken at equal distances."""

PUBLISHED_WINDOW = (0.3, 0.55)

OTHER_WINDOWS = ((0.3, 0.5), (0.3, 0.6), (0.25, 0.55), (0.35, 0.55), (0.4, 0.6))
"""Tried where a claim looks at that of the published plots, 0.3 to 0.55 omega_0."""

STORED = "robustness.json"


@dataclass(frozen=True)
class Robustness:
    """What a comparison gave on parts of its data.

    Parameters
    ----------
    value : float
        On all of the data.
    halves : int
        Random halves of the chains on which it could be measured.
    leaning : float
        Share of them that lie on the same side of the expected region's edges as the value; NaN without halves.
    without_one : tuple of float
        Least and largest value with one chain left out; empty if chains are too few.
    windows : mapping of str to float
        Value in other windows.
    """

    value: float
    halves: int
    leaning: float
    without_one: tuple[float, ...]
    windows: Mapping[str, float]

    def __str__(self) -> str:
        told = []
        if self.halves:
            told.append(f"{100 * self.leaning:.0f} % of {self.halves} random halves of the chains lean to its side")
        if self.without_one:
            told.append(f"one chain left out: {self.without_one[0]:.4g} to {self.without_one[1]:.4g}")
        if self.windows:
            told.append("other windows: " + ", ".join(f"{key} {value:.3g}" for key, value in self.windows.items()))
        return "; ".join(told) or "it is one number, of no chains"


def robustness(test: ClaimTest, cell: str, open_ensemble: OpenEnsemble, *, halves: int = HALVES) -> Robustness:
    """Make one comparison again on parts of its data, and in other windows.

    Parameters
    ----------
    test : ClaimTest
        With an expectation.
    cell : str
        Group of the ensemble.
    open_ensemble : OpenEnsemble
    halves : int
        Random halves of the chains.

    Raises
    ------
    NotApplicableError
        If the measure does not apply to the whole of the data.
    """
    assert test.expect is not None
    parts = _Parts(open_ensemble)
    value = _value(test, cell, parts.open)
    edges = test.expect.limits
    chains = chains_of(open_ensemble(test.dataset, cell))
    found: list[float] = []
    left_out: list[float] = []
    if len(chains) >= 2 * FEWEST_SAMPLES:
        found = [v for number in range(halves) for v in _tried(test, cell, parts.half(number))]
        places = np.unique(np.linspace(0, len(chains) - 1, min(len(chains), MOST_LEFT_OUT)).astype(int))
        left_out = [v for place in places for v in _tried(test, cell, parts.without(test.dataset, cell, place))]
    leaning = np.mean([_side(each, edges) == _side(value, edges) for each in found]) if found else math.nan
    windows = {
        f"[{low:g}, {high:g}]": v
        for low, high in OTHER_WINDOWS
        if tuple(test.parameters.get("window", ())) == PUBLISHED_WINDOW
        for v in _tried(test, cell, parts.open, window=[low, high])
    }
    return Robustness(value, len(found), float(leaning), (min(left_out), max(left_out)) if left_out else (), windows)


def comparison_key(test: ClaimTest, cell: str) -> str:
    """What tells a comparison, on the data as they are registered, from all others."""
    digests = [info(name).sha256 for name in test.datasets]
    return json.dumps([test.measure, test.dataset, cell, test.parameters, digests], sort_keys=True)


def comparisons(claims: Sequence[Claim]) -> Iterator[tuple[Claim, ClaimTest, str]]:
    """Every test of some claims on every one of its ensembles."""
    return ((claim, test, cell) for claim in claims for test in claim.tests for cell in test.cells)


@functools.cache
def stored_robustness() -> Mapping[str, Robustness]:
    """What was stored, by `comparison_key`; of data that have changed since nothing is found."""
    return read_robustness(resources.files("bosonpeak.benchmark").joinpath("claims", STORED))


def read_robustness(file: Traversable) -> Mapping[str, Robustness]:
    """What a file has, by `comparison_key`."""
    return {key: _read(entry) for key, entry in json.loads(file.read_text(encoding="utf-8")).items()}


def as_json(found: Mapping[str, Robustness]) -> str:
    """The stored form, a comparison a line."""
    lines = [f" {json.dumps(key)}: {json.dumps(_plain(asdict(each)))}" for key, each in sorted(found.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


class _Parts:
    """Openers of parts of all ensembles: each ensemble loses chains of its own."""

    def __init__(self, open_ensemble: OpenEnsemble) -> None:
        self.open = open_ensemble

    def half(self, number: int) -> OpenEnsemble:
        def opened(dataset: str, group: str) -> xr.Dataset:
            whole = self.open(dataset, group)
            chains = chains_of(whole)
            if dataset.startswith("null/") or len(chains) < 2 * FEWEST_SAMPLES:
                return whole
            seed = [number, *f"{dataset} {group}".encode()]
            kept = np.random.default_rng(seed).permutation(chains)[: (len(chains) + 1) // 2]
            return with_chains(whole, kept)

        return opened

    def without(self, of_dataset: str, of_group: str, place: int) -> OpenEnsemble:
        def opened(dataset: str, group: str) -> xr.Dataset:
            whole = self.open(dataset, group)
            if (dataset, group) != (of_dataset, of_group):
                return whole
            return with_chains(whole, np.delete(chains_of(whole), place))

        return opened


def _value(test: ClaimTest, cell: str, open_ensemble: OpenEnsemble, **changed: Any) -> float:
    parameters = {**test.parameters, **changed}
    return measure(test.measure, AtHome(test.dataset, open_ensemble), cell, parameters).value


def _tried(test: ClaimTest, cell: str, open_ensemble: OpenEnsemble, **changed: Any) -> list[float]:
    """The value, or nothing where a part of the data is too little."""
    try:
        value = _value(test, cell, open_ensemble, **changed)
    except NotApplicableError:
        return []
    return [value] if math.isfinite(value) else []


def _side(value: float, edges: tuple[float, float]) -> int:
    return int(value > edges[1]) - int(value < edges[0])


def _read(entry: Mapping[str, Any]) -> Robustness:
    leaning = math.nan if entry["leaning"] is None else entry["leaning"]
    return Robustness(entry["value"], entry["halves"], leaning, tuple(entry["without_one"]), entry["windows"])


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "leaning": None if math.isnan(entry["leaning"]) else entry["leaning"]}
