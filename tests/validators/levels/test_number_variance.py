"""Counts of modes: Poisson where modes are independent, fewer surprises where they repel, more where samples differ."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.levels import count_dispersion, count_dispersion_growth

NAMES = ("data", "particles", "first_phonon", "chain")


def levels(repelling, samples, generator, richness=1.0):
    """Stationary levels of mean spacing 1, as frequencies whose cumulative count is omega^5."""
    spacing = generator.exponential(size=(samples, 30))
    if repelling:
        spacing = np.sqrt(-4 / np.pi * np.log(generator.random((samples, 30))))
        spacing[:, 0] = np.sqrt(4 / np.pi * generator.gamma(1.5, size=samples)) * generator.random(samples)
    return (spacing.cumsum(axis=1) / richness) ** 0.2


@pytest.mark.parametrize("below", [0.8, 1.0, 1.2])
def test_independent_modes_have_one_and_the_interval_covers_it(below):
    generator = np.random.default_rng(1)
    found = [
        count_dispersion(
            levels(False, 400, generator), first_phonon=1.0, chain=np.repeat(np.arange(40), 10), below=below
        )
        for _ in range(60)
    ]
    assert np.mean([each.value for each in found]) == pytest.approx(1.0, abs=0.03)
    given = [each for each in found if each.has_interval]  # of 20 pairs at least, about which 0.8 scatters
    assert len(given) >= 25
    assert np.mean([each.low <= 1.0 <= each.high for each in given]) >= 0.85
    assert found[0].n == 40


def test_the_interval_is_wider_towards_large_values_and_none_is_given_where_modes_hardly_meet():
    generator = np.random.default_rng(8)
    found = count_dispersion(levels(False, 50, generator), first_phonon=1.0, below=1.0)
    assert found.high / found.value == pytest.approx(found.value / found.low, rel=1e-12)
    assert found.high - found.value > found.value - found.low
    # 200 samples with 0.2 modes each: 40 modes, which would meet 4 times.
    few = count_dispersion(levels(False, 200, generator), first_phonon=1.0, below=0.2**0.2)
    assert few.value > 0.0
    assert not few.has_interval
    assert "too few modes" in few.warnings[0]


def test_repelling_modes_have_the_number_variance_of_random_matrices():
    # Wigner's surmise as a renewal process: variance over mean tends to that of a spacing, 4/pi - 1.
    found = count_dispersion(levels(True, 20000, np.random.default_rng(2)), first_phonon=1.0, below=1.6)
    assert found.details["mean_count"] == pytest.approx(1.6**5, rel=0.02)
    assert 4 / np.pi - 1 < found.value < 0.32
    few = count_dispersion(levels(True, 20000, np.random.default_rng(3)), first_phonon=1.0, below=0.75)
    assert few.details["mean_count"] < 0.3
    assert found.value < few.high < 0.9


def test_samples_that_differ_raise_it():
    generator = np.random.default_rng(4)
    richness = np.repeat([0.5, 1.5], 2000)[:, None]
    found = count_dispersion(
        levels(False, 4000, generator, richness), first_phonon=1.0, chain=np.arange(4000) // 100, below=1.0
    )
    assert found.value == pytest.approx(1.25, abs=0.08)


def test_what_says_nothing_is_refused():
    modes = levels(False, 400, np.random.default_rng(5))
    with pytest.raises(NotApplicableError, match="phonon scale"):
        count_dispersion(modes)
    with pytest.raises(NotApplicableError, match="phonon scale"):
        count_dispersion(modes.ravel(), first_phonon=1.0)
    with pytest.raises(NotApplicableError, match="end below the frequency"):
        count_dispersion(modes[:, :1], first_phonon=1.0, below=1.2)
    with pytest.raises(NotApplicableError, match="too few modes"):
        count_dispersion(modes, first_phonon=1.0, below=0.3)


def sizes(repelling, seed, merged):
    """Boxes of 1, 2 and 4 times a size; `merged`: a larger box is that many independent small ones."""
    generator = np.random.default_rng(seed)
    lists = []
    for boxes in (1, 2, 4):
        parts = [levels(repelling, 3000, generator, 1.0 if merged else boxes) for _ in range(boxes if merged else 1)]
        lists.append(np.sort(np.concatenate(parts, axis=1), axis=1)[:, :25])
    return lists, [500, 1000, 2000], [1.0] * 3, [np.repeat(np.arange(60), 50)] * 3


def test_boxes_of_independent_places_tend_to_poisson_and_one_place_does_not():
    apart = count_dispersion_growth(**dict(zip(NAMES, sizes(True, 6, merged=True), strict=True)), mean_count=0.8)
    together = [
        count_dispersion_growth(**dict(zip(NAMES, sizes(True, seed, merged=False), strict=True))) for seed in range(20)
    ]
    assert apart.low > 0.0
    assert np.mean([each.low <= 0.0 <= each.high for each in together]) >= 0.8
    assert np.mean([each.value for each in together]) == pytest.approx(0.0, abs=0.01)
    assert np.all(np.diff(apart.details["dispersion"]) > 0.0)
    assert apart.details["below"][0] > apart.details["below"][2]


def test_independent_modes_have_nothing_to_grow():
    found = [
        count_dispersion_growth(**dict(zip(NAMES, sizes(False, seed, merged=True), strict=True)))
        for seed in range(10, 40)
    ]
    assert np.mean([each.low <= 0.0 <= each.high for each in found]) >= 0.8
    assert np.mean([each.value for each in found]) == pytest.approx(0.0, abs=0.01)


def test_one_size_has_no_growth_and_too_many_modes_cannot_be_asked_for():
    lists, numbers, scales, chain = sizes(False, 9, merged=False)
    with pytest.raises(NotApplicableError, match="two sizes"):
        count_dispersion_growth(lists[:1], particles=numbers[:1], first_phonon=scales[:1], chain=chain[:1])
    with pytest.raises(NotApplicableError, match="no frequency has so many modes"):
        count_dispersion_growth(lists, particles=numbers, first_phonon=scales, chain=chain, mean_count=50.0)
