"""Lower bound of s without a family of bends: below the truth in 95 %, above a rival with modes enough, one-sided."""

import json
import math

import numpy as np
import pytest
import xarray as xr
from scipy import integrate

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.exponent_bound import (
    CRITICAL_DEVIANCES,
    CRITICAL_LEVELS,
    CRITICAL_MODES,
    ConcaveCurve,
    critical_deviance,
    exponent_lower_bound,
    pull_dispersion,
)
from bosonpeak.validators.power_laws.modes_below_foot import modes_below_foot

PHONON = {500: 1.84, 1000: 1.45, 4000: 0.92}
CHAINS = {500: 30, 1000: 60, 4000: 4}
TRUTHS = {
    "straight": lambda x, s: x**s,
    "bent at 0.24": lambda x, s: x**s / (1.0 + (x / 0.35) ** 2),
    "bent at 0.34": lambda x, s: x**s / (1.0 + (x / 0.5) ** 2),
    "bent slowly": lambda x, s: x**s / (1.0 + (x / 0.7)),
    "bent sharply": lambda x, s: x**s / (1.0 + (x / 0.5) ** 4),
    "exponential": lambda x, s: x**s * np.exp(-x / 0.4),
    "kinked": lambda x, s: x**s / np.maximum(x / 0.36, 1.0),
}


@pytest.fixture(scope="module")
def glasses(glasses_of):
    return lambda density, generator, scatter=0.0, **options: glasses_of(
        density, generator, CHAINS, scatter=scatter, **options
    )


def law(name, s):
    return lambda x: TRUTHS[name](x, s)


@pytest.mark.parametrize("name", TRUTHS)
def test_the_bound_is_rarely_above_the_truth(name, glasses):
    generator = np.random.default_rng(1)
    low = np.array(
        [exponent_lower_bound(**glasses(law(name, 3.0), generator)).details["bound_without_gates"] for _ in range(20)]
    )
    assert np.mean(low > 3.0) <= 0.15
    assert np.median(low) > 1.2


def test_a_true_four_excludes_three_and_a_true_three_has_no_upper_limit(glasses):
    generator = np.random.default_rng(2)
    four = [exponent_lower_bound(**glasses(law("bent at 0.34", 4.0), generator, times=3.0)) for _ in range(10)]
    assert sum(each.low > 3.0 for each in four) >= 8
    three = exponent_lower_bound(**glasses(law("straight", 3.0), generator, times=3.0))
    assert three.low < 3.0 < three.value + 0.5
    assert three.high == math.inf


def test_the_estimate_says_what_was_used(glasses):
    found = exponent_lower_bound(**glasses(law("bent at 0.34", 4.0), np.random.default_rng(3)))
    details = found.details
    assert found.n == sum(CHAINS.values())
    assert found.window[1] == pytest.approx(0.55 * PHONON[500])
    assert found.value > found.low > 2.0
    assert np.all(np.diff(details["local_exponents"]) <= 0.0)
    assert len(details["local_exponents"]) == len(details["hinges"]) + 1
    assert details["local_exponents"][0] == found.value
    assert 0.7 < details["pull_dispersion"] < 1.4
    assert json.loads(json.dumps(details)) == details


def test_datasets_and_other_units_agree(glasses):
    modes = glasses(law("bent at 0.34", 3.0), np.random.default_rng(4))
    datasets = [
        xr.Dataset(
            {
                "eigenfrequency": (("sample", "mode"), 7.0 * rows),
                "first_phonon": ("sample", np.full(len(rows), 7.0 * PHONON[particles])),
                "chain": ("sample", chain),
            },
            attrs={"particles": particles},
        )
        for rows, particles, chain in zip(modes["data"], modes["particles"], modes["chain"], strict=True)
    ]
    scaled, plain = exponent_lower_bound(datasets), exponent_lower_bound(**modes)
    assert (scaled.value, scaled.low) == pytest.approx((plain.value, plain.low), abs=1e-4)
    assert exponent_lower_bound(datasets[1]).low < plain.value


def test_higher_levels_have_lower_bounds(glasses):
    modes = glasses(law("bent at 0.34", 4.0), np.random.default_rng(5))
    low = [exponent_lower_bound(**modes, level=level).low for level in (0.5, 0.8, 0.95, 0.99)]
    assert low == sorted(low, reverse=True)
    with pytest.raises(NotApplicableError, match="calibrated for other confidence levels"):
        exponent_lower_bound(**modes, level=0.999)


def test_a_mixture_is_outside_and_the_gate_sees_a_strong_rise(glasses):
    found = exponent_lower_bound(**glasses(lambda x: 0.05 * x**3 + x**5.5, np.random.default_rng(6), times=3.0))
    assert found.details["bound_without_gates"] > 3.0
    assert found.details["gates"] == ["misfit"]
    assert math.isnan(found.low)


def test_modes_that_grow_with_the_box_and_few_modes_are_gated(glasses):
    drifting = exponent_lower_bound(**glasses(law("bent at 0.34", 4.0), np.random.default_rng(7), growth=0.3))
    assert "drift with size" in drifting.details["gates"]
    two = glasses(law("straight", 3.0), np.random.default_rng(8))["data"][2][:2]
    few = exponent_lower_bound(two, particles=4000, first_phonon=0.92)
    assert few.details["gates"] == ["too few modes", "too few chains"]
    assert math.isnan(few.low)
    assert math.isnan(few.value)


def test_missing_inputs_are_refused(glasses):
    modes = glasses(law("straight", 3.0), np.random.default_rng(9))["data"]
    with pytest.raises(NotApplicableError, match="end below the foot"):
        exponent_lower_bound([modes[0][:, :1]], particles=[500], first_phonon=[PHONON[500]])
    with pytest.raises(NotApplicableError, match="number of particles"):
        exponent_lower_bound([modes[0]], first_phonon=[PHONON[500]])
    with pytest.raises(NotApplicableError, match="phonon scale of every size"):
        exponent_lower_bound([modes[0]], particles=[500])


def test_chains_that_differ_widen_and_few_chains_are_not_taken_below_independent_modes(glasses):
    generator = np.random.default_rng(10)
    sizes = [modes_below_foot(**glasses(law("straight", 3.0), generator, scatter=scatter)) for scatter in (0.0, 0.5)]
    alike, apart = (pull_dispersion(each, lambda frequency: np.ones(len(frequency))) for each in sizes)
    assert 0.6 < alike < 1.5
    assert apart > 2.0
    few = modes_below_foot([np.tile(np.linspace(0.1, 0.5, 9), (12, 1))], [1000], [0.5], [np.repeat(np.arange(4), 3)])
    assert pull_dispersion(few, lambda frequency: frequency) == 1.0


def test_the_likelihood_has_its_derivatives_and_its_maximum_obeys_the_cone():
    generator = np.random.default_rng(11)
    feet, exposure = np.array([1.0, 0.7]), np.array([1.0, 3.0])
    curve = ConcaveCurve(generator.random(500) ** 0.25 * 0.7, feet, exposure)
    parameters = np.array([3.5, 0.4, 0.0, 0.7, 0.2, 0.1])
    assert len(parameters) == len(curve.hinges) + 1
    height, gradient, second = curve._expansion(parameters)
    step = 1e-5
    for place in range(len(parameters)):
        moved = parameters + step * (np.arange(len(parameters)) == place)
        above, gradient_above, _ = curve._expansion(moved)
        assert (above - height) / step == pytest.approx(gradient[place], abs=1e-2)
        np.testing.assert_allclose((gradient_above - gradient) / step, -second[place], rtol=1e-3, atol=1e-2)
    best = curve.most_likely()
    assert (best.parameters >= 0.0).all()
    slack = curve._expansion(best.parameters)[1]
    np.testing.assert_allclose(slack[best.parameters > 0.0], 0.0, atol=1e-2)
    assert (slack < 1e-2).all()
    assert curve.deviance(best, best.parameters[0]) == 0.0
    assert curve.deviance(best, best.parameters[0] - 1.0) > curve.deviance(best, best.parameters[0] - 0.1) > 0.0


def test_contents_of_a_curve_are_integrals_of_it():
    curve = ConcaveCurve(np.random.default_rng(12).random(300) ** 0.25, np.array([1.0]), np.array([1.0]))
    parameters = np.array([3.5, 0.4, 0.0, 4.5, 1.0])
    assert len(parameters) == len(curve.hinges) + 1
    points = np.log([0.2, 0.6, 0.9, 1.0])
    found = curve._content_below(points, parameters)

    def density(logarithm):
        return float(np.exp(curve.features(np.array([logarithm])) @ parameters)[0])

    exact = [integrate.quad(density, -12.0, point, points=[*curve.hinges], limit=200)[0] for point in points]
    np.testing.assert_allclose(found / found[-1], np.array(exact) / exact[-1], rtol=1e-6)


def test_critical_deviances_rise_with_modes_and_level_and_exceed_the_naive_value():
    table = np.array(CRITICAL_DEVIANCES)
    assert table.shape == (len(CRITICAL_MODES), len(CRITICAL_LEVELS))
    assert (np.diff(table, axis=1) > 0.0).all()
    assert (np.diff(table[:, 4]) > 0.0).all()
    assert critical_deviance(1000, 0.95) == table[2, 4] > 2.71
    assert table[2, 4] < critical_deviance(2000, 0.95) < table[3, 4]
    assert critical_deviance(10**7, 0.95) == table[-1, 4]


def test_the_table_is_the_quantile_under_a_straight_law():
    generator = np.random.default_rng(13)
    one = np.ones(1)
    deviances = []
    for _ in range(300):
        curve = ConcaveCurve(generator.random(300) ** 0.25, one, one)
        deviances.append(curve.deviance(curve.most_likely(), 4.0))
    assert np.mean(np.array(deviances) > critical_deviance(300, 0.8)) == pytest.approx(0.2, abs=0.07)
