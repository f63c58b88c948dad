"""Timings of the soft-sphere glass generator on one core, against what one would otherwise call.

Run ``python benchmarks/glasses.py``; medians of interleaved repeats in CPU seconds of one thread, and ratios taken
within one run. Nothing here is asserted: the numbers belong to the machine.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np
import scipy.sparse.linalg
from threadpoolctl import threadpool_limits

BLOCKED = "bosonpeak.generators.swap_monte_carlo_intrinsics"


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
    from bosonpeak.generators.monte_carlo import random_configuration, swap_monte_carlo
    from bosonpeak.generators.potentials import InversePower

    potential = InversePower(taper=taper)
    positions, diameters, box = random_configuration(particles, 3, potential, seed=1)
    run = swap_monte_carlo(positions, diameters, box, potential, temperature, sweeps=sweeps, seed=2, kernel=kernel)
    return potential, run, box


def move_times(particles: int, temperature: float, sweeps: int, repeats: int, kernels: tuple[str, ...]) -> None:
    from bosonpeak.generators.monte_carlo import swap_monte_carlo
    from bosonpeak.generators.swap_monte_carlo_vector import HAS_INTRINSICS

    for taper in (2, math.inf):
        potential, start, box = equilibrated(taper, particles, temperature, sweeps)
        lengths = {"vector": 400, "plain": 40}

        def chain(kernel: str, start=start, box=box, potential=potential, lengths=lengths):
            return lambda: swap_monte_carlo(
                start.positions, start.diameters, box, potential, temperature,
                sweeps=lengths[kernel], seed=3, record_every=lengths[kernel], kernel=kernel,
            )  # fmt: skip

        taken = medians({kernel: chain(kernel) for kernel in kernels}, repeats)
        for kernel, value in taken.items():
            name = f"{kernel}{'' if HAS_INTRINSICS or kernel == 'plain' else ' without intrinsics'}"
            report(f"attempted move, m = {taper}, {name}", value / (lengths[kernel] * particles) * 1e6, "us")


def report(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"| {what} | {value:.3g} {unit} | {note} |", flush=True)


def statics(taper: float, particles: int, temperature: float, sweeps: int, repeats: int) -> None:
    from bosonpeak.generators.glass_hessian import ProjectedHessian, hessian
    from bosonpeak.generators.glass_modes import glass_normal_modes
    from bosonpeak.generators.inherent_structure import minimise

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
    from bosonpeak.generators.bond_stresses import pair_stresses
    from bosonpeak.generators.elasticity import elastic_moduli
    from bosonpeak.generators.glass_hessian import ProjectedHessian
    from bosonpeak.generators.glass_modes import glass_normal_modes
    from bosonpeak.generators.inherent_structure import minimise
    from bosonpeak.generators.monte_carlo import swap_monte_carlo

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


def without_intrinsics(arguments: argparse.Namespace) -> None:
    """Time the portable kernel in a process of its own, whose compiled code is kept apart."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, __file__, "--portable", "--repeats", str(arguments.repeats)]
        command += ["--particles", str(arguments.particles), "--sweeps", str(arguments.sweeps)]
        subprocess.run(command, check=True, env={**os.environ, "NUMBA_CACHE_DIR": cache})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--particles", type=int, default=1000)
    parser.add_argument("--temperature", type=float, default=0.2)
    parser.add_argument("--sweeps", type=int, default=2500, help="sweeps before a sample is timed")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--portable", action="store_true", help="only the moves, with the intrinsics shut out")
    arguments = parser.parse_args()
    common = (arguments.particles, arguments.temperature, arguments.sweeps, arguments.repeats)
    with threadpool_limits(1):
        if arguments.portable:
            sys.modules[BLOCKED] = None  # type: ignore[assignment]
            move_times(*common, ("vector",))
            return
        print("| what | median | |\n|---|---|---|", flush=True)
        move_times(*common, ("vector", "plain"))
        without_intrinsics(arguments)
        for taper in (2, math.inf):
            statics(taper, *common)
            whole_sample(taper, *common)


if __name__ == "__main__":
    main()
