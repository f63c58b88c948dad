"""Compilation of kernels: its announcement in commands, and small samples that compile all kernels of a generator."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bosonpeak.generators.run.sample_generator import sample_generator

_SMALL_CHAIN: Mapping[str, Any] = {
    "particles": 200,
    "temperature": 1.0,
    "equilibration_sweeps": 2,
    "sweeps_between": 1,
    "full_spectra": 1,
    "lowest_modes": 20,
    "highest_modes": 20,
}

SMALL_SAMPLES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "glass": tuple({**_SMALL_CHAIN, "taper": taper} for taper in (2.0, math.inf)),
    "lennard-jones-glass": ({**_SMALL_CHAIN, "particles": 400, "cutoff": 2.0},),
    "spring-network": ({"size": 12}, {"size": 40, "modes": "nearest", "mode_count": 5, "mode_frequency": 0.5}),
    "spring-network-spectrum": ({"size": 40},),
}
"""Parameters of the small samples of each generator; the tapers of soft spheres are compiled one by one."""


def compile_kernels(generator: str) -> float:
    """Make the small samples of a generator, so that its kernels are compiled and cached; returns the seconds."""
    start = time.perf_counter()
    sampler = sample_generator(generator)
    with threadpool_limits(limits=1):
        for parameters in SMALL_SAMPLES[generator]:
            sampler.sample(sampler.check(parameters), np.random.SeedSequence(1, spawn_key=(0,)))
    return time.perf_counter() - start


@contextlib.contextmanager
def announced_compilation(notice: Callable[[str], None]) -> Iterator[None]:
    """Call `notice` with a single line if kernels are compiled in this process inside the block."""
    from numba.core import event

    class Announcement(event.Listener):
        said = False

        def on_start(self, event: Any) -> None:
            if not self.said:
                self.said = True
                notice("the first run compiles the kernels, which takes about half a minute; later runs load them")

        def on_end(self, event: Any) -> None:
            """Ignore the end of a compilation."""

    with event.install_listener("numba:compile", Announcement()):
        yield
