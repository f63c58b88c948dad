"""Code on a worker: make samples with one BLAS thread, for identical bits, and return them or write them to slots."""

# mypy: allow-untyped-calls
# distributed annotates only some of its functions.

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import platform
import signal
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from distributed.protocol import pickle
from threadpoolctl import threadpool_info, threadpool_limits

import bosonpeak
from bosonpeak.datasets.errors import BosonpeakError, StoreError
from bosonpeak.generators.run.shards import Shard

if TYPE_CHECKING:
    from types import TracebackType

    from numpy.random import SeedSequence
    from numpy.typing import NDArray

RESUMABLE = "finished samples were kept; run the same command again to resume"

_ONE_SAMPLE_AT_A_TIME = threading.Lock()  # thread limits and numba's pools apply to the whole process
_VERSIONED = ("bosonpeak", "numpy", "scipy", "numba")


class GeneratorError(BosonpeakError):
    """Violation of the generator contract."""


class ClusterError(BosonpeakError):
    """Workers that are unreachable or unfit to make samples."""


def software_versions() -> dict[str, str]:
    """Versions of the software that determines the bits of a sample."""
    return dict(_installed_versions())


@functools.cache
def _installed_versions() -> tuple[tuple[str, str], ...]:
    packages = ((name, importlib.metadata.version(name)) for name in _VERSIONED)
    return (("python", platform.python_version()), *packages)


@functools.cache
def machine_description() -> str:
    """Processor, vector extensions, BLAS builds and compiler target, which decide the order of floating-point sums."""
    import llvmlite.binding
    import scipy.linalg  # noqa: F401  (loads the BLAS build of SciPy, which is then listed too)

    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    found = [*extensions["baseline"], *extensions["found"]]
    libraries = [
        f"{library['prefix']} {library['version']} ({library.get('architecture', 'unknown kernel')})"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    ]
    target = f"LLVM {llvmlite.binding.get_host_cpu_name()}"
    return "; ".join([_processor_model(), " ".join(found), *sorted(set(libraries)), target])


def _processor_model() -> str:
    """Model name of the processor as the system reports it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def make_sample(
    generator: bytes, parameters: Mapping[str, Any], seed: SeedSequence, versions: Mapping[str, str]
) -> tuple[dict[str, NDArray[Any]], float, str, str]:
    """Make one sample on a worker; return arrays (empty on failure), seconds, failure message and machine."""
    sampler = _checked_sampler(generator, versions)
    with _ONE_SAMPLE_AT_A_TIME, threadpool_limits(limits=1):
        return _timed_sample(sampler, parameters, seed)


def make_samples(
    generator: bytes,
    requests: Sequence[tuple[bytes | None, Mapping[str, Any], SeedSequence]],
    versions: Mapping[str, str],
) -> list[tuple[Any, float, str, str]]:
    """Make a batch of samples, each with its slot, parameters and seed; a sample that fails does not stop the others.

    A sample with a pickled slot is written there, and its checksum is returned in place of its arrays.
    """
    sampler = _checked_sampler(generator, versions)
    made: list[tuple[Any, float, str, str]] = []
    # Libraries that the first sample loads are limited to one thread for the others.
    for portion in (requests[:1], requests[1:]):
        if portion:
            with _ONE_SAMPLE_AT_A_TIME, threadpool_limits(limits=1):
                made += [_delivered(sampler, *request) for request in portion]
    return made


def _delivered(
    sampler: Any, slot: bytes | None, parameters: Mapping[str, Any], seed: SeedSequence
) -> tuple[Any, float, str, str]:
    start = time.perf_counter()
    try:
        arrays, seconds, failure, machine = _timed_sample(sampler, parameters, seed)
        if slot is None or failure:
            return "" if slot else arrays, seconds, failure, machine
        checksum = pickle.loads(slot).write(Shard(arrays, seconds, bosonpeak.__version__, machine))
    except (ClusterError, StoreError):
        raise
    except Exception as error:  # noqa: BLE001  (any error of a generator is a failed sample)
        failure = described_failure(error, error.__traceback__)
        return "" if slot else {}, time.perf_counter() - start, failure, machine_description()
    return checksum, seconds, "", machine


def _checked_sampler(generator: bytes, versions: Mapping[str, str]) -> Any:
    """Return the unpickled generator, if this worker has it and runs the same software as the client."""
    # The generator is pickled, so that the scheduler, which unpickles the arguments, does not need to import it.
    if software_versions() != versions:
        raise ClusterError(
            "a worker runs other versions of the software, so that its samples would differ in their last bits",
            expected=_as_text(versions),
            got=_as_text(software_versions()),
            done=RESUMABLE,
        )
    try:
        return pickle.loads(generator)
    except ImportError as error:
        raise ClusterError("the generator is not installed on a worker", got=str(error), done=RESUMABLE) from error


def _timed_sample(
    sampler: Any, parameters: Mapping[str, Any], seed: SeedSequence
) -> tuple[dict[str, NDArray[Any]], float, str, str]:
    start = time.perf_counter()
    try:
        arrays = _stored_form(sampler.sample(parameters, seed))
    except BosonpeakError as error:
        return {}, time.perf_counter() - start, str(error), machine_description()
    return arrays, time.perf_counter() - start, "", machine_description()


def described_failure(error: BaseException, trace: TracebackType | None) -> str:
    """Name and message of an error of a generator, and the place in its code."""
    last = traceback.extract_tb(trace)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}, line {last.lineno})"


def _stored_form(sample: object) -> dict[str, NDArray[Any]]:
    if isinstance(sample, dict) and sample and all(_can_be_stored(*item) for item in sample.items()):
        return {name: np.asarray(value) for name, value in sample.items()}
    raise GeneratorError(
        "generator returned something that cannot be stored",
        expected="a dict of names to numpy arrays without objects",
        got=repr(sample)[:200],
    )


def _can_be_stored(name: object, value: object) -> bool:
    return (
        isinstance(name, str)
        and name.isidentifier()
        and name not in ("file", "allow_pickle")  # arguments of np.savez itself
        and isinstance(value, np.ndarray | np.generic)
        and not value.dtype.hasobject
    )


def _as_text(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def dask_setup(_worker: object) -> None:
    """Dask preload: let a worker ignore the terminal's Ctrl-C, because only the client may end the run."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
