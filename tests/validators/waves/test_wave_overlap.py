import numpy as np
import pytest
import xarray as xr
from scipy import special, stats

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.plane_waves import orthonormal_waves
from bosonpeak.validators.waves.wave_overlap import (
    DressedWaves,
    SharedStates,
    ensemble_wave_overlap,
    judged_overlap,
    overlap_with_waves,
)


def points(particles, dimension, side, seed=3):
    return np.random.default_rng(seed).random((particles, dimension)) * side


def superposed(span, fields, generator, dimension):
    """Superpositions of the waves with normal amplitudes, of unit norm."""
    amplitude = generator.standard_normal((fields, len(span.basis)))
    amplitude /= np.linalg.norm(amplitude, axis=1, keepdims=True)
    return (amplitude @ span.basis).reshape(fields, -1, dimension)


@pytest.mark.parametrize(("dimension", "shells"), [(2, 1), (2, 3), (3, 1), (3, 2)])
def test_random_fields_follow_the_beta_law(dimension, shells):
    places = points(60, dimension, 5.0)
    span = orthonormal_waves(places, np.full(dimension, 5.0), shells=shells)
    fields = np.random.default_rng(8).standard_normal((2000, 60, dimension))
    overlap = overlap_with_waves(fields, span)[:, -1]
    law = SharedStates(len(span.basis), span.freedom)
    assert stats.kstest(overlap, law.below).pvalue > 0.01
    assert overlap.mean() == pytest.approx(law.mean, rel=0.05)
    assert (
        stats.kstest(judged_overlap(overlap, law.waves, law.states, wave_share=0.9).p_chance, "uniform").pvalue > 0.01
    )


@pytest.mark.parametrize(("dimension", "share"), [(2, 0.5), (3, 0.5), (3, 0.8)])
def test_dressed_waves_follow_the_noncentral_law(dimension, share):
    places, generator = points(60, dimension, 5.0), np.random.default_rng(9)
    span = orthonormal_waves(places, np.full(dimension, 5.0))
    noise = generator.standard_normal((2000, 60, dimension))
    noise -= noise.mean(axis=1, keepdims=True)
    dressed = np.sqrt(share) * superposed(span, 2000, generator, dimension)
    dressed += np.sqrt((1.0 - share) / span.freedom) * noise
    law = DressedWaves(len(span.basis), span.freedom, share)
    assert stats.kstest(overlap_with_waves(dressed, span)[:, -1], law.below).pvalue > 0.01


@pytest.mark.parametrize("partners", [3, 12])
def test_mixed_waves_follow_the_beta_law_of_their_band(partners):
    places, generator = points(40, 3, 4.0), np.random.default_rng(10)
    span = orthonormal_waves(places, [4.0] * 3)
    waves = len(span.basis)
    others = np.linalg.qr(np.column_stack([span.basis.T, generator.standard_normal((120, partners))]))[0].T[waves:]
    others -= np.tile(others.reshape(partners, 40, 3).mean(axis=1), 40)
    band = np.linalg.qr(np.concatenate([span.basis, others]).T)[0].T
    modes = generator.standard_normal((2000, len(band))) @ band
    law = SharedStates(waves, waves + partners)
    overlap = overlap_with_waves(modes.reshape(2000, 40, 3), span)[:, 0]
    assert stats.kstest(overlap, law.below).pvalue > 0.01


def test_the_noncentral_law_agrees_with_scipy():
    overlap = np.array([0.05, 0.3, 0.48, 0.5, 0.6])
    for waves, freedom, share in ((4, 38, 0.3), (12, 597, 0.5)):
        ratio = overlap / (1.0 - overlap) * (freedom - waves) / waves
        expected = stats.ncf.cdf(ratio, waves, freedom - waves, share * freedom / (1.0 - share))
        np.testing.assert_allclose(DressedWaves(waves, freedom, share).below(overlap), expected, rtol=1e-8, atol=1e-15)
    assert DressedWaves(4, 38, 0.3).below([0.0, 1.0]) == pytest.approx([0.0, 1.0], abs=1e-12)


def test_the_tails_of_the_beta_law_meet():
    law = SharedStates(12, 100.0)
    levels = law.quantile([0.05, 0.5, 0.95])
    np.testing.assert_allclose(law.below(levels), [0.05, 0.5, 0.95])
    np.testing.assert_allclose(law.above(levels), [0.95, 0.5, 0.05])


@pytest.mark.parametrize("dimension", [2, 3])
def test_superpositions_overlap_completely_whatever_their_norm(dimension):
    places, generator = points(70, dimension, 6.0), np.random.default_rng(4)
    span = orthonormal_waves(places, np.full(dimension, 6.0), shells=2)
    fields = superposed(span, 5, generator, dimension)
    found = overlap_with_waves(-3.0 * fields + 0.7, span)
    np.testing.assert_allclose(found[:, 1], 1.0, atol=1e-12)
    assert (found[:, 0] < found[:, 1]).all()
    judged = judged_overlap(found[:, 1], len(span.basis), span.freedom)
    np.testing.assert_allclose(judged.wave_share, 1.0, atol=1e-12)
    assert (judged.p_waves > 0.999).all()
    assert (judged.p_chance < 1e-12).all()


def test_a_rotating_disc_has_the_overlap_of_its_bessel_function():
    # Weight of Omega x r inside a disc of radius R on the four first waves of a square: (8/pi) J_2(2 pi R / L)^2.
    side, radius = 60, 0.35
    grid = (np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) + 0.5) / side
    offset = grid - 0.5
    disc = np.column_stack([-offset[:, 1], offset[:, 0]]) * (np.hypot(*offset.T) < radius)[:, None]
    overlap = overlap_with_waves(disc[None], orthonormal_waves(grid, [1.0, 1.0]))[0, 0]
    assert overlap == pytest.approx(8.0 / np.pi * special.jv(2, 2.0 * np.pi * radius) ** 2, rel=0.01)


def test_the_greater_part_decides_which_constituent_of_an_eigenmode_is_softer():
    generator = np.random.default_rng(6)
    root = generator.standard_normal((40, 40))
    values, columns = np.linalg.eigh(root @ root.T)
    basis = np.linalg.qr(generator.standard_normal((40, 25)))[0].T
    matrix = (columns * values) @ columns.T
    softer_is_wave = []
    for level, mode in zip(values, columns.T, strict=True):
        inside = basis.T @ (basis @ mode)
        outside = mode - inside
        share = inside @ inside
        wave = inside @ matrix @ inside / share
        other = outside @ matrix @ outside / (1.0 - share)
        assert share * (wave - level) == pytest.approx((1.0 - share) * (other - level), abs=1e-9)
        if wave > level:
            softer_is_wave.append(wave < other)
            assert (wave < other) == (share > 0.5)
    assert len(set(softer_is_wave)) == 2


def test_the_order_of_particles_does_not_matter():
    places, generator = points(30, 3, 4.0), np.random.default_rng(2)
    fields, order = generator.standard_normal((4, 30, 3)), generator.permutation(30)
    here = overlap_with_waves(fields, orthonormal_waves(places, [4.0] * 3))
    there = overlap_with_waves(fields[:, order], orthonormal_waves(places[order], [4.0] * 3))
    np.testing.assert_allclose(here, there, atol=1e-12)


def ensemble():
    """Two configurations: superposed waves first, then a random field."""
    generator, box = np.random.default_rng(12), np.full(3, 5.0)
    positions = generator.random((2, 80, 3)) * 5.0
    vectors = np.empty((2, 2, 80, 3))
    for index, places in enumerate(positions):
        vectors[index, 0] = superposed(orthonormal_waves(places, box), 1, generator, 3)[0]
        vectors[index, 1] = generator.standard_normal((80, 3)) / np.sqrt(240.0)
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), vectors.astype(np.float32)),
            "configuration_index": ("configuration", np.array([0, 2])),
            "box": ("axis", box),
            "eigenfrequency": (("sample", "mode"), np.array([[1.0, 2.0, 3.0], [9.0, 9.0, 9.0], [2.0, 3.0, 4.0]])),
            "first_phonon": ("sample", np.array([2.0, 1.0, 4.0])),
        }
    )


def test_an_ensemble_is_measured_configuration_by_configuration():
    found = ensemble_wave_overlap(ensemble(), shells=2)
    assert found["overlap"].dims == ("configuration", "low_mode", "shell")
    np.testing.assert_allclose(found["overlap"].sel(shell=1, low_mode=0), 1.0, atol=1e-5)
    assert (found["overlap"].sel(low_mode=1) < 0.4).all()
    assert found["waves"].values.tolist() == [12, 36]
    np.testing.assert_allclose(found["frequency_ratio"], [[0.5, 1.0], [0.5, 0.75]])
    assert found["sample"].values.tolist() == [0, 2]
    assert (found["p_waves"].isel(low_mode=1, shell=0) < 0.05).all()
    longitudinal = ensemble_wave_overlap(ensemble(), shells=1, polarisation="longitudinal")
    assert longitudinal["waves"].values.tolist() == [6]
    assert (longitudinal["overlap"].isel(low_mode=0) < 0.5).all()


def test_what_cannot_be_measured_is_refused():
    places = points(20, 2, 3.0)
    span = orthonormal_waves(places, [3.0, 3.0])
    with pytest.raises(NotApplicableError, match="different particles"):
        overlap_with_waves(np.ones((1, 5, 2)) * np.arange(5)[:, None], span)
    with pytest.raises(NotApplicableError, match="random fields"):
        judged_overlap([0.5], 30, 38)
    for law in (lambda: SharedStates(4, 4), lambda: DressedWaves(4, 38, 1.0)):
        with pytest.raises(NotApplicableError, match="distribution of overlaps"):
            law()
    with pytest.raises(NotApplicableError, match="eigenvector"):
        ensemble_wave_overlap(ensemble().drop_vars("eigenvector"))
