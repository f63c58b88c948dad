"""Measurements and figures in several processes: those on one ensemble together, the heaviest ensembles first."""

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

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from bosonpeak.benchmark.figures.evidence import Evidence
    from bosonpeak.benchmark.judging.measurements import Outcome
    from bosonpeak.benchmark.judging.reference_data import ReferenceData
    from bosonpeak.benchmark.scorecards.figure import Figure

Job = tuple[tuple[Measured, str], ...]
"""Measurements, each with its cell, that one process makes one after the other."""

_HEAVY = ("glass/modes-2d", "glass/modes-3d", "glass/taper-2", "glass/taper-inf", "network/structures")
"""Datasets of many eigenvectors, in the order in which they are begun: the last job to end should be a short one."""

_LONG_FIGURES = ("wave-damping", "glass-stresses", "glass-vortex-modes")
"""Begun first."""

_NEEDED = [
    "bosonpeak.benchmark.figures.registry",
    "bosonpeak.benchmark.judging.measurements",
    "bosonpeak.benchmark.judging.reference_data",
    "bosonpeak.benchmark.report.kept_drawings",
]

_data: ReferenceData | None = None


class SideBySide:
    """Processes that measure, and draw what was measured; a context manager, which ends them.

    They load what they need from the beginning on, while whoever wants them does the same.

    Parameters
    ----------
    workers : int
        Processes.
    """

    def __init__(self, workers: int) -> None:
        self._pool = ProcessPoolExecutor(workers, _context(), _begin, (dict(os.environ),))

    def __enter__(self) -> SideBySide:
        self._pool.submit(_nothing)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        # They end while their owner goes on; only what failed waits for them.
        self._pool.shutdown(wait=kind is not None, cancel_futures=True)

    def measured(
        self, claims: Sequence[Claim], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> dict[str, Outcome]:
        """What claims measure on the reference data.

        Parameters
        ----------
        claims : sequence of Claim
        progress : callable
            Called with the number of jobs that are done, and of all.

        Returns
        -------
        dict
            By `measurement_key`; the same whatever the number of processes.
        """
        jobs = _jobs(claims)
        made: dict[str, Outcome] = {}
        running = [self._pool.submit(_made, job) for job in jobs]
        for done, future in enumerate(as_completed(running), start=1):
            made |= future.result()
            progress(done, len(jobs))
        return made

    def figures(self, evidence: Mapping[str, Evidence], identifiers: Mapping[str, str]) -> dict[str, Figure]:
        """Figures of what was measured, as `draw_figures` makes them.

        Parameters
        ----------
        evidence : mapping of str to Evidence
        identifiers : mapping of str to str
            What a report calls each figure; those that stand here are drawn for it, and kept.
        """
        order = sorted(evidence, key=lambda name: name not in _LONG_FIGURES)
        drawn = {name: self._pool.submit(_drawn, name, evidence[name], identifiers.get(name)) for name in order}
        return {name: drawn[name].result() for name in evidence}


def _context() -> BaseContext:
    """Processes that are copies of one that has loaded what they all need, where the system has such."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_NEEDED)
    return context


def _jobs(claims: Sequence[Claim]) -> list[Job]:
    """All measurements, those of one ensemble in one job, which opens it once and shares what they share.

    Ensembles that a measurement looks at together are one job too: what is known of one configuration serves all.
    """
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

    def rank(place: tuple[str, str]) -> tuple[int, int]:
        heavy = _HEAVY.index(place[0]) if place[0] in _HEAVY else len(_HEAVY)
        return heavy, -len(by_ensemble[place])

    jobs: dict[tuple[str, str], list[tuple[Measured, str]]] = {}
    for place in sorted(by_ensemble, key=rank):
        jobs.setdefault(together[place], []).extend(by_ensemble[place].values())
    return [tuple(job) for job in jobs.values()]


def _also_looked_at(test: Measured) -> Sequence[str]:
    """Ensembles of the same dataset that a measurement names beside its own."""
    against = test.parameters.get("against")
    return [*test.parameters.get("with_cells", ()), *([against] if isinstance(against, str) else [])]


def _asked(claim: Claim) -> Iterator[Measured]:
    yield from claim.tests
    yield from (control.test for control in claim.controls)
    yield from claim.context


def _begin(environment: Mapping[str, str]) -> None:
    """Each process opens data for itself, and uses one thread: the processes are as many as the cores."""
    global _data
    # That of today: what they are copies of may have begun under another.
    os.environ.clear()
    os.environ.update(environment)
    from threadpoolctl import threadpool_limits

    from bosonpeak.benchmark.judging.reference_data import ReferenceData

    for name in _NEEDED:
        importlib.import_module(name)

    # What has been loaded stays, and little of what is made refers to itself.
    gc.freeze()
    gc.set_threshold(100_000)
    threadpool_limits(limits=1)
    _data = ReferenceData()


def _nothing() -> None:
    """What a pool is begun with."""


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
    from bosonpeak.benchmark.report.kept_drawings import drawn_once

    assert _data is not None
    figure = draw_figures({name: evidence}, _data.cell)[name]
    if identifier is not None:
        drawn_once(figure, identifier)
    return figure
