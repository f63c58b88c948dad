"""Ensembles of known truth, for the comparison of two of them: levels that repel each other, in correlated chains."""

import numpy as np
import pytest
import xarray as xr

UNIT = {"units": "sqrt(epsilon/(m a^2))", "long_name": "made up"}
PLAIN = {"units": "1", "long_name": "made up"}


def _correlated(chains, glasses, correlation, generator):
    """Normal numbers of unit variance, equally correlated inside a chain, and the chain of each."""
    common = np.repeat(generator.standard_normal(chains), glasses)
    own = generator.standard_normal(chains * glasses)
    return np.sqrt(correlation) * common + np.sqrt(1.0 - correlation) * own, np.repeat(np.arange(chains), glasses)


def _glass_like(chains, glasses=1, *, seed, modes=60, stiffness=1.0, spread=0.03, correlation=0.5):
    """Sorted levels with gamma-distributed spacings, times a stiffness that varies from sample to sample."""
    generator = np.random.default_rng(seed)
    factor, chain = _correlated(chains, glasses, correlation, generator)
    spacing = generator.gamma(3.0, 1.0 / 3.0, (chains * glasses, modes))
    level = np.sqrt(20.0 + np.cumsum(spacing, axis=1)) * stiffness * (1.0 + spread * factor)[:, None]
    energy, _ = _correlated(chains, glasses, correlation, generator)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), level, UNIT),
            "highest_eigenfrequency": (("sample", "high_mode"), 3.0 * level[:, -5:], UNIT),
            "inherent_structure_energy": ("sample", 0.1 * energy - 0.4 * factor, PLAIN),
            "chain": ("sample", chain, PLAIN),
        }
    )


@pytest.fixture(scope="session")
def correlated():
    return _correlated


@pytest.fixture(scope="session")
def glass_like():
    return _glass_like
