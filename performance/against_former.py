"""Costs of this code beside former code, in turns within one run: ``python performance/against_former.py CHECKOUT``.

CHECKOUT is a worktree of the former code, for instance ``git worktree add ../former ec0dfebc``. Each version has one
process with warm compiled kernels, which prepares and times the same jobs; medians of interleaved repeats in processor
seconds of one thread, `verify` in wall seconds of all cores. Moves are those of whole chains, with the lists and
energies at their ends. The machine should be otherwise idle.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from glasses import FIRST

HERE = Path(__file__).resolve().parents[1]

WORKER = """
import json, sys, time
space = {}
for line in sys.stdin:
    start = time.process_time()
    exec(json.loads(line), space)
    print(space.pop("seconds", time.process_time() - start), flush=True)
"""

LIQUID = """
import math, warnings
from bosonpeak.generators import (
    InversePower, LennardJones, glass_normal_modes, minimise, random_configuration, swap_monte_carlo
)
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
warnings.simplefilter("ignore")
potential, heat, seed = {potential}, {heat}, 10
positions, diameters, box = random_configuration({particles}, 3, potential, seed=1, density={density})
def chain(sweeps, every):
    global seed
    seed += 1
    return swap_monte_carlo(
        positions, diameters, box, potential, heat, sweeps=sweeps, seed=seed, record_every=every
    )
run = chain({sweeps}, {sweeps})
positions, diameters = run.positions, run.diameters
"""
MODES = """
glass = minimise(positions, diameters, box, potential).positions
hessian = ProjectedHessian.of_configuration(glass, diameters, box, potential)
"""
SPECTRA = """
import numpy as np, warnings, xarray as xr
from bosonpeak.validators import exponent
warnings.simplefilter("ignore")
random = np.random.default_rng(1)
rows = np.sort(3.0 * random.random((20_000, 20)) ** 0.25, axis=1)
data = xr.Dataset(
    {{"eigenfrequency": (("sample", "mode"), rows), "first_phonon": ("sample", np.full(20_000, 3.0)),
      "chain": ("sample", np.repeat(np.arange(100), 200))}},
    attrs={{"dimension": 3, "particles": 1000}},
){chunks}
"""
COMMAND = """
import os, subprocess, sys, tempfile, time
def run(*words, **variables):
    environment = os.environ | variables
    return subprocess.run([sys.executable, *words], env=environment, check=True, capture_output=True, text=True).stdout
"""
FIRST_CONFIGURATION = """
with tempfile.TemporaryDirectory() as empty:
    seconds = float(run("-c", first, NUMBA_CACHE_DIR=empty))
"""
VERIFY = """
start = time.perf_counter()
run("-m", "bosonpeak", "verify", "--fresh")
seconds = time.perf_counter() - start
"""


@dataclass(frozen=True)
class Job:
    """Code to time, its set-up, the code before each repeat, and the divisor of the seconds.

    Code that sets `seconds` reports them in place of the processor seconds of its process.
    """

    what: str
    unit: str
    setup: str
    timed: str
    before: str = ""
    divisor: float = 1.0
    target: str = ""
    most_repeats: int = 100


def liquid(potential: str = "InversePower(taper=2)", heat: float = 1.0, particles: int = 1000, sweeps: int = 200,
           density: float = 1.0) -> str:  # fmt: skip
    return LIQUID.format(potential=potential, heat=heat, particles=particles, sweeps=sweeps, density=density)


def moves(name: str, particles: int, sweeps: int, every: int = 0, target: str = "", **system: object) -> Job:
    setup = liquid(particles=particles, sweeps=max(200_000 // particles, 10), **system)
    records = ", a record every 100 sweeps" if every else ""
    return Job(f"move, {name}, N = {particles}{records}", "us", setup, f"chain({sweeps}, {every or sweeps})",
               divisor=1e-6 * particles * sweeps, target=target)  # fmt: skip


def jobs() -> Iterator[Job]:
    next_liquid = "run = chain(200, 200); positions, diameters = run.positions, run.diameters"
    for taper in ("2", "math.inf"):
        for heat, target in ((1.0, "ratio 3"), (0.2, "ratio 2.5")):
            yield Job(
                f"quench to 1e-10, N = 1000, m = {'∞' if 'inf' in taper else taper}, T* = {heat}", "s",
                liquid(f"InversePower(taper={taper})", heat, sweeps=2000),
                "minimise(positions, diameters, box, potential)", next_liquid, target=target,
            )  # fmt: skip
    soft = {"heat": 0.2}
    yield moves("m = 2", 1000, 600, **soft)
    yield moves("m = 2", 1000, 600, 100, target="3 % more", **soft)
    yield moves("m = 2", 8000, 75, target="8000 / 1000 at most 1.4", **soft)
    yield moves("m = 2", 64_000, 30, target="0.25 us", **soft)
    for end in ("force-shifted", "hard"):
        system = {"potential": f"LennardJones(truncation={end!r})", "heat": 0.57, "density": 0.9}
        for particles, sweeps, target in ((1000, 600, "0.30 us"), (8000, 75, "8000 / 1000 at most 1.5")):
            yield moves(f"Lennard-Jones {end}", particles, sweeps, target=target, **system)
    for particles, target in ((1000, "0.13 s"), (4000, "0.9 s")):
        yield Job(f"lowest 20 modes, N = {particles}", "s", liquid(particles=particles) + MODES,
                  'glass_normal_modes(hessian, "lowest", count=20)', target=target)  # fmt: skip
    timed = "exponent(data, window=(0.2, 0.9))"
    yield Job("exponent, 20 000 samples in memory", "s", SPECTRA.format(chunks=""), timed)
    chunked = SPECTRA.format(chunks=".chunk(sample=2000)")
    yield Job("exponent, 20 000 samples in chunks of 2000", "s", chunked, timed, target="as in memory")
    first = f"{COMMAND}first = {FIRST.format(particles=1000)!r}"
    yield Job("first configuration, empty cache", "s", first, FIRST_CONFIGURATION, target="8 s", most_repeats=3)
    yield Job("`verify --fresh`, wall time", "s", COMMAND, VERIFY, target="15 s on two idle cores", most_repeats=3)


class Version:
    """A process that runs the code of one checkout."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        cache = str(folder / "cache")
        environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "NUMBA_CACHE_DIR": cache,
                       "XDG_CACHE_HOME": cache, "OMP_NUM_THREADS": "1"}  # fmt: skip
        self.process = subprocess.Popen([sys.executable, "-c", WORKER], env=environment, cwd=folder, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip

    def seconds(self, code: str) -> float:
        print(json.dumps(code), file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())


@contextmanager
def versions(former: Path) -> Iterator[dict[str, Version]]:
    with ExitStack() as stack:
        made = {}
        for name, checkout in (("former", former), ("now", HERE)):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            made[name] = Version(checkout.resolve(), folder)
            stack.callback(made[name].process.kill)
        yield made


def row(job: Job, taken: dict[str, list[float]]) -> None:
    former, now = (float(np.median(times)) / job.divisor for times in taken.values())
    print(f"| {job.what} | {former:.3g} {job.unit} | {now:.3g} {job.unit} | {former / now:.2f} | {job.target} |",
          flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("former", type=Path, help="checkout of the former code")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", help="jobs whose name contains this text")
    arguments = parser.parse_args()
    print("| work | former | now | ratio | target |\n|---|---|---|---|---|")
    with versions(arguments.former) as both:
        for job in jobs():
            if arguments.only and arguments.only not in job.what:
                continue
            taken: dict[str, list[float]] = {name: [] for name in both}
            for version in both.values():
                for code in (job.setup, job.before, job.timed):
                    version.seconds(code)
            for _ in range(min(arguments.repeats, job.most_repeats)):
                for name, version in both.items():
                    version.seconds(job.before)
                    taken[name].append(version.seconds(job.timed))
            row(job, taken)


if __name__ == "__main__":
    main()
