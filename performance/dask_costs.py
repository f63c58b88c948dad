"""CPU milliseconds that a sample costs the client and the scheduler of a run: ``python performance/dask_costs.py``.

Two local workers make ensembles of small networks in batches, and with a task for every sample, in turns. The client is
this process with its threads; the scheduler has a process of its own. The client also writes every sample to a file of
its own, which costs the same both ways and is timed without Dask beside them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil

RECIPE = """
[recipe]
name = "networks"
kind = "network-ensemble"
title = "Small networks"
summary = "Complete spectra of small networks."
created = "2026-01-01"
licence = "CC0-1.0"
source = "performance/dask_costs.py"
generator = "spring-network"
seed = 1
samples = {samples}

[parameters]
size = {size}
situation = 1
displacement = 0.2
structure = false
"""


@contextlib.contextmanager
def cluster() -> Iterator[tuple[str, psutil.Process]]:
    """Scheduler and two workers as processes of their own; yields the address and the scheduler's process."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        information = Path(folder, "scheduler.json")

        def start(*command: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
                                       stderr=subprocess.DEVNULL, cwd=folder)  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process

        scheduler = start("dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(information))
        while not information.exists():
            time.sleep(0.1)
        for _ in range(2):
            start("dask_worker", "--scheduler-file", str(information), "--nthreads", "1", "--no-dashboard")
        while True:
            with contextlib.suppress(ValueError):
                address = json.loads(information.read_text())["address"]
                break
        yield address, psutil.Process(scheduler.pid)


def spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--size", type=int, default=6, help="nodes along an edge")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=("batches", "single tasks", "no Dask"), action="append")
    arguments = parser.parse_args()

    from bosonpeak.generators.run import task_queue
    from bosonpeak.generators.run.ensemble import generate_ensemble
    from bosonpeak.generators.run.recipe import load_recipe

    largest = task_queue._LARGEST_BATCH
    costs: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, cluster() as (address, scheduler):
        made = Path(folder, "networks.toml")

        def run(batch: int, through: str | None, samples: int) -> tuple[float, float, float]:
            made.write_text(RECIPE.format(samples=samples, size=arguments.size))
            task_queue._LARGEST_BATCH = batch
            before, wall = (time.process_time(), spent(scheduler)), time.perf_counter()
            generate_ensemble(load_recipe(made), Path(folder, "networks.nc"), scheduler=through, overwrite=True)
            client, scheduling = time.process_time() - before[0], spent(scheduler) - before[1]
            return 1e3 * client / samples, 1e3 * scheduling / samples, samples / (time.perf_counter() - wall)

        ways: dict[str, Callable[[int], tuple[float, float, float]]] = {
            "batches": lambda samples: run(largest, address, samples),
            "single tasks": lambda samples: run(1, address, samples),
            "no Dask": lambda samples: run(largest, None, samples),
        }
        chosen = {name: way for name, way in ways.items() if not arguments.only or name in arguments.only}
        for way in chosen.values():
            way(50)
        for _ in range(arguments.repeats):
            for name, way in chosen.items():
                costs.setdefault(name, []).append(way(arguments.samples))
    print(f"| {arguments.samples} networks of {arguments.size} x {arguments.size} nodes | client, CPU ms a sample "
          "| scheduler, CPU ms a sample | samples a second |\n|---|---|---|---|")  # fmt: skip
    for name, measured in costs.items():
        client, scheduling, rate = np.median(measured, axis=0)
        print(f"| {name} | {client:.2f} | {scheduling:.2f} | {rate:.0f} |")


if __name__ == "__main__":
    main()
