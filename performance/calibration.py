"""How often intervals hold the truth: ``python performance/calibration.py [SET] [--samples N] [--page]``.

Every cell of ``calibration_cells.py`` is an estimator that a verdict uses, a known truth, a number of samples and one
thing that is wrong with the data. The trials are made through Dask as an ensemble each, from a random stream that the
name of the cell gives, and stored one by one, with the recipe: all cells as the released dataset
``calibration/estimators``, those that take no time, with more trials, as ``calibration/quick-estimators``, and with
other random numbers as ``calibration/quick-estimators-more``, so that there are 2000 of each; the limit of the
exponent, with more trials, as ``calibration/limit-of-the-exponent``. A run that is stopped goes on (then `python
data-release/make_blocks.py --checksums` lists it), and ``--shards`` keeps what more samples are added to. ``--page``
only rewrites the tables of ``docs/methods/calibration.md`` from the stored trials: of quick cells the two sets
together.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from calibration_cells import CELLS, CHEAP, DEAR, DEAREST, LEVELS, EstimatorTrials

from bosonpeak.benchmark.judging.verdicts import detectable_errors, judge, standard_error
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets.storage.store import read
from bosonpeak.generators.run.ensemble import generate_ensemble
from bosonpeak.generators.run.recipe import Recipe, parse_recipe
from bosonpeak.validators.estimates.estimate import Estimate

NAMES = {
    "all": "calibration/estimators",
    "quick": "calibration/quick-estimators",
    "more": "calibration/quick-estimators-more",
    "limit": "calibration/limit-of-the-exponent",
}
SAMPLES = {"all": 2, "quick": 6, "more": 4, "limit": 50}
SEEDS = {"all": 15, "quick": 15, "more": 16, "limit": 15}
OF_SET = {"all": (CHEAP, DEAR, DEAREST), "quick": (CHEAP,), "more": (CHEAP,), "limit": (DEAREST,)}
"""Trials a sample of the cells that belong to each set."""

RELEASE = Path(__file__).parents[1] / "data-release"
PAGE = Path(__file__).parents[1] / "docs" / "methods" / "calibration.md"
BEGIN, END = "<!-- table: performance/calibration.py -->\n", "<!-- end of the table -->\n"

OUTSIDE = (
    ("mean", ("3 samples", "10 samples", "30 samples"), "skewed"),
    ("mean", (), "every sample twice"),
    ("", (), "not told"),
    ("exponent s, two-sided", (), "bend"),
    ("exponent s, two-sided", ("100 samples",), "gap"),
)
"""Where an estimator does not apply and cannot say so: how its name begins, which data (all if none), what is wrong."""

SAFE_SIDE = (
    ("fraction", ("3 clusters of 20", "10 clusters of 20"), ""),
    ("exponent s", (), "5 modes a sample"),
    ("limit of s", (), "nothing"),
)
"""Where intervals hold the truth more often than they say."""

HEAD = """
[recipe]
name = "{name}"
kind = "calibration"
title = "Estimators on data of known truth"
summary = "Results of the estimators behind the verdicts for simulated data, trial by trial."
created = "2026-11-22"
licence = "CC0-1.0"
source = "Simulated"
generator = "estimator-trials"
seed = {seed}
samples = {samples}
"""


def store(which: str) -> Path:
    """Where the dataset lies in the data release."""
    return RELEASE / f"{NAMES[which]}.nc"


def recipe(which: str, samples: int) -> Recipe:
    """The cells of a set."""
    ensembles = (
        f'[[ensemble]]\ngroup = "{group}"\nparameters = {{ cell = "{group}", trials = {cell.trials} }}\n'
        for group, cell in CELLS.items()
        if cell.trials in OF_SET[which]
    )
    return parse_recipe("\n".join([HEAD.format(name=NAMES[which], seed=SEEDS[which], samples=samples), *ensembles]))


def estimates(trials: xr.Dataset, level: float) -> list[Estimate]:
    """The trials in which the estimator applied."""
    names = ("value", f"low_{100 * level:.0f}", f"high_{100 * level:.0f}", "independent_units", "refused")
    rows = zip(*(trials[name].values.ravel().tolist() for name in names), strict=True)
    estimator = str(trials.attrs["estimator"])
    return [
        Estimate(estimator, value, low, high, level, int(n), "stored") for value, low, high, n, refused in rows
        if not refused
    ]  # fmt: skip


def summary(trials: xr.Dataset) -> dict[str, float]:
    """One row of the tables."""
    truth, number = float(trials.attrs["truth"]), int(trials["value"].size)
    everything = estimates(trials, LEVELS[0])
    shown = [one for one in everything if one.has_interval]
    values = np.array([one.value for one in everything])
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    row: dict[str, float] = {
        "trials": number,
        "given": len(shown),
        "withheld": 1.0 - len(shown) / number,
        "bias": float(values.mean()) - truth if len(values) else math.nan,
        "spread": spread,
        "error": math.nan,
        "stated": math.nan,
        "lost": math.nan,
    }
    for level in LEVELS:
        held = [one.low <= truth <= one.high for one in estimates(trials, level) if one.has_interval]
        row[f"held_{100 * level:.0f}"] = float(np.mean(held)) if held else math.nan
    if not shown or not spread > 0.0:
        return row
    error = float(np.median([standard_error(one) for one in shown]))
    # Where the spread is known there is nothing uncertain about the error.
    edge = Expectation(truth, truth + 2.0 * detectable_errors(10**9) * spread, "a true claim at its edge")
    return row | {
        "error": error / spread,
        "stated": stated_over_needed(shown, truth),
        "lost": float(np.mean([judge(one, edge).verdict == "refuted" for one in everything])),
    }


def stated_over_needed(trials: Sequence[Estimate], truth: float) -> float:
    """The smallest tolerance that the median trial states, over the one that nine of ten would have supported."""
    stated = float(np.median([detectable_errors(one.n) * standard_error(one) for one in trials]))
    return 0.9 * stated / float(np.quantile([max(one.high - truth, truth - one.low) for one in trials], 0.9))


def domain(attributes: Mapping[str, Any]) -> str:
    """Whether the method applies to a cell's data: "" if it does, "safe side" or "outside"."""
    estimator, data, wrong = (str(attributes[name]) for name in ("estimator", "data", "wrong"))
    for reported, places in (("outside", OUTSIDE), ("safe side", SAFE_SIDE)):
        for begins, sizes, what in places:
            if estimator.startswith(begins) and what in wrong and (not sizes or data in sizes):
                return reported
    return ""


def stored(files: Iterable[Path]) -> list[xr.Dataset]:
    """Every cell, in the order of the table: all trials of quick cells that do not share random numbers."""
    found: dict[str, dict[int, xr.Dataset]] = {}
    for file in files:
        tree = read(file)
        assert isinstance(tree, xr.DataTree)
        seed = int(tree.attrs["seed"])
        for node in tree.leaves:
            leaf, of_seeds = node.to_dataset(), found.setdefault(node.path.removeprefix("/"), {})
            # The few trials of all cells are the first ones of those with the same seed.
            if seed not in of_seeds or leaf["value"].size > of_seeds[seed]["value"].size:
                of_seeds[seed] = leaf
    return [
        xr.concat(list(found[group].values()), "sample", combine_attrs="override") for group in CELLS if group in found
    ]


def table(leaves: list[xr.Dataset]) -> Iterator[str]:
    for estimator in dict.fromkeys(str(leaf.attrs["estimator"]) for leaf in leaves):
        yield f"\n## {estimator[0].upper()}{estimator[1:]}\n"
        yield (
            "| truth | data | what is wrong | domain | trials | says so | bias | spread | 95 % holds | 68 % holds | "
            "error / spread | stated / needed | lost at the edge |"
        )
        yield "|" + "---|" * 13
        for leaf in (leaf for leaf in leaves if leaf.attrs["estimator"] == estimator):
            yield "| " + " | ".join(cells_of(leaf.attrs, summary(leaf))) + " |"


def cells_of(attributes: dict[str, Any], row: dict[str, float]) -> list[str]:
    def share(name: str, of: float) -> str:
        value = row[name]
        if math.isnan(value) or of < 1:
            return ""
        return f"{value:.3f} ± {math.sqrt(max(value * (1.0 - value), 1.0 / of) / of):.3f}"

    return [
        f"{float(attributes['truth']):g}",
        str(attributes["data"]),
        str(attributes["wrong"]).replace("not told", "unlabelled").replace("told", "labelled"),
        domain(attributes),
        f"{row['trials']:.0f}",
        share("withheld", row["trials"]),
        f"{row['bias']:+.3g}",
        f"{row['spread']:.3g}",
        share("held_95", row["given"]),
        share("held_68", row["given"]),
        "" if math.isnan(row["error"]) else f"{row['error']:.2f}",
        "" if math.isnan(row["stated"]) else f"{row['stated']:.2f}",
        share("lost", row["trials"]),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="?", choices=list(NAMES), default="all")
    parser.add_argument("--samples", type=int, help="of each cell; a sample has 200, 20 or 4 trials")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--shards", type=Path, metavar="DIRECTORY", help="keep finished samples there, to add more")
    parser.add_argument("--page", action="store_true", help="make no trials")
    options = parser.parse_args()
    if not options.page:
        generate_ensemble(
            recipe(options.which, options.samples or SAMPLES[options.which]), store(options.which),
            workers=options.workers, generator=EstimatorTrials(),
            shards=options.shards, keep_shards=options.shards is not None,
        )  # fmt: skip
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    text = "\n".join(table(stored(store(which) for which in NAMES if store(which).exists())))
    PAGE.write_text(f"{before}{BEGIN}{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
