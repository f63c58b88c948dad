"""Tasks of a run in Dask: submission to workers, which return samples or write them to slots, supervision, results.

Short samples travel in batches, because Dask's effort per task exceeds that of a short sample. A sample depends on its
own seed only, so that its bits do not depend on its batch.
"""

# mypy: allow-untyped-calls
# distributed annotates only some of its functions.

from __future__ import annotations

import math
import pickle
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distributed import KilledWorker, as_completed
from distributed.protocol import pickle as dask_pickle

from bosonpeak.datasets.errors import StoreError
from bosonpeak.generators.run.worker import (
    RESUMABLE,
    ClusterError,
    described_failure,
    make_sample,
    make_samples,
    software_versions,
)

if TYPE_CHECKING:
    from types import TracebackType

    from distributed import Client, Future
    from numpy.random import SeedSequence
    from numpy.typing import NDArray

    from bosonpeak.generators.run.sample_generator import SampleGenerator
    from bosonpeak.generators.run.shards import ShardSlot
    from bosonpeak.generators.run.stop_signals import StopRequest

PATIENCE = 600.0
"""Seconds to wait for workers to come back when all are gone."""

_BATCH_SECONDS = 0.5
_BATCH_BYTES = 1 << 25
_LARGEST_BATCH = 1000
_FEWEST_BATCHES = 64
"""Batches submitted at a time if there are few workers: an adaptive cluster starts workers for tasks that wait."""

_SHORTEST_PAUSE = 0.005
_LONGEST_PAUSE = 0.2
_WATCH_INTERVAL = 1.0


@dataclass(frozen=True)
class Task:
    """One sample to make; without a `slot` that the worker writes to, the sample is returned."""

    group: str
    index: int
    parameters: Mapping[str, Any]
    seed: SeedSequence
    slot: ShardSlot | None = None


@dataclass(frozen=True)
class Outcome:
    """Result of a task: arrays, or the checksum of a shard written by the worker, or a failure message."""

    task: Task
    arrays: Mapping[str, NDArray[Any]]
    seconds: float = 0.0
    failure: str = ""
    checksum: str = ""
    machine: str = ""


def compute_tasks(
    client: Client,
    generator: SampleGenerator,
    tasks: Iterable[Task],
    *,
    stopping: Callable[[], bool],
    notice: Callable[[str], None],
) -> Iterator[Outcome]:
    """Yield the outcome of each task, in the order of completion."""
    # A task whose workers died several times is tried once more, alone, before it counts as failed.
    submitted = _TaskQueue(client, generator, tasks)
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


def compute_tasks_here(generator: SampleGenerator, tasks: Iterable[Task], stop: StopRequest) -> Iterator[Outcome]:
    """Yield the outcome of each task, computed in this process; a stop signal ends the current sample unfinished."""
    sampler, versions = dask_pickle.dumps(generator), software_versions()
    for task in tasks:
        result = None
        with stop.ending():
            try:
                result = make_sample(sampler, task.parameters, task.seed, versions)
            except Exception as error:  # noqa: BLE001  (any error of a generator is a failed sample)
                result = {}, 0.0, _generator_failure(error, error.__traceback__), ""
        if stop() or result is None:
            return
        yield Outcome(task, *result[:3], machine=result[3])


class _TaskQueue:
    """Submitted batches, waiting tasks, and tasks that killed their workers."""

    def __init__(self, client: Client, generator: SampleGenerator, tasks: Iterable[Task]) -> None:
        self._client = client
        self._generator = dask_pickle.dumps(generator)
        self._waiting = deque(tasks)
        self._suspects: deque[Task] = deque()
        self._tried_alone: set[tuple[str, int]] = set()
        self._running: dict[Future[Any], Sequence[Task]] = {}
        self._completed = as_completed(loop=client.loop, with_results=True, raise_errors=False)
        self._versions = software_versions()
        self._run = uuid.uuid4().hex
        self._made, self._seconds, self._bytes = 0, 0.0, 0

    def is_empty(self) -> bool:
        return not self._running

    def fill(self, threads: int) -> None:
        while self._waiting and len(self._running) < max(2 * threads, _FEWEST_BATCHES):
            size = min(self._batch_size(threads), len(self._waiting))
            self._submit([self._waiting.popleft() for _ in range(size)])
        if self._suspects and not self._running:
            task = self._suspects.popleft()
            self._tried_alone.add((task.group, task.index))
            self._submit([task])

    def finished(self) -> list[Outcome]:
        return [outcome for entry in self._completed.next_batch(block=False) for outcome in self._outcomes(*entry)]

    def _batch_size(self, threads: int) -> int:
        """Samples of half a second together, fewer of large arrays and towards the end; 1 until one is finished."""
        if not self._made:
            return 1
        by_time = _BATCH_SECONDS * self._made / max(self._seconds, 1e-6)
        by_bytes = _BATCH_BYTES * self._made / max(self._bytes, 1)
        fair = math.ceil(len(self._waiting) / (4 * max(threads, 1)))
        return max(1, min(int(by_time), int(by_bytes), fair, _LARGEST_BATCH))

    def _submit(self, batch: Sequence[Task]) -> None:
        requests = [
            (None if task.slot is None else dask_pickle.dumps(task.slot), task.parameters, task.seed) for task in batch
        ]
        future = self._client.submit(
            pickle.loads,
            pickle.dumps(_Call(make_samples, self._generator, requests, self._versions)),
            key=f"sample-{self._run}-{len(self._tried_alone)}-{batch[0].group}-{batch[0].index}",
            pure=False,
        )
        self._running[future] = batch
        self._completed.add(future)

    def _outcomes(self, future: Future[Any], result: Any) -> list[Outcome]:
        batch = self._running.pop(future)
        # A worker that dies after it has delivered samples makes the future "lost"; the samples are here all the same.
        if future.status == "finished" or (future.status == "lost" and isinstance(result, list)):
            return [self._counted(task, *made) for task, made in zip(batch, result, strict=True)]
        if future.status != "error":
            raise ClusterError("the scheduler was lost", got=f"a task that is {future.status}", done=RESUMABLE)
        _, error, trace = result
        if not isinstance(error, KilledWorker):
            failure = _generator_failure(error, trace)
            return [Outcome(task, {}, failure=failure) for task in batch]
        if len(batch) > 1 or (batch[0].group, batch[0].index) not in self._tried_alone:
            self._suspects.extend(batch)
            return []
        return [Outcome(batch[0], {}, failure="its worker process died each time, perhaps because memory ran out")]

    def _counted(self, task: Task, made: Any, seconds: float, failure: str, machine: str) -> Outcome:
        """Outcome of a sample, whose duration and size decide about the size of further batches."""
        self._made += 1
        self._seconds += seconds
        if task.slot is not None:
            return Outcome(task, {}, seconds, failure, checksum=made)
        self._bytes += sum(array.nbytes for array in made.values())
        return Outcome(task, made, seconds, failure, machine=machine)


class _Call:
    """Function call that is executed when its pickle is read."""

    # As argument of `pickle.loads`, a failed import on a worker becomes an error of the task instead of a silent death.

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._function = function
        self._arguments = arguments

    def __reduce__(self) -> tuple[object, ...]:
        return self._function, self._arguments


class _WorkerWatch:
    """Number of threads of the workers, with notices to the user about new and lost workers."""

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
            raise ClusterError("the scheduler was lost", got=str(error), done=RESUMABLE) from error
        self._report(present)
        self._known = present
        now = time.monotonic()
        self._next_look = now + _WATCH_INTERVAL
        if present:
            self._last_seen = now
        elif now - self._last_seen > PATIENCE:
            raise ClusterError("all workers were lost", got=f"none for {PATIENCE:.0f} s", done=RESUMABLE)

    def _report(self, present: Mapping[str, int]) -> None:
        for address in sorted(set(self._known) - set(present)):
            self._notice(f"worker {address} was lost; its sample is recomputed elsewhere")
        if self._known and not present:
            self._notice("no worker is left; waiting for one")
        for address in sorted(set(present) - set(self._known)):
            if present[address] > 1:
                self._notice(
                    f"worker {address} has {present[address]} threads but makes one sample at a time; "
                    "start workers with --nthreads 1"
                )


def _generator_failure(error: BaseException, trace: TracebackType | None) -> str:
    """Description of an error of the generator; any other error is a failure of the cluster and ends the run."""
    if isinstance(error, ClusterError | StoreError):  # errors of the generator itself arrive as results
        raise error
    frames = traceback.extract_tb(trace)
    if not any(frame.name == make_sample.__name__ for frame in frames):
        raise ClusterError(
            "the scheduler or a worker cannot run tasks of this program",
            got=f"{type(error).__name__}: {error}",
            likely_cause="bosonpeak is not installed there, or in another version",
            done=RESUMABLE,
        )
    return described_failure(error, trace)
