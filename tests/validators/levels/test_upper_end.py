"""Share of localised modes on spectra whose share is known, and on modes outside the model of a sharp edge."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels.upper_end import localised_share


def boxes(atoms, samples, extent, generator, scatter=0.4):
    """Ensemble whose modes have `extent(share from the top, atoms)` atoms, with logarithmic normal scatter."""
    modes = 3 * atoms - 3
    share = 1.0 - (np.arange(modes) + 0.5) / modes
    number = extent(share, atoms) * np.exp(scatter * generator.normal(size=(samples, modes)))
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.tile(1.0 - share, (samples, 1))),
            "participation_ratio": (("sample", "mode"), np.minimum(number / atoms, 1.0)),
        },
        attrs={"particles": atoms},
    )


def sharp(edge):
    return lambda share, atoms: np.where(share < edge, 20.0, 0.4 * atoms)


@pytest.mark.parametrize("edge", [0.03, 0.0431, 0.07])
def test_intervals_cover_a_known_share(edge):
    generator, covered, trials = np.random.default_rng(7), 0, 100
    for _ in range(trials):
        found = localised_share(
            boxes(216, 30, gradual(edge), generator), larger=boxes(512, 12, gradual(edge), generator)
        )
        covered += found.low <= edge <= found.high
    # 95 % of 100, with three standard deviations.
    assert covered >= 88


def gradual(edge):
    """Growth exponents that rise from 0 to 1 over a quarter of the share on either side of the edge."""

    def extent(share, atoms):
        exponent = np.clip((share - 0.75 * edge) / (0.5 * edge), 0.0, 1.0)
        return 20.0 * (0.4 * atoms / 20.0) ** exponent

    return extent


def test_a_sharp_edge_is_found_within_a_bin():
    generator = np.random.default_rng(8)
    found = localised_share(boxes(216, 60, sharp(0.05), generator), larger=boxes(512, 30, sharp(0.05), generator))
    assert found.value == pytest.approx(0.05, abs=0.005)
    assert found.n == 30


def test_extended_modes_have_no_localised_share():
    generator = np.random.default_rng(9)
    found = localised_share(boxes(216, 20, sharp(0.0), generator), larger=boxes(512, 20, sharp(0.0), generator))
    assert found.value == 0.0


def test_a_diverging_localisation_length_gives_a_lower_bound():
    generator, edge = np.random.default_rng(10), 0.06

    def diverging(share, atoms):
        extent = 5.0 * (np.maximum(1.0 - share / edge, 1e-6)) ** -3.9
        return np.minimum(extent, 0.4 * atoms)

    found = localised_share(boxes(216, 60, diverging, generator), larger=boxes(512, 30, diverging, generator))
    assert 0.3 * edge < found.high < edge


def test_modes_that_stay_localised_are_out_of_reach():
    generator = np.random.default_rng(11)
    with pytest.raises(NotApplicableError, match="out of reach"):
        localised_share(boxes(216, 20, sharp(0.5), generator), larger=boxes(512, 20, sharp(0.5), generator))


def test_sizes_in_the_wrong_order_are_refused():
    generator = np.random.default_rng(12)
    small, large = (boxes(atoms, 5, sharp(0.03), generator) for atoms in (216, 512))
    with pytest.raises(NotApplicableError, match="two sizes"):
        localised_share(large, larger=small)
    with pytest.raises(NotApplicableError, match="participation_ratio"):
        localised_share(small.drop_vars("participation_ratio"), larger=large)
