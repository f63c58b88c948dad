"""Timings of what is measured of modes in space, on one core: curl content by both methods, overlap with waves, kinds.

Run ``python performance/modes_in_space.py``; CPU seconds of one thread. Nothing here is asserted: the numbers belong to
the machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of an action."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def report(what: str, value: float, note: str = "") -> None:
    print(f"| {what} | {value:.3g} s | {note} |", flush=True)


def shaken_lattice(size: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Points about as even as those of a glass, at density 1."""
    axes = np.meshgrid(*[np.arange(size) + 0.5] * dimension, indexing="ij")
    lattice = np.stack([axis.ravel() for axis in axes], axis=1)
    return np.mod(lattice + np.random.default_rng(1).normal(0.0, 0.15, lattice.shape), size), np.full(dimension, size)


def decompositions(size: int, dimension: int, modes: int, repeats: int) -> None:
    from bosonpeak.generators.nulls.displacement_fields import white_fields
    from bosonpeak.validators.displacement_fields.helmholtz import helmholtz_decomposition
    from bosonpeak.validators.displacement_fields.local_strain import local_strains
    from bosonpeak.validators.vortices.curl_content import vorticity

    positions, box = shaken_lattice(size, dimension)
    # Displacements without order are the hardest to fit: every wave is there, and most of them unresolved.
    vectors = white_fields(len(positions), dimension, modes, 2)
    what = f"{modes} modes of N = {len(positions)}, d = {dimension}"
    found = vorticity(positions, vectors, box)
    waves = 2 * len(found.decomposition.wave_vectors)
    note = f"{waves} waves, condition number {found.decomposition.condition:.1f}"
    report(f"curl content, {what}", seconds(lambda: vorticity(positions, vectors, box), repeats), note)
    report(f"plane waves, {what}", seconds(lambda: helmholtz_decomposition(positions, vectors, box), repeats))
    report(f"affine fits, {what}", seconds(lambda: local_strains(positions, vectors, box), repeats))


def verdicts(size: int, dimension: int, modes: int, repeats: int) -> None:
    from bosonpeak.generators.nulls.displacement_fields import white_fields
    from bosonpeak.validators.vortices.mode_kinds import judged_modes
    from bosonpeak.validators.vortices.stress_and_vorticity import stress_correlations
    from bosonpeak.validators.waves.plane_waves import orthonormal_waves
    from bosonpeak.validators.waves.wave_overlap import overlap_with_waves

    positions, box = shaken_lattice(size, dimension)
    vectors = white_fields(len(positions), dimension, modes, 2)
    stress = np.random.default_rng(3).random(len(positions))
    what = f"{modes} modes of N = {len(positions)}, d = {dimension}"
    judged_modes(positions, vectors, box)
    overlap = seconds(lambda: overlap_with_waves(vectors, orthonormal_waves(positions, box)), repeats)
    report(f"overlap with the first shell, {what}", overlap)
    report(f"kinds, {what}", seconds(lambda: judged_modes(positions, vectors, box), repeats))
    few = vectors[:8]
    correlation = seconds(lambda: stress_correlations(positions, few, box, stress), repeats)
    report(f"correlation with local stress, {what.replace(str(modes), '8', 1)}", correlation)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--large", type=int, nargs="*", default=[22, 46], help="sizes of cubes for a single mode")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        print("| what | median | |\n|---|---|---|", flush=True)
        decompositions(10, 3, 50, arguments.repeats)
        decompositions(32, 2, 50, arguments.repeats)
        verdicts(10, 3, 50, arguments.repeats)
        verdicts(32, 2, 50, arguments.repeats)
        for size in arguments.large:
            decompositions(size, 3, 1, 1)


if __name__ == "__main__":
    main()
