import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.currents import current_correlation, mean_correlation
from bosonpeak.validators.waves.plane_waves import plane_wave_fields, polarisations, wave_shells


def crystal_waves(sites, shells):
    """The lowest waves of a square lattice with sound speeds 1 and 2."""
    places = np.stack(np.meshgrid(np.arange(sites), np.arange(sites)), axis=-1).reshape(-1, 2).astype(float)
    frequencies, modes = [], []
    for shell in wave_shells([float(sites)] * 2, shells):
        for polarisation, speed in (("transverse", 1.0), ("longitudinal", 2.0)):
            directions = polarisations(shell.wavevectors, polarisation)
            modes.append(plane_wave_fields(places, shell.wavevectors, directions).reshape(-1, len(places), 2))
            frequencies.append(np.full(len(modes[-1]), speed * shell.wavenumber))
    return places, np.concatenate(frequencies), np.concatenate(modes)


def test_a_crystal_has_sharp_lines_at_its_sound_speeds():
    places, frequencies, vectors = crystal_waves(9, 3)
    edges = np.linspace(0.0, 3.0, 61)
    found = current_correlation(places, [9.0, 9.0], frequencies, vectors, edges, shells=3)
    assert found.wavenumber == pytest.approx(2 * math.pi / 9 * np.sqrt([1, 2, 4]))
    for spectra, speed in ((found.transverse, 1.0), (found.longitudinal, 2.0)):
        for wavenumber, spectrum in zip(found.wavenumber, spectra, strict=True):
            shares = spectrum * np.diff(edges)
            line = np.searchsorted(edges, speed * wavenumber) - 1
            assert shares[line] == pytest.approx(1.0)
            assert np.delete(shares, line) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("dimension", [2, 3])
def test_any_complete_set_of_modes_obeys_the_sum_rule(dimension):
    generator = np.random.default_rng(3)
    places = generator.random((20, dimension)) * 4.0
    size = 20 * dimension
    modes = np.linalg.qr(generator.standard_normal((size, size)))[0].reshape(size, 20, dimension)
    edges = np.array([0.0, 0.3, 0.5, 1.0])
    found = current_correlation(places, np.full(dimension, 4.0), generator.random(size), modes, edges, shells=4)
    for spectra in (found.longitudinal, found.transverse):
        assert spectra @ np.diff(edges) == pytest.approx(np.ones(4))


def test_means_are_taken_over_samples_on_one_grid():
    places, frequencies, vectors = crystal_waves(5, 2)
    edges = np.linspace(0.0, 6.0, 13)
    one = current_correlation(places, [5.0, 5.0], frequencies, vectors, edges, shells=2)
    other = current_correlation(places, [5.0, 5.0], 1.5 * frequencies, vectors, edges, shells=2)
    mean = mean_correlation([one, other])
    np.testing.assert_allclose(mean.transverse, 0.5 * (one.transverse + other.transverse))
    coarse = current_correlation(places, [5.0, 5.0], frequencies, vectors, edges[::2], shells=2)
    for wrong in ([one, coarse], []):
        with pytest.raises(NotApplicableError, match="averaged"):
            mean_correlation(wrong)


def test_arrays_that_do_not_fit_are_refused():
    places, frequencies, vectors = crystal_waves(5, 1)
    for levels, modes, edges in (
        (frequencies[:-1], vectors, [0.0, 1.0]),
        (frequencies, vectors[:, :-1], [0.0, 1.0]),
        (frequencies, vectors, [1.0, 0.0]),
    ):
        with pytest.raises(NotApplicableError, match="do not fit"):
            current_correlation(places, [5.0, 5.0], levels, modes, edges)
