"""How often intervals hold the truth: ``python benchmarks/calibration.py [--trials 2000] [--only WORD]``.

Every cell is an estimator that a verdict uses, a known truth, a number of samples and one thing that is wrong with the
data. Each is simulated so many times, from a seed of its own that the name of the cell gives, and what came out is
stored in ``benchmarks/calibration.csv``; ``--page`` writes the tables of ``docs/methods/calibration.md`` from that file
alone. ``--only`` replaces the rows of some cells and keeps the others.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.benchmark.judging.verdicts import detectable_errors, judge, standard_error
from bosonpeak.benchmark.scorecards.claim_results import Expectation
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.bent_spectra import BentPowerLaw, bent_spectra
from bosonpeak.generators.nulls.power_laws import PowerLaw, correlated_power_law_spectra, power_law_spectra
from bosonpeak.validators.comparisons.two_sample import compare
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import clustered_fraction, jackknife_interval, mean_interval
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.levels.count_dispersion import count_dispersion
from bosonpeak.validators.power_laws.exponent_s import exponent

STORE = Path(__file__).with_name("calibration.csv")
PAGE = Path(__file__).parents[1] / "docs" / "methods" / "calibration.md"
BEGIN, END = "<!-- table: benchmarks/calibration.py -->\n", "<!-- end of the table -->\n"
LEVELS = (0.95, 0.68)

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """An estimator on data of known truth."""

    estimator: str
    truth: float
    size: str
    wrong: str
    draw: Callable[[np.random.Generator], Data]
    estimate: Callable[[Data, float], Estimate]

    @property
    def name(self) -> str:
        return f"{self.estimator}; {self.truth:g}; {self.size}; {self.wrong}"

    @property
    def seed(self) -> int:
        return int.from_bytes(hashlib.sha256(self.name.encode()).digest()[:8], "little")


def plain(limits: tuple[float, float, float], n: int, level: float) -> Estimate:
    return Estimate("value", *limits, level, n, "of the calibration")


def cells() -> Iterator[Cell]:
    yield from means()
    yield from fractions()
    yield from differences()
    yield from dispersions()
    yield from exponents()


def means() -> Iterator[Cell]:
    def of_mean(data: Data, level: float) -> Estimate:
        return plain(mean_interval(data["values"], level), len(data["values"]), level)

    shapes: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
        "nothing": lambda rng, n: rng.standard_normal(n) + 1.0,
        "skewed (log-normal, sigma 0.5)": lambda rng, n: rng.lognormal(-0.125, 0.5, n),
        "every sample twice": lambda rng, n: np.repeat(rng.standard_normal(n // 2), 2) + 1.0,
        "rounded to whole numbers": lambda rng, n: np.rint(2.0 * rng.standard_normal(n) + 1.0),
        "chains of 5, not told": lambda rng, n: in_chains(rng, n // 5, 5)[0] + 1.0,
        "chains of 5, told": lambda rng, n: in_chains(rng, n, 5)[0].reshape(n, 5).mean(axis=1) + 1.0,
    }
    for wrong, shape in shapes.items():
        for n in (3, 10, 30, 300):
            if n >= 10 or wrong not in ("every sample twice", "chains of 5, not told"):
                yield Cell("mean", 1.0, f"{n} samples", wrong, lambda rng, f=shape, n=n: {"values": f(rng, n)}, of_mean)

    def of_ratio(data: Data, level: float) -> Estimate:
        return plain(ratio_interval(data["parts"], data["wholes"], level), len(data["parts"]), level)

    def of_log(data: Data, level: float) -> Estimate:
        values = data["wholes"]
        found = jackknife_interval(lambda kept: float(np.log(values[kept].mean())), len(values), level)
        return plain(found, len(values), level)

    def parts(rng: np.random.Generator, n: int) -> Data:
        wholes = rng.gamma(4.0, 0.25, n)
        return {"parts": 0.3 * wholes * rng.gamma(9.0, 1.0 / 9.0, n), "wholes": wholes}

    for n in (3, 10, 30, 300):
        yield Cell("ratio of sums", 0.3, f"{n} samples", "nothing", lambda rng, n=n: parts(rng, n), of_ratio)
        yield Cell("logarithm of a mean", 0.0, f"{n} samples", "nothing", lambda rng, n=n: parts(rng, n), of_log)


def in_chains(rng: np.random.Generator, chains: int, glasses: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of unit variance with correlation 0.5 inside a chain."""
    common, own = rng.standard_normal(chains), rng.standard_normal((chains, glasses))
    return (math.sqrt(0.5) * (common[:, None] + own)).ravel(), np.repeat(np.arange(chains), glasses)


def fractions() -> Iterator[Cell]:
    def of_fraction(data: Data, level: float) -> Estimate:
        return plain(clustered_fraction(data["hits"], data["trials"], level), len(data["hits"]), level)

    def drawn(rng: np.random.Generator, n: int, share: float, alike: bool) -> Data:
        trials = np.full(n, 20)
        shares = share if alike else rng.beta(4.0 * share, 4.0 * (1.0 - share), n)
        return {"hits": rng.binomial(trials, shares), "trials": trials}

    for share in (0.5, 0.1):
        for alike in (True, False):
            for n in (3, 10, 30, 300):
                wrong = "nothing" if alike else "clusters are unlike each other"
                yield Cell(
                    "fraction", share, f"{n} clusters of 20", wrong,
                    lambda rng, n=n, share=share, alike=alike: drawn(rng, n, share, alike), of_fraction,
                )  # fmt: skip


def differences() -> Iterator[Cell]:
    def of_difference(data: Data, level: float) -> Estimate:
        return compare(
            data["mine"], data["theirs"], margin=1.0, mine_chain=data["mine_chain"],
            their_chain=data["their_chain"], level=level,
        ).difference  # fmt: skip

    def drawn(rng: np.random.Generator, mine: tuple[int, int], theirs: tuple[int, int], told: bool) -> Data:
        (here, my_chain), (there, their_chain) = in_chains(rng, *mine), in_chains(rng, *theirs)
        return {
            "mine": here,
            "theirs": there,
            "mine_chain": my_chain if told else None,
            "their_chain": their_chain if told else None,
        }

    sizes = [((10, 1), (10, 1)), ((24, 1), (10, 1)), ((24, 1), (25, 12)), ((25, 12), (25, 12)), ((3, 4), (25, 12))]
    for mine, theirs in sizes:
        for told in (True, False):
            if told or max(mine[1], theirs[1]) > 1:
                yield Cell(
                    "difference of two ensembles", 0.0, f"{mine[0]} x {mine[1]}, {theirs[0]} x {theirs[1]}",
                    "nothing" if told else "chains not told",
                    lambda rng, a=mine, b=theirs, told=told: drawn(rng, a, b, told), of_difference,
                )  # fmt: skip

    def skewed(rng: np.random.Generator, mine: tuple[int, int], theirs: tuple[int, int], sigma: float) -> Data:
        data = dict(drawn(rng, mine, theirs, True))
        return data | {side: np.exp(sigma * np.asarray(data[side])) for side in ("mine", "theirs")}

    for mine, theirs in sizes[:3]:
        for sigma in (0.5, 1.0):
            yield Cell(
                "difference of two ensembles", 0.0, f"{mine[0]} x {mine[1]}, {theirs[0]} x {theirs[1]}",
                f"skewed (log-normal, sigma {sigma:g})",
                lambda rng, a=mine, b=theirs, sigma=sigma: skewed(rng, a, b, sigma), of_difference,
            )  # fmt: skip


def dispersions() -> Iterator[Cell]:
    def of_counts(data: Data, level: float) -> Estimate:
        return count_dispersion(data["spectra"], 1.0, data.get("chain"), below=0.6, level=level)

    for n in (50, 300, 1000):
        yield Cell(
            "variance over mean of counts", 1.0, f"{n} samples", "nothing",
            lambda rng, n=n: {"spectra": power_law_spectra(PowerLaw(4.0, 1.0), n, seed_of(rng))}, of_counts,
        )  # fmt: skip


def seed_of(rng: np.random.Generator) -> int:
    return int(rng.integers(2**63))


def exponents() -> Iterator[Cell]:
    def of_exponent(window: Any) -> Callable[[Data, float], Estimate]:
        def estimate(data: Data, level: float) -> Estimate:
            return exponent(data["spectra"], data.get("scale", 1.0), data.get("chain"), window=window, level=level)

        return estimate

    def spectra(rng: np.random.Generator, n: int, **law: Any) -> np.ndarray:
        return power_law_spectra(PowerLaw(**({"mean_count": 1.0} | law)), n, seed_of(rng))

    def repelling(rng: np.random.Generator, s: float, n: int, bend: float = math.inf) -> Data:
        law = BentPowerLaw(s, bend=bend, modes_per_particle=1e-3, reference=0.6)
        return {"spectra": bent_spectra(law, 1000, n, 1, seed_of(rng))}

    def chains(rng: np.random.Generator, s: float, n: int, told: bool) -> Data:
        found, chain = correlated_power_law_spectra(PowerLaw(s, 1.0), n // 10, 10, 0.8, seed_of(rng))
        return {"spectra": found, "chain": chain if told else np.arange(len(found))}

    for s in (2.0, 4.0):
        kinds: dict[str, Callable[[np.random.Generator, int], Data]] = {
            "nothing": lambda rng, n, s=s: {"spectra": spectra(rng, n, exponent=s), "chain": np.arange(n)},
            "neighbouring modes repel": lambda rng, n, s=s: repelling(rng, s, n) | {"chain": np.arange(n)},
            "bend at 0.35 omega_0": lambda rng, n, s=s: repelling(rng, s, n, 0.35) | {"chain": np.arange(n)},
            "12 phonons a sample": lambda rng, n, s=s: {
                "spectra": spectra(rng, n, exponent=s, phonon_count=12, phonon_width=0.08), "chain": np.arange(n),
            },
            "gap below 0.35 omega_0": lambda rng, n, s=s: {
                "spectra": spectra(rng, n, exponent=s, gap=0.35), "chain": np.arange(n),
            },
            "every sample twice": lambda rng, n, s=s: {
                "spectra": np.repeat(spectra(rng, n // 2, exponent=s), 2, axis=0), "chain": np.arange(2 * (n // 2)),
            },
            "rounded to 2 digits": lambda rng, n, s=s: {
                "spectra": np.round(spectra(rng, n, exponent=s), 2), "chain": np.arange(n),
            },
            "omega_0 5 % too high": lambda rng, n, s=s: {
                "spectra": spectra(rng, n, exponent=s, phonon_count=12, phonon_width=0.08),
                "chain": np.arange(n), "scale": 1.05,
            },
            "chains of 10, told": lambda rng, n, s=s: chains(rng, s, n, True),
            "chains of 10, not told": lambda rng, n, s=s: chains(rng, s, n, False),
        }  # fmt: skip
        for wrong, draw in kinds.items():
            for n in (100, 1000):
                yield Cell(
                    "exponent s, two-sided", s, f"{n} samples", wrong,
                    lambda rng, n=n, draw=draw: draw(rng, n), of_exponent("two-sided"),
                )  # fmt: skip
                if wrong == "nothing" or "repel" in wrong:
                    yield Cell(
                        "exponent s, one-sided", s, f"{n} samples", wrong,
                        lambda rng, n=n, draw=draw: draw(rng, n), of_exponent("one-sided"),
                    )  # fmt: skip


def simulated(cell: Cell, trials: int) -> dict[str, Any]:
    """One row of the store."""
    rng = np.random.default_rng(cell.seed)
    found: dict[float, list[Estimate]] = {level: [] for level in LEVELS}
    refused = 0
    for _ in range(trials):
        data = cell.draw(rng)
        try:
            made = [cell.estimate(data, level) for level in LEVELS]
        except NotApplicableError:
            refused += 1
            continue
        for level, estimate in zip(LEVELS, made, strict=True):
            found[level].append(estimate)
    everything = found[0.95]
    values = np.array([one.value for one in everything])
    shown = [one for one in everything if one.has_interval]
    row: dict[str, Any] = {
        "estimator": cell.estimator,
        "truth": cell.truth,
        "size": cell.size,
        "wrong": cell.wrong,
        "seed": cell.seed,
        "trials": trials,
        "refused": refused / trials,
        "gated": 1.0 - len(shown) / trials,
        "bias": float(values.mean()) - cell.truth if len(values) else math.nan,
        "spread": float(values.std(ddof=1)) if len(values) > 1 else math.nan,
    }
    for level, estimates in found.items():
        held = [one.low <= cell.truth <= one.high for one in estimates if one.has_interval]
        row[f"coverage_{100 * level:.0f}"] = float(np.mean(held)) if held else math.nan
    errors = [standard_error(one) for one in shown]
    row["error_over_spread"] = float(np.median(errors)) / row["spread"] if shown and row["spread"] > 0.0 else math.nan
    # A region as wide as the spread says that it must be: is a claim at its centre supported, one at its edge lost?
    tolerance = detectable_errors() * row["spread"]
    centre = Expectation(cell.truth - tolerance, cell.truth + tolerance, "power")
    edge = Expectation(cell.truth, cell.truth + 2.0 * tolerance, "a true claim at its edge")
    beyond = Expectation(cell.truth - 1.2 * tolerance, cell.truth - 0.2 * tolerance, "a false claim")
    for name, region, verdict in (
        ("power", centre, "supported"), ("false_refutation", edge, "refuted"), ("false_support", beyond, "supported"),
    ):  # fmt: skip
        verdicts = [judge(one, region).verdict == verdict for one in everything]
        row[name] = float(np.mean(verdicts)) if verdicts else math.nan
    return row


def shortened(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def table(rows: list[dict[str, str]]) -> Iterator[str]:
    for estimator in dict.fromkeys(row["estimator"] for row in rows):
        yield f"\n## {estimator[0].upper()}{estimator[1:]}\n"
        yield (
            "| truth | data | what is wrong | trials | says so | bias | spread | 95 % holds | 68 % holds | "
            "error / spread | power | lost at the edge |"
        )
        yield "|" + "---|" * 12
        for row in (row for row in rows if row["estimator"] == estimator):
            trials = int(row["trials"])
            shown = trials * (1.0 - float(row["gated"]))

            def share(name: str, of: float, row: dict[str, str] = row) -> str:
                value = float(row[name])
                if math.isnan(value) or of < 1:
                    return ""
                return f"{value:.3f} ± {math.sqrt(max(value * (1.0 - value), 1.0 / of) / of):.3f}"

            numbers = [
                f"{float(row['truth']):g}",
                row["size"],
                row["wrong"],
                row["trials"],
                share("gated", trials),
                f"{float(row['bias']):+.3g}",
                f"{float(row['spread']):.3g}",
                share("coverage_95", shown),
                share("coverage_68", shown),
                "" if row["error_over_spread"] == "nan" else f"{float(row['error_over_spread']):.2f}",
                share("power", trials),
                share("false_refutation", trials),
            ]
            yield "| " + " | ".join(numbers) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--only", default="", metavar="WORD", help="only cells with this in their names")
    parser.add_argument("--page", action="store_true", help="rewrite the page from what is stored")
    options = parser.parse_args()
    stored: dict[str, dict[str, str]] = {}
    if STORE.exists():
        with STORE.open(encoding="utf-8", newline="") as file:
            stored = {row["seed"]: row for row in csv.DictReader(file)}
    everything = list(cells())
    if not options.page:
        warnings.simplefilter("ignore", RuntimeWarning)
        for number, cell in enumerate(everything, start=1):
            if options.only in cell.name:
                made = {key: str(shortened(value)) for key, value in simulated(cell, options.trials).items()}
                stored[made["seed"]] = made
                print(
                    f"{number}/{len(everything)} {cell.name}: {made['coverage_95']}, gated {made['gated']}", flush=True
                )
                rows = [stored[str(one.seed)] for one in everything if str(one.seed) in stored]
                with STORE.open("w", encoding="utf-8", newline="") as file:
                    writer = csv.DictWriter(file, list(made), lineterminator="\n")
                    writer.writeheader()
                    writer.writerows(rows)
    if PAGE.exists():
        rows = [stored[str(one.seed)] for one in everything if str(one.seed) in stored]
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        text = "\n".join(table(rows))
        PAGE.write_text(f"{before}{BEGIN}{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
