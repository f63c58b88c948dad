"""Calibration, coverage and power of the lower bound of s, of the local exponent and of the families of bends.

    python performance/exponent_bound.py --critical            # critical deviances under a straight law: 5 minutes
    python performance/exponent_bound.py --trials 200          # coverage and power of the bound: 4 minutes
    python performance/exponent_bound.py --trials 200 --store FILE   # the same, and keep the trials: 8 minutes
    python performance/exponent_bound.py --trials 200 --times 1 2 4 8   # the same for more glasses
    python performance/exponent_bound.py --trials 100 --local  # coverage of the band of the local exponent
    python performance/exponent_bound.py --trials 20 --families
    python performance/exponent_bound.py --cells               # the cells of stored glasses: 20 seconds

Glasses as in the cell m = 2, T* = 1.00: 2400 of N = 1000 in 120 chains, 1200 of 500 in 60, 120 of 2000 and of 4000 in 6
each. w is in units of omega_0 at N = 1000; modes repel each other and chains scatter by 3 % where nothing else is said.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from bosonpeak.datasets import write
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.datasets.schema import with_labels
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import one_ensemble
from bosonpeak.validators.power_laws.bend_families import limit_exponent_families
from bosonpeak.validators.power_laws.exponent_bound import (
    CRITICAL_LEVELS,
    CRITICAL_MODES,
    ConcaveCurve,
    exponent_lower_bound,
)
from bosonpeak.validators.power_laws.local_exponent import local_exponent

PHONON = 1.45
FOOT = 0.55
CHAINS = {500: 60, 1000: 120, 2000: 6, 4000: 6}
"""Chains of each size; each has 20 glasses."""

GLASSES_A_CHAIN = 20
BENDS = ((math.inf, 2.0), (0.15, 2.0), (0.24, 2.0), (0.34, 2.0), (0.48, 2.0), (0.34, 1.2), (0.34, 4.0), (0.48, 1.0))


SEED = 5
CELLS = {
    "m = 2, T* = 1.00": ("limit/taper-2/T-1.00", *(f"limit/sizes/T-1.00/N-{size}" for size in (500, 2000, 4000))),
    "m = 2, T* = 0.20": ("limit/taper-2/T-0.20", *(f"limit/sizes/T-0.20/N-{size}" for size in (500, 2000, 4000))),
    "m = inf, T* = 1.00": (
        "limit/taper-inf/T-1.00",
        *(f"limit/hot-sizes-inf/T-1.00/N-{size}" for size in (500, 2000, 4000)),
    ),
    "m = inf, T* = 0.20": ("limit/taper-inf/T-0.20", *(f"limit/sizes-inf/T-0.20/N-{size}" for size in (500, 4000))),
}
CELLS |= {
    "m = 2, T* = 1.00, closed": ("limit/hot-taper-2/T-1.00",),
    "m = inf, T* = 1.00, N = 1000, closed": ("limit/hot-taper-inf/T-1.00",),
    "m = inf, T* = 1.00, other sizes, closed": CELLS["m = inf, T* = 1.00"][1:],
    "m = inf, T* = 1.00, all closed": ("limit/hot-taper-inf/T-1.00", *CELLS["m = inf, T* = 1.00"][1:]),
    "m = 2, T* = 1.00, all": (*CELLS["m = 2, T* = 1.00"], "limit/hot-taper-2/T-1.00"),
    "m = inf, T* = 1.00, all": (*CELLS["m = inf, T* = 1.00"], "limit/hot-taper-inf/T-1.00"),
}


@dataclass(frozen=True)
class Exponential(BentPowerLaw):
    """omega^s exp(-omega/w): its exponent never settles inside the range."""

    def density(self, frequency):
        """Density of states, not normalised."""
        return frequency**self.exponent * np.exp(-frequency / self.bend)


@dataclass(frozen=True)
class Kink(BentPowerLaw):
    """omega^s below w and omega^(s - q) above."""

    def density(self, frequency):
        """Density of states, not normalised."""
        return frequency**self.exponent * np.maximum(frequency / self.bend, 1.0) ** -self.sharpness


@dataclass(frozen=True)
class TwoBranches(BentPowerLaw):
    """omega^s and a steeper branch, `ratio` times as strong at 0.3 omega_0, under a common bend: outside."""

    upper: float = 4.0
    ratio: float = 1.0

    def density(self, frequency):
        """Density of states, not normalised."""
        branches = 1.0 + self.ratio * (frequency / (0.3 * PHONON)) ** (self.upper - self.exponent)
        return frequency**self.exponent * branches / (1.0 + (frequency / self.bend) ** self.sharpness)


def mixtures() -> dict[str, BentPowerLaw]:
    """Two branches with and without a bend, by name; no coverage is promised."""
    found = {}
    for upper, ratio, bend in ((4.0, 1.0, math.inf), (4.0, 5.0, 0.34), (5.5, 1.0, math.inf), (5.5, 3.5, 0.25)):
        bent = f", bent at {bend:g}" if bend < math.inf else ""
        name = f"outside: omega^3 and omega^{upper:g}, 1:{ratio:g} at 0.3{bent}"
        found[name] = TwoBranches(3.0, bend * PHONON, chain_scatter=0.03, upper=upper, ratio=ratio)
    return found


def truths(exponent: float) -> dict[str, BentPowerLaw]:
    """Densities with a local exponent that does not rise, by name."""
    found = {}
    for bend, q in BENDS:
        name = "power law" if math.isinf(bend) else f"w = {bend:g}, q = {q:g}"
        found[name] = BentPowerLaw(exponent, bend=bend * PHONON, sharpness=q, chain_scatter=0.03)
    found["independent modes, w = 0.34, q = 2"] = BentPowerLaw(exponent, 0.34 * PHONON, repelling=False)
    found["power law, chains scatter by 15 %"] = BentPowerLaw(exponent, chain_scatter=0.15)
    found["kink by 1 at 0.25"] = Kink(exponent, 0.25 * PHONON, sharpness=1.0)
    found["exp(-omega/w), w = 0.28"] = Exponential(exponent, 0.28 * PHONON)
    found["exp(-omega/w), w = 0.55"] = Exponential(exponent, 0.55 * PHONON)
    return found


def glasses(law: BentPowerLaw, times: int, seed: np.random.SeedSequence) -> dict[str, list]:
    """Arguments of the estimators: modes, particles, omega_0 and chains of one draw of all sizes."""
    modes = [
        bent_spectra(law, particles, times * chains, GLASSES_A_CHAIN, stream)
        for (particles, chains), stream in zip(CHAINS.items(), seed.spawn(len(CHAINS)), strict=True)
    ]
    return {
        "data": modes,
        "particles": list(CHAINS),
        "first_phonon": [PHONON * (1000 / particles) ** (1 / 3) for particles in CHAINS],
        "chain": [np.repeat(np.arange(len(m) // GLASSES_A_CHAIN), GLASSES_A_CHAIN) for m in modes],
    }


def straight_deviances(modes: int, power: float, feet, exposure, draws: int, seed: int) -> np.ndarray:
    """Deviances of the true exponent of a straight power law, for independent modes of one or more sizes."""
    generator = np.random.default_rng(seed)
    share = exposure * feet**power
    found = []
    for _ in range(draws):
        size = generator.choice(len(feet), p=share / share.sum(), size=modes)
        curve = ConcaveCurve(feet[size] * generator.random(modes) ** (1.0 / power), feet, exposure)
        found.append(curve.deviance(curve.most_likely(), power))
    return np.array(found)


def critical(draws: int) -> None:
    """Print the table of critical deviances, and the same for the sizes of the cell."""
    feet = np.array([FOOT * PHONON * (1000 / particles) ** (1 / 3) for particles in CHAINS])
    exposure = np.array([1.0 * particles * chains * GLASSES_A_CHAIN for particles, chains in CHAINS.items()])
    for modes in CRITICAL_MODES:
        found = straight_deviances(modes, 4.0, np.ones(1), np.ones(1), draws, 7)
        print(
            f"    ({', '.join(f'{each:.2f}' for each in np.quantile(found, CRITICAL_LEVELS))}),  # {modes}", flush=True
        )
    for modes, power in ((1000, 4.0), (10_000, 3.0), (10_000, 4.0), (10_000, 5.0)):
        found = straight_deviances(modes, power, feet, exposure, draws, 8)
        reported = ", ".join(f"{each:.2f}" for each in np.quantile(found, CRITICAL_LEVELS))
        print(f"    four sizes, {modes} modes, s = {power - 1.0:g}: {reported}", flush=True)


def bounds(law: BentPowerLaw, times: int, trials: int, levels: tuple[float, ...]) -> list[list[Estimate]]:
    """Bounds over trials, level by level."""
    found: list[list[Estimate]] = [[] for _ in levels]
    for seed in np.random.SeedSequence(SEED).spawn(trials):
        drawn = glasses(law, times, seed)
        for level, estimates in zip(levels, found, strict=True):
            estimates.append(exponent_lower_bound(**drawn, level=level))
    return found


def coverage(trials: int, times: list[int], names: list[str] | None, path: Path | None) -> None:
    """Print coverage and power of the bound; writes the trials to a file if a path is given."""
    kept = {}
    levels = (0.95, 0.68) if path else (0.95,)
    rivals = (2.0, 2.5, 3.0, 3.5)
    print(
        "| truth | s | glasses of N = 1000 | median bound | above s % | gated % | "
        + "".join(f"excludes {rival:g} % | " for rival in rivals)
        + "dispersion |"
    )
    print("|" + "---|" * (7 + len(rivals)))
    for factor in times:
        for s in (3.0, 4.0):
            rows = truths(s)
            if s == 3.0:
                rows |= mixtures()
            for name, law in rows.items():
                if names and name not in names:
                    continue
                found, *narrow = bounds(law, factor, trials, levels)
                if path:
                    group = f"s-{s:g}/glasses-{factor * 2400}/{re.sub('[^a-z0-9.]+', '-', name.lower()).strip('-')}"
                    kept[group] = trials_dataset(found, *narrow, law, name, factor)
                low = np.array([each.details["bound_without_gates"] for each in found])
                gated = np.array([bool(each.warnings) for each in found])
                dispersion = np.array([each.details["pull_dispersion"] for each in found])
                excluded = " | ".join(f"{100 * np.mean((low > rival) & ~gated):.0f}" for rival in rivals)
                print(
                    f"| {name} | {s:g} | {factor * 2400} | {np.median(low):.2f} | {100 * np.mean(low > s):.1f} | "
                    f"{100 * np.mean(gated):.1f} | {excluded} | {dispersion.mean():.2f} |",
                    flush=True,
                )
    if path:
        store(kept, path)


def trials_dataset(
    found: list[Estimate], narrow: list[Estimate], law: BentPowerLaw, name: str, times: int
) -> xr.Dataset:
    """Trials of a truth at levels of 95 and 68 %, as in the other calibration data."""
    open_end = [math.inf] * len(found)
    columns = {
        "value": ("exponent below the lowest hinge", [each.value for each in found]),
        "low_95": ("lower bound at 95 %, minus infinity where a gate withholds the bound", _lows(found)),
        "high_95": ("open upper end", open_end),
        "low_68": ("lower bound at 68 %, minus infinity where a gate withholds the bound", _lows(narrow)),
        "high_68": ("open upper end", open_end),
        "independent_units": ("independent samples behind the bound", np.array([each.n for each in found], np.int32)),
        "refused": ("1 if the estimator refused", np.zeros(len(found), np.int8)),
    }
    return xr.Dataset(
        {
            label: (("sample", "trial"), np.array(values)[:, None], {"units": "1", "long_name": text})
            for label, (text, values) in columns.items()
        },
        attrs={
            "kind": "calibration",
            "estimator": "lower bound of s",
            "truth": law.exponent,
            "data": f"{times * 2400} glasses of N = 1000, and of others",
            "wrong": name,
            "parameters": json.dumps({"truth": name, "times": times}),
        },
    )


def _lows(found: list[Estimate]) -> list[float]:
    return [-math.inf if each.warnings else each.details["bound_without_gates"] for each in found]


def store(kept: dict[str, xr.Dataset], path: Path) -> None:
    """Write the trials of all truths to a file of the kind "calibration"."""
    about = provenance_attributes(
        kind="calibration",
        title="Lower bound of the exponent on data of known truth",
        summary="Trial by trial, the lower bound of s that exponent_lower_bound gives for modes of four sizes.",
        created="2026-11-25",
        licence="CC0-1.0",
        source="Simulated by performance/exponent_bound.py",
        seed=SEED,
    )
    write(with_labels(xr.DataTree.from_dict({"/": xr.Dataset(attrs=about), **kept})), path)


def local(trials: int, names: list[str] | None) -> None:
    """Print the coverage of the intervals and of the band of the local exponent."""
    print("| truth | s | lowest omega / omega_0 | pointwise % | band % | half width of the band at 0.2, 0.3, 0.5 |")
    print("|---|---|---|---|---|---|")
    for s in (3.0, 4.0):
        for name, law in truths(s).items():
            if names and name not in names:
                continue
            inside, band, lowest, width = [], [], [], []
            for seed in np.random.SeedSequence(6).spawn(trials):
                arguments = glasses(law, 1, seed)
                found = local_exponent(**arguments)
                x = found["frequency"].values
                true = np.log(law.density(1.01 * x) / law.density(x / 1.01)) / (2.0 * math.log(1.01))
                inside.append(np.mean((found["low"] <= true) & (true <= found["high"])))
                band.append(np.all((found["simultaneous_low"] <= true) & (true <= found["simultaneous_high"])))
                lowest.append(x[0] / PHONON)
                half = 0.5 * (found["simultaneous_high"] - found["simultaneous_low"]).values
                width.append(np.interp(np.log(np.array([0.2, 0.3, 0.5]) * PHONON), np.log(x), half))
            widths = ", ".join(f"{each:.2f}" for each in np.median(width, axis=0))
            print(
                f"| {name} | {s:g} | {np.median(lowest):.2f} | {100 * np.mean(inside):.1f} | "
                f"{100 * np.mean(band):.1f} | {widths} |",
                flush=True,
            )


def families(trials: int, names: list[str] | None) -> None:
    """Print coverage of the average over families, of the first family alone, and the share of open limits."""
    print("| truth | s | median | covered % | open above % | excludes 3 % | excludes 4 % | covered by each family % |")
    print("|---|---|---|---|---|---|---|---|")
    for s in (3.0, 4.0):
        for name, law in truths(s).items():
            if names and name not in names:
                continue
            seeds = np.random.SeedSequence(7).spawn(trials)
            found = [limit_exponent_families(**glasses(law, 1, seed)) for seed in seeds]
            limits = np.array([_closed(each.details["interval_without_gates"]) for each in found])
            each_family = np.array(
                [[_closed((row["low"], row["high"])) for row in one.details["families"]] for one in found]
            )
            covered = (limits[:, 0] <= s) & (s <= limits[:, 1])
            by_family = np.mean((each_family[..., 0] <= s) & (s <= each_family[..., 1]), axis=0)
            rivals = [100 * np.mean((limits[:, 0] > rival) | (limits[:, 1] < rival)) for rival in (3.0, 4.0)]
            print(
                f"| {name} | {s:g} | {np.median([each.value for each in found]):.2f} | {100 * np.mean(covered):.0f} | "
                f"{100 * np.mean(np.isinf(limits[:, 1])):.0f} | {rivals[0]:.0f} | {rivals[1]:.0f} | "
                f"{', '.join(f'{100 * share:.0f}' for share in by_family)} |",
                flush=True,
            )


def cells() -> None:
    """Print bound, local exponents and families of the cells of stored glasses."""
    for name, ensembles in CELLS.items():
        data = [one_ensemble(each) for each in ensembles]
        phonon = float(data[0]["first_phonon"].mean())
        print(f"\n{name}: {sum(each.sizes['sample'] for each in data)} glasses")
        bounds_at = {level: exponent_lower_bound(data, level=level) for level in (0.9, 0.95, 0.99, 0.995)}
        low = ", ".join(f"{level:g}: {each.low:.2f}" for level, each in bounds_at.items())
        details = bounds_at[0.95].details
        print(f"  lower bound by level: {low}; most likely {bounds_at[0.95].value:.2f}, {details['modes']} modes,")
        print(f"  shape p = {details['shape_probability']:.2f}, sizes p = {details['drift_probability']:.2f}, ", end="")
        print(f"dispersion {details['pull_dispersion']:.2f}, lowest hinge {details['hinges'][0] / phonon:.3f} omega_0")
        found = local_exponent(data, frequency=np.array([0.15, 0.2, 0.25, 0.3, 0.4, 0.5]) * phonon)
        for row in found.to_dataframe().itertuples():
            print(
                f"  s({row.Index / phonon:.2f} omega_0) = {row.value:.2f} [{row.low:.2f}, {row.high:.2f}], "
                f"band [{row.simultaneous_low:.2f}, {row.simultaneous_high:.2f}]"
            )
        averaged = limit_exponent_families(data)
        print(f"  average of families {averaged.in_short}")
        for row in averaged.details["families"]:
            low, high = _closed((row["low"], row["high"]))
            print(
                f"    {row['formula']}: {row['value']:.2f} [{low:.2f}, {high:.2f}], "
                f"ln L {row['log_likelihood']:.2f}, weight {row['weight']:.2f}"
            )


def _closed(limits) -> tuple[float, float]:
    """Limits with None, an open limit, as infinity."""
    low, high = limits
    return -math.inf if low is None else low, math.inf if high is None else high


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--times", type=int, nargs="+", default=[1], help="times as many glasses")
    parser.add_argument("--truth", nargs="+", help="names of rows")
    parser.add_argument("--store", type=Path, metavar="FILE", help="keep the trials of the bound")
    parser.add_argument("--critical", type=int, nargs="?", const=6000, help="draws of each critical deviance")
    parser.add_argument("--local", action="store_true", help="local exponent in place of the bound")
    parser.add_argument("--families", action="store_true", help="families of bends in place of the bound")
    parser.add_argument("--cells", action="store_true", help="the cells of stored glasses")
    arguments = parser.parse_args()
    if arguments.cells:
        cells()
    elif arguments.critical:
        critical(arguments.critical)
    elif arguments.local:
        local(arguments.trials, arguments.truth)
    elif arguments.families:
        families(arguments.trials, arguments.truth)
    else:
        coverage(arguments.trials, arguments.times, arguments.truth, arguments.store)


if __name__ == "__main__":
    main()
