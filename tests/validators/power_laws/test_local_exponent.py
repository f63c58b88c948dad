"""Local exponent: right at known truth at the frequency it names, with a band that holds the whole curve."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.local_exponent import local_exponent

CHAINS = {500: 40, 1000: 60}


@pytest.fixture(scope="module")
def glasses(glasses_of):
    return lambda density, generator, **options: glasses_of(density, generator, CHAINS, **options)


LAWS = {
    "straight": (lambda x: x**3, lambda x: 3.0 + 0.0 * x),
    "bent": (lambda x: x**4 / (1 + (x / 0.5) ** 2), lambda x: 4.0 - 2.0 * x**2 / (0.25 + x**2)),
    "exponential": (lambda x: x**4 * np.exp(-x / 0.4), lambda x: 4.0 - x / 0.4),
    "mixture": (lambda x: 0.05 * x**3 + x**5.5, lambda x: (0.15 * x**3 + 5.5 * x**5.5) / (0.05 * x**3 + x**5.5)),
}


@pytest.mark.parametrize("name", LAWS)
def test_band_and_intervals_hold_the_truth(name, glasses):
    density, truth = LAWS[name]
    generator = np.random.default_rng(1)
    band, inside = [], []
    for _ in range(12):
        found = local_exponent(**glasses(density, generator), draws=200)
        true = truth(found["frequency"].values)
        inside.append(np.mean((found["low"] <= true) & (true <= found["high"])))
        band.append(bool(((found["simultaneous_low"] <= true) & (true <= found["simultaneous_high"])).all()))
    assert np.mean(inside) > 0.88
    assert np.mean(band) >= 0.75


def test_the_exponent_belongs_to_the_frequency_it_names(glasses):
    density, truth = LAWS["exponential"]
    x = np.array([0.4, 0.6, 0.8])
    found = local_exponent(**glasses(density, np.random.default_rng(2), times=40.0), frequency=x, draws=50)
    np.testing.assert_allclose(found["frequency"], x)
    np.testing.assert_allclose(found["value"], truth(x), atol=0.06)
    assert (found["simultaneous_high"] > found["high"]).all()
    assert (found["modes"] > 1000).all()


def test_frequencies_without_modes_have_no_exponent(glasses):
    modes = glasses(LAWS["straight"][0], np.random.default_rng(3))
    found = local_exponent(**modes, frequency=[0.02, 0.6, 1.01], draws=50)
    assert np.isnan(found["value"].values).tolist() == [True, False, True]
    assert np.isnan(found["low"].values).tolist() == [True, False, True]
    with pytest.raises(NotApplicableError, match="modes enough"):
        local_exponent(modes["data"][1][:3], particles=1000, first_phonon=1.45)


def test_two_chains_have_no_interval(glasses):
    rows = glasses(LAWS["straight"][0], np.random.default_rng(4))["data"][1]
    chain = np.arange(len(rows)) % 2
    found = local_exponent(rows, particles=1000, first_phonon=1.45, chain=chain, frequency=[0.6])
    assert math.isfinite(found["value"].item())
    assert math.isnan(found["low"].item())
    assert math.isnan(found["simultaneous_high"].item())


def test_the_unit_of_frequency_and_the_seed(glasses):
    modes = glasses(LAWS["bent"][0], np.random.default_rng(5))
    plain = local_exponent(**modes, draws=50)
    scaled = modes | {name: [7.0 * each for each in modes[name]] for name in ("data", "first_phonon")}
    scaled = local_exponent(**scaled, draws=50)
    np.testing.assert_allclose(scaled["frequency"], 7.0 * plain["frequency"], rtol=1e-6)
    np.testing.assert_allclose(scaled["value"], plain["value"], rtol=1e-6)
    assert plain.identical(local_exponent(**modes, draws=50))
    assert not plain.identical(local_exponent(**modes, draws=50, seed=1))


@pytest.mark.parametrize("wrong", [{"width": 0.0}, {"draws": 3}, {"frequency": [-0.5]}, {"level": 95}])
def test_options_out_of_range_are_refused(wrong, glasses):
    modes = glasses(LAWS["straight"][0], np.random.default_rng(6))
    with pytest.raises(NotApplicableError):
        local_exponent(**modes, **wrong)
