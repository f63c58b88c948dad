import numpy as np
import pytest
from scipy.stats import spearmanr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import gaussian_fields, rotating_patch, white_fields
from bosonpeak.validators.displacement_fields.local_strain import local_strains
from bosonpeak.validators.vortices.stress_and_vorticity import (
    deviator_size,
    particle_stresses,
    stress_correlations,
    stress_vorticity,
)

SIDE = 14


def shaken(seed, side=SIDE):
    axes = np.meshgrid(*[np.arange(side) + 0.5] * 2, indexing="ij")
    sites = np.stack([axis.ravel() for axis in axes], axis=1)
    return (sites + np.random.default_rng(seed).uniform(-0.4, 0.4, sites.shape)) % side, np.full(2, float(side))


def smooth_size(places, box, seed):
    """A positive size that varies over a tenth of the box, as local stresses may."""
    field = gaussian_fields(box, 1, seed, correlation_length=0.08 * SIDE, transverse_share=0.5).at(places)[0, :, 0]
    return np.exp(field / field.std())


def test_half_of_each_pair_belongs_to_each_end():
    direction = np.array([[1.0, 0.0], [0.0, 1.0]])
    stress = np.array([-2.0, -4.0])[:, None, None] * direction[:, :, None] * direction[:, None, :]
    found = particle_stresses([[0, 1], [1, 2]], stress, 4)
    np.testing.assert_allclose(found[0], [[-1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(found[1], [[-1.0, 0.0], [0.0, -2.0]])
    np.testing.assert_allclose(found[3], 0.0)
    np.testing.assert_allclose(found.sum(axis=0), stress.sum(axis=0))


def test_size_without_trace_knows_no_pressure_and_no_direction():
    assert deviator_size(-3.0 * np.eye(3)) == pytest.approx(0.0, abs=1e-15)
    turned = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    tensor = np.diag([1.0, -1.0, 0.0])
    assert deviator_size(np.stack([tensor, turned @ tensor @ turned.T + 5.0 * np.eye(3)])) == pytest.approx(
        np.sqrt(2.0)
    )


def test_a_patch_that_turns_at_a_weak_spot_is_found_there():
    places, box = shaken(0)
    centre = np.array([5.0, 8.0])
    offset = places - centre - box * np.rint((places - centre) / box)
    size = 0.1 + (offset**2).sum(axis=1)
    mode = rotating_patch(places, box, centre, 1.4, profile="gaussian")
    away = rotating_patch(places, box, (centre + 0.5 * SIDE) % SIDE, 1.4, profile="gaussian")
    found = stress_correlations(places, np.stack([mode, away]), box, size, copies=20)
    assert found.vorticity_excess[0] < -0.4
    assert found.vorticity_excess[1] > 0.4
    assert found.vorticity_excess[0] < -1.2 * found.vorticity_scatter[0]


def test_the_correlation_is_spearmans_of_smooth_fields():
    places, box = shaken(2)
    fields = gaussian_fields(box, 2, 3, correlation_length=0.15 * SIDE, transverse_share=0.8).at(places)
    size = smooth_size(places, box, 4)
    found = stress_correlations(places, fields, box, size)
    turning = np.abs(local_strains(places, fields, box).vorticity)
    expected = [spearmanr(each, size).statistic for each in turning]
    np.testing.assert_allclose(found.vorticity, expected, atol=0.02)


def correlations(seed, planted, noisy=False):
    """Modes whose stresses are where they turn little, or anywhere."""
    places, box = shaken(seed)
    if noisy:
        fields = white_fields(len(places), 2, 2, seed)
    else:
        fields = gaussian_fields(box, 2, seed, correlation_length=0.08 * SIDE, transverse_share=0.9).at(places)
    size = smooth_size(places, box, 1000 + seed)
    if planted:
        turning = np.abs(local_strains(places, fields[:1], box).vorticity[0])
        size = size / (0.2 + turning / turning.mean())
        fields = fields[:1]
    return stress_correlations(places, fields, box, size, copies=6, seed=seed)


def test_planted_correlations_are_found():
    found = stress_vorticity([correlations(seed, planted=True) for seed in range(8)])
    assert found.vorticity.high < -0.15
    assert found.difference.high < 0.0
    assert found.vorticity.n == 8


@pytest.mark.parametrize("noisy", [False, True])
def test_no_correlation_is_found_where_there_is_none(noisy):
    glasses = [correlations(seed, planted=False, noisy=noisy) for seed in range(60)]
    ensembles = [stress_vorticity(glasses[first : first + 6]) for first in range(0, 60, 6)]
    for name in ("vorticity", "strain", "difference"):
        held = [getattr(each, name).low <= 0.0 <= getattr(each, name).high for each in ensembles]
        assert np.mean(held) >= 0.8
    everything = stress_vorticity(glasses).vorticity
    assert abs(everything.value) < everything.high - everything.low


def test_chains_are_the_independent_unit():
    glasses = [correlations(seed, planted=False) for seed in range(4)]
    assert stress_vorticity(glasses, chain=[3, 3, 5, 5]).vorticity.n == 2
    with pytest.raises(NotApplicableError, match="at least one"):
        stress_vorticity([])
    with pytest.raises(NotApplicableError, match="no correlations"):
        stress_vorticity(glasses, chain=[1, 2])


def test_what_does_not_fit_is_refused():
    places, box = shaken(0)
    fields = white_fields(len(places), 2, 1, 0)
    with pytest.raises(NotApplicableError, match="no correlation with these stresses"):
        stress_correlations(places, fields, box, np.ones(3))
    with pytest.raises(NotApplicableError, match="do not fit each other"):
        particle_stresses([[0, 9]], np.ones((1, 2, 2)), 4)
