import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.bands_and_smearing import band_dispersion, smearing
from bosonpeak.validators.waves.currents import CurrentCorrelation
from bosonpeak.validators.waves.damped_sound import fitted_oscillator, oscillator_share
from bosonpeak.validators.waves.sound_damping import damping_at, damping_exponent

EDGES = np.arange(0.0, 4.005, 0.01)
WAVENUMBER = np.array([0.3, 0.5, 0.7, 0.9, 1.2, 1.6])


def samples(width, *, speed=1.0, count=4, noise=0.02, seed=1, wavenumber=WAVENUMBER, resolution=0.0):
    """Omega = c q with a given law of the damping, and scatter from sample to sample."""
    generator, found = np.random.default_rng(seed), []
    for _ in range(count):
        c = speed * (1.0 + 0.3 * noise * generator.standard_normal())
        scale = 1.0 + noise * generator.standard_normal()
        spectra = np.stack(
            [np.diff(oscillator_share(EDGES, c * q, scale * width(c * q))) / np.diff(EDGES) for q in wavenumber]
        )
        found.append(CurrentCorrelation(wavenumber, EDGES, spectra, spectra, resolution))
    return found


@pytest.mark.parametrize("power", [2.0, 3.0, 4.0])
def test_the_power_of_the_damping_is_found(power):
    found = damping_exponent(samples(lambda omega: 0.2 * omega**power), low=0.4, high=1.7)
    assert found.value == pytest.approx(power, abs=0.1)
    assert found.high - found.low < 0.5


def test_the_damping_at_a_frequency_is_found():
    found = damping_at(samples(lambda omega: 0.2 * omega**3), frequency=1.0)
    assert found.value == pytest.approx(0.2, rel=0.1)
    assert not found.warnings
    narrow = damping_at(samples(lambda _: 0.004), frequency=1.0)
    assert narrow.warnings == ("not resolved: an upper bound",)
    with pytest.raises(NotApplicableError, match="no wave of that frequency"):
        damping_at(samples(lambda omega: 0.2 * omega), frequency=3.0)


def test_unresolved_waves_tell_no_power():
    with pytest.raises(NotApplicableError, match="too few waves"):
        damping_exponent(samples(lambda _: 0.002), low=0.2, high=1.7)


def test_a_fit_undoes_the_kernel():
    """A Lorentzian line seen with a Gaussian of similar width has the width that it had."""
    fine = np.arange(0.0, 4.0005, 0.001)
    line = np.diff(oscillator_share(fine, 1.5, 0.05))
    centre = 0.5 * (fine[1:] + fine[:-1])
    kernel = np.exp(-0.5 * ((centre - 2.0) / 0.03) ** 2)
    seen = np.convolve(line, kernel / kernel.sum(), mode="same").reshape(-1, 10).sum(axis=1) / 0.01
    assert fitted_oscillator(seen, EDGES, 0.03).width == pytest.approx(0.05, rel=0.03)
    assert fitted_oscillator(seen, EDGES).width > 0.07


def test_waves_that_show_where_they_are_have_no_smearing_and_shifted_ones_have_one():
    wavenumber, modulation = np.array([0.2, 0.3, 0.4, 0.8]), 1.0
    centre = 0.5 * (EDGES[1:] + EDGES[:-1])
    plain = np.exp(-0.5 * ((centre - wavenumber[:, None]) / 0.02) ** 2)
    # A wave q shows modes from |k_G/2 - q| to k_G/2 + q, with the density k/(q k_G) of random directions.
    reach = np.abs(0.5 - wavenumber[:, None]), 0.5 + wavenumber[:, None]
    shifted = np.where((centre >= reach[0]) & (centre <= reach[1]), centre, 0.0)
    for spectrum, expected in ((plain, 0.0), (shifted, 1.0)):
        correlations = [CurrentCorrelation(wavenumber, EDGES, spectrum, spectrum)] * 3
        found = smearing(correlations, speed=1.0, modulation=modulation, low=0.25, high=0.45)
        assert found.value == pytest.approx(expected, abs=0.06)
    with pytest.raises(NotApplicableError, match="smearing cannot be seen"):
        smearing(correlations, speed=1.0, modulation=10.0, low=0.01, high=0.45)


def test_sound_disperses_and_a_flat_band_does_not():
    sound = band_dispersion(samples(lambda omega: 0.1 * omega), low=0.3, high=1.7, lowest=0.05)
    assert sound.value == pytest.approx(1.0, abs=0.03)
    centre = 0.5 * (EDGES[1:] + EDGES[:-1])
    band = np.tile(np.exp(-0.5 * ((centre - 0.8) / 0.1) ** 2), (6, 1))
    flat = band_dispersion([CurrentCorrelation(WAVENUMBER, EDGES, band, band)] * 3, low=0.3, high=1.7, lowest=0.05)
    assert flat.value == pytest.approx(0.0, abs=1e-9)
