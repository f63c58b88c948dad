import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.comparisons.sample_repetitions import repeated_samples, shared_samples, shortest_distances


def levels(samples, seed, modes=60, spread=0.03):
    """Independent spectra with gamma-distributed spacings, each with a stiffness of its own."""
    generator = np.random.default_rng(seed)
    spacing = generator.gamma(3.0, 1.0 / 3.0, (samples, modes))
    return np.sqrt(20.0 + np.cumsum(spacing, axis=1)) * (1.0 + spread * generator.standard_normal((samples, 1)))


def test_independent_samples_repeat_nothing():
    for seed in range(10):
        assert repeated_samples(levels(40, seed)) == ()
        assert shared_samples(levels(40, (seed, 1)), levels(60, (seed, 2))) == ()


@pytest.mark.parametrize(
    ("change", "factor"),
    [
        (lambda rows: rows, 1.0),
        (lambda rows: np.round(rows, 6), 1.0),
        (lambda rows: rows.astype(np.float32).astype(np.float64), 1.0),
        (lambda rows: 1.7 * rows, 1.7),
        (lambda rows: np.round(0.05 * rows, 6), 0.05),
        (lambda rows: rows[:, :30], 1.0),
    ],
)
def test_a_repetition_is_found_with_its_factor(change, factor):
    rows = levels(40, 1)
    changed = np.full((2, 60), np.nan)
    values = change(rows[[7, 3]])
    changed[:, : values.shape[1]] = values
    found = repeated_samples(np.concatenate([rows, changed]))
    assert [(one.sample, one.other) for one in found] == [(40, 7), (41, 3)]
    assert [one.factor for one in found] == pytest.approx([factor, factor], rel=1e-5)
    mine = np.concatenate([levels(20, 2), changed])
    assert [(one.sample, one.other) for one in shared_samples(mine, rows)] == [(20, 7), (21, 3)]


def test_a_repetition_at_the_edge_of_a_bin_is_found():
    rows = levels(1, 5) * np.ones((200, 1))
    rows[:, 5] = rows[:, 0] * np.exp(0.25 + 0.5e-3 * np.arange(200))
    rows[:, 6:] += rows[:, 5:6]
    close = rows * (1.0 + 1e-6 * np.random.default_rng(1).standard_normal(rows.shape))
    assert [one.other for one in shared_samples(close, rows)] == list(range(200))


def test_the_order_of_samples_does_not_hide_them():
    rows = levels(30, 4)
    assert [one.other for one in shared_samples(rows[::-1], rows)] == list(range(29, -1, -1))


def test_samples_that_differ_by_more_than_rounding_are_different():
    rows = levels(30, 8)
    noisy = np.sort(rows * (1.0 + 1e-5 * np.random.default_rng(2).standard_normal(rows.shape)), axis=1)
    assert shared_samples(noisy, rows) == ()


def test_a_short_list_does_not_blind_the_rest():
    rows = levels(20, 9)
    short = np.full((1, 60), np.nan)
    short[0, :2] = rows[0, :2]
    found = repeated_samples(np.concatenate([rows, short, rows[4:5]]))
    assert [(one.sample, one.other) for one in found] == [(21, 4)]
    assert repeated_samples(np.ones((4, 5))) == ()


def test_an_ensemble_of_copies_is_seen_at_once():
    found = repeated_samples(np.repeat(levels(2, 9), 1000, axis=0))
    assert [one.sample for one in found] == [*range(1, 1000), *range(1001, 2000)]
    assert {(one.factor, one.other) for one in found} == {(1.0, 0), (1.0, 1000)}


@pytest.mark.parametrize("rows", [np.ones(5), np.empty((0, 3)), [[np.nan, 1.0]], [[0.0, 1.0]]])
def test_what_is_no_mode_list_is_refused(rows):
    with pytest.raises(NotApplicableError):
        repeated_samples(rows)


def liquids(samples, seed, particles=300, side=7.0):
    return side * np.random.default_rng(seed).random((samples, particles, 3)), np.full(3, side)


def test_distances_by_hand():
    positions = np.array([[[0.1, 0.0], [9.9, 0.0], [5.0, 5.0], [5.0, 5.5], *[[2.0, 0.8 * k] for k in range(48)]]])
    assert shortest_distances(positions, [10.0, 40.0])[0, :5] == pytest.approx([0.2, 0.2, 0.5, 0.5, 0.8])


def test_independent_configurations_share_nothing():
    mine, box = liquids(20, 1)
    theirs, _ = liquids(20, 2)
    assert shared_samples(shortest_distances(mine, box), shortest_distances(theirs, box)) == ()
    assert repeated_samples(shortest_distances(mine, box)) == ()


def test_origin_order_unit_and_rounding_do_not_hide_a_copy():
    positions, box = liquids(6, 3)
    generator = np.random.default_rng(4)
    moved = np.round((generator.permutation(positions[[4, 2]], axis=1) + 1.234) % box, 7)
    found = shared_samples(shortest_distances(2.0 * moved, 2.0 * box), shortest_distances(positions, box))
    assert [(one.sample, one.other) for one in found] == [(0, 4), (1, 2)]
    (twice,) = repeated_samples(shortest_distances(np.concatenate([positions, moved[:1]]), box))
    assert (twice.sample, twice.other) == (6, 4)


def test_a_coordinate_just_below_zero_is_inside_the_box():
    positions, box = liquids(1, 5)
    positions[0, 0] = -1e-18
    assert np.isfinite(shortest_distances(positions, box)).all()


def test_what_is_no_configuration_is_refused():
    with pytest.raises(NotApplicableError):
        shortest_distances(np.zeros((1, 3, 3)), [1.0, 1.0, 1.0])
    with pytest.raises(NotApplicableError):
        shortest_distances(np.zeros((1, 100, 3)), [1.0, 1.0])
