"""Neighbours against all pairs."""

import numpy as np
import pytest

from bosonpeak.generators.particles.neighbours import neighbour_pairs


@pytest.mark.parametrize(("count", "dimension", "cutoff"), [(200, 3, 1.9), (60, 3, 1.5), (90, 2, 1.3), (20, 2, 2.2)])
def test_neighbour_pairs_match_all_pairs(count, dimension, cutoff):
    box = count ** (1 / dimension)
    positions = np.random.default_rng(7).random((count, dimension)) * box
    lengths = np.full(dimension, box) * np.linspace(1, 1.2, dimension)
    separation = positions[:, None] - positions[None]
    separation -= lengths * np.round(separation / lengths)
    close = np.triu(np.linalg.norm(separation, axis=2) < cutoff, 1)
    outside = positions + 3 * lengths
    assert np.array_equal(neighbour_pairs(outside, lengths, cutoff), np.argwhere(close))
