"""Glasses of known density of states in several sizes; validators know no generator."""

import numpy as np
import pytest

PHONON = {500: 1.84, 1000: 1.45, 4000: 0.92}
A_CHAIN = 20


def _glasses(density, generator, chains, *, times=1.0, scatter=None, growth=0.0):
    """Keywords of the estimators: independent modes of each size below 1.1, chain after chain, NaN at the end.

    `chains`: number of chains by size; `scatter`: standard deviation of the logarithm of a chain's number of modes.
    """
    edge = np.linspace(0.0, 1.1, 3001)
    running = np.concatenate([[0.0], np.cumsum(density(0.5 * (edge[1:] + edge[:-1])))])
    running *= 4.8e-4 / np.interp(0.5, edge, running)
    modes = []
    for particles, count in chains.items():
        expected = np.full(count, running[-1] * particles ** (1.0 + growth) / 1000**growth * times)
        if scatter is not None:
            expected = expected * np.exp(scatter * generator.standard_normal(count) - scatter**2 / 2)
        number = generator.poisson(np.repeat(expected, A_CHAIN))
        rows = np.interp(generator.random((len(number), number.max() + 1)) * running[-1], running, edge)
        rows[np.arange(rows.shape[1]) >= number[:, None]] = np.nan
        modes.append(np.sort(rows, axis=1))
    return {
        "data": modes,
        "particles": list(chains),
        "first_phonon": [PHONON[particles] for particles in chains],
        "chain": [np.repeat(np.arange(count), A_CHAIN) for count in chains.values()],
    }


@pytest.fixture(scope="session")
def glasses_of():
    return _glasses
