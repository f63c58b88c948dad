import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.glasses.coordination import delaunay_neighbours, solid_coordination


def test_a_triangular_lattice_has_six_neighbours_and_disorder_six_on_average():
    rows, columns = np.meshgrid(np.arange(8), np.arange(10), indexing="ij")
    lattice = np.stack([columns + 0.5 * (rows % 2), rows * np.sqrt(0.75)], axis=-1).reshape(-1, 2)
    box = np.array([10.0, 8 * np.sqrt(0.75)])
    assert (delaunay_neighbours(lattice + 1e-6 * np.sin(lattice), box) == 6).all()
    random = np.random.default_rng(1).random((300, 2)) * 17.0
    numbers = delaunay_neighbours(random, [17.0, 17.0])
    assert numbers.mean() == pytest.approx(6.0, abs=1e-12)
    assert numbers.std() > 1.0


def test_statistics_of_known_numbers_over_chains():
    numbers = np.array([[3, 4, 4, 5], [4, 4, 4, 4], [3, 3, 4, 6], [4, 4, 5, 5]], dtype=np.int16)
    data = xr.Dataset(
        {
            "contact_number": (("configuration", "particle"), numbers),
            "configuration_index": (("configuration",), np.arange(4)),
            "chain": (("sample",), np.array([0, 0, 1, 2])),
        }
    )

    def found(statistic, **limits):
        return solid_coordination(data, neighbours="interacting", statistic=statistic, **limits)

    assert found("mean").value == pytest.approx((4.0 + 4.0 + 4.5) / 3)
    assert found("mean").n == 3
    assert found("share", low=4, high=5).value == pytest.approx((0.875 + 0.25 + 1.0) / 3)
    assert found("share-of-most-probable").value == pytest.approx((0.75 + 0.5 + 0.5) / 3)
    with pytest.raises(NotApplicableError, match="unknown statistic"):
        found("median")
    with pytest.raises(NotApplicableError, match="unknown neighbours"):
        solid_coordination(data, neighbours="voronoi", statistic="mean")
    with pytest.raises(NotApplicableError, match="position"):
        solid_coordination(data, neighbours="delaunay", statistic="mean")
