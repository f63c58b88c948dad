import numpy as np
import pytest

from bosonpeak.generators.nulls.spectra import crossover_quantile


@pytest.mark.parametrize("crossover_frequency", [0.0, 0.3, 40.0])
def test_quantiles_of_the_crossover_law(crossover_frequency):
    share = np.array([1e-4, 0.1, 0.5, 1.0])
    found = crossover_quantile(share, crossover_frequency, 2.0)
    omega = np.linspace(0.0, 2.0, 200_001)[1:]
    count = np.cumsum(omega**4 / (omega**2 + crossover_frequency**2))
    np.testing.assert_allclose(np.interp(found, omega, count / count[-1]), share, rtol=2e-3)
