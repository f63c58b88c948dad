"""Bent spectra have the counts and the repulsion that they were asked for."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra


@pytest.mark.parametrize("repelling", [True, False])
@pytest.mark.parametrize("bend", [math.inf, 0.4])
def test_counts_are_those_of_the_density_at_every_size(repelling, bend):
    law = BentPowerLaw(4.0, bend=bend, sharpness=2.0, repelling=repelling)
    for particles, seed in ((500, 1), (4000, 2)):
        found = bent_spectra(law, particles, 40, 200, seed)
        grid = np.linspace(0.0, 1.0, 20001)
        content = np.cumsum(law.density(0.5 * (grid[1:] + grid[:-1])))
        for end in (0.4, 0.7, 1.0):
            share = content[round(end * 20000) - 1] / content[9999]
            expected = law.modes_per_particle * particles * share
            scatter = math.sqrt(expected / 8000)
            assert np.sum(found < end) / 8000 == pytest.approx(expected, abs=4 * scatter + 1e-3 * expected)


def test_two_branches_are_added_and_the_density_ends_where_it_is_told_to():
    law = BentPowerLaw(3.0, bend=0.4, sharpness=2.5, steepens=True, highest=0.45)
    x = np.array([0.1, 0.4, 1.0])
    np.testing.assert_allclose(law.density(x), x**3 + x**5.5 / 0.4**2.5, rtol=1e-12)
    found = bent_spectra(law, 4000, 20, 200, 6)
    assert np.nanmax(found) <= 0.45
    content = np.cumsum(law.density(np.linspace(0, 0.5, 5001)))
    expected = 4000 * law.modes_per_particle * content[4500] / content[-1]
    assert np.isfinite(found).sum() / 4000 == pytest.approx(expected, rel=0.03)


def test_rows_ascend_and_end_in_nan():
    found = bent_spectra(BentPowerLaw(3.0), 1000, 3, 50, 3)
    assert found.shape[0] == 150
    filled = np.isfinite(found)
    assert not (filled[:, 1:] & ~filled[:, :-1]).any()
    assert (np.diff(found, axis=1)[filled[:, 1:]] > 0).all()
    np.testing.assert_array_equal(found, bent_spectra(BentPowerLaw(3.0), 1000, 3, 50, 3))


def test_independent_modes_are_poisson_and_repelling_ones_are_not():
    counts = {
        repelling: np.sum(bent_spectra(BentPowerLaw(4.0, repelling=repelling), 4000, 1, 20000, 4) < 0.55, axis=1)
        for repelling in (True, False)
    }
    fano = {repelling: found.var() / found.mean() for repelling, found in counts.items()}
    assert fano[False] == pytest.approx(1.0, abs=0.04)
    assert 0.2 < fano[True] < 0.5


def test_chains_scatter_as_asked():
    law = BentPowerLaw(4.0, chain_scatter=0.3, repelling=False)
    totals = np.sum(bent_spectra(law, 4000, 400, 50, 5) < 0.9, axis=1).reshape(400, 50).sum(axis=1)
    assert np.log(totals).std() == pytest.approx(math.hypot(0.3, totals.mean() ** -0.5), rel=0.15)


@pytest.mark.parametrize("wrong", [{"exponent": -1.0}, {"bend": 0.0}, {"sharpness": -1.0}, {"chain_scatter": -0.1}])
def test_impossible_spectra_are_refused(wrong):
    with pytest.raises(RecipeError, match="invalid parameters of the spectrum"):
        BentPowerLaw(**({"exponent": 4.0} | wrong))
