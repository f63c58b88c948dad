"""Local exponent: right at known truth at the frequency it names, with a band that holds the whole curve."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.local_exponent import local_exponent

PHONON = {500: 1.84, 1000: 1.45}
CHAINS = {500: 40, 1000: 60}
A_CHAIN = 20


def glasses(density, generator, times=1.0):
    """Independent modes of each size below 1.1, sample by sample, NaN at the end."""
    edge = np.linspace(0.0, 1.1, 3001)
    running = np.concatenate([[0.0], np.cumsum(density(0.5 * (edge[1:] + edge[:-1])))])
    running *= 4.8e-4 / np.interp(0.5, edge, running)
    found = []
    for particles, chains in CHAINS.items():
        number = generator.poisson(running[-1] * particles * times, size=chains * A_CHAIN)
        rows = np.interp(generator.random((len(number), number.max() + 1)) * running[-1], running, edge)
        rows[np.arange(rows.shape[1]) >= number[:, None]] = np.nan
        found.append(np.sort(rows, axis=1))
    return found


def measured(modes, **options):
    chains = [np.repeat(np.arange(chains), A_CHAIN) for chains in CHAINS.values()]
    return local_exponent(modes, list(CHAINS), [PHONON[n] for n in CHAINS], chains, **options)


LAWS = {
    "straight": (lambda x: x**3, lambda x: 3.0 + 0.0 * x),
    "bent": (lambda x: x**4 / (1 + (x / 0.5) ** 2), lambda x: 4.0 - 2.0 * x**2 / (0.25 + x**2)),
    "exponential": (lambda x: x**4 * np.exp(-x / 0.4), lambda x: 4.0 - x / 0.4),
    "mixture": (lambda x: 0.05 * x**3 + x**5.5, lambda x: (0.15 * x**3 + 5.5 * x**5.5) / (0.05 * x**3 + x**5.5)),
}


@pytest.mark.parametrize("name", LAWS)
def test_band_and_intervals_hold_the_truth(name):
    density, truth = LAWS[name]
    generator = np.random.default_rng(1)
    band, inside = [], []
    for _ in range(12):
        found = measured(glasses(density, generator), draws=200)
        true = truth(found["frequency"].values)
        inside.append(np.mean((found["low"] <= true) & (true <= found["high"])))
        band.append(bool(((found["simultaneous_low"] <= true) & (true <= found["simultaneous_high"])).all()))
    assert np.mean(inside) > 0.88
    assert np.mean(band) >= 0.75


def test_the_exponent_belongs_to_the_frequency_it_names():
    density, truth = LAWS["exponential"]
    x = np.array([0.4, 0.6, 0.8])
    found = measured(glasses(density, np.random.default_rng(2), times=40.0), frequency=x, draws=50)
    np.testing.assert_allclose(found["frequency"], x)
    np.testing.assert_allclose(found["value"], truth(x), atol=0.06)
    assert (found["simultaneous_high"] > found["high"]).all()
    assert (found["modes"] > 1000).all()


def test_frequencies_without_modes_have_no_exponent():
    modes = glasses(LAWS["straight"][0], np.random.default_rng(3))
    found = measured(modes, frequency=[0.02, 0.6, 1.01], draws=50)
    assert np.isnan(found["value"].values).tolist() == [True, False, True]
    assert np.isnan(found["low"].values).tolist() == [True, False, True]
    with pytest.raises(NotApplicableError, match="modes enough"):
        local_exponent([modes[1][:3]], [1000], [PHONON[1000]])


def test_two_chains_have_no_interval():
    modes = glasses(LAWS["straight"][0], np.random.default_rng(4))
    found = local_exponent([modes[1]], [1000], [PHONON[1000]], [np.arange(len(modes[1])) % 2], frequency=[0.6])
    assert math.isfinite(found["value"].item())
    assert math.isnan(found["low"].item())
    assert math.isnan(found["simultaneous_high"].item())


def test_the_unit_of_frequency_and_the_seed():
    modes = glasses(LAWS["bent"][0], np.random.default_rng(5))
    plain = measured(modes, draws=50)
    chains = [np.repeat(np.arange(chains), A_CHAIN) for chains in CHAINS.values()]
    scaled = local_exponent(
        [7.0 * rows for rows in modes], list(CHAINS), [7.0 * PHONON[n] for n in CHAINS], chains, draws=50
    )
    np.testing.assert_allclose(scaled["frequency"], 7.0 * plain["frequency"], rtol=1e-6)
    np.testing.assert_allclose(scaled["value"], plain["value"], rtol=1e-6)
    assert plain.identical(measured(modes, draws=50))
    assert not plain.identical(measured(modes, draws=50, seed=1))


@pytest.mark.parametrize("wrong", [{"width": 0.0}, {"draws": 3}, {"frequency": [-0.5]}, {"level": 95}])
def test_options_out_of_range_are_refused(wrong):
    modes = glasses(LAWS["straight"][0], np.random.default_rng(6))
    with pytest.raises(NotApplicableError):
        measured(modes, **wrong)
