"""Random streams: one for each purpose inside a sample, so that further ones leave the earlier ones as they are."""

from __future__ import annotations

from numpy.random import SeedSequence


def random_stream(seed: SeedSequence, *purpose: int) -> SeedSequence:
    """Stream of one purpose, independent of all others below the same seed.

    Parameters
    ----------
    seed : SeedSequence
        What the streams of a sample have in common.
    *purpose : int
        Numbers, not negative, that name the purpose.
    """
    return SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *purpose))
