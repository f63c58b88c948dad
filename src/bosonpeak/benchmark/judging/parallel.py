"""Parallel measurements and figures: one job per ensemble, ensembles of the largest datasets first."""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

from bosonpeak.benchmark.judging.claim import Claim, Measured
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.registry import known_datasets

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from bosonpeak.benchmark.figures.evidence import Evidence
    from bosonpeak.benchmark.judging.measurements import Outcome, ReferenceData
    from bosonpeak.plot.figure import Figure

Job = tuple[tuple[Measured, str], ...]
"""Measurements, each with its cell, that one process makes one after the other."""

_NEEDED = [
    "bosonpeak.benchmark.figures.registry",
    "bosonpeak.benchmark.judging.measurements",
    "bosonpeak.benchmark.report.drawing_cache",
]

_SAFE_PATH = "PYTHONSAFEPATH"

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_data: ReferenceData | None = None


class SideBySide:
    """Context manager of `workers` processes that measure and draw figures, and import their modules at the start."""

    def __init__(self, workers: int) -> None:
        self._pool = ProcessPoolExecutor(workers, _context(), _begin, (dict(os.environ),))

    def __enter__(self) -> SideBySide:
        # Processes start here; their modules must not come from the working folder, which may be somebody else's.
        before = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            self._pool.submit(_nothing)
        finally:
            if before is None:
                del os.environ[_SAFE_PATH]
            else:
                os.environ[_SAFE_PATH] = before
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        # The processes end in the background; only after an error does the parent wait for them.
        self._pool.shutdown(wait=kind is not None, cancel_futures=True)

    def measured(
        self, claims: Sequence[Claim], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> dict[str, Outcome]:
        """Measure all claims on the reference data, by `measurement_key`, the same for any number of processes."""
        jobs = _jobs(claims)
        made: dict[str, Outcome] = {}
        running = [self._pool.submit(_made, job) for job in jobs]
        for done, future in enumerate(as_completed(running), start=1):
            made |= future.result()
            progress(done, len(jobs))
        return made

    def figures(self, evidence: Mapping[str, Evidence], identifiers: Mapping[str, str]) -> dict[str, Figure]:
        """Draw figures in parallel as `draw_figures`; a figure with an identifier is also rendered and cached."""
        sizes = _sizes()
        order = sorted(
            evidence, key=lambda name: -max((sizes.get(one.dataset, 0) for one in evidence[name]), default=0)
        )
        drawn = {name: self._pool.submit(_drawn, name, evidence[name], identifiers.get(name)) for name in order}
        return {name: drawn[name].result() for name in evidence}


def _context() -> BaseContext:
    """Fork server with the heavy imports preloaded, where the platform has one; else spawn."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_NEEDED)
    return context


def _jobs(claims: Sequence[Claim]) -> list[Job]:
    """Group all measurements into jobs, one job per ensemble or per set of compared ensembles, opened once."""
    from scipy.cluster.hierarchy import DisjointSet

    from bosonpeak.benchmark.judging.measurements import measurement_key

    by_ensemble: dict[tuple[str, str], dict[str, tuple[Measured, str]]] = {}
    together = DisjointSet()
    for claim in claims:
        for test in _asked(claim):
            for cell in test.cells:
                here = by_ensemble.setdefault((test.dataset, cell), {})
                here[measurement_key(test, cell)] = (test, cell)
                together.add((test.dataset, cell))
                for other in _also_looked_at(test):
                    together.add((test.dataset, other))
                    together.merge((test.dataset, cell), (test.dataset, other))

    sizes = _sizes()

    def rank(place: tuple[str, str]) -> tuple[int, int]:
        return -sizes.get(place[0], 0), -len(by_ensemble[place])

    jobs: dict[tuple[str, str], list[tuple[Measured, str]]] = {}
    for place in sorted(by_ensemble, key=rank):
        jobs.setdefault(together[place], []).extend(by_ensemble[place].values())
    return [tuple(job) for job in jobs.values()]


def _sizes() -> dict[str, int]:
    """Size of each dataset's file, in bytes: the work of a job or figure grows with the size."""
    return {name: entry.size for name, entry in known_datasets().items()}


def _also_looked_at(test: Measured) -> Sequence[str]:
    """Further ensembles of the same dataset in the parameters of a measurement."""
    against = test.parameters.get("against")
    return [*test.parameters.get("with_cells", ()), *([against] if isinstance(against, str) else [])]


def _asked(claim: Claim) -> Iterator[Measured]:
    yield from claim.tests
    yield from (control.test for control in claim.controls)
    yield from claim.context


def _begin(environment: Mapping[str, str]) -> None:
    """Initialise a process: own data cache, and a single thread, because there are as many processes as cores."""
    global _data
    # The parent's current environment, because the fork server may have started under another.
    os.environ.clear()
    os.environ.update(environment)
    # SciPy loads a linear algebra library of its own at its first use, after the limit below: it reads these variables.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    from threadpoolctl import threadpool_limits

    from bosonpeak.benchmark.judging.measurements import ReferenceData

    for name in _NEEDED:
        importlib.import_module(name)

    # Loaded modules stay in memory, and few new objects form reference cycles: collect garbage rarely.
    gc.freeze()
    gc.set_threshold(100_000)
    threadpool_limits(limits=1)
    _data = ReferenceData()


def _nothing() -> None:
    """Empty task that starts the first process of a pool."""


def _made(job: Job) -> dict[str, Outcome]:
    from bosonpeak.benchmark.judging.measurements import Measurements, measurement_key

    assert _data is not None
    measurements = Measurements(_data.cell)
    found: dict[str, Outcome] = {}
    for test, cell in job:
        try:
            found[measurement_key(test, cell)] = measurements.of(test, cell)
        except NotApplicableError as error:
            found[measurement_key(test, cell)] = error
    return found


def _drawn(name: str, evidence: Evidence, identifier: str | None) -> Figure:
    from bosonpeak.benchmark.figures.registry import draw_figures
    from bosonpeak.benchmark.report.drawing_cache import drawn_once

    assert _data is not None
    figure = draw_figures({name: evidence}, _data.cell)[name]
    if identifier is not None:
        drawn_once(figure, identifier)
    return figure
