import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.sample_repetitions import repeated_samples, shared_samples, sharing_tolerances
from bosonpeak.validators.comparisons.shared_counts import SharedCounts
from bosonpeak.validators.comparisons.shared_values import ROUNDED, TOLERANCES, copied_values


def levels(samples, seed, modes=60, spread=0.03):
    """Independent spectra with gamma-distributed spacings, each with a stiffness of its own."""
    generator = np.random.default_rng(seed)
    spacing = generator.gamma(3.0, 1.0 / 3.0, (samples, modes))
    return np.sqrt(20.0 + np.cumsum(spacing, axis=1)) * (1.0 + spread * generator.standard_normal((samples, 1)))


def noisy(rows, size, seed=0):
    generator = np.random.default_rng(seed)
    return np.sort(rows * (1.0 + size * generator.standard_normal(rows.shape)), axis=1)


def test_independent_samples_repeat_nothing():
    for seed in range(10):
        assert repeated_samples(levels(40, seed)) == ()
        assert shared_samples(levels(40, (seed, 1)), levels(60, (seed, 2))) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda rows: rows, "identical"),
        (lambda rows: np.round(rows, 6), "rounded"),
        (lambda rows: rows.astype(np.float32).astype(np.float64), "rounded"),
        (lambda rows: noisy(rows, 1e-4), "perturbed"),
        (lambda rows: noisy(rows, 1e-3), "perturbed"),
        (lambda rows: 1.7 * rows, "rescaled"),
        (lambda rows: 0.9 * noisy(rows, 1e-3), "rescaled"),
    ],
)
def test_a_repetition_is_found_and_named(change, kind):
    rows = levels(40, 1)
    repeated = np.concatenate([rows, change(rows[[7, 3]])])
    found = repeated_samples(repeated)
    assert [(one.sample, one.other) for one in found] == [(40, 7), (41, 3)]
    assert {one.kind for one in found} == {kind}
    mine = np.concatenate([levels(20, 2), change(rows[[7, 3]])])
    assert [(one.sample, one.other) for one in shared_samples(mine, rows)] == [(20, 7), (21, 3)]


def test_the_factor_is_measured():
    rows = levels(30, 3)
    (found,) = repeated_samples(np.concatenate([rows, 2.5 * rows[:1]]))
    assert found.factor == pytest.approx(2.5)
    assert found.distance < 1e-12


def test_the_order_of_samples_does_not_hide_them():
    rows = levels(30, 4)
    found = shared_samples(rows[::-1], rows)
    assert [one.other for one in found] == list(range(29, -1, -1))


def test_every_second_mode_is_still_a_copy():
    rows = levels(30, 5)
    found = shared_samples(noisy(rows[:5, ::2], 2e-4), rows)
    assert [(one.sample, one.other) for one in found] == [(index, index) for index in range(5)]
    assert {one.kind for one in found} == {"in part"}


def test_six_shared_values_are_enough():
    mine, theirs = levels(5, 6), levels(5, 7)
    assert copied_values(mine, theirs) == []
    mine[2, 10:16] = theirs[3, 20:26]
    (found,) = copied_values(np.sort(mine, axis=1), theirs)
    assert (found.sample, found.other) == (2, 3)


def test_glasses_of_one_chain_may_be_alike_but_not_equal():
    rows = levels(20, 8)
    alike = np.concatenate([rows, noisy(rows[:1], 1e-3)])
    chain = np.append(np.arange(20), 0)
    assert repeated_samples(alike, chain) == ()
    (found,) = repeated_samples(np.concatenate([rows, rows[:1]]), chain)
    assert (found.sample, found.other, found.kind) == (20, 0, "identical")


def test_a_short_list_does_not_blind_the_rest():
    rows = levels(20, 9)
    short = np.full((1, 60), np.nan)
    short[0, :2] = rows[0, :2]
    found = repeated_samples(np.concatenate([rows, short, rows[4:5]]))
    assert [(one.sample, one.other) for one in found] == [(21, 4)]


def test_blocks_of_complete_spectra_see_through_noise_that_hides_the_lowest_modes():
    generator = np.random.default_rng(10)
    wave = np.sin(np.pi * np.outer(np.arange(1, 9), np.linspace(0.0, 1.0, 2400)))
    smooth = 1.0 + 0.01 * generator.standard_normal((12, 8)) @ wave
    rows = np.linspace(1.0, 3.0, 2400) * smooth
    copies = noisy(rows[:3], 3e-3)
    found = shared_samples(copies, rows, complete=True)
    assert [(one.sample, one.other) for one in found] == [(0, 0), (1, 1), (2, 2)]


def test_a_few_samples_without_a_measure_of_distance_are_compared_for_equality_only():
    rows = levels(3, 11)
    assert repeated_samples(rows) == ()
    assert len(repeated_samples(np.concatenate([rows, rows[:1]]))) == 1


@pytest.mark.parametrize("rows", [np.ones(5), np.empty((0, 3)), [[np.nan, 1.0]], [[0.0, 1.0]]])
def test_what_is_no_mode_list_is_refused(rows):
    with pytest.raises(NotApplicableError):
        repeated_samples(rows)


@pytest.mark.parametrize("kept", [39, 44, 49])
@pytest.mark.parametrize("cut", ["at the top", "at the bottom", "here and there"])
def test_copies_in_shorter_lists_are_found(cut, kept):
    generator = np.random.default_rng(kept)
    rows = levels(60, 12, modes=50)
    chosen = {
        "at the top": lambda row: row[:kept],
        "at the bottom": lambda row: row[50 - kept :],
        "here and there": lambda row: row[np.sort(generator.permutation(50)[:kept])],
    }[cut]
    copies = np.full((20, 50), np.nan)
    copies[:, :kept] = noisy(np.stack([chosen(row) for row in rows[:20]]), 1e-4)
    found = repeated_samples(np.concatenate([rows, copies]))
    assert [(one.sample, one.other) for one in found] == [(60 + index, index) for index in range(20)]


def test_independent_lists_of_many_lengths_repeat_nothing():
    for seed in range(5):
        rows = levels(40, (seed, 3))
        for row, length in zip(rows, np.random.default_rng(seed).integers(8, 60, 40), strict=True):
            row[length:] = np.nan
        assert repeated_samples(rows) == ()
        assert shared_samples(rows, levels(60, (seed, 4))) == ()


def test_partial_copies_are_found_in_large_ensembles_as_in_small_ones():
    rows = levels(3000, seed=5, modes=40)
    rows[2900, 10:30] = rows[17, 5:25]
    rows[2901, :20] = rows[1201, ::2]
    rows.sort(axis=1)
    few = [17, 1201, *range(2000, 2400), 2900, 2901]
    among_few, among_all = (
        {(one.sample, one.other) for one in repeated_samples(chosen) if one.kind == "in part"}
        for chosen in (rows[few], rows)
    )
    assert {(few[one], few[other]) for one, other in among_few} == among_all == {(2900, 17), (2901, 1201)}


def test_strangers_that_a_sample_meets_do_not_grow_with_the_ensemble():
    met = []
    for samples in (4000, 16000):
        (tolerance,) = sharing_tolerances(samples)
        rows = levels(samples, seed=3, modes=20, spread=0.1)
        met.append(sum(shared.sum() for _, shared in SharedCounts(rows, rows, tolerance).pairs()) / samples - 20)
    assert met[0] > 1.0
    assert met[1] < 1.2 * met[0]


def test_equal_digits_count_as_shared_up_to_a_hundred_thousand_samples():
    assert sharing_tolerances(1000) == TOLERANCES
    assert sharing_tolerances(1001) == TOLERANCES[:1]
    assert sharing_tolerances(100_000)[0] == pytest.approx(ROUNDED)
