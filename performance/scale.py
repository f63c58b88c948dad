"""What large cases cost: ``python performance/scale.py [--only WORD] [-o docs/scale.md]``.

Every case runs at growing sizes, each in a process of its own with one thread: seconds of processor time and the
largest memory, without what an interpreter with the package loaded takes. The exponent b of n^b between the last two
sizes stands beside the one that the algorithm should have. Glasses are a stored one, repeated along every axis, which
is an exact minimum of any size; what can be known of a result is checked. ``--json`` keeps the numbers, and cases that
are not run again are taken from there.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

THREADS = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
BEGIN, END = "<!-- table: performance/scale.py -->", "<!-- end of the table -->"
MOMENTS = 32
LOWEST = 10
COLUMNS = 20


@dataclass(frozen=True)
class Case:
    """Something that is done at several sizes: prepared in one process, measured in another."""

    name: str
    unit: str
    sizes: tuple[int, ...]
    warm: int
    run: Callable[[int, Path], str]
    time_power: float
    memory_power: float
    prepare: Callable[[int, Path], None] = lambda size, folder: None


def glass(repeated: int) -> tuple[Any, Any, Any, Any]:
    """A stored glass of 1000 particles, so many times along each axis."""
    import numpy as np

    from bosonpeak.datasets import open_dataset
    from bosonpeak.generators import InversePower

    stored = open_dataset("glass/taper-2", group="T-0.20")
    box, position = stored["box"].values, stored["position"].values[0]
    steps = np.stack(np.meshgrid(*[np.arange(repeated)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions = (position[None] % box + steps * box).reshape(-1, 3)
    diameters = np.tile(stored["diameter"].values[0], repeated**3)
    return positions, diameters, box * repeated, InversePower(n=12, cutoff=float(stored.attrs["cutoff"]), taper=2)


def side(particles: int) -> int:
    return round((particles / 1000) ** (1 / 3))


def make_hessian(particles: int, folder: Path) -> str:
    from bosonpeak.generators import hessian

    matrix = hessian(*glass(side(particles)))
    pulled = float(abs(matrix.sum(axis=0)).max() / abs(matrix.data).max())
    return f"{matrix.nnz:,} elements; columns sum to {pulled:.0e} of the largest"


def find_lowest(particles: int, folder: Path) -> str:
    from bosonpeak.generators import glass_normal_modes
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian

    found = glass_normal_modes(ProjectedHessian.of_configuration(*glass(side(particles))), "lowest", count=LOWEST)
    return f"lowest frequency {found.frequencies[0]:.5f}, residual {found.residual:.0e}"


def kernel_polynomials(nodes: int, folder: Path) -> str:
    from bosonpeak.generators import SpringNetwork, kernel_polynomial_dos

    network = SpringNetwork.build(round(nodes**0.5), displacement=0.2, situation=2, seed=1)
    started = time.process_time()
    kernel_polynomial_dos(
        network.bonds, network.stiffness, network.node_count, moments=MOMENTS, vectors=2, seed=1, frequencies=[0.5]
    )
    seconds = time.process_time() - started
    return f"{1e9 * seconds / nodes / MOMENTS / 2:.2f} ns per node, moment and vector"


def draw_lowest(samples: int, folder: Path) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    from scoring import write

    write("lowest", samples, folder)


def score_lowest(samples: int, folder: Path) -> str:
    from bosonpeak.benchmark.scoring.submission_score import score

    found = score([folder / "frequencies.npz"], card=folder / "card.toml")
    return f"{len(found.claims)} claims"


def store_rows(samples: int, folder: Path) -> None:
    import numpy as np
    import xarray as xr

    from bosonpeak.datasets import write
    from bosonpeak.datasets.provenance import provenance_attributes

    rows = np.sort(np.random.default_rng(1).random((samples, COLUMNS)), axis=1)
    attributes = provenance_attributes(
        kind="mode-ensemble", title="Rows", summary="Random.", created="2026-11-22", licence="CC0-1.0", source="none",
        recipe="none", seed=1,
    )  # fmt: skip
    units = {"units": "sqrt(t0/m)", "long_name": "angular eigenfrequency"}
    write(xr.Dataset({"eigenfrequency": (("sample", "mode"), rows, units)}, attrs=attributes), folder / "rows.zarr")


def reduce_lazily(samples: int, folder: Path) -> str:
    """Hold the content against its digest, a slab at a time, and average it through Dask."""
    import dask

    from bosonpeak.datasets import read

    with dask.config.set(scheduler="single-threaded"), read(folder / "rows.zarr", chunks={}, verify=True) as rows:
        frequency = rows["eigenfrequency"]
        count, lowest = dask.compute((frequency < 0.5).sum(), frequency.isel(mode=0).mean())
    expected = 1.0 / (COLUMNS + 1)
    return f"mean lowest of {COLUMNS} {float(lowest):.5f} (exactly {expected:.5f}), {int(count):,} below 0.5"


def rows_in_chunks(samples: int) -> Any:
    """Spectra of 300 modes with g ~ omega^4, 500 samples a chunk and 25 a chain, made when they are read."""
    import dask.array
    import numpy as np
    import xarray as xr

    def made(block_info: Any = None) -> Any:
        first = block_info[None]["array-location"][0][0] if block_info else 0
        return np.sort(3.0 * np.random.default_rng(first).random((500, 300)) ** 0.2, axis=1)

    lazy = dask.array.map_blocks(made, chunks=((500,) * (samples // 500), (300,)), dtype=float, meta=np.empty((0, 0)))
    variables = {
        "eigenfrequency": (("sample", "mode"), lazy),
        "first_phonon": ("sample", np.ones(samples)),
        "chain": ("sample", np.arange(samples) // 25),
    }
    return xr.Dataset(variables, attrs={"degrees_of_freedom": 300, "dimension": 2, "zero_modes": "removed"})


def exponent_in_chunks(samples: int, folder: Path) -> str:
    from bosonpeak.validators import exponent

    found = exponent(rows_in_chunks(samples), window=(0.3, 0.6))
    low, high = found.details["interval_without_gates"]
    return f"s = {found.value:.3f} [{low:.3f}, {high:.3f}] for 4"


def levels_in_chunks(samples: int, folder: Path) -> str:
    from bosonpeak.validators import level_statistics
    from bosonpeak.validators.levels import goe_reference

    order = goe_reference(300, "lowest", 50, skip=2, matrices=20)
    found = level_statistics(rows_in_chunks(samples), reference=order).mean_ratio
    return f"mean ratio {found.value:.4f} [{found.low:.4f}, {found.high:.4f}] for 0.3863"


CASES = (
    Case("Hessian of a glass, d = 3, 31 neighbours", "particles", (125_000, 1_000_000), 1000, make_hessian, 1.0, 1.0),
    Case(
        f"its {LOWEST} lowest modes",
        "particles", (8000, 27_000, 125_000, 343_000, 1_000_000), 1000, find_lowest, 4 / 3, 1.0,
    ),
    Case(
        f"kernel polynomials of a network, {MOMENTS} moments, 2 vectors, including construction",
        "nodes", (1_000_000, 10_000_000), 10_000, kernel_polynomials, 1.0, 1.0,
    ),
    Case(
        "`score` of the 100 lowest modes of each glass", "samples", (10_000, 100_000), 100, score_lowest, 1.0, 1.0,
        draw_lowest,
    ),
    Case(
        f"a Zarr store of {COLUMNS} frequencies per sample, opened lazily, digest checked, averaged by Dask",
        "samples", (100_000, 1_000_000), 1000, reduce_lazily, 1.0, 0.0, store_rows,
    ),
    Case(
        "`exponent` of 300 modes per sample in chunks of 500 samples",
        "samples", (10_000, 100_000, 1_000_000), 1000, exponent_in_chunks, 1.0, 0.0,
    ),
    Case(
        "`level_statistics` of 300 modes per sample in chunks of 500 samples",
        "samples", (10_000, 100_000, 1_000_000), 1000, levels_in_chunks, 1.0, 0.0,
    ),
)  # fmt: skip


def measure(case: Case, size: int) -> dict[str, Any]:
    """Prepare and run a case, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for step in ("prepare", "run"):
            command = [sys.executable, __file__, "--step", step, str(CASES.index(case)), str(size), folder]
            done = subprocess.run(command, env=os.environ | THREADS, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def step(which: str, case: Case, size: int, folder: Path) -> None:
    """What a process of its own does; compiled code and imports are paid before the clock starts."""
    small = folder / "warm"
    small.mkdir(exist_ok=True)
    if which == "prepare":
        case.prepare(case.warm, small)
        case.prepare(size, folder)
        return
    case.run(case.warm, small)
    base, started, wall = peak(), time.process_time(), time.perf_counter()
    reported = case.run(size, folder)
    taken, wall = time.process_time() - started, time.perf_counter() - wall
    print(json.dumps({"seconds": taken, "wall": wall, "base": base, "peak": peak(), "reported": reported}))


def peak() -> int:
    """Largest memory of this process, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| case | size | CPU seconds | peak GB (of it before) | grows as n^b: time, memory | expected | seen |"
    yield "|---|---|---|---|---|---|---|"
    for case in CASES:
        sizes = [size for size in case.sizes if f"{case.name}; {size}" in found]
        for number, size in enumerate(sizes):
            row = found[f"{case.name}; {size}"]
            powers = ""
            if number:
                before, ratio = found[f"{case.name}; {sizes[number - 1]}"], math.log(size / sizes[number - 1])
                grown = [math.log(row["seconds"] / before["seconds"]) / ratio]
                taken = [max(one["peak"] - one["base"], 1 << 20) for one in (before, row)]
                grown.append(math.log(taken[1] / taken[0]) / ratio)
                powers = ", ".join(f"{power:.2f}" for power in grown)
            yield (
                f"| {case.name} | {size:,} {case.unit} | {seconds(row['seconds'])} | {row['peak'] / 1e9:.2f} "
                f"({row['base'] / 1e9:.2f}) | {powers} | {case.time_power:.2f}, {case.memory_power:.0f} "
                f"| {row['reported']} |"
            )


def seconds(taken: float) -> str:
    return f"{taken:,.0f}" if taken >= 1000.0 else f"{taken:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="cases with this in their names")
    parser.add_argument("--largest", type=int, default=10**9, metavar="SIZE", help="no larger ones")
    parser.add_argument("--json", type=Path, default=Path("scale.json"), metavar="FILE")
    parser.add_argument("-o", type=Path, metavar="PAGE", help="write the table between the marks of a page")
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        which, number, size, folder = options.step
        step(which, CASES[int(number)], int(size), Path(folder))
        return
    found = json.loads(options.json.read_text()) if options.json.exists() else {}
    for case in CASES:
        for size in case.sizes:
            if options.only in case.name and size <= options.largest:
                found[f"{case.name}; {size}"] = measure(case, size)
                options.json.write_text(json.dumps(found, indent=1))
                print(case.name, size, found[f"{case.name}; {size}"], flush=True)
    lines = list(table(found))
    print("\n".join(lines))
    if options.o:
        before, _, rest = options.o.read_text(encoding="utf-8").partition(f"{BEGIN}\n")
        text = "\n".join([BEGIN, *lines, END])
        options.o.write_text(f"{before}{text}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
