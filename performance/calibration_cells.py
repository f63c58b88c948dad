"""What `calibration.py` calibrates: estimators that a verdict uses, on data of known truth with one thing wrong."""

from __future__ import annotations

import hashlib
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.nulls.spectra import (
    BentPowerLaw,
    PowerLaw,
    bent_spectra,
    correlated_power_law_spectra,
    power_law_spectra,
)
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import Label, LabelledGenerator, Requirement
from bosonpeak.validators.comparisons.two_sample import compare
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import clustered_fraction, jackknife_interval, mean_interval
from bosonpeak.validators.estimates.ratios import ratio_interval
from bosonpeak.validators.levels.number_variance import count_dispersion
from bosonpeak.validators.power_laws.exponent_s import exponent
from bosonpeak.validators.power_laws.limit_exponent import limit_exponent

LEVELS = (0.95, 0.68)
CHEAP, DEAR, DEAREST = 200, 20, 4
"""Trials a sample."""

BITS = 20
PHONON, CHAINS, GLASSES = 1.45, 60, 3000
SIZES = {500: 0.5, 1000: 1.0, 2000: 0.15, 4000: 0.06}
"""Glasses of each size, as a share of those of N = 1000."""

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
    trials: int = CHEAP

    @property
    def name(self) -> str:
        return f"{self.estimator}; {self.truth:g}; {self.size}; {self.wrong}"

    @property
    def group(self) -> str:
        """Of the collection."""
        parts = (self.estimator, f"{self.truth:g}", self.size, self.wrong)
        return "/".join(re.sub(r"[^a-z0-9.-]+", "-", part.lower()).strip("-")[:64] for part in parts)

    @property
    def stream(self) -> tuple[int, ...]:
        """Numbers of its own that the name gives, for its random stream."""
        digest = hashlib.sha256(self.name.encode()).digest()
        return tuple(int.from_bytes(digest[place : place + 4], "little") for place in (0, 4))


def plain(limits: tuple[float, float, float], n: int, level: float) -> Estimate:
    return Estimate("value", *limits, level, n, "of the calibration")


def cells() -> Iterator[Cell]:
    yield from means()
    yield from fractions()
    yield from differences()
    yield from dispersions()
    yield from exponents()
    yield from limits()


def means() -> Iterator[Cell]:
    def of_mean(data: Data, level: float) -> Estimate:
        return plain(mean_interval(data["values"], level=level), len(data["values"]), level)

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

    def drawn(rng: np.random.Generator, mine: tuple[int, int], theirs: tuple[int, int], reported: bool) -> Data:
        (here, my_chain), (there, their_chain) = in_chains(rng, *mine), in_chains(rng, *theirs)
        return {
            "mine": here,
            "theirs": there,
            "mine_chain": my_chain if reported else None,
            "their_chain": their_chain if reported else None,
        }

    sizes = [((10, 1), (10, 1)), ((24, 1), (10, 1)), ((24, 1), (25, 12)), ((25, 12), (25, 12)), ((3, 4), (25, 12))]
    for mine, theirs in sizes:
        for reported in (True, False):
            if reported or max(mine[1], theirs[1]) > 1:
                yield Cell(
                    "difference of two ensembles", 0.0, f"{mine[0]} x {mine[1]}, {theirs[0]} x {theirs[1]}",
                    "nothing" if reported else "chains not told",
                    lambda rng, a=mine, b=theirs, reported=reported: drawn(rng, a, b, reported), of_difference,
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
        return count_dispersion(data["spectra"], first_phonon=1.0, chain=data.get("chain"), below=0.6, level=level)

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
            return exponent(
                data["spectra"],
                first_phonon=data.get("scale", 1.0),
                chain=data.get("chain"),
                window=window,
                level=level,
            )

        return estimate

    def spectra(rng: np.random.Generator, n: int, **law: Any) -> np.ndarray:
        return power_law_spectra(PowerLaw(**({"mean_count": 1.0} | law)), n, seed_of(rng))

    def repelling(rng: np.random.Generator, s: float, n: int, bend: float = math.inf, modes: int = 1) -> Data:
        law = BentPowerLaw(s, bend=bend, modes_per_particle=1e-3 * modes, reference=0.6)
        return {"spectra": bent_spectra(law, 1000, n, 1, seed_of(rng))}

    def chains(rng: np.random.Generator, s: float, n: int, reported: bool) -> Data:
        found, chain = correlated_power_law_spectra(PowerLaw(s, 1.0), n // 10, 10, 0.8, seed_of(rng))
        return {"spectra": found, "chain": chain if reported else np.arange(len(found))}

    for s in (2.0, 4.0):
        kinds: dict[str, Callable[[np.random.Generator, int], Data]] = {
            "nothing": lambda rng, n, s=s: {"spectra": spectra(rng, n, exponent=s), "chain": np.arange(n)},
            "neighbouring modes repel": lambda rng, n, s=s: repelling(rng, s, n) | {"chain": np.arange(n)},
            "5 modes a sample, which repel": lambda rng, n, s=s: {
                **repelling(rng, s, n, modes=5), "chain": np.arange(n),
            },
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
                    lambda rng, n=n, draw=draw: draw(rng, n), of_exponent("two-sided"), DEAR,
                )  # fmt: skip
                if wrong == "nothing" or "repel" in wrong:
                    yield Cell(
                        "exponent s, one-sided", s, f"{n} samples", wrong,
                        lambda rng, n=n, draw=draw: draw(rng, n), of_exponent("one-sided"), DEAR,
                    )  # fmt: skip


def limits() -> Iterator[Cell]:
    """Glasses of four sizes, as they are planned; omega_0 at N = 1000 is `PHONON`."""

    def of_limit(data: Data, level: float) -> Estimate:
        return limit_exponent(
            data["spectra"], particles=list(SIZES), first_phonon=data["scale"], chain=data["chain"], level=level
        )

    def drawn(rng: np.random.Generator, law: BentPowerLaw) -> Data:
        each = {size: max(1, round(share * GLASSES / CHAINS)) for size, share in SIZES.items()}
        return {
            "spectra": [bent_spectra(law, size, CHAINS, number, seed_of(rng)) for size, number in each.items()],
            "scale": [PHONON * (1000 / size) ** (1 / 3) for size in SIZES],
            "chain": [np.repeat(np.arange(CHAINS), number) for number in each.values()],
        }

    for s in (2.0, 3.0, 4.0):
        for wrong, bend in (("nothing", math.inf), ("bend at 0.34 omega_0, q = 2", 0.34)):
            law = BentPowerLaw(s, bend=bend * PHONON, chain_scatter=0.03)
            yield Cell(
                "limit of s", s, f"{GLASSES} glasses of N = 1000, and of others", wrong,
                lambda rng, law=law: drawn(rng, law), of_limit, DEAREST,
            )  # fmt: skip


CELLS = {cell.group: cell for cell in cells()}


class EstimatorTrials(LabelledGenerator):
    """Estimates on data of known truth; a recipe's sample is a number of trials.

    Parameters of an ensemble: ``cell``, the group of one of `CELLS`, and ``trials`` a sample.
    """

    name = "estimator-trials"
    kind = "calibration"
    defaults: Mapping[str, Any] = {"cell": "", "trials": 1}
    labels: Mapping[str, Label] = {
        "value": (("sample", "trial"), "1", "estimate"),
        **{
            f"{end}_{100 * level:.0f}": (("sample", "trial"), "1", f"{end} end of the {100 * level:.0f} % interval")
            for level in LEVELS
            for end in ("low", "high")
        },
        "independent_units": (("sample", "trial"), "1", "independent samples behind the interval"),
        "refused": (("sample", "trial"), "1", "refusal of the estimator as not applicable"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        return [
            ("cell", "one of the table", parameters["cell"] in CELLS),
            ("trials", "at least 1", parameters["trials"] >= 1),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        warnings.simplefilter("ignore", RuntimeWarning)
        cell = CELLS[parameters["cell"]]
        rng = np.random.default_rng(random_stream(seed, *cell.stream))
        found = [one_trial(cell, rng) for _ in range(parameters["trials"])]
        arrays = {name: np.array([one[name] for one in found]) for name in self.labels}
        return {name: rounded_to_bits(array, BITS) if array.dtype.kind == "f" else array
                for name, array in arrays.items()}  # fmt: skip

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        cell = CELLS[parameters["cell"]]
        described = {"estimator": cell.estimator, "truth": cell.truth, "data": cell.size, "wrong": cell.wrong}
        return super().attributes(parameters) | described


def one_trial(cell: Cell, rng: np.random.Generator) -> dict[str, Any]:
    data = cell.draw(rng)
    found: dict[str, Any] = {"value": math.nan, "independent_units": np.int32(0), "refused": np.int8(1)}
    found |= {f"{end}_{100 * level:.0f}": math.nan for level in LEVELS for end in ("low", "high")}
    try:
        for level in LEVELS:
            estimate = cell.estimate(data, level)
            found |= {f"low_{100 * level:.0f}": estimate.low, f"high_{100 * level:.0f}": estimate.high}
    except NotApplicableError:
        return found
    return found | {"value": estimate.value, "independent_units": np.int32(estimate.n), "refused": np.int8(0)}
