"""Workers of a run: processes on this machine, or workers of any Dask scheduler."""

# mypy: allow-untyped-calls
# distributed annotates only some of its functions.

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dask
from distributed import Client, LocalCluster, rpc

from bosonpeak.generators.run import worker
from bosonpeak.generators.run.worker import RESUMABLE, ClusterError

CONNECTION_TIMEOUT = 15.0
"""Seconds to wait for a scheduler, and again for its first worker."""

START_TIMEOUT = 300.0
"""Seconds for a worker process on this machine to start."""

_LOCAL_SETTINGS = {
    # Heartbeats stop while a kernel holds the interpreter; the death of a child process is noticed without them.
    "distributed.scheduler.worker-ttl": None,
    # By default Dask monitors itself so often that this takes 3 % of every core.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
}


def machine_memory() -> int:
    """Bytes of memory available to all processes on this machine together."""
    from distributed.system import MEMORY_LIMIT

    return int(MEMORY_LIMIT)


@contextlib.contextmanager
def connected_client(workers: int, scheduler: str | None, client: Client | None = None) -> Iterator[Client]:
    """Yield the given client, a client of `workers` local processes, or of a Dask scheduler at an address."""
    if client is not None:
        yield client
        return
    with _local_client(workers) if scheduler is None else _remote_client(scheduler) as connected:
        yield connected


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[LocalCluster]:
    """Yield worker processes on this machine, each for one sample at a time, on the loopback interface only."""
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
                    preload=[worker.__name__],
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
            done=RESUMABLE,
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
        asked = client.submit(str, pure=False)  # an adaptive cluster starts workers only for tasks that wait
        try:
            client.wait_for_workers(1, timeout=CONNECTION_TIMEOUT)
        except TimeoutError as error:
            raise ClusterError(
                "the scheduler has no workers",
                where=address,
                likely_cause="start some with `dask worker ADDRESS --nthreads 1 --nworkers N`",
            ) from error
        asked.release()
        yield client


def _require_answer(address: str) -> None:
    """Check that the scheduler answers; Dask waits for ever on a frozen scheduler or a half-made client."""

    async def ask() -> None:
        async with rpc(address, timeout=CONNECTION_TIMEOUT) as scheduler:
            try:
                await asyncio.wait_for(scheduler.identity(), timeout=2 * CONNECTION_TIMEOUT)
            except TimeoutError as error:
                raise TimeoutError(f"no answer within {2 * CONNECTION_TIMEOUT:g} s") from error

    with ThreadPoolExecutor(max_workers=1) as apart:  # the caller's thread may run an event loop
        apart.submit(asyncio.run, ask()).result()
