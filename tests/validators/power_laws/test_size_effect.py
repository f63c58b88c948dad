"""Size effects at fixed frequency: none where all sizes share a bent spectrum, found where their exponents differ."""

import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.spectra import BentPowerLaw, bent_spectra
from bosonpeak.validators.power_laws import exponent_drift, exponent_size_effect

# Glasses and chains of the ensembles that FS-1 is judged on.
SIZES = {500: (60, 20), 1000: (120, 20), 2000: (6, 20), 4000: (6, 20)}
BENT = {s: BentPowerLaw(s, 0.35 * 1.45, 2.0, highest=1.1, chain_scatter=0.03) for s in (3.0, 4.0)}

NAMES = ("data", "particles", "first_phonon", "chain")


def phonon(particles):
    return 1.45 * (1000 / particles) ** (1 / 3)


def sizes(laws, seed, scale=1):
    streams = np.random.SeedSequence(seed).spawn(len(SIZES))
    modes = [
        bent_spectra(law, particles, chains * scale, samples, stream)
        for law, (particles, (chains, samples)), stream in zip(laws, SIZES.items(), streams, strict=True)
    ]
    chain = [np.repeat(np.arange(chains * scale), samples) for chains, samples in SIZES.values()]
    return modes, list(SIZES), [phonon(size) for size in SIZES], chain


def test_a_bent_spectrum_shared_by_all_sizes_has_no_size_effect_though_its_window_drifts():
    found = [exponent_size_effect(**dict(zip(NAMES, sizes([BENT[4.0]] * 4, seed), strict=True))) for seed in range(60)]
    assert np.mean([each.value for each in found]) == pytest.approx(0.0, abs=0.06)
    assert np.mean([each.low <= 0.0 <= each.high for each in found]) >= 0.85
    assert np.mean([each.low >= 0.1375 for each in found]) <= 0.05
    drift = [exponent_drift(**dict(zip(NAMES, sizes([BENT[4.0]] * 4, seed), strict=True))) for seed in range(20)]
    assert np.mean([each.value for each in drift]) > 0.2


def test_exponents_that_differ_between_sizes_are_a_size_effect():
    laws = [BENT[3.0], BENT[3.0], BENT[4.0], BENT[4.0]]
    found = exponent_size_effect(**dict(zip(NAMES, sizes(laws, 1, scale=6), strict=True)))
    assert found.low > 0.1375
    assert max(found.details["exponents"][:2]) < min(found.details["exponents"][2:])
    assert found.window == pytest.approx((0.0, 0.55 * phonon(4000)))
    assert found.n == math.floor(found.details["degrees_of_freedom"]) + 1


def test_the_window_is_the_same_absolute_one_in_all_sizes():
    modes, particles, scales, chain = sizes([BENT[4.0]] * 4, 2)
    asked = exponent_size_effect(modes, particles=particles, first_phonon=scales, chain=chain, window=(0.2, 0.5))
    other = [scales[-1]] * 4  # omega_0 of the smaller sizes is not used
    assert exponent_size_effect(modes, particles=particles, first_phonon=other, chain=chain, window=(0.2, 0.5)) == asked
    counted = [np.count_nonzero((each >= asked.window[0]) & (each < asked.window[1])) for each in modes]
    assert asked.details["modes"] == counted


def test_sizes_that_cannot_be_compared_are_left_out_or_refused():
    modes, particles, scales, chain = sizes([BENT[4.0]] * 4, 3)
    few = [*modes[:3], modes[3][:4]]
    labels = [*chain[:3], chain[3][:4]]
    found = exponent_size_effect(few, particles=particles, first_phonon=scales, chain=labels)
    assert found.details["particles"] == [500, 1000, 2000]
    assert "N = 4000 is left out: too few modes" in found.warnings[0]
    with pytest.raises(NotApplicableError, match="two sizes"):
        exponent_size_effect(few[2:], particles=particles[2:], first_phonon=scales[2:], chain=labels[2:])
    with pytest.raises(NotApplicableError, match="end inside the window"):
        exponent_size_effect([each[:, :1] for each in modes], particles=particles, first_phonon=scales, chain=chain)
    with pytest.raises(NotApplicableError, match="begins at 0"):
        exponent_size_effect(modes, particles=particles, first_phonon=scales, chain=chain, window=(-0.1, 0.5))
    with pytest.raises(NotApplicableError, match="largest box"):
        exponent_size_effect(modes, particles=particles, first_phonon=None, chain=chain)
    two = [*chain[:3], chain[3] // 3]
    found = exponent_size_effect(modes, particles=particles, first_phonon=scales, chain=two)
    assert not found.has_interval
    assert "too few chains: 2" in found.warnings[0]
