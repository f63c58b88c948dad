"""Glasses of the minimisers mixed-precision and l-bfgs from the same liquids: are their distributions equal?

    python performance/minimiser_equality.py data-release/limit/minimiser-pairs.nc    # the stored glasses: seconds
    python performance/minimiser_equality.py FOLDER            # make them, hours; a repetition makes what is missing
    python performance/minimiser_equality.py FOLDER --store FILE.nc    # and write the compared quantities to a file
    python performance/minimiser_equality.py FOLDER --short    # a smoke test with small glasses

Four cells, m = 2 and infinity at T* = 1.00 and 0.20, 25 chains of 50 glasses each. Both ensembles of a cell have the
same name and seeds, and so the same liquids; at m = 2, T* = 1.00 these are the seeds of ``limit/minimisers``, whose
liquids follow on a processor of the same kind. The quantities were chosen before the first run: energy, lowest
frequency, modes below half of omega_0, moduli, and the mean logarithm of the pair stresses. Glasses of a chain are
not independent, so that the test is Student's t of the mean differences of the chains. Beside each p stands the
difference that the test would find with a power of 80 % at 5 %, in standard deviations of a glass (of a chain for the
stresses). Holm's correction covers all tests.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import xarray as xr
from scipy import stats

from bosonpeak.datasets import combine, open_dataset, write
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.run.own_recipe import recipe

METHODS = ("l-bfgs", "mixed-precision")
CELLS = {
    (taper, temperature): sweeps
    for taper in (2.0, math.inf)
    for temperature, sweeps in ((1.0, (2000, 500)), (0.2, (10000, 2500)))
}
CHAINS_A_BLOCK, BLOCKS, FIRST_SEED = 5, 5, 2026112200


def made(folder: Path, taper: float, temperature: float, method: str, short: bool) -> list[xr.Dataset]:
    """Blocks of one ensemble, made where they are missing."""
    equilibration, between = CELLS[taper, temperature]
    own = {"equilibration_sweeps": equilibration, "sweeps_between": between, "lowest_modes": 60}
    own |= {"configurations": 0, "eigenvectors": 0, "final_liquid": False}
    if short:
        own |= {"particles": 200, "equilibration_sweeps": 100, "sweeps_between": 20, "record_every": 10, "glasses": 3}
    blocks = []
    for block in range(1 if short else BLOCKS):
        path = folder / f"m-{taper:g}-T-{temperature:.2f}-{method}-{block}.nc"
        recipe("limit/minimisers").replace(
            group="l-bfgs", name="limit/minimisers", seed=FIRST_SEED + block, chains=CHAINS_A_BLOCK,
            minimiser=method, taper=taper, temperature=temperature, **own,
        ).run(path)  # fmt: skip
        blocks.append(open_dataset(path).load())
    return blocks


STORED = (
    "eigenfrequency",
    "first_phonon",
    "inherent_structure_energy",
    "shear_modulus",
    "bulk_modulus",
    "chain",
    "sweep",
)
STORED_MODES, BITS = 20, 24


def stored(blocks: list[xr.Dataset]) -> xr.Dataset:
    """Compared quantities of all blocks of an ensemble."""
    names = [*STORED, "chain_stress_count", "stress_edge"]
    whole = combine([block[names].isel(mode=slice(0, STORED_MODES)) for block in blocks])
    for name in STORED:
        if whole[name].dtype.kind == "f":
            whole[name] = whole[name].copy(data=rounded_to_bits(whole[name].values, BITS))
    whole.attrs = {key: value for key, value in blocks[0].attrs.items() if key != "content_digest"}
    return whole


def group_of(taper: float, temperature: float, method: str) -> str:
    """Group of an ensemble in a stored file."""
    return f"m-{taper:g}/T-{temperature:.2f}/{method}"


def store(made_before: dict[str, list[xr.Dataset]], file: Path) -> None:
    """Write the compared quantities of all ensembles."""
    groups = {group: stored(blocks) for group, blocks in made_before.items()}
    first = next(iter(groups.values()))
    texts = {
        "title": "Glasses of two minimisers from the same liquids",
        "summary": "Twenty lowest frequencies, omega_0, energy and moduli of each glass, pair stresses of each chain, "
        "by limited-memory BFGS and by mixed precision; two tapers, two parent temperatures, 25 chains of 50 glasses.",
    }
    write(xr.DataTree.from_dict({"/": xr.Dataset(attrs=first.attrs | texts), **groups}), file)


def quantities(glasses: xr.Dataset) -> dict[str, np.ndarray]:
    """Quantities of each glass, shape (glasses,)."""
    frequencies = glasses["eigenfrequency"].values
    below = frequencies < 0.5 * glasses["first_phonon"].values[:, None]
    return {
        "energy": glasses["inherent_structure_energy"].values,
        "lowest frequency": frequencies[:, 0],
        "modes below omega_0 / 2": below.sum(axis=1).astype(float),
        "shear modulus": glasses["shear_modulus"].values,
        "bulk modulus": glasses["bulk_modulus"].values,
    }


def mean_log_stress(glasses: xr.Dataset) -> np.ndarray:
    """Mean decimal logarithm of the pair stresses inside the bins, of each chain."""
    edges, counts = glasses["stress_edge"].values, glasses["chain_stress_count"].values
    middles = 0.5 * np.log10(edges[1:] * edges[:-1])
    return (counts * middles).sum(axis=1) / counts.sum(axis=1)


def by_chain(ensembles: list[list[xr.Dataset]]) -> dict[str, tuple[np.ndarray, float]]:
    """Differences of chain means (chains,), second less first method, and the standard deviation of a glass."""
    means: list[dict[str, list[float]]] = [{}, {}]
    spread: dict[str, list[float]] = {}
    for found, blocks in zip(means, ensembles, strict=True):
        for glasses in blocks:
            chains = glasses["chain"].values
            for name, values in quantities(glasses).items():
                found.setdefault(name, []).extend(values[chains == chain].mean() for chain in np.unique(chains))
                spread.setdefault(name, []).extend(values)
            found.setdefault("log10 of pair stresses", []).extend(mean_log_stress(glasses))
            spread.setdefault("log10 of pair stresses", []).extend(mean_log_stress(glasses))
    return {name: (np.subtract(means[1][name], means[0][name]), float(np.std(spread[name]))) for name in means[0]}


def holm(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities corrected for their number, shape (tests,)."""
    order = np.argsort(probabilities)
    factors = np.arange(len(order), 0, -1)
    corrected = np.empty_like(probabilities)
    corrected[order] = np.minimum(np.maximum.accumulate(probabilities[order] * factors), 1.0)
    return corrected


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of ensembles, or a stored file")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--store", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    is_file = arguments.source.suffix == ".nc"
    if not is_file:
        arguments.source.mkdir(parents=True, exist_ok=True)
    rows, every = [], {}
    for taper, temperature in CELLS:
        ensembles = [
            [open_dataset(arguments.source, group=group_of(taper, temperature, method)).load()]
            if is_file
            else made(arguments.source, taper, temperature, method, arguments.short)
            for method in METHODS
        ]
        every |= {group_of(taper, temperature, method): found for method, found in zip(METHODS, ensembles, strict=True)}
        glasses = [sum(block.sizes["sample"] for block in blocks) for blocks in ensembles]
        print(f"m = {taper:g}, T* = {temperature:.2f}: {glasses[0]} and {glasses[1]} glasses", flush=True)
        for name, (differences, spread) in by_chain(ensembles).items():
            degrees = len(differences) - 1
            error = float(np.std(differences, ddof=1)) / math.sqrt(len(differences))
            detectable = (stats.t.ppf(0.975, degrees) + stats.t.ppf(0.8, degrees)) * error
            rows.append((taper, temperature, name, differences.mean(), error, spread, detectable))
    if arguments.store:
        store(every, arguments.store)
    degrees = CHAINS_A_BLOCK * (1 if arguments.short else BLOCKS) - 1
    apart = np.array([abs(row[3]) / row[4] if row[4] > 0.0 else 0.0 for row in rows])
    probabilities = 2.0 * stats.t.sf(apart, degrees)
    print("| m | T* | quantity | difference | standard error | p | p by Holm | found with 80 % |\n" + "|---" * 8 + "|")
    for row, p, corrected in zip(rows, probabilities, holm(probabilities), strict=True):
        taper, temperature, name, mean, error, spread, detectable = row
        print(
            f"| {taper:g} | {temperature:.2f} | {name} | {mean:.2g} | {error:.2g} | {p:.2g} | {corrected:.2g} | "
            f"{detectable / spread if spread > 0.0 else math.nan:.3f} |"
        )


if __name__ == "__main__":
    main()
