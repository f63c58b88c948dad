import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import degenerate_waves, gaussian_fields
from bosonpeak.validators.displacement_fields import wave_least_squares
from bosonpeak.validators.displacement_fields.fourier import FourierSums, wave_number_grid
from bosonpeak.validators.displacement_fields.helmholtz import helmholtz_decomposition
from bosonpeak.validators.displacement_fields.wave_least_squares import lowest_wave_numbers

SQUARE = np.full(2, 16.0)
CUBE = np.full(3, 7.0)
BRICK = np.array([6.0, 8.0, 7.0])


def scattered(box, count, seed):
    return np.random.default_rng(seed).random((count, len(box))) * box


@pytest.mark.parametrize("box", [SQUARE, np.array([9.0, 17.0]), CUBE, BRICK])
def test_fourier_sums_agree_with_adding_up(box):
    generator = np.random.default_rng(1)
    places = scattered(box, 30, 2)
    # A particle on either edge of the box must wrap.
    places[0], places[1] = 0.0, box * (1.0 - 1e-15)
    values = generator.standard_normal(30)
    reach = tuple(range(5, 5 + len(box)))
    numbers = np.meshgrid(*wave_number_grid(reach), indexing="ij")
    phase = sum(2.0 * np.pi * n[..., None] * places[:, a] / box[a] for a, n in enumerate(numbers))
    assert np.abs(FourierSums(places, box, reach)(values) - np.exp(-1j * phase) @ values).max() < 1e-7


@pytest.mark.parametrize("box", [SQUARE, CUBE, BRICK])
def test_waves_come_in_whole_shells_one_of_each_pair(box):
    numbers = lowest_wave_numbers(box, 40)
    square = ((numbers / box) ** 2).sum(axis=1)
    assert 0 < len(numbers) <= 40
    assert (np.diff(square) >= 0.0).all()
    signed = {tuple(n) for n in np.concatenate([numbers, -numbers])}
    assert len(signed) == 2 * len(numbers)
    everything = np.array(list(np.ndindex(*[19] * len(box)))) - 9
    inside = ((everything / box) ** 2).sum(axis=1) <= square[-1] * (1.0 + 1e-9)
    assert inside.sum() == 2 * len(numbers) + 1
    assert np.abs(numbers).max() < 9


@pytest.mark.parametrize("box", [SQUARE, CUBE, BRICK])
@pytest.mark.parametrize(("polarisation", "fraction"), [("transverse", 1.0), ("longitudinal", 0.0)])
def test_plane_waves_are_purely_one_or_the_other(box, polarisation, fraction):
    places = scattered(box, 300, 3)
    field = degenerate_waves(box, 3, 4, shell=2, polarisation=polarisation)
    found = helmholtz_decomposition(places, field.at(places) + 0.7, box)
    assert found.transverse_fraction == pytest.approx(fraction, abs=1e-12)
    assert found.longitudinal_fraction == pytest.approx(1.0 - fraction, abs=1e-12)
    assert found.resolved == pytest.approx(1.0, abs=1e-12)
    assert (found.fraction_error < 1e-9).all()
    power = found.spectrum.transverse + found.spectrum.longitudinal
    assert power.sum(axis=1) == pytest.approx(1.0)
    wavenumber = np.linalg.norm(field.wave_vectors[0])
    unit = 2.0 * np.pi / box.max()
    assert power[:, np.abs(found.spectrum.wavenumber - wavenumber) < unit].sum(axis=1) == pytest.approx(1.0)
    assert found.spectrum.waves.sum() == 2 * len(found.wave_vectors)


def test_a_naive_sum_over_particles_would_mix_the_waves():
    places = scattered(SQUARE, 300, 5)
    field = degenerate_waves(SQUARE, 1, 6).at(places)[0]
    vectors = helmholtz_decomposition(places, field, SQUARE).wave_vectors
    naive = np.exp(-1j * vectors @ places.T) @ field / len(places)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    along = (np.abs((naive * unit).sum(axis=1)) ** 2).sum()
    assert along / (np.abs(naive) ** 2).sum() > 0.05


def test_parts_of_a_mixture_are_recovered_everywhere():
    places = scattered(CUBE, 300, 7)
    turning = degenerate_waves(CUBE, 2, 8)
    pushing = degenerate_waves(CUBE, 2, 9, shell=2, polarisation="longitudinal")
    found = helmholtz_decomposition(places, turning.at(places) + pushing.at(places), CUBE)
    elsewhere = scattered(CUBE, 40, 10)
    assert np.allclose(found.displacements(elsewhere, "transverse"), turning.at(elsewhere), atol=1e-10)
    assert np.allclose(found.displacements(elsewhere, "longitudinal"), pushing.at(elsewhere), atol=1e-10)
    assert np.allclose(found.displacements(elsewhere), (turning.at(elsewhere) + pushing.at(elsewhere)), atol=1e-10)


@pytest.mark.parametrize("box", [SQUARE, BRICK])
def test_both_solvers_give_the_same(box, monkeypatch):
    places = scattered(box, 250, 11)
    field = gaussian_fields(box, 2, 12, correlation_length=0.7, transverse_share=0.6).at(places)
    dense = helmholtz_decomposition(places, field, box, waves_per_particle=0.25)
    monkeypatch.setattr(wave_least_squares, "DENSE_UNKNOWNS", 0)
    iterative = helmholtz_decomposition(places, field, box, waves_per_particle=0.25)
    scale = np.abs(dense.amplitudes).max()
    assert np.abs(iterative.amplitudes - dense.amplitudes).max() < 1e-6 * scale
    assert iterative.powers.lower == pytest.approx(dense.powers.lower, abs=1e-6 * scale**2)
    assert iterative.powers.probed == pytest.approx(dense.powers.probed, abs=1e-5 * scale**2)
    assert iterative.resolved == pytest.approx(dense.resolved, abs=1e-7)
    assert iterative.condition == pytest.approx(dense.condition, rel=0.02)


def test_moving_or_mirroring_the_box_changes_nothing():
    places = scattered(CUBE, 250, 13)
    field = gaussian_fields(CUBE, 2, 14, correlation_length=0.8, transverse_share=0.5).at(places)
    found = helmholtz_decomposition(places, field, CUBE, probes=0)
    moved = helmholtz_decomposition(places + np.array([11.0, -3.0, 0.4]), -2.5 * field, CUBE, probes=0)
    turned = helmholtz_decomposition(places[:, [1, 2, 0]], field[..., [1, 2, 0]], CUBE, probes=0)
    mirrored = helmholtz_decomposition(places * [1, 1, -1], field * [1, 1, -1], CUBE, probes=0)
    for other in (moved, turned, mirrored):
        assert other.transverse_fraction == pytest.approx(found.transverse_fraction, abs=1e-10)
        assert other.spectrum.longitudinal == pytest.approx(found.spectrum.longitudinal, abs=1e-10)
    assert np.isnan(found.fraction_error).all()


def test_what_cannot_be_decomposed_is_refused():
    places = scattered(SQUARE, 200, 15)
    field = degenerate_waves(SQUARE, 1, 16).at(places)
    with pytest.raises(NotApplicableError, match="hole"):
        helmholtz_decomposition(places * [0.3, 1.0], field, SQUARE)
    with pytest.raises(NotApplicableError, match="do not fit"):
        helmholtz_decomposition(places[1:], field, SQUARE)
    with pytest.raises(NotApplicableError, match="not finite"):
        helmholtz_decomposition(places, np.where(field > 0.0, np.nan, field), SQUARE)
    with pytest.raises(NotApplicableError, match="all particles alike"):
        helmholtz_decomposition(places, np.ones_like(field), SQUARE)
    with pytest.raises(NotApplicableError, match="number of waves"):
        helmholtz_decomposition(places, field, SQUARE, waves_per_particle=1.2)
    with pytest.raises(NotApplicableError, match="too few particles"):
        helmholtz_decomposition(places[:5], field[:, :5], SQUARE)
    with pytest.raises(NotApplicableError, match="box"):
        helmholtz_decomposition(places, field, [16.0, 0.0])
    with pytest.raises(NotApplicableError, match="positions cannot be used"):
        helmholtz_decomposition(places.ravel(), field, SQUARE)
