import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import WaveField
from bosonpeak.validators.displacement_fields.local_strain import local_strains
from bosonpeak.validators.displacement_fields.particle_fields import kernel_transfer


def scattered(dimension, count, length, seed):
    return np.random.default_rng(seed).random((count, dimension)) * length


@pytest.mark.parametrize("dimension", [2, 3])
def test_linear_fields_are_recovered_exactly(dimension):
    length = 12.0
    places = scattered(dimension, 1500, length, 1)
    slopes = np.random.default_rng(2).standard_normal((2, dimension, dimension))
    vectors = np.einsum("mab,nb->mna", slopes, places) + 3.0
    found = local_strains(places, vectors, length, radius=2.5)
    # A linear field is not periodic: only fits that do not reach across the box can see it.
    inner = ((places > 2.5) & (places < length - 2.5)).all(axis=1)
    assert inner.sum() > 50
    assert np.abs(found.gradient[:, inner] - slopes[:, None]).max() < 1e-11
    assert np.abs(found.displacement[:, inner] - vectors[:, inner]).max() < 1e-11
    assert np.allclose(found.strain[:, inner], 0.5 * (slopes + slopes.swapaxes(1, 2))[:, None])
    assert np.allclose(found.divergence[:, inner], np.trace(slopes, axis1=1, axis2=2)[:, None])
    assert found.unfitted == 0


def test_vorticity_of_a_rigid_rotation_is_its_rate():
    places = scattered(3, 1500, 12.0, 3)
    rate = np.array([0.3, -0.5, 0.8])
    inner = ((places > 2.5) & (places < 9.5)).all(axis=1)
    found = local_strains(places, np.cross(rate, places), 12.0, radius=2.5)
    assert np.allclose(found.vorticity[0, inner], rate)
    flat = scattered(2, 300, 12.0, 4)
    inner = ((flat > 2.5) & (flat < 9.5)).all(axis=1)
    turned = local_strains(flat, np.column_stack([-flat[:, 1], flat[:, 0]]), 12.0, radius=2.5)
    assert np.allclose(turned.vorticity[0, inner], 1.0)
    assert np.abs(turned.strain[0, inner]).max() < 1e-12


def test_vorticity_turns_with_the_frame_and_keeps_its_place():
    places = scattered(3, 400, 8.0, 5)
    vectors = np.random.default_rng(6).standard_normal((400, 3))
    found = local_strains(places, vectors, 8.0)
    moved = local_strains(places + np.array([3.0, -20.0, 7.7]), vectors + 1.0, 8.0)
    turned = local_strains(places[:, [1, 2, 0]], vectors[:, [1, 2, 0]], 8.0)
    mirrored = local_strains(places * [-1, 1, 1], vectors * [-1, 1, 1], 8.0)
    assert np.allclose(moved.vorticity, found.vorticity)
    assert np.allclose(turned.vorticity, found.vorticity[..., [1, 2, 0]])
    # Vorticity is an axial vector.
    assert np.allclose(mirrored.vorticity, found.vorticity * [1, -1, -1])
    assert np.array_equal(turned.neighbours, found.neighbours)


def test_neighbours_are_counted_across_the_box():
    places = scattered(3, 300, 7.0, 7)
    for radius in (1.2, 2.0, 3.5):
        offset = places[:, None] - places[None]
        offset -= 7.0 * np.rint(offset / 7.0)
        expected = (np.linalg.norm(offset, axis=2) < radius).sum(axis=1) - 1
        assert np.array_equal(local_strains(places, places, 7.0, radius=radius).neighbours, expected)


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_wave_is_seen_reduced_by_the_kernel(dimension):
    size, radius = (24, 6.0) if dimension == 2 else (12, 4.0)
    axes = np.meshgrid(*[np.arange(size) + 0.5] * dimension, indexing="ij")
    places = np.stack([axis.ravel() for axis in axes], axis=1)
    wave = np.zeros((1, dimension))
    wave[0, 0] = 4.0 * np.pi / size
    field = WaveField(wave, np.eye(dimension)[None, [1]] + 0j)
    found = local_strains(places, field.at(places), size, radius=radius)
    expected = field.gradient(places) * kernel_transfer(wave[0, 0], radius, dimension)
    assert np.abs(found.gradient - expected).max() < 0.01 * np.abs(expected).max()


def test_transfer_is_that_of_the_kernel():
    # In three dimensions the transform of (1 - r^2)^3, by quadrature of 4 pi r^2 sinc(kr).
    radius = np.linspace(0.0, 1.0, 20001)
    weight = (1.0 - radius**2) ** 3 * radius**2
    for wavenumber in (0.5, 3.0, 9.0):
        value = np.trapezoid(weight * np.sinc(wavenumber * radius / np.pi), radius) / np.trapezoid(weight, radius)
        assert kernel_transfer(wavenumber / 2.0, 2.0, 3) == pytest.approx(value, abs=1e-8)
    assert kernel_transfer(0.0, 2.0, 2) == 1.0


def test_particles_without_neighbours_have_no_strain():
    crowd = scattered(2, 100, 5.0, 8)
    places = np.concatenate([crowd, [[15.0, 15.0], [14.0, 15.5]]])
    found = local_strains(places, places, 20.0, radius=2.0)
    assert found.unfitted == 2
    assert np.isnan(found.gradient[0, -2:]).all()
    assert np.isnan(found.vorticity[0, -2:]).all()
    assert list(found.neighbours[-2:]) == [1, 1]
    assert np.isfinite(found.curl_content()).all()


def test_neighbours_on_a_line_allow_no_fit():
    line = np.column_stack([np.linspace(4.0, 6.0, 30), np.full(30, 5.0)])
    assert local_strains(line, line, 20.0, radius=3.0).unfitted == 30


def test_particles_left_out_do_not_count():
    places = scattered(2, 200, 14.0, 9)
    vectors = np.random.default_rng(10).standard_normal((2, 200, 2))
    rattling = np.arange(200) % 20 == 3
    spoilt = np.where(rattling[:, None], 1e6, vectors)
    found = local_strains(places, spoilt, 14.0, left_out=rattling)
    reference = local_strains(places[~rattling], vectors[:, ~rattling], 14.0, radius=found.radius)
    assert np.allclose(found.gradient[:, ~rattling], reference.gradient)
    assert np.isnan(found.displacement[:, rattling]).all()
    assert (found.neighbours[rattling] == -1).all()
    assert found.unfitted == 10


def test_a_radius_beyond_half_the_box_is_refused():
    places = scattered(2, 30, 5.0, 11)
    with pytest.raises(NotApplicableError, match="does not fit the box"):
        local_strains(places, places, 5.0, radius=2.6)
    with pytest.raises(NotApplicableError, match="too few particles"):
        local_strains(places, places, 5.0)
