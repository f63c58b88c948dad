"""Processor seconds and memory of density of states, lowest modes, S(q, omega) and diffusivity of a matrix.

Run ``python performance/harmonic_solids.py``; each case runs in its own process, and so has its own peak memory.
The solid is a shaken lattice of particles with central springs of random strength between neighbours, three degrees of
freedom per particle. Nothing here is asserted: the numbers belong to the machine.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import scipy.sparse as sparse
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

CUTOFF = 1.45
SIZES = (1000, 10_000, 100_000)
CASES = (
    *(("density", size) for size in SIZES),
    ("lowest", 10_000),
    ("structure-factor", 10_000),
    ("diffusivity", 1000),
    ("diffusivity", 8000),
)


def solid(particles: int) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Matrix, positions and box of a stable random solid at density 1."""
    side = round(particles ** (1.0 / 3.0))
    generator = np.random.default_rng(1)
    axes = np.meshgrid(*[np.arange(side) + 0.5] * 3, indexing="ij")
    points = np.stack([axis.ravel() for axis in axes], axis=1)
    points = np.mod(points + generator.normal(0.0, 0.1, points.shape), side)
    pairs = cKDTree(points, boxsize=side).query_pairs(CUTOFF, output_type="ndarray")
    apart = points[pairs[:, 0]] - points[pairs[:, 1]]
    apart -= side * np.rint(apart / side)
    unit = apart / np.linalg.norm(apart, axis=1, keepdims=True)
    blocks = generator.uniform(0.5, 1.5, len(pairs))[:, None, None] * unit[:, :, None] * unit[:, None, :]
    row = 3 * pairs[:, :1, None] + np.arange(3)[None, :, None] + np.zeros((1, 1, 3), dtype=np.int64)
    column = 3 * pairs[:, 1:, None] + np.arange(3)[None, None, :] + np.zeros((1, 3, 1), dtype=np.int64)
    size = 3 * len(points)
    off = sparse.coo_array((-blocks.ravel(), (row.ravel(), column.ravel())), shape=(size, size)).tocsr()
    own = np.zeros((len(points), 3, 3))
    for end in (0, 1):
        np.add.at(own, pairs[:, end], blocks)
    diagonal = sparse.bsr_array(
        (own, np.arange(len(points)), np.arange(len(points) + 1)), shape=(size, size), blocksize=(3, 3)
    )
    return sparse.csr_array(off + off.T + diagonal.tocsr()), points, np.full(3, float(side))


def density(particles: int) -> str:
    from bosonpeak import density_of_states

    matrix, _, _ = solid(particles)
    start = time.process_time()
    found = density_of_states(matrix, dimension=3, moments=512, vectors=8)
    seconds = time.process_time() - start
    note = f"{matrix.nnz} elements, {found.sizes['frequency']} bins, 8 vectors, 512 moments"
    if particles <= 1000:
        edges = np.linspace(0.0, float(found["frequency_high"][-1]), 31)  # far wider than the kernel
        wide = density_of_states(matrix, dimension=3, moments=512, vectors=8, bins=edges)
        exact = density_of_states(np.sqrt(np.maximum(np.linalg.eigvalsh(matrix.toarray()), 0.0)), bins=edges)
        inside = (wide["density_low"] <= exact["density"]) & (exact["density"] <= wide["density_high"])
        note += f"; {int(inside.sum())} of 30 wide bins of all modes inside the intervals"
    return f"{seconds:.1f} s | {note}"


def lowest(particles: int) -> str:
    from bosonpeak import vibrations

    matrix, points, box = solid(particles)
    start = time.process_time()
    found = vibrations(matrix, points, box=box, modes=20, mass_weighted=True)
    seconds = time.process_time() - start
    return f"{seconds:.1f} s | 20 lowest modes, up to {float(found['eigenfrequency'].max()):.3f}"


def structure_factor(particles: int) -> str:
    from bosonpeak import dynamic_structure_factor

    matrix, points, box = solid(particles)
    start = time.process_time()
    found = dynamic_structure_factor(matrix, 8, positions=points, box=box, moments=512)
    return (
        f"{time.process_time() - start:.1f} s | 8 shells, 512 moments; Ioffe-Regel frequency of transverse waves "
        f"{float(found['transverse_ioffe_regel']):.3g}"
    )


def diffusivity(particles: int) -> str:
    from bosonpeak import diffusivity as measured

    matrix, points, box = solid(particles)
    places = np.linspace(0.4, 3.2, 31)
    start = time.process_time()
    found = measured(matrix, places, positions=points, box=box, vectors=8)
    seconds = time.process_time() - start
    note = "8 vectors, 256 moments"
    if particles <= 1000:
        start = time.process_time()
        exact = measured(matrix, places, positions=points, box=box)
        inside = (found["diffusivity_low"] <= exact["diffusivity"]) & (
            exact["diffusivity"] <= found["diffusivity_high"]
        )
        note += f"; {int(inside.sum())} of 31 frequencies agree with all modes ({time.process_time() - start:.1f} s)"
    else:
        half = 0.5 * (found["diffusivity_high"] - found["diffusivity_low"]) / found["diffusivity"]
        note += f"; median half width of the interval {100.0 * float(half.median()):.0f} %"
    return f"{seconds:.1f} s | {note}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?", choices=[name for name, _ in CASES])
    parser.add_argument("particles", nargs="?", type=int)
    chosen = parser.parse_args()
    if chosen.case is None:
        print("| case | particles | processor time | note | peak memory |\n|---|---|---|---|---|", flush=True)
        for name, particles in CASES:
            subprocess.run([sys.executable, __file__, name, str(particles)], check=True)
        return
    action = {
        "density": density,
        "lowest": lowest,
        "structure-factor": structure_factor,
        "diffusivity": diffusivity,
    }[chosen.case]
    with threadpool_limits(1):
        result = action(chosen.particles)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"| {chosen.case} | {chosen.particles} | {result} | {memory:.2f} GiB |", flush=True)


if __name__ == "__main__":
    main()
