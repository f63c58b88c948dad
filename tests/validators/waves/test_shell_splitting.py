import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.plane_waves import orthonormal_waves, plane_wave_fields, polarisations, wave_shells
from bosonpeak.validators.waves.shell_splitting import first_shell_splitting, splitting_estimates

SPEED = {"transverse": 1.0, "longitudinal": 2.5}


def crystal(sites, dimension, seed=0):
    """All modes of a lattice with linear dispersion; each degenerate shell is mixed at random, as a solver may."""
    axes = np.meshgrid(*[np.arange(sites, dtype=float)] * dimension, indexing="ij")
    places = np.stack([axis.ravel() for axis in axes], axis=1)
    generator = np.random.default_rng(seed)
    frequencies, modes = [], []
    for shell in wave_shells(np.full(dimension, float(sites)), 200):
        inside = (np.abs(shell.wavevectors) < math.pi).all(axis=1)
        if not inside.any():
            continue
        for polarisation, speed in SPEED.items():
            vectors = shell.wavevectors[inside]
            waves = plane_wave_fields(places, vectors, polarisations(vectors, polarisation)).reshape(-1, places.size)
            turn = np.linalg.qr(generator.standard_normal((len(waves), len(waves))))[0]
            modes.append(turn @ waves)
            frequencies.append(np.full(len(waves), speed * shell.wavenumber))
    order = np.argsort(np.concatenate(frequencies), kind="stable")
    vectors = np.concatenate(modes)[order].reshape(-1, *places.shape)
    return places, np.full(dimension, float(sites)), np.concatenate(frequencies)[order], vectors


@pytest.mark.parametrize(("sites", "dimension", "waves"), [(7, 2, 4), (3, 3, 12)])
def test_a_crystal_is_not_split_and_its_modes_are_waves(sites, dimension, waves):
    places, box, frequencies, vectors = crystal(sites, dimension)
    assert len(vectors) == dimension * (len(places) - 1)
    found = first_shell_splitting(places, box, frequencies, vectors)
    assert found.frequency == pytest.approx(np.full(waves, 2 * math.pi / sites))
    assert found.rms == pytest.approx(0.0, abs=1e-12)
    assert found.level_spacing == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(found.gap_ratio)
    assert (found.captured, found.found) == pytest.approx((1.0, 1.0))
    assert found.states == pytest.approx(waves)
    longitudinal = first_shell_splitting(places, box, frequencies, vectors, polarisation="longitudinal")
    assert longitudinal.mean == pytest.approx(2.5 * found.mean)


def disordered(seed, coupling, others=24, particles=60):
    """Waves on disordered points at frequency 1, mixed by a random matrix with states spread about 1."""
    generator = np.random.default_rng(seed)
    places = generator.random((particles, 3)) * 4.0
    span = orthonormal_waves(places, [4.0] * 3)
    rows = generator.standard_normal((others, particles, 3))
    rows -= rows.mean(axis=1, keepdims=True)
    basis = np.linalg.qr(np.concatenate([span.basis, rows.reshape(others, -1)]).T)[0].T
    noise = generator.standard_normal((len(basis), len(basis)))
    matrix = np.diag(np.concatenate([np.ones(12), generator.uniform(0.7, 1.3, others)]))
    levels, columns = np.linalg.eigh(matrix + coupling * (noise + noise.T))
    return places, np.full(3, 4.0), levels, (columns.T @ basis).reshape(-1, particles, 3)


def test_weak_disorder_splits_the_shell_into_superpositions():
    # First-order perturbation of degenerate levels: their splitting is that of the random matrix among themselves, of
    # variance coupling^2 (2 D + 2 - 4 / D) about their mean, D = 12, and the modes are random superpositions.
    found = [first_shell_splitting(*disordered(seed, 1e-4, others=1)) for seed in range(30)]
    assert np.mean([each.rms**2 for each in found]) == pytest.approx(1e-8 * (26.0 - 1.0 / 3.0), rel=0.15)
    assert np.mean([each.mixing for each in found]) == pytest.approx(1.0, abs=0.05)
    assert np.mean([each.captured for each in found]) == pytest.approx(1.0, abs=1e-3)


def test_levels_of_the_shell_repel_each_other():
    found = [first_shell_splitting(*disordered(seed, 1e-4, others=1)) for seed in range(60)]
    ratio = splitting_estimates(found).gap_ratio
    assert ratio.low < 0.53 < ratio.high
    assert ratio.low > 0.40


def test_strong_mixing_shares_the_shell_among_all_states():
    found = splitting_estimates([first_shell_splitting(*disordered(seed, 0.3)) for seed in range(20)])
    # Shares of 36 random directions that hold 12 waves: mean 1/3, mean square 0.123 from Beta(6, 12), so that
    # (sum q)^2 / sum q^2 = 36 / 9 / 0.123 = 32.6.
    assert found.states_per_wave.value == pytest.approx(32.6 / 12, rel=0.05)
    assert found.captured.value < 0.6


def test_modes_that_keep_to_one_wave_vector_do_not_mix():
    places, box, *_ = crystal(3, 3)
    shell = wave_shells(box, 1)[0]
    waves = plane_wave_fields(places, shell.wavevectors, polarisations(shell.wavevectors, "transverse"))
    found = first_shell_splitting(places, box, np.arange(1.0, 13.0), waves.reshape(12, -1, 3))
    assert found.mixing == pytest.approx(0.0, abs=1e-12)
    assert found.rms == pytest.approx(math.sqrt(143 / 12))
    assert found.level_spacing == pytest.approx(1.0)
    assert found.gap_ratio == pytest.approx(1.0)


def test_a_box_with_one_lowest_wave_vector_has_nothing_to_mix():
    places, box = np.random.default_rng(1).random((30, 2)) * [9.0, 3.0], [9.0, 3.0]
    modes = orthonormal_waves(places, box, shells=2).basis.reshape(-1, 30, 2)
    assert math.isnan(first_shell_splitting(places, box, np.arange(len(modes)) + 1.0, modes).mixing)


def test_estimates_carry_chains_scale_and_missing_modes():
    samples = [disordered(seed, 0.02) for seed in range(6)]
    found = [first_shell_splitting(*sample) for sample in samples]
    estimates = splitting_estimates(found, first_phonon=np.full(6, 0.5), chain=[0, 0, 1, 1, 2, 2])
    assert estimates.relative_mean.value == pytest.approx(2.0 * np.mean([each.mean for each in found]))
    assert estimates.relative_rms.n == 3
    assert estimates.relative_rms.low < estimates.relative_rms.value < estimates.relative_rms.high
    assert not estimates.captured.warnings
    assert splitting_estimates(found).relative_mean is None
    places, box, levels, vectors = samples[0]
    few = np.argsort(((vectors.reshape(len(vectors), -1) @ orthonormal_waves(places, box).basis.T) ** 2).sum(axis=1))[
        :12
    ]
    poor = first_shell_splitting(places, box, np.sort(levels[few]), vectors[few])
    assert "% of the shell" in splitting_estimates([poor]).captured.warnings[0]


def test_what_cannot_be_measured_is_refused():
    places, box, frequencies, vectors = crystal(3, 3)
    for levels, modes in ((frequencies[::-1], vectors), (frequencies[:5], vectors[:5]), (frequencies[:5], vectors)):
        with pytest.raises(NotApplicableError, match="cannot be measured"):
            first_shell_splitting(places, box, levels, modes)
    found = first_shell_splitting(places, box, frequencies, vectors)
    with pytest.raises(NotApplicableError, match="labels"):
        splitting_estimates([found], first_phonon=[1.0, 2.0])
    with pytest.raises(NotApplicableError, match="at least one"):
        splitting_estimates([])
