"""The lowest of repelling modes: sequences of known exponent and repulsion, and random matrices."""

import math

import numpy as np
import pytest

from bosonpeak.validators.power_laws import lowest_mode_exponent, lowest_mode_shape


def sequences(s, repulsion, samples, generator, modes=8):
    """Modes of samples whose cumulative counts are omega^(s+1) / 100, spacings of Brody's law."""
    spacing = generator.exponential(size=(samples, modes + 60)) ** (1 / (repulsion + 1))
    spacing /= math.gamma((repulsion + 2) / (repulsion + 1))
    place = np.cumsum(spacing, axis=1) - 15.0 * generator.random((samples, 1)) - 2.0
    place = np.sort(np.where(place > 0.0, place, np.inf), axis=1)[:, :modes]
    return (place * 100) ** (1 / (s + 1))


@pytest.mark.parametrize(("s", "repulsion"), [(3.0, 0.0), (3.0, 0.5), (3.0, 1.0), (4.0, 1.0)])
def test_the_repulsion_that_the_counts_show_is_taken_out(s, repulsion):
    generator = np.random.default_rng(6)
    chain = np.arange(300) // 10
    found = [lowest_mode_exponent(sequences(s, repulsion, 300, generator), chain=chain) for _ in range(60)]
    assert np.mean([each.value for each in found]) == pytest.approx(s, abs=0.15)
    assert np.mean([each.low <= s <= each.high for each in found]) >= 0.85
    assert np.mean([each.details["repulsion"] for each in found]) == pytest.approx(repulsion, abs=0.15)


def test_levels_of_random_matrices_look_like_levels_with_wigner_spacings():
    generator = np.random.default_rng(7)
    matrices = generator.normal(size=(400, 60, 60))
    levels = np.linalg.eigvalsh(matrices + matrices.swapaxes(1, 2)) / math.sqrt(120.0)
    semicircle = levels * np.sqrt(np.maximum(1.0 - levels**2 / 4.0, 0.0)) / 2.0 + np.arcsin(
        np.clip(levels / 2.0, -1.0, 1.0)
    )
    share = 60.0 * (0.5 + semicircle / math.pi)
    place = np.sort(np.where(share > 25.0, share - 25.0, np.inf), axis=1)[:, :8]
    found = lowest_mode_exponent(place**0.25)
    assert found.details["repulsion"] == pytest.approx(1.0, abs=0.35)
    assert found.value == pytest.approx(3.0, abs=0.5)
    assert lowest_mode_shape(place**0.25).low > 3.3
