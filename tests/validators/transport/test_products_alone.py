"""Operators of other libraries: nothing but a shape and products with blocks of vectors."""

import numpy as np
import pytest

from bosonpeak import density_of_states, diffusivity, dynamic_structure_factor, vibrations
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators import InversePower, hessian, minimise, random_configuration


class Products:
    """Second derivatives known by `shape` and `@` alone, in the precision of an accelerator."""

    def __init__(self, matrix, precision):
        self._matrix = matrix.astype(precision)
        self.shape = matrix.shape

    def __matmul__(self, block):
        assert block.ndim == 2
        return self._matrix @ block.astype(self._matrix.dtype)


@pytest.fixture(scope="module")
def glass():
    potential = InversePower()
    positions, diameters, box = random_configuration(80, 2, potential, seed=8)
    found = minimise(positions, diameters, box, potential)
    return hessian(found.positions, diameters, box, potential), found.positions, box


@pytest.mark.parametrize(("precision", "tolerance"), [(np.float64, 1e-8), (np.float32, 2e-3)])
def test_every_observable_has_the_numbers_of_the_matrix(glass, precision, tolerance):
    matrix, positions, box = glass
    products = Products(matrix, precision)
    edges = np.linspace(0.0, 15.0, 16)
    options = {"dimension": 2, "bins": edges, "moments": 64}
    here, there = (density_of_states(each, **options) for each in (products, matrix))
    np.testing.assert_allclose(here["density"], there["density"], atol=tolerance * float(there["density"].max()))
    options = {"q": 2, "positions": positions, "box": box, "moments": 64}
    here, there = (dynamic_structure_factor(each, **options) for each in (products, matrix))
    for name in ("current_correlation", "longitudinal_current_correlation"):
        assert here[name].shape == there[name].shape
        np.testing.assert_allclose(here[name], there[name], atol=tolerance * float(there[name].max()))
    options = {"frequencies": [3.0, 6.0, 9.0], "positions": positions, "box": box, "moments": 64}
    here, there = (diffusivity(each, **options) for each in (products, matrix))
    np.testing.assert_allclose(here["diffusivity"], there["diffusivity"], rtol=tolerance)
    modes = vibrations(products, positions, box=box, largest_translation_cost=1e-3)
    exact = vibrations(matrix, positions, box=box)
    np.testing.assert_allclose(
        modes["eigenfrequency"][0, 2:],
        exact["eigenfrequency"][0, 2:],
        atol=tolerance * float(exact["eigenfrequency"].max()),
    )


def test_products_that_are_not_symmetric_are_refused(glass):
    matrix, positions, box = glass
    skew = Products(np.triu(matrix.toarray()), np.float64)
    with pytest.raises(NotApplicableError, match="not symmetric"):
        diffusivity(skew, [3.0], positions=positions, box=box)
