"""Windows that move with the first phonon: no drift for power laws, a drift where all sizes share a bent spectrum."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators import exponent
from bosonpeak.validators.power_laws import exponent_drift

SIZES = {500: 40, 1000: 60, 4000: 20}
CHAINS = 25

NAMES = ("data", "particles", "first_phonon", "chain")


def phonon(particles):
    return 1.45 * (1000 / particles) ** (1 / 3)


def sizes(law, seed):
    streams = np.random.SeedSequence(seed).spawn(len(SIZES))
    modes = [
        bent_spectra(law, particles, CHAINS, samples, stream)
        for (particles, samples), stream in zip(SIZES.items(), streams, strict=True)
    ]
    modes = [np.where(each < 0.65 * phonon(size), each, math.nan) for each, size in zip(modes, SIZES, strict=True)]
    chain = [np.repeat(np.arange(CHAINS), samples) for samples in SIZES.values()]
    return modes, list(SIZES), [phonon(size) for size in SIZES], chain


@pytest.mark.parametrize("s", [3.0, *(pytest.param(s, marks=pytest.mark.slow) for s in (2.0, 4.0))])
def test_power_laws_have_no_drift(s):
    found = [
        exponent_drift(**dict(zip(NAMES, sizes(BentPowerLaw(s, highest=1.4), seed), strict=True))) for seed in range(40)
    ]
    assert np.mean([each.value for each in found]) == pytest.approx(0.0, abs=0.06)
    assert np.mean([each.low <= 0.0 <= each.high for each in found]) >= 0.85


def test_a_shared_bend_makes_s_grow_with_the_size():
    law = BentPowerLaw(4.0, 0.35 * 1.45, 2.0, highest=1.4)
    found = exponent_drift(**dict(zip(NAMES, sizes(law, 1), strict=True)))
    assert found.low > 0.0
    small, middle, large = found.details["exponents"]
    assert small < middle < large < 4.0
    assert found.details["particles"] == list(SIZES)


def test_a_size_without_modes_in_the_window_is_left_out_and_named():
    modes, particles, scales, chain = sizes(BentPowerLaw(3.0, highest=1.4), 2)
    modes[2] = modes[2][:4]
    found = exponent_drift(modes, particles=particles, first_phonon=scales, chain=[*chain[:2], chain[2][:4]])
    assert found.details["particles"] == [500, 1000]
    assert "N = 4000 is left out: too few" in found.warnings[0]
    with pytest.raises(NotApplicableError, match="two sizes"):
        exponent_drift(modes[1:], particles=particles[1:], first_phonon=scales[1:], chain=[chain[1], chain[2][:4]])


def test_a_bend_below_the_window_voids_the_window_that_means_the_limit_and_not_the_range_asked_for():
    law = BentPowerLaw(4.0, 0.45 * 1.45, 4.0, highest=1.4)
    modes = bent_spectra(law, 1000, 60, 100, np.random.SeedSequence(3))
    modes, chain = np.where(modes < 0.65 * 1.45, modes, math.nan), np.repeat(np.arange(60), 100)
    meant = exponent(modes, first_phonon=1.45, chain=chain)
    assert "bend" in meant.details["gates"]
    assert not meant.has_interval
    window = meant.window
    asked = exponent(modes, first_phonon=1.45, chain=chain, window=window)
    assert "bend" not in asked.details["gates"]
    assert any(warning.startswith("bend: s = ") for warning in asked.warnings)
    assert asked.value == meant.value
    assert asked.details["interval_without_gates"] == meant.details["interval_without_gates"]


def test_power_laws_rarely_seem_to_bend():
    fired = 0
    for seed in range(100):
        modes = bent_spectra(BentPowerLaw(3.0, highest=1.4), 1000, 25, 12, np.random.SeedSequence(seed))
        modes = np.where(modes < 0.65 * 1.45, modes, math.nan)
        fired += "bend" in exponent(modes, first_phonon=1.45, chain=np.repeat(np.arange(25), 12)).details["gates"]
    assert fired <= 5
