"""Robustness of verdicts: every comparison on random halves of the chains, without each chain, and in other windows."""

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
from numpy.typing import NDArray

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.measures.base import AtHome, OpenEnsemble
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets.array_types import IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.registry import info
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.schema.labels import SUBSETS
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.inputs import chain_labels
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES


def chains_of(dataset: xr.Dataset) -> IntegerArray:
    """Labels of the independent chains, or of the samples if chains are unknown; empty without samples."""
    if "sample" not in dataset.dims:
        return np.array([], dtype=np.int64)
    return np.unique(chain_labels(dataset))


def with_chains(dataset: xr.Dataset, kept: IntegerArray) -> xr.Dataset:
    """Select the samples of the given chains (labels from `chains_of`), with all data stored for the samples."""
    dataset = with_labels(dataset)
    inside = np.isin(chain_labels(dataset), kept)
    chosen: dict[str, NDArray[np.intp]] = {"sample": np.flatnonzero(inside)}
    for dimension, whole in SUBSETS.items():
        if whole == "sample" and dimension in dataset.coords:
            chosen[dimension] = np.flatnonzero(inside[rows_of(dataset, dimension)])
    chains = chains_of(dataset)
    if "chain" in dataset and dataset.sizes.get("independent_chain") == len(chains):
        chosen["independent_chain"] = np.flatnonzero(np.isin(chains, kept))
    return dataset.isel(chosen).drop_vars([f"{dimension}_index" for dimension in SUBSETS], errors="ignore")


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
    """Results of a comparison on parts of its data."""

    value: float  # result on all data
    halves: int  # random halves of the chains with a result
    leaning: float  # share of halves on the side of the expected region on which `value` is, or NaN
    without_one: tuple[float, ...]  # range with one chain left out, empty for too few chains
    windows: Mapping[str, float]  # values in other windows

    def __str__(self) -> str:
        reported = []
        if self.halves:
            reported.append(f"{100 * self.leaning:.0f} % of {self.halves} random halves of the chains lean to its side")
        if self.without_one:
            reported.append(f"one chain left out: {self.without_one[0]:.4g} to {self.without_one[1]:.4g}")
        if self.windows:
            reported.append("other windows: " + ", ".join(f"{key} {value:.3g}" for key, value in self.windows.items()))
        return "; ".join(reported) or "it is one number, of no chains"


def robustness(test: ClaimTest, cell: str, open_ensemble: OpenEnsemble, *, halves: int = HALVES) -> Robustness:
    """Repeat a comparison on `halves` random halves of its chains, without each chain, and in other windows."""
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
    """Unique key of a comparison on the registered data, with the digests of the data."""
    digests = [info(name).sha256 for name in test.datasets]
    return json.dumps([test.measure, test.dataset, cell, test.parameters, digests], sort_keys=True)


def comparisons(claims: Sequence[Claim]) -> Iterator[tuple[Claim, ClaimTest, str]]:
    """Iterate over all tests of the claims and all their ensembles."""
    return ((claim, test, cell) for claim in claims for test in claim.tests for cell in test.cells)


@functools.cache
def stored_robustness() -> Mapping[str, Robustness]:
    """Stored results by `comparison_key`; data changed since the computation have other keys and no result."""
    return read_robustness(resources.files("bosonpeak.benchmark").joinpath("claims", STORED))


def read_robustness(file: Traversable) -> Mapping[str, Robustness]:
    """Read the results in a file, by `comparison_key`."""
    return {key: _read(entry) for key, entry in json.loads(file.read_text(encoding="utf-8")).items()}


def as_json(found: Mapping[str, Robustness]) -> str:
    """Format results for storage, one comparison per line."""
    lines = [f" {json.dumps(key)}: {json.dumps(_plain(asdict(each)))}" for key, each in sorted(found.items())]
    return "{\n" + ",\n".join(lines) + "\n}\n"


class _Parts:
    """Openers of ensembles with some of their chains; random halves are drawn independently per ensemble."""

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
    """Measured value as a list, empty if the measure does not apply to this part of the data."""
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
