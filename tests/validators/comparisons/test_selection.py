import numpy as np

from bosonpeak.validators.comparisons.selection import missing_tail, narrowed


def chosen(dataset, keep):
    return dataset.isel(sample=np.flatnonzero(keep))


def test_honest_ensembles_lack_nothing(glass_like):
    alarms = 0
    for seed in range(60):
        mine, theirs = glass_like(40, seed=(seed, 1)), glass_like(25, 12, seed=(seed, 2))
        alarms += bool(missing_tail(mine, reference=theirs) or narrowed(mine, theirs))
    assert alarms <= 3


def test_long_chains_of_the_submission_do_not_look_narrow(glass_like):
    assert not any(
        narrowed(glass_like(25, 12, seed=(seed, 1), correlation=0.1), glass_like(60, seed=(seed, 2)))
        for seed in range(20)
    )


def test_samples_kept_by_their_lowest_mode_lack_a_tail(glass_like):
    reference, made = glass_like(100, 2, seed=1), glass_like(120, seed=2)
    lowest = made["eigenfrequency"].values[:, 0]
    (found,) = [
        line for line in missing_tail(chosen(made, lowest > np.median(lowest)), reference=reference) if "lowest" in line
    ]
    assert "lower tail" in found
    (found,) = [
        line for line in missing_tail(chosen(made, lowest < np.median(lowest)), reference=reference) if "lowest" in line
    ]
    assert "upper tail" in found


def test_samples_kept_because_they_are_ordinary_scatter_too_little(glass_like):
    reference, made = glass_like(100, 2, seed=1), glass_like(200, seed=2)
    energy = made["inherent_structure_energy"].values
    kept = chosen(made, np.abs(energy - energy.mean()) < 0.4 * energy.std())
    assert any("inherent-structure energy" in line for line in narrowed(kept, reference))


def test_another_unit_is_no_selection(glass_like):
    reference, mine = glass_like(60, seed=1), glass_like(60, seed=2)
    small = mine.assign(eigenfrequency=mine["eigenfrequency"] / 6.28)
    assert not narrowed(small, reference)


def test_two_chains_say_nothing(glass_like):
    assert missing_tail(glass_like(2, seed=1), reference=glass_like(50, seed=2)) == ()
    assert narrowed(glass_like(2, seed=1), glass_like(50, seed=2)) == ()
