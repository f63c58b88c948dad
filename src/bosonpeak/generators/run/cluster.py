"""Samples computed by Dask: on this machine's cores, or on any scheduler's workers.

A sample travels back to the client, which writes it, so that workers need no shared file system; or, if its task
names a place for it that workers reach, the worker writes it there and only a receipt travels. A worker process
makes one sample at a time, with one BLAS thread, because threaded linear algebra sums in another order. Versions of
the software must agree everywhere. Processors must be of one kind too if the last bits are to agree, because
linear-algebra libraries choose their kernels by the processor; that is left to the user.
"""

# mypy: allow-untyped-calls
# distributed annotates only some of its functions.

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.metadata
import itertools
import logging
import platform
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import numpy as np
from distributed import Client, KilledWorker, LocalCluster, as_completed, rpc
from distributed.protocol import pickle
from threadpoolctl import threadpool_limits

import bosonpeak
from bosonpeak.datasets.errors import BosonpeakError, StoreError
from bosonpeak.generators.run import interruption as stop_signals
from bosonpeak.generators.run.finished_samples import Shard

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Future
    from numpy.random import SeedSequence
    from numpy.typing import NDArray

    from bosonpeak.generators.run.finished_samples import ShardSlot
    from bosonpeak.generators.run.sample_generator import SampleGenerator

CONNECTION_TIMEOUT = 15.0
"""Seconds to wait for a scheduler, and again for its first worker."""

PATIENCE = 600.0
"""Seconds to wait for workers to come back when all are gone."""

START_TIMEOUT = 300.0
"""Seconds for a worker process on this machine to start."""

_SHORTEST_PAUSE = 0.005
_LONGEST_PAUSE = 0.2
_WATCH_INTERVAL = 1.0
_ONE_SAMPLE_AT_A_TIME = threading.Lock()  # thread limits and numba's pools are those of the whole process
_RESUMABLE = "finished samples were kept; run the same command again to go on"
_VERSIONED = ("bosonpeak", "numpy", "scipy", "numba")

_LOCAL_SETTINGS = {
    # Heartbeats stop while a kernel holds the interpreter; that a child has died is noticed without them.
    "distributed.scheduler.worker-ttl": None,
    # Dask looks at its own health so often that it takes 3 % of every core.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}


class GeneratorError(BosonpeakError):
    """A generator does not keep to its contract."""


class ClusterError(BosonpeakError):
    """The workers cannot be reached, or are not fit to make samples."""


@dataclass(frozen=True)
class Task:
    """One sample to be made.

    Parameters
    ----------
    group : str
        The ensemble.
    index : int
        Number of the sample.
    parameters : mapping
        Complete parameters of the ensemble.
    seed : SeedSequence
        Root of the sample's random stream.
    slot : ShardSlot, optional
        Where the worker writes the sample, which otherwise travels back.
    """

    group: str
    index: int
    parameters: Mapping[str, Any]
    seed: SeedSequence
    slot: ShardSlot | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a task: arrays, or a receipt for them, or why there are none.

    Parameters
    ----------
    task : Task
        The task.
    arrays : mapping of str to ndarray
        The sample; empty if it failed, or if the worker wrote it.
    seconds : float
        Time that the sample took on its worker.
    failure : str
        Why it failed; empty if it did not.
    checksum : str
        That of the shard which the worker wrote; empty if it wrote none.
    """

    task: Task
    arrays: Mapping[str, NDArray[Any]]
    seconds: float = 0.0
    failure: str = ""
    checksum: str = ""


def software_versions() -> dict[str, str]:
    """Return the versions of what determines the bits of a sample."""
    return dict(_installed_versions())


@functools.cache
def _installed_versions() -> tuple[tuple[str, str], ...]:
    packages = ((name, importlib.metadata.version(name)) for name in _VERSIONED)
    return (("python", platform.python_version()), *packages)


def machine_memory() -> int:
    """Return the bytes of memory that processes on this machine may use together."""
    from distributed.system import MEMORY_LIMIT

    return int(MEMORY_LIMIT)


@contextlib.contextmanager
def connected_client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """Give a client of a local cluster, or of an existing scheduler.

    Parameters
    ----------
    workers : int
        Worker processes of the local cluster; it listens on the loopback interface only.
    scheduler : str or None
        Address of an existing scheduler, such as ``"tcp://10.0.0.1:8786"``; `workers` does not count then.

    Raises
    ------
    ClusterError
        If there is no scheduler at the address, or no worker.
    """
    with _local_client(workers) if scheduler is None else _remote_client(scheduler) as client:
        yield client


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """Give worker processes on this machine, each for one sample at a time.

    Parameters
    ----------
    workers : int
        How many; they and their scheduler listen on the loopback interface only.

    Raises
    ------
    ClusterError
        If they do not start.
    """
    with dask.config.set(_LOCAL_SETTINGS), contextlib.ExitStack() as stack:
        with _explained_start():
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    silence_logs=logging.CRITICAL,
                    preload=[stop_signals.__name__],
                    death_timeout=START_TIMEOUT,
                )
            )
        yield cluster


@contextlib.contextmanager
def _local_client(workers: int) -> Iterator[Client]:
    with local_cluster(workers) as cluster, contextlib.ExitStack() as stack:
        with _explained_start():
            client = stack.enter_context(Client(cluster, set_as_default=False))
        yield client


@contextlib.contextmanager
def _explained_start() -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise ClusterError(
            "worker processes did not start",
            got=f"{type(error).__name__}: {error}",
            likely_cause="the machine is overloaded, the limit of processes or open files is reached, or a "
            'script calls this without `if __name__ == "__main__":`',
            done=_RESUMABLE,
        ) from error


@contextlib.contextmanager
def _remote_client(address: str) -> Iterator[Client]:
    try:
        _require_answer(address)
        client = Client(address, timeout=CONNECTION_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            "no scheduler answers",
            expected="the address of a running `dask scheduler`, such as tcp://127.0.0.1:8786",
            got=str(error),
            where=address,
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECTION_TIMEOUT)
        except TimeoutError as error:
            raise ClusterError(
                "the scheduler has no workers",
                where=address,
                likely_cause="start some with `dask worker ADDRESS --nthreads 1 --nworkers N`",
            ) from error
        yield client


def _require_answer(address: str) -> None:
    """Ask the scheduler who it is, before there is a client.

    Dask sets no limit to the time that a frozen scheduler takes to shake hands, and a client whose constructor fails
    is closed by the garbage collector, which can meet Dask's own lock and wait for ever.
    """

    async def ask() -> None:
        async with rpc(address, timeout=CONNECTION_TIMEOUT) as scheduler:
            try:
                await asyncio.wait_for(scheduler.identity(), timeout=2 * CONNECTION_TIMEOUT)
            except TimeoutError as error:
                raise TimeoutError(f"it says nothing for {2 * CONNECTION_TIMEOUT:g} s") from error

    with ThreadPoolExecutor(max_workers=1) as apart:  # the caller's thread may have an event loop of its own
        apart.submit(asyncio.run, ask()).result()


def compute_tasks(
    client: Client,
    generator: SampleGenerator,
    tasks: Iterable[Task],
    *,
    stopping: Callable[[], bool],
    notice: Callable[[str], None],
) -> Iterator[Outcome]:
    """Yield the outcome of each task, in the order of completion.

    Only as many tasks are with the scheduler as keep its workers busy. A task whose worker dies is computed
    again elsewhere; one whose workers died several times is tried once more, alone, before it counts as failed.

    Parameters
    ----------
    client : Client
        The client.
    generator : SampleGenerator
        What makes the samples.
    tasks : iterable of Task
        The samples to make.
    stopping : callable
        Says whether to stop; asked several times a second.
    notice : callable
        Gets a line for the user when workers come, go or are missing.

    Raises
    ------
    ClusterError
        If the scheduler is lost, or a worker runs other versions of the software.
    StoreError
        If a worker cannot write a sample.
    """
    submitted = _TaskQueue(client, generator, iter(tasks))
    workers = _WorkerWatch(client, notice)
    pause = _SHORTEST_PAUSE
    while not stopping():
        workers.look()
        submitted.fill(workers.threads)
        if submitted.is_empty():
            return
        finished = submitted.finished()
        if finished:
            pause = _SHORTEST_PAUSE
        else:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        yield from finished


class _TaskQueue:
    """The tasks that are with the scheduler, those that wait, and those that killed their workers."""

    def __init__(self, client: Client, generator: SampleGenerator, tasks: Iterator[Task]) -> None:
        self._client = client
        self._generator = pickle.dumps(generator)
        self._waiting = tasks
        self._suspects: deque[Task] = deque()
        self._tried_alone: set[tuple[str, int]] = set()
        self._running: dict[Future[Any], Task] = {}
        self._completed = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self._versions = software_versions()
        self._run = uuid.uuid4().hex

    def is_empty(self) -> bool:
        return not self._running

    def fill(self, threads: int) -> None:
        for task in itertools.islice(self._waiting, max(0, 2 * max(threads, 1) - len(self._running))):
            self._submit(task)
        if self._suspects and not self._running:
            task = self._suspects.popleft()
            self._tried_alone.add((task.group, task.index))
            self._submit(task)

    def finished(self) -> list[Outcome]:
        outcomes = (self._outcome(*entry) for entry in self._completed.next_batch(block=False))
        return [outcome for outcome in outcomes if outcome is not None]

    def _submit(self, task: Task) -> None:
        request = (self._generator, task.parameters, task.seed, self._versions)
        call = (make_sample,) if task.slot is None else (deliver_sample, pickle.dumps(task.slot))
        future = self._client.submit(
            *call,
            *request,
            key=f"sample-{self._run}-{len(self._tried_alone)}-{task.group}-{task.index}",
            pure=False,
        )
        self._running[future] = task
        self._completed.add(future)

    def _outcome(self, future: Future[Any], result: Any) -> Outcome | None:
        task = self._running.pop(future)
        if future.status == "finished":
            made, seconds, failure = result
            if task.slot is None:
                return Outcome(task, made, seconds, failure)
            return Outcome(task, {}, seconds, failure, checksum=made)
        if future.status != "error":
            raise ClusterError("the scheduler was lost", got=f"a task that is {future.status}", done=_RESUMABLE)
        _, error, trace = result
        if not isinstance(error, KilledWorker):
            return Outcome(task, {}, failure=_generator_failure(error, trace))
        if (task.group, task.index) not in self._tried_alone:
            self._suspects.append(task)
            return None
        return Outcome(task, {}, failure="its worker process died each time, perhaps because memory ran out")


class _WorkerWatch:
    """Knows how many threads the workers have, and tells the user when workers come and go."""

    def __init__(self, client: Client, notice: Callable[[str], None]) -> None:
        self._client = client
        self._notice = notice
        self._known: dict[str, int] = {}
        self._next_look = 0.0
        self._last_seen = time.monotonic()

    @property
    def threads(self) -> int:
        return sum(self._known.values())

    def look(self) -> None:
        if time.monotonic() < self._next_look:
            return
        try:
            present = dict(self._client.nthreads())
        except OSError as error:
            raise ClusterError("the scheduler was lost", got=str(error), done=_RESUMABLE) from error
        self._report(present)
        self._known = present
        now = time.monotonic()
        self._next_look = now + _WATCH_INTERVAL
        if present:
            self._last_seen = now
        elif now - self._last_seen > PATIENCE:
            raise ClusterError("all workers are gone", got=f"none for {PATIENCE:.0f} s", done=_RESUMABLE)

    def _report(self, present: Mapping[str, int]) -> None:
        for address in sorted(set(self._known) - set(present)):
            self._notice(f"worker {address} is gone; its sample is computed again elsewhere")
        if self._known and not present:
            self._notice("no worker is left; waiting for one")
        for address in sorted(set(present) - set(self._known)):
            if present[address] > 1:
                self._notice(
                    f"worker {address} has {present[address]} threads but makes one sample at a time; "
                    "start workers with --nthreads 1"
                )


def make_sample(
    generator: bytes,
    parameters: Mapping[str, Any],
    seed: SeedSequence,
    versions: Mapping[str, str],
) -> tuple[dict[str, NDArray[Any]], float, str]:
    """Make one sample; this runs on a worker.

    Parameters
    ----------
    generator : bytes
        What makes it, pickled: so the scheduler, which unpickles the arguments of tasks, need not know it.
    parameters : mapping
        Complete parameters.
    seed : SeedSequence
        Root of its random stream.
    versions : mapping of str to str
        What `software_versions` must be here.

    Returns
    -------
    arrays : dict of str to ndarray
        The sample; empty if it failed.
    seconds : float
        Wall-clock time.
    failure : str
        The generator's own error message, or nothing.

    Raises
    ------
    ClusterError
        If other versions are installed here, or the generator is not.
    """
    if software_versions() != versions:
        raise ClusterError(
            "a worker runs other versions of the software, so that its samples would differ in their last bits",
            expected=_as_text(versions),
            got=_as_text(software_versions()),
            done=_RESUMABLE,
        )
    try:
        sampler = pickle.loads(generator)
    except ImportError as error:
        raise ClusterError("the generator is not installed on a worker", got=str(error), done=_RESUMABLE) from error
    with _ONE_SAMPLE_AT_A_TIME, threadpool_limits(limits=1):
        start = time.perf_counter()
        try:
            arrays = _stored_form(sampler.sample(parameters, seed))
        except BosonpeakError as error:
            return {}, time.perf_counter() - start, str(error)
        return arrays, time.perf_counter() - start, ""


def deliver_sample(
    slot: bytes,
    generator: bytes,
    parameters: Mapping[str, Any],
    seed: SeedSequence,
    versions: Mapping[str, str],
) -> tuple[str, float, str]:
    """Make one sample and write it where it belongs; this runs on a worker.

    Parameters
    ----------
    slot : bytes
        The `ShardSlot`, pickled.
    generator, parameters, seed, versions
        As for `make_sample`.

    Returns
    -------
    checksum : str
        That of the shard, which is in its place; empty if the sample failed.
    seconds : float
        Wall-clock time that the sample took.
    failure : str
        The generator's own error message, or nothing.

    Raises
    ------
    ClusterError
        As from `make_sample`.
    StoreError
        If the shard cannot be written.
    """
    arrays, seconds, failure = make_sample(generator, parameters, seed, versions)
    if failure:
        return "", seconds, failure
    checksum = pickle.loads(slot).deliver(Shard(arrays, seconds, bosonpeak.__version__))
    return checksum, seconds, ""


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
        and name not in ("file", "allow_pickle")  # np.savez means something else by them
        and isinstance(value, np.ndarray | np.generic)
        and not value.dtype.hasobject
    )


def _generator_failure(error: BaseException, trace: TracebackType | None) -> str:
    """Describe what the generator raised; what came from elsewhere is the cluster's fault and ends the run."""
    if isinstance(error, ClusterError | StoreError):  # such a one of the generator itself arrives as a result
        raise error
    frames = traceback.extract_tb(trace)
    if not any(frame.name in (make_sample.__name__, deliver_sample.__name__) for frame in frames):
        raise ClusterError(
            "the scheduler or a worker cannot run tasks of this program",
            got=f"{type(error).__name__}: {error}",
            likely_cause="bosonpeak is not installed there, or in another version",
            done=_RESUMABLE,
        )
    return f"{type(error).__name__}: {error} ({Path(frames[-1].filename).name}, line {frames[-1].lineno})"


def _as_text(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
