"""Timings of the spring-network kernels, with what bounds them measured in the same run.

    python performance/networks.py                    # everything but the dense 120 x 120 spectrum, a few minutes
    python performance/networks.py --only kpm         # one part; may be repeated
    python performance/networks.py --only inertia --dense-120

Every figure is the median of several repetitions on one thread; ratios compare medians of the same run. Keep the
machine otherwise idle.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import scipy
import scipy.sparse
from numba import njit
from threadpoolctl import threadpool_limits

from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.mode_counts import count_below
from bosonpeak.generators.networks.normal_modes import normal_modes
from bosonpeak.generators.networks.spring_network import SpringNetwork

MILLION = 1000
MOMENTS = 768
VECTORS = 2


def main() -> None:
    parts = {
        "build": build,
        "kpm": kernel_polynomials,
        "linearity": linearity,
        "inertia": inertia,
        "modes": modes,
        "stiffness": stiffness,
        "help": help_page,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=parts, help="run this part; may be repeated")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--dense-120", action="store_true", help="time the dense spectrum at 120 x 120 too (minutes)")
    parser.add_argument("--peak-memory-of", type=int, metavar="SIZE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    with threadpool_limits(1):
        if options.peak_memory_of:
            print(_peak_of_this_process(options.peak_memory_of))
            return
        _machine()
        for name in options.only or parts:
            print(f"\n{name}")
            parts[name](options)
        print(f"\nload at the end {_load()}")


def build(options: argparse.Namespace) -> None:
    """Time to build a network of 10^6 nodes."""
    _time("10^6 nodes, delta 0.2, situation 2", _median(lambda: _network(MILLION), options.repetitions))


def kernel_polynomials(options: argparse.Namespace) -> None:
    """The kernel polynomial method on 10^6 nodes against memory bandwidth and against scipy."""
    network = _network(MILLION)
    arrays = network.bonds, network.stiffness, network.node_count
    tiny = _network(5)
    for vectors in (VECTORS, 8):
        for precision in ("float64", "float32"):  # compile
            _spectrum(tiny, vectors, precision)
    matrix, fewer = _scaled(laplacian(*arrays)), 96
    a, b, c = np.zeros((3, 20_000_000))
    _triad(a, b, c)
    variants = [(VECTORS, "float64"), (VECTORS, "float32"), (8, "float64"), (8, "float32")]
    work: dict[Any, Callable[[], object]] = {variant: lambda v=variant: _spectrum(network, *v) for variant in variants}
    work["scipy"] = lambda: _plain_recursion(matrix, fewer, VECTORS)
    work["triad"] = lambda: _triad(a, b, c)
    seconds = _medians(work, options.repetitions)
    ours, theirs = seconds[VECTORS, "float64"], seconds["scipy"]
    triad = 24.0 * len(a) / seconds["triad"].wall / 1e9
    bytes_a_step = 2 * len(network.bonds) * 12 + 3 * 8 * VECTORS * network.node_count
    traffic = MOMENTS // 2 * bytes_a_step / ours.wall / 1e9
    _time(f"10^6 nodes x {MOMENTS} moments x {VECTORS} vectors, float64", ours)
    _number("stream triad, one core", triad, "GB/s")
    _number("matrix and vectors once a step, as if nothing stayed in cache", traffic, "GB/s")
    _number("ratio of the two", traffic / triad, "")
    _number("peak memory of a process that does this", _peak_memory(MILLION) / 1e9, "GB")
    for vectors, precision in variants[1:]:
        other = seconds[vectors, precision]
        _time(f"{vectors} vectors, {precision}", other)
        _number("   gain per vector", ours.wall / VECTORS / (other.wall / vectors), "x")
        _number("   the same in processor time", ours.processor / VECTORS / (other.processor / vectors), "x")
    _time(f"scipy csr @ x, {fewer} moments", theirs)
    _number(f"   scaled to {MOMENTS} moments", theirs.wall * MOMENTS / fewer, "s")
    _number("scipy / ours", theirs.wall * MOMENTS / fewer / ours.wall, "x")
    _number("scipy / ours, processor time", theirs.processor * MOMENTS / fewer / ours.processor, "x")


def linearity(options: argparse.Namespace) -> None:
    """Cost per node from 10^4 to 4 10^6 nodes."""
    _spectrum(_network(5), VECTORS, "float64")
    for size in (100, 316, 1000, 2000):
        network = _network(size)
        seconds = _median(lambda n=network: _spectrum(n, VECTORS, "float64"), min(options.repetitions, 3))
        _time(f"{network.node_count} nodes", seconds)
        _number("   a node, processor time", seconds.processor / network.node_count * 1e6, "us")


def inertia(options: argparse.Namespace) -> None:
    """Exact counts against the dense spectrum."""
    frequencies = np.linspace(0.1, 2.5, 9)
    for size in (60, 120, 500):
        network = _network(size)
        arrays = network.bonds, network.stiffness, network.node_count
        counting = _median(lambda a=arrays: count_below(*a, frequencies), min(options.repetitions, 3))
        _time(f"count_below, {size} x {size}, {len(frequencies)} frequencies", counting)
        if size == 60 or (size == 120 and options.dense_120):
            spectra: list[np.ndarray] = []
            dense = _median(lambda a=arrays, s=spectra: s.append(normal_modes(*a, vectors=False)[0]), 1)
            same = np.array_equal(count_below(*arrays, frequencies), np.searchsorted(spectra[0], frequencies))
            _time(f"dense eigvalsh, {size} x {size}", dense)
            _number("   dense / one count", dense.wall * len(frequencies) / counting.wall, "x")
            _number("   the same in processor time", dense.processor * len(frequencies) / counting.processor, "x")
            print(f"  the counts are {'identical' if same else 'DIFFERENT'}")


def modes(options: argparse.Namespace) -> None:
    """A few modes of 240 x 240 nodes."""
    network = _network(240)
    arrays = network.bonds, network.stiffness, network.node_count
    repetitions = min(options.repetitions, 3)
    nearest = _median(lambda: normal_modes(*arrays, which="nearest", count=40, frequency=0.5), repetitions)
    _time("40 modes nearest to 0.5, 240 x 240, counts checked", nearest)
    lowest = _median(lambda: normal_modes(*arrays, which="lowest", count=40), repetitions)
    _time("40 lowest modes, 240 x 240, counts checked", lowest)


def stiffness(options: argparse.Namespace) -> None:
    """Effective stiffness of 10^6 nodes."""
    network = _network(MILLION)
    arrays = network.bonds, network.stiffness, network.node_count, network.site_vectors
    _, iterations = effective_stiffness(*arrays, lattice_shape=network.lattice_shape)
    seconds = _median(
        lambda: effective_stiffness(*arrays, lattice_shape=network.lattice_shape), min(options.repetitions, 3)
    )
    _time(f"effective stiffness, 10^6 nodes ({iterations} iterations for both axes)", seconds)


def help_page(options: argparse.Namespace) -> None:
    """Time until `bosonpeak --help` has answered."""
    command = shutil.which("bosonpeak", path=str(Path(sys.executable).parent)) or shutil.which("bosonpeak")
    if command is None:
        print("  bosonpeak is not installed as a command")
        return

    def ask() -> None:
        subprocess.run([command, "--help"], check=True, capture_output=True)

    _number("bosonpeak --help", _median(ask, options.repetitions).wall, "s")


def _network(size: int) -> SpringNetwork:
    return SpringNetwork.build(size, displacement=0.2, situation=2, seed=1)


def _spectrum(network: SpringNetwork, vectors: int, precision: str) -> None:
    kernel_polynomial_dos(
        network.bonds,
        network.stiffness,
        network.node_count,
        moments=MOMENTS,
        vectors=vectors,
        seed=0,
        precision=precision,
    )


def _peak_of_this_process(size: int) -> int:
    """Highest memory of this process in bytes after it has made a network and its spectrum."""
    _spectrum(_network(size), VECTORS, "float64")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _peak_memory(size: int) -> int:
    command = [sys.executable, __file__, "--peak-memory-of", str(size)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _scaled(matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    bound = 2.0 * matrix.diagonal().max()
    return scipy.sparse.csr_array(2.0 / bound * matrix - scipy.sparse.eye_array(matrix.shape[0]))


def _plain_recursion(matrix: scipy.sparse.csr_array, moments: int, vectors: int) -> np.ndarray:
    """The straightforward recursion, with two moments a step too, one vector after the other."""
    generator = np.random.default_rng(0)
    result = np.zeros(moments)
    for _ in range(vectors):
        previous = generator.choice([-1.0, 1.0], matrix.shape[0])
        current = matrix @ previous
        zeroth, first = previous @ previous, current @ previous
        result[:2] += zeroth, first
        for n in range(1, moments // 2):
            result[2 * n] += 2.0 * (current @ current) - zeroth
            previous, current = current, 2.0 * (matrix @ current) - previous
            result[2 * n + 1] += 2.0 * (current @ previous) - first
    return result / vectors


@njit(fastmath=True)
def _triad(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    """Three transfers of 8 bytes an element, on arrays far larger than any cache."""
    for i in range(len(a)):
        a[i] = b[i] + 3.0 * c[i]


class Seconds(NamedTuple):
    """Median elapsed time, and median time on the processor: without other load they are equal."""

    wall: float
    processor: float


def _median(work: Callable[[], object], repetitions: int) -> Seconds:
    return _medians({"": work}, repetitions)[""]


def _medians(work: Mapping[Any, Callable[[], object]], repetitions: int) -> dict[Any, Seconds]:
    """Time each piece of work; they take turns, so that a disturbance meets them alike."""
    taken: dict[Any, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(max(repetitions, 1)):
        for name, piece in work.items():
            started = time.perf_counter(), time.process_time()
            piece()
            taken[name].append((time.perf_counter() - started[0], time.process_time() - started[1]))
    return {name: Seconds(*map(statistics.median, zip(*times, strict=True))) for name, times in taken.items()}


def _machine() -> None:
    print(f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}, load {_load()}")
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "numba": numba.__version__}
    print(f"python {platform.python_version()}", *(f"{name} {version}" for name, version in versions.items()), sep=", ")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = [line.split(":", 1)[1].strip() for line in described.read_text().splitlines() if "model name" in line]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _time(what: str, seconds: Seconds) -> None:
    print(f"  {what:68s} {seconds.wall:10.4g} s ({seconds.processor:.4g} s of processor time)", flush=True)


def _number(what: str, number: float, unit: str) -> None:
    print(f"  {what:68s} {number:10.4g} {unit}", flush=True)


if __name__ == "__main__":
    main()
