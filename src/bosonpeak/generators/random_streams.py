"""Random streams, one per purpose inside a sample, so that additional streams leave the existing ones unchanged."""

from __future__ import annotations

from numpy.random import SeedSequence


def random_stream(seed: SeedSequence, *purpose: int) -> SeedSequence:
    """Return the stream of one purpose, given by non-negative numbers, independent of all others of the same seed."""
    return SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *purpose))
