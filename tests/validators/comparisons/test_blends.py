import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.validators.comparisons.blends import blended_samples


@pytest.fixture(scope="module")
def glasses():
    return open_dataset("glass/taper-2", group="T-0.15")["eigenfrequency"].values


def mixed(rows, seed, of, power=1.0):
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.full(of, 3.0), 20)
    chosen = np.stack([generator.permutation(len(rows))[:of] for _ in range(20)])
    return np.einsum("si,sim->sm", weights, rows[chosen] ** power) ** (1.0 / power)


def test_honest_glasses_are_no_mixtures(glasses):
    assert blended_samples(glasses, glasses, own=True).tolist() == []
    assert blended_samples(glasses[::2], glasses[1::2]).tolist() == []


@pytest.mark.parametrize("of", [2, 3, 8])
@pytest.mark.parametrize("power", [1.0, 2.0])
def test_mixtures_are_found(glasses, of, power):
    assert blended_samples(mixed(glasses, of, of, power), glasses).tolist() == list(range(20))


def test_mixtures_of_ones_own_samples_are_found(glasses):
    rows = np.concatenate([glasses[:30], mixed(glasses[:30], 4, 2)])
    assert set(range(30, 50)) <= set(blended_samples(rows, rows, own=True).tolist())


def test_short_lists_are_left_in_peace(glasses):
    assert blended_samples(mixed(glasses, 1, 2)[:, :20], glasses[:, :20]).tolist() == []
