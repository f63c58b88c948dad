"""Inhomogeneous media: closed forms, one dimension, traces, and layers by two independent routes."""

import numpy as np
import pytest
from scipy import linalg

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError, SchemaError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.media.bloch_bands import (
    bloch_mode,
    bloch_spectrum,
    effective_moduli,
    high_frequency_level,
    own_debye_density,
    own_speed,
    plane_wave_lines,
)
from bosonpeak.generators.media.crystal_moments import crystal_levels, crystal_moments
from bosonpeak.generators.media.elastic_medium import isotropic_wave_indices, modulated_medium
from bosonpeak.generators.media.weak_modulation import excess_count, mean_excess, scattering_shift
from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.dynamical_matrix import laplacian
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.sample_generators.media import ElasticMediumSpectrum


def dense(medium):
    return laplacian(medium.bonds, medium.conductance, medium.point_count).toarray()


def stiffness_of(medium):
    tensor, _ = effective_stiffness(
        medium.bonds,
        medium.conductance,
        medium.point_count,
        medium.bond_vectors,
        lattice_shape=medium.shape,
        tolerance=1e-12,
    )
    return tensor


def test_homogeneous_medium_has_the_levels_of_the_crystal():
    levels, multiplicities = crystal_levels((4, 5, 6), [1.0, 1.0, 1.0])
    expected = np.sort(np.repeat(levels, multiplicities.astype(int)))
    found = linalg.eigvalsh(dense(modulated_medium((4, 5, 6))))
    np.testing.assert_allclose(found[1:], expected, atol=1e-12)
    assert abs(found[0]) < 1e-12


def test_one_dimension_has_the_harmonic_mean_on_any_grid():
    for length in (8, 12, 40):
        medium = modulated_medium((length,), [[2]], contrast=0.9, phases=0.3)
        assert stiffness_of(medium)[0, 0] == pytest.approx(1.0, rel=1e-10)


def test_layers_have_the_harmonic_mean_across_and_the_arithmetic_mean_along():
    medium = modulated_medium((60, 4, 4), [[1, 0, 0]], contrast=0.6)
    along, across = effective_moduli(0.6)
    np.testing.assert_allclose(np.diag(stiffness_of(medium)), [along, across, across], rtol=1e-8)


def test_link_conductance_is_the_inverse_mean_of_the_inverse_modulus():
    medium = modulated_medium((12, 3), [[1, 1]], contrast=0.5, phases=0.7)
    x = (np.arange(2000) + 0.5) / 2000
    along_first = 1.0 + 0.5 * np.cos(2.0 * np.pi * (4 + x) / 12 + 2.0 * np.pi * 2 / 3 + 0.7)
    assert medium.conductance[4 + 12 * 2] == pytest.approx(1.0 / along_first.mean(), rel=1e-6)
    along_second = 1.0 + 0.5 * np.cos(2.0 * np.pi * 4 / 12 + 2.0 * np.pi * (1 + x) / 3 + 0.7)
    assert medium.conductance[36 + 4 + 12] == pytest.approx(1.0 / along_second.mean(), rel=1e-6)


def test_contrast_is_the_largest_deviation():
    indices = isotropic_wave_indices(3.0, 4, 5, tolerance=0.1)
    medium = modulated_medium((12, 12, 12), indices, contrast=0.8, phases=np.arange(4.0))
    assert (medium.conductance > 0.0).all()
    deviation = 1.0 / medium.conductance - 1.0
    assert 0.7 < np.abs(deviation).max() < 0.85
    assert abs(deviation.mean()) < 1e-12


def test_wave_indices_have_one_length_and_no_opposites():
    indices = isotropic_wave_indices(12.0, 40, 1)
    assert (np.abs(np.linalg.norm(indices, axis=1) / 12.0 - 1.0) <= 0.03).all()
    both = np.concatenate([indices, -indices])
    assert len(np.unique(both, axis=0)) == 80
    with pytest.raises(SchemaError):
        isotropic_wave_indices(1.0, 4, 1)


@pytest.mark.parametrize("arguments", [{"shape": (2, 4)}, {"shape": (8, 8), "contrast": 1.0}])
def test_impossible_media(arguments):
    with pytest.raises(SchemaError):
        modulated_medium(arguments.pop("shape"), [[1, 0]], **arguments)


def test_moments_are_traces():
    medium = modulated_medium((8, 6, 6), [[1, 1, 0]], contrast=0.7, phases=0.2)
    matrix = dense(medium)
    assert medium.mean_diagonal == pytest.approx(np.trace(matrix) / medium.point_count, rel=1e-13)
    spectrum = kernel_polynomial_dos(
        medium.bonds, medium.conductance, medium.point_count, moments=4, vectors=64, seed=2
    )
    x = 2.0 * linalg.eigvalsh(matrix)[1:] / spectrum.spectral_bound - 1.0
    exact = np.stack([np.cos(n * np.arccos(np.clip(x, -1.0, 1.0))).sum() for n in range(4)]) / medium.point_count
    error = spectrum.vector_moments.std(axis=0, ddof=1) / 8.0
    assert (np.abs(spectrum.moments - exact) <= 4.5 * error + 1e-12).all()


def test_crystal_moments_are_those_of_its_levels():
    levels, multiplicities = crystal_levels((5, 4, 4), [1.0, 2.0, 0.5])
    moments = crystal_moments((5, 4, 4), [1.0, 2.0, 0.5], 20.0, 6)
    x = levels / 10.0 - 1.0
    assert moments[0] == pytest.approx(79.0 / 80.0, rel=1e-13)
    assert moments[2] == pytest.approx(multiplicities @ (2.0 * x**2 - 1.0) / 80.0, rel=1e-12)
    with pytest.raises(SchemaError):
        crystal_moments((5, 4, 4), [1.0, 2.0, 0.5], 10.0, 6)


def test_layers_without_contrast_are_debye():
    frequency = np.array([0.05, 0.5, 0.77, 2.0])
    spectrum = bloch_spectrum(frequency, 0.0)
    np.testing.assert_allclose(spectrum.density, frequency**2 / (2.0 * np.pi**2), rtol=1e-12)
    np.testing.assert_allclose(spectrum.amplitude, spectrum.density[:, None] * np.ones(64), rtol=1e-12)


def test_layers_begin_at_their_own_debye_level_and_end_at_the_local_one():
    speed = own_speed(0.6)
    frequency = speed * np.array([0.01, 6.0])
    spectrum = bloch_spectrum(frequency, 0.6, harmonics=30, quadrature=40)
    reduced = spectrum.density / own_debye_density(frequency, 0.6)
    assert reduced[0] == pytest.approx(1.0, abs=1e-4)
    assert reduced[1] == pytest.approx(high_frequency_level(0.6), rel=5e-3)


def test_bloch_count_agrees_with_the_modes_of_a_layered_grid():
    """Modes of a long layered box, by diagonalisation in one dimension at each transverse wave of the continuum."""
    contrast, periods, points, frequency = 0.6, 10, 200, 0.45
    length = 2.0 * np.pi * periods
    step = length / points
    medium = modulated_medium((points,), [[periods]], contrast=contrast)
    nodes = 1.0 + contrast * np.cos(2.0 * np.pi * periods * np.arange(points) / points)
    shifted = frequency**2 * np.eye(points) - dense(medium) / step**2
    squared = linalg.eigvalsh(shifted, np.diag(1.0 / nodes))
    count = np.maximum(squared, 0.0).sum() / (4.0 * np.pi * length)
    grid = np.linspace(0.0, frequency, 13)[1:]
    density = bloch_spectrum(grid, contrast).density
    integral = np.trapezoid(np.concatenate([[0.0], density]), np.concatenate([[0.0], grid]))
    assert count == pytest.approx(integral, rel=0.01)


def test_media_of_one_seed_have_the_same_waves_on_every_mesh():
    generator = ElasticMediumSpectrum()
    seed = np.random.SeedSequence(4, spawn_key=(0,))
    stiffness = []
    for size in (24, 36):
        parameters = generator.check({"size": size, "waves_per_box": 6, "moments": 64, "vectors": 2, "contrast": 0.8})
        stiffness.append(generator.sample(parameters, seed)["effective_stiffness"])
    np.testing.assert_allclose(stiffness[0], stiffness[1], atol=0.02)
    assert np.abs(stiffness[0][np.triu_indices(3, 1)]).max() > 1e-5


def test_homogeneous_media_have_the_density_of_their_crystal():
    generator = ElasticMediumSpectrum()
    parameters = generator.check({"size": 16, "waves_per_box": 2, "modulation": "none", "moments": 64, "vectors": 8})
    seeds = [np.random.SeedSequence(4, spawn_key=(index,)) for index in range(4)]
    data = generator.assemble(parameters, [generator.sample(parameters, seed) for seed in seeds])
    data.attrs |= provenance_attributes(
        kind="spectrum",
        title="A medium",
        summary="",
        created="2026-01-31",
        licence="CC0-1.0",
        source="none",
        recipe="[recipe]\n",
        seed=1,
    )
    validate(data)
    window = data.sel(frequency=slice(0.9, 1.5))
    ratio = (window["density_of_states"].sum("frequency") / window["crystal_density"].sum("frequency")).values
    assert abs(ratio.mean() - 1.0) < 5.0 * ratio.std(ddof=1) / 2.0 + 0.02
    np.testing.assert_allclose(data["high_frequency_level"], 1.0, rtol=1e-9)


@pytest.mark.parametrize("parameters", [{"contrast": 1.0}, {"modulation": "square"}, {"size": 8}, {"vectors": 1}])
def test_impossible_recipes(parameters):
    with pytest.raises(RecipeError):
        ElasticMediumSpectrum().check(parameters)


@pytest.mark.parametrize("wavenumber", [0.005, 0.019, 0.021, 0.2, 0.45])
def test_scattering_shift_is_the_mean_over_directions(wavenumber):
    cosine, weight = np.polynomial.legendre.leggauss(120)
    terms = (wavenumber**2 + wavenumber * cosine) ** 2 / (1.0 + 2.0 * wavenumber * cosine)
    assert scattering_shift(wavenumber) == pytest.approx(0.5 * weight @ terms, rel=1e-6)


def test_weak_modulation_ends_at_the_level_of_independent_places():
    assert excess_count(1e-3) == pytest.approx(0.0, abs=1e-5)
    # <G^(-3/2)> and c^3 to second order: 3/8 + 1.
    assert excess_count(1e3) == pytest.approx(1.375, abs=1e-5)


def test_weak_modulation_has_its_feature_at_the_bragg_condition():
    excess = mean_excess([0.3, 0.4, 0.499999, 0.6, 0.7])
    assert excess[1] > 3.0
    assert excess[2] < -1.0
    assert np.isinf(scattering_shift(0.5))


def test_effective_modulus_of_weak_isotropic_media():
    shape = (12, 12, 12)
    stiffness, variance = [], []
    for sample in range(12):
        indices = isotropic_wave_indices(2.0, 6, sample, tolerance=0.3)
        medium = modulated_medium(
            shape, indices, contrast=0.3, phases=np.random.default_rng(sample).uniform(0, 6.28, 6)
        )
        stiffness.append(np.trace(stiffness_of(medium)) / 3.0)
        variance.append((1.0 / medium.conductance).var())
    assert np.mean(stiffness) - 1.0 == pytest.approx(2.0 / 3.0 * np.mean(variance), rel=0.25)


def test_a_plane_wave_shows_in_a_layered_grid_where_bloch_says():
    """Along the normal of layers of twelve points a wavelength, one grid and one continuum."""
    squared, modes = linalg.eigh(dense(modulated_medium((120,), [(10,)], contrast=0.5)))
    unit = 2.0 * np.pi / 12.0
    for index in (3, 4, 14):
        wave = np.exp(2j * np.pi * index * np.arange(120) / 120) / np.sqrt(120.0)
        weights = np.abs(modes.T @ wave) ** 2
        lines, expected = plane_wave_lines(index / 10.0, 0.0, 0.5)
        strongest = lines[np.argmax(expected)] * unit
        near = np.abs(np.sqrt(np.abs(squared)) - strongest) < 0.06 * strongest
        assert weights[near].sum() == pytest.approx(expected.max(), abs=0.03)
        assert expected.sum() == pytest.approx(1.0)


def test_long_waves_show_at_the_speed_of_the_effective_medium():
    along, across = effective_moduli(0.6)
    for normal, transverse in ((0.01, 0.0), (0.0, 0.01), (0.006, 0.008)):
        lines, weights = plane_wave_lines(normal, transverse, 0.6)
        assert weights.max() > 0.999
        expected = np.sqrt(along * normal**2 + across * transverse**2)
        assert lines[np.argmax(weights)] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("wavenumber", [0.1, 0.3, 0.7, 1.3, 2.2])
def test_a_mode_takes_on_waves_one_modulation_away_as_perturbation_theory_says(wavenumber):
    contrast = 1e-3
    mode = bloch_mode(wavenumber, contrast)
    assert mode.frequency == pytest.approx(wavenumber, rel=1e-5)
    own = mode.coefficient[np.isclose(mode.wavenumber, wavenumber)][0]
    assert own**2 == pytest.approx(1.0, abs=1e-4)
    for other in (wavenumber - 1.0, wavenumber + 1.0):
        # G = 1 - contrast cos x to first order couples k and k' by -contrast k k'/2.
        expected = -0.5 * contrast * wavenumber * other / (wavenumber**2 - other**2)
        assert mode.coefficient[np.isclose(mode.wavenumber, other)][0] / own == pytest.approx(expected, rel=5e-3)


def test_a_mode_is_one_of_the_whole_ring():
    """A ring of ten wavelengths, differences on a fine grid: same frequency, same waves, none in between."""
    periods, points, contrast = 10, 64, 0.6
    step = 2.0 * np.pi / points
    middle = (np.arange(periods * points) + 0.5) * step
    spring = 1.0 / (1.0 + contrast * np.cos(middle)) / step**2
    matrix = np.diag(spring + np.roll(spring, 1))
    index = np.arange(len(middle))
    matrix[index, (index + 1) % len(middle)] -= spring
    matrix[(index + 1) % len(middle), index] -= spring
    squared, vectors = linalg.eigh(matrix, subset_by_index=[0, 20])
    mode = bloch_mode(0.4, contrast)
    pair = np.argsort(np.abs(np.sqrt(np.abs(squared)) - mode.frequency))[:2]
    assert np.sqrt(squared[pair]) == pytest.approx(mode.frequency, rel=2e-3)
    power = (np.abs(np.fft.fft(vectors[:, pair], axis=0)) ** 2).mean(axis=1) / len(middle)
    for wavenumber, coefficient in zip(mode.wavenumber, mode.coefficient, strict=True):
        if abs(wavenumber) < 3.0:
            there = power[round(periods * wavenumber)] + power[-round(periods * wavenumber)]
            assert there == pytest.approx(coefficient**2, abs=3e-3)
    assert power[[1, 9]].sum() < 1e-20  # |k -+ k_G/2|


@pytest.mark.parametrize(("wavenumber", "contrast"), [(0.5, 0.1), (0.0, 0.1), (0.3, 1.0), (20.0, 0.1)])
def test_impossible_modes_are_refused(wavenumber, contrast):
    with pytest.raises(SchemaError, match="impossible mode"):
        bloch_mode(wavenumber, contrast)
