"""Gates, each by itself: when it speaks, and with which numbers, by sums and quadratures made another way."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from bosonpeak.validators.power_laws.gates import (
    below_window,
    bend_below,
    censoring,
    crowding,
    curvature,
    phonon_foot,
    phonon_leak,
    ties,
    window_agreement,
)
from bosonpeak.validators.power_laws.mode_sums import ClusteredModes, Window

WIDE, FROM_ZERO = Window(0.3, 0.6), Window(0.0, 0.6)


def power_law(power, low, high, count):
    """Frequencies at even quantiles of x^(power - 1)."""
    place = (np.arange(count) + 0.5) / count
    return (low**power + place * (high**power - low**power)) ** (1.0 / power) if low else high * place ** (1.0 / power)


def alone(frequency):
    """Modes that are independent of each other."""
    return ClusteredModes(np.asarray(frequency), np.arange(len(frequency)), len(frequency), True)


def in_chains(frequency, chains, *, sort=False):
    """Modes of chains that share them evenly, or unevenly: in order of frequency."""
    number = np.arange(len(frequency))
    label = number * chains // len(frequency) if sort else number % chains
    order = np.argsort(frequency)
    return ClusteredModes(np.asarray(frequency)[order], label, chains, False)


def law(power, window):
    """Depths t = ln(high / x) and their probabilities, by a fine grid."""
    length = window.span if math.isfinite(window.span) else 60.0 / power
    depth = (np.arange(4_000) + 0.5) * length / 4_000
    weight = np.exp(-power * (depth - (0.0 if power > 0.0 else length)))
    return depth, weight / weight.sum()


def cumulants_of(power, window):
    depth, weight = law(power, window)
    mean = weight @ depth
    return mean, weight @ (depth - mean) ** 2, weight @ (depth - mean) ** 3


def fitted(depth, window):
    """The power whose mean depth is that of the modes."""
    if math.isinf(window.span):
        return 1.0 / depth.mean()
    return optimize.brentq(lambda power: cumulants_of(power, window)[0] - depth.mean(), -40.0, 60.0, xtol=1e-6)


def unbiased(depth, window):
    """Less its bias."""
    power = fitted(depth, window)
    _, variance, third = cumulants_of(power, window)
    return power - third / (2.0 * len(depth) * variance**2)


def depths(modes, window):
    return np.log(window.high / modes.inside(window).frequency)


def jackknife(values):
    values = np.asarray(values)
    return math.sqrt((len(values) - 1) * values.var())


def without(modes, window, chain):
    inside = modes.inside(window)
    return np.log(window.high / inside.frequency[inside.cluster != chain])


def two_sided(z, modes):
    law = stats.norm if modes.independent or modes.clusters < 3 else stats.t(modes.clusters - 1)
    return 2.0 * law.sf(abs(z))


def test_windows_and_what_lies_inside():
    assert (WIDE.span, FROM_ZERO.span) == (pytest.approx(math.log(2.0)), math.inf)
    modes = ClusteredModes(np.array([0.0, 0.2, 0.3, 0.45, 0.45, 0.6]), np.array([0, 1, 1, 3, 3, 3]), 5, False)
    inside = modes.inside(WIDE)
    assert inside.frequency.tolist() == [0.3, 0.45, 0.45]
    assert (inside.cluster.tolist(), inside.clusters, inside.independent) == ([1, 3, 3], 5, False)
    assert modes.inside(FROM_ZERO).frequency.tolist() == [0.2, 0.3, 0.45, 0.45]
    count, total = modes.sums(WIDE)
    assert count.tolist() == [0.0, 1.0, 0.0, 2.0, 0.0]
    np.testing.assert_allclose(total, [0.0, math.log(2.0), 0.0, 2.0 * math.log(0.6 / 0.45), 0.0])


def mixture(power, count, share, window):
    """A share of the modes follows another power, seven higher."""
    other = round(share * count)
    return np.concatenate(
        [
            power_law(power, window.low, window.high, count - other),
            power_law(power + 7.0, window.low, window.high, other),
        ]
    )


MADE = {
    "independent": alone,
    "in two chains": lambda x: in_chains(x, 2, sort=True),
    "in three chains": lambda x: in_chains(x, 3),
    "in ten even chains": lambda x: in_chains(x, 10),
    "in twelve even chains": lambda x: in_chains(x, 12),
    "in ten uneven chains": lambda x: in_chains(x, 10, sort=True),
}


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("window", [WIDE, FROM_ZERO])
@pytest.mark.parametrize(("power", "share"), [(5.0, 0.0), (5.0, 0.06), (1.0, 0.25), (1.0, 0.5)])
@pytest.mark.parametrize("count", [300, 3000])
def test_curvature_is_what_is_left_of_a_square_beside_the_fit(made, window, power, share, count):
    modes = MADE[made](mixture(power, count, share, window))
    inside = modes.inside(window)
    depth = depths(modes, window)
    place, weight = law(fitted(depth, window), window)
    feature = np.exp(-2.0 * place)
    mean, height = weight @ place, weight @ feature
    slope = (weight @ ((place - mean) * (feature - height))) / (weight @ (place - mean) ** 2)
    left = np.exp(-2.0 * depth) - height - slope * (depth - mean)
    variance = count * float(weight @ (feature - height - slope * (place - mean)) ** 2)
    if not modes.independent and modes.clusters > 2:
        chains = [left[inside.cluster == chain].sum() for chain in range(modes.clusters)]
        variance = max(variance, np.square(chains).sum() * modes.clusters / (modes.clusters - 1))
    z = left.sum() / math.sqrt(variance)
    reported = curvature(modes, window)
    if two_sided(z, modes) > 0.01:
        assert reported == ""
    else:
        assert reported == (
            f"curvature: g(omega) is not one power law in [{window.low:g}, 0.6] omega_0 ({abs(z):.1f} sigma)"
        )


@pytest.mark.parametrize("made", ["independent", "in ten even chains", "in ten uneven chains"])
@pytest.mark.parametrize(("power", "share"), [(5.0, 0.0), (5.0, 0.06), (1.0, 0.25), (1.0, 0.5)])
def test_windows_agree_as_far_as_the_modes_that_they_do_not_share_tell(made, power, share):
    modes = MADE[made](mixture(power, 600, share, WIDE))
    narrow = Window(0.4, 0.6)
    powers = [unbiased(depths(modes, window), window) for window in (WIDE, narrow)]
    if modes.independent:
        errors = [1.0 / (len(depths(modes, window)) * cumulants_of(powers[0], window)[1]) for window in (WIDE, narrow)]
        error = math.sqrt(errors[1] - errors[0])
    else:
        error = jackknife(
            [
                unbiased(without(modes, narrow, chain), narrow) - unbiased(without(modes, WIDE, chain), WIDE)
                for chain in range(10)
            ]
        )
    z = (powers[1] - powers[0]) / error
    reported = window_agreement(modes, WIDE)
    if two_sided(z, modes) > 0.01:
        assert reported == ""
    else:
        assert reported == (
            f"windows disagree: s = {powers[0] - 1.0:.2f} from 0.3 omega_0 up, "
            f"{powers[1] - 1.0:.2f} from 0.4 omega_0 up ({abs(z):.1f} sigma)"
        )


def test_windows_with_few_modes_do_not_disagree():
    below, above = power_law(1.0, 0.3, 0.32, 90), power_law(9.0, 0.4, 0.6, 8)
    assert window_agreement(alone(np.append(below, above)), WIDE).startswith("windows disagree")
    assert window_agreement(alone(np.append(below, above[1:])), WIDE) == ""


@pytest.mark.parametrize("made", ["independent", "in ten even chains"])
@pytest.mark.parametrize(("low", "middle"), [(0.3, 0.4), (0.36, 0.48), (0.0, 0.4)])
@pytest.mark.parametrize("above", [5.0, 4.0, 2.0])
def test_a_bend_parts_the_power_below_from_that_above(made, low, middle, above):
    modes = MADE[made](np.append(power_law(5.0, 0.0, middle, 200), power_law(above, middle, 0.6, 700)))
    parts = Window(0.0, middle), Window(middle, 0.6)
    powers = [unbiased(depths(modes, part), part) for part in parts]
    errors = []
    for part, power in zip(parts, powers, strict=True):
        if modes.independent:
            depth = depths(modes, part)
            errors.append(1.0 / math.sqrt(len(depth) * cumulants_of(fitted(depth, part), part)[1]) / power)
        else:
            errors.append(jackknife([unbiased(without(modes, part, chain), part) for chain in range(10)]) / power)
    z = math.log(powers[1] / powers[0]) / math.hypot(*errors)
    reported = bend_below(modes, Window(low, 0.6))
    if two_sided(z, modes) > 0.01:
        assert reported == ""
    else:
        assert reported == (
            f"bend: s = {powers[0] - 1.0:.2f} below {middle:.3g} omega_0 and {powers[1] - 1.0:.2f} from there to 0.6 "
            f"omega_0 ({abs(z):.1f} sigma), so that the window says nothing about lower frequencies"
        )
    assert bool(reported) == (above < 5.0) or above == 4.0


@pytest.mark.parametrize(("modes", "power"), [(8, 1.0), (200, 0.5)])
def test_eight_modes_and_any_power_above_zero_are_enough_for_a_bend(modes, power):
    reported = bend_below(alone(np.append(power_law(5.0, 0.0, 0.4, modes), power_law(power, 0.4, 0.6, 500))), WIDE)
    assert reported.startswith("bend: s = ")


@pytest.mark.parametrize(
    ("below", "above", "window"),
    [
        (power_law(5.0, 0.0, 0.4, 7), power_law(1.0, 0.4, 0.6, 500), WIDE),
        (power_law(5.0, 0.0, 0.4, 500), power_law(1.0, 0.4, 0.6, 7), WIDE),
        (power_law(5.0, 0.0, 0.4, 500), power_law(-3.0, 0.4, 0.6, 500), WIDE),
        (power_law(5.0, 0.0, 0.6, 500), power_law(1.0, 0.6, 0.8, 500), Window(0.45, 0.6)),
    ],
)
def test_no_bend_is_told_of_few_modes_of_no_law_or_where_there_is_no_room(below, above, window):
    assert bend_below(alone(np.append(below, above)), window) == ""


def continuation(modes, window, low, high):
    """Modes between, as the fit inside continues, and the probabilities of so few and so many: a negative binomial."""
    depth = depths(modes, window)

    def expected(power):
        inside = 1.0 - (window.low / window.high) ** power
        return len(depth) * ((high / window.high) ** power - (low / window.high) ** power) / inside

    power = fitted(depth, window)
    slope = (math.log(expected(power + 1e-3)) - math.log(expected(power - 1e-3))) / 2e-3
    relative = slope**2 / (len(depth) * cumulants_of(power, window)[1]) + 1.0 / len(depth)
    number = stats.nbinom(1.0 / relative, 1.0 / (1.0 + expected(power) * relative))
    found = int(np.count_nonzero((modes.frequency >= low) & (modes.frequency < high)))
    return found, expected(power), number.cdf(found), number.sf(found - 1)


@pytest.mark.parametrize("power", [2.0, 3.0])
@pytest.mark.parametrize("more", [0, 1, 6, 7, 8, 9, 10, 11, 12, 20, 30, 40, 45, 50, 55, 60, 70])
def test_what_lies_below_a_window_is_a_gap_or_an_excess(power, more):
    modes = alone(np.append(power_law(power, 0.3, 0.6, 90), np.full(more, 0.2)))
    found, expected, fewer, many = continuation(modes, WIDE, 0.0, 0.3)
    assert found == more
    numbers = f"{more} modes below 0.3 omega_0 where the power law continues to {expected:.1f}"
    gap, excess = below_window(modes, WIDE)
    assert gap == (f"gap: {numbers}" if fewer < 0.01 else "")
    assert excess == (f"excess at the lowest frequencies: {numbers}" if many < 0.01 else "")
    assert below_window(modes, FROM_ZERO) == ("", "")


@pytest.mark.parametrize("window", [WIDE, FROM_ZERO])
@pytest.mark.parametrize("more", [0, 100, 115, 120, 124, 126, 128, 130, 132, 135, 140, 170])
def test_the_foot_of_a_shell_is_an_excess_above_the_window(window, more):
    modes = alone(np.append(power_law(5.0, window.low, 0.6, 90), np.full(more, 0.65)))
    found, expected, _, many = continuation(modes, window, 0.6, 0.69)
    assert found == more
    reported = phonon_foot(modes, window)
    if many > 0.01:
        assert reported == ""
    else:
        assert reported == (
            f"phonon shell: {more} modes in [0.6, 0.69] omega_0 where the power law continues to {expected:.0f}; its "
            "foot may reach into the window"
        )


@pytest.mark.parametrize("chains", [3, 4, 7, 12])
@pytest.mark.parametrize("drawn", [False, True])
def test_chains_tell_by_themselves_how_well_they_know_what_lies_below(chains, drawn):
    reported = set()
    for more in (*range(0, 24, 2), *range(30, 130, 10)):
        frequency = np.append(power_law(2.0, 0.3, 0.6, 93), np.full(more, 0.2))
        label = np.arange(len(frequency)) % chains
        if drawn:
            label = np.random.default_rng((chains, more)).integers(0, chains, len(frequency))
        modes = ClusteredModes(frequency, label, chains, False)
        score, expected = below_by_hand(modes, np.ones(len(frequency), dtype=bool))
        score /= jackknife([below_by_hand(modes, modes.cluster != chain)[0] for chain in range(chains)])
        numbers = f"{more} modes below 0.3 omega_0 where the power law continues to {expected:.1f}"
        gap, excess = below_window(modes, WIDE)
        assert gap == (f"gap: {numbers}" if stats.t(chains - 1).cdf(score) < 0.01 else "")
        assert excess == (
            f"excess at the lowest frequencies: {numbers}" if stats.t(chains - 1).sf(score) < 0.01 else ""
        )
        reported.add((bool(gap), bool(excess)))
    assert (False, False) in reported


def below_by_hand(modes, kept):
    """ln(found / expected) below the window, half a mode added to either, and what is expected."""
    part = ClusteredModes(modes.frequency[kept], modes.cluster[kept], modes.clusters, False)
    depth = depths(part, WIDE)
    power = fitted(depth, WIDE) if kept.all() else unbiased(depth, WIDE)
    expected = len(depth) * 0.5**power / (1.0 - 0.5**power)
    return math.log((np.count_nonzero(part.frequency < 0.3) + 0.5) / (expected + 0.5)), expected


def test_more_modes_than_a_shell_holds():
    frequency = np.append(np.full(36, 0.5), np.full(9, 0.6))
    assert crowding(alone(frequency), WIDE, 3) == ""
    assert crowding(alone(np.append(frequency, [0.1, 0.1])), WIDE, 3) == (
        "phonon scale: 13 modes per sample below 0.6 omega_0; the first phonon lies lower than stated "
        "(angular frequency or not? modulus?)"
    )


def test_lists_that_end_below_the_window():
    frequency = np.array([[0.1, 1.3], [0.1, 1.1], [0.1, np.nan], [0.1, 1.2]])
    scale = 2.0
    frequency = np.insert(frequency, 1, 0.5, axis=1)
    assert censoring(frequency, scale, WIDE) == "censored: the mode lists of 1 of 4 samples end below 0.6 omega_0"
    assert censoring(frequency[[0, 2, 3]], scale, WIDE) == ""


def test_equal_frequencies_of_rounded_lists_and_of_copies():
    scale = 2.0
    frequency = 2.0 * power_law(5.0, 0.31, 0.59, 200).reshape(10, 20)
    assert ties(frequency, scale, WIDE) == ""
    frequency[3, :2], frequency[5, :2] = frequency[3, 0], frequency[5, 0]
    assert ties(frequency, scale, WIDE) == ""
    frequency[7, :2] = frequency[7, 0]
    assert ties(frequency, scale, WIDE) == "ties: 3 of 200 frequencies in the window equal another one (rounded?)"
    assert ties(frequency, scale, Window(0.6, 0.9)) == ""
    edges = np.array([[0.25, 0.25, 0.3, 0.4, 0.5, 0.5]])
    assert ties(edges, 1.0, Window(0.25, 0.5)) == (
        "ties: 1 of 4 frequencies in the window equal another one (rounded?)"
    )
    frequency[4] = frequency[6]
    assert ties(frequency, scale, WIDE) == "duplicates: 1 samples hold the same modes as another one"
    short = np.full((10, 20), np.nan)
    short[:, :2] = 0.8
    assert ties(short, scale, WIDE) == "ties: 19 of 20 frequencies in the window equal another one (rounded?)"
    short[:, 2] = 0.9
    assert ties(short, scale, WIDE) == "duplicates: 9 samples hold the same modes as another one"


def shell(width, half):
    """The lower half of a phonon shell at omega_0."""
    return stats.norm(1.0, width).ppf(0.5 * (np.arange(half) + 0.5) / half)


def with_shell(window, width, half, count=400, power=5.0):
    """A power law that goes on to omega_0, and a shell there."""
    above = round(count * (1.0 - window.high**power) / (window.high**power - window.low**power))
    parts = power_law(power, window.low, window.high, count), power_law(power, window.high, 1.0, above)
    return np.concatenate([*parts, shell(width, half)])


def leak_by_hand(modes, window, samples):
    """What `phonon_leak` should say, with sums and derivatives by grids and differences."""
    depth = depths(modes, window)
    count, power = len(depth), fitted(depth, window)
    mean, variance, _ = cumulants_of(power, window)

    def continued(to, exponent=power):
        share = 1.0 - (window.low / window.high) ** exponent
        return count * ((to / window.high) ** exponent - 1.0) / share

    if modes.independent:
        error, limit = 1.0 / math.sqrt(count * variance), stats.norm.isf(0.01)
    else:
        error = jackknife([unbiased(without(modes, window, chain), window) for chain in range(modes.clusters)])
        limit = stats.t(modes.clusters - 1).isf(0.01)
    beyond = np.sort(modes.frequency[(modes.frequency >= window.high) & (modes.frequency < 1.0)])
    excess = np.array([number + 1 - continued(place) for number, place in enumerate(beyond)])
    # The share of modes in the window holds for any power.
    known = error * window.high**-power * math.log(1.0 / window.high) * count
    known /= 1.0 - (window.low / window.high) ** power
    if not len(excess) or excess[-1] < max(samples, limit * known):
        return ""
    width = 1.0 - next(
        x for x, so_far in zip(beyond, excess, strict=True) if so_far > 2.0 * stats.norm.sf(1) * excess[-1]
    )
    leak = 2.0 * excess[-1] * stats.norm.sf((1.0 - window.high) / width)
    if leak / count * mean / variance < 0.5 * error:
        return ""
    return (
        f"phonon shell: its width of {width:.2f} omega_0 puts about {leak:.0f} of its modes among the {count:.0f} "
        "in the window"
    )


@pytest.mark.parametrize("made", ["independent", "in ten even chains", "in twelve even chains"])
@pytest.mark.parametrize("window", [WIDE, FROM_ZERO])
@pytest.mark.parametrize("width", [0.08, 0.14, *(pytest.param(each, marks=pytest.mark.slow) for each in (0.12, 0.16))])
@pytest.mark.parametrize(
    "half", [0, 2000, 6000, *(pytest.param(each, marks=pytest.mark.slow) for each in (1000, 3000))]
)
def test_a_shell_leaks_by_its_own_width(made, window, width, half):
    modes = MADE[made](with_shell(window, width, half))
    assert phonon_leak(modes, window, 100) == leak_by_hand(modes, window, 100)


def test_the_leak_of_a_wide_shell_is_within_a_factor_of_two_what_a_gaussian_puts_there():
    inside = np.count_nonzero(shell(0.14, 10_000) < 0.6)
    modes = alone(with_shell(WIDE, 0.14, 10_000, count=2000))
    reported = phonon_leak(modes, WIDE, 100).split()
    assert phonon_leak(alone(np.append(modes.frequency, np.linspace(1.0, 1.5, 10_000))), WIDE, 100).split() == reported
    assert float(reported[reported.index("of") + 1]) == pytest.approx(0.14, abs=0.01)
    assert 0.5 * inside < float(reported[reported.index("about") + 1]) < 2.0 * inside
    assert phonon_leak(modes, WIDE, 11_000) == ""  # less than one mode a sample
    assert phonon_leak(alone(power_law(5.0, 0.3, 0.6, 400)), WIDE, 1) == ""
