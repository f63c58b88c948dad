import numpy as np
import pytest

from bosonpeak.generators.glasses.elastic_moduli import local_shear_moduli, moduli_of_configuration
from bosonpeak.generators.sample_generators.current_correlations import GlassCurrents


@pytest.fixture(scope="module")
def glass():
    generator = GlassCurrents()
    parameters = generator.check({"particles": 216, "sweeps": 20})
    return generator._glass(parameters, np.random.SeedSequence(8))[0]


def test_the_mean_over_the_cubes_is_the_modulus_of_the_glass(glass):
    moduli = moduli_of_configuration(glass)
    whole = np.diag(moduli.stiffness)[3:] - moduli.pressure
    for values, count in zip(local_shear_moduli(glass, [1, 2, 3]), (1, 8, 27), strict=True):
        assert values.shape == (count, 3)
        np.testing.assert_allclose(values.mean(axis=0), whole, rtol=1e-7)


def test_smaller_cubes_differ_more(glass):
    one, two, three = local_shear_moduli(glass, [1, 2, 3])
    assert one.var(axis=0).max() == pytest.approx(0.0, abs=1e-12)
    assert two.var() < three.var()
