import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import (
    degenerate_waves,
    gaussian_fields,
    point_vortices,
    white_fields,
)
from bosonpeak.validators.vortices.cores import _cores, periodic_triangles, vortex_cores
from bosonpeak.validators.vortices.curl_content import enstrophy_extent


def even(size, seed, shake=0.15):
    axes = np.meshgrid(*[np.arange(size) + 0.5] * 2, indexing="ij")
    lattice = np.stack([axis.ravel() for axis in axes], axis=1)
    return np.mod(lattice + np.random.default_rng(seed).normal(0.0, shake, lattice.shape), size), np.full(
        2, float(size)
    )


PLACES, BOX = even(24, 1)
SHIFT = np.array([7.3, -2.0])


def nearest(cores, centre):
    offset = cores.position - centre
    offset -= BOX * np.rint(offset / BOX)
    distance = np.linalg.norm(offset, axis=1)
    return int(np.argmin(distance)), float(distance.min())


@pytest.mark.parametrize("places", [PLACES, np.random.default_rng(2).random((60, 2)) * BOX, PLACES[PLACES[:, 0] < 3.0]])
def test_triangles_cover_the_torus_once(places):
    corners, images = periodic_triangles(places, BOX)
    assert len(corners) == 2 * len(places)
    first, second = images[:, 1] - images[:, 0], images[:, 2] - images[:, 0]
    area = 0.5 * (first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    assert (area > 0.0).all()
    assert area.sum() == pytest.approx(BOX.prod())
    assert np.allclose(np.mod(images - places[corners] + 1.0, BOX), 1.0)
    edges = np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()


def test_standing_waves_have_their_four_cores_where_they_belong():
    # Stream function cos(kx) + cos(ky): two extrema, around which the displacement turns, and two saddles.
    k = 2.0 * np.pi / 24.0
    field = np.column_stack([-np.sin(k * PLACES[:, 1]), np.sin(k * PLACES[:, 0])])
    (cores,) = vortex_cores(PLACES, field, BOX)
    assert len(cores.winding) == 4
    for centre, winding, sense in (((0, 0), 1, 1), ((12, 12), 1, -1), ((12, 0), -1, 0), ((0, 12), -1, 0)):
        index, distance = nearest(cores, np.array(centre))
        assert distance < 0.1
        assert cores.winding[index] == winding
        assert cores.swirling[index] == (winding == 1)
        if sense:
            assert np.sign(cores.vorticity[index]) == sense
    assert cores.vortices == 2


def test_constructed_vortices_have_winding_number_one_whatever_their_sense():
    centres, circulation = np.array([[5.0, 6.0], [17.0, 5.0], [11.0, 23.8]]), np.array([1.0, -1.0, 1.5])
    field = point_vortices(BOX, centres, circulation, core=1.0).at(PLACES)
    (cores,) = vortex_cores(PLACES, field, BOX, smooth=False)
    for centre, sense in zip(centres, np.sign(circulation), strict=True):
        index, distance = nearest(cores, centre)
        # The others push the zero off the centre, by their displacement there over this one's rotation.
        assert distance < 0.8
        assert cores.winding[index] == 1
        assert cores.swirling[index]
        assert np.sign(cores.vorticity[index]) == sense
    assert cores.winding.sum() == 0


@pytest.mark.parametrize(("polarisation", "swirls"), [("transverse", True), ("longitudinal", False)])
def test_waves_wind_around_vortices_or_around_sources(polarisation, swirls):
    field = degenerate_waves(BOX, 5, 3, polarisation=polarisation).at(PLACES)
    for cores in vortex_cores(PLACES, field, BOX):
        assert cores.winding.sum() == 0
        assert (cores.winding == 1).any()
        assert np.array_equal(cores.swirling, (cores.winding == 1) & swirls)


def test_irrotational_fields_have_sources_and_saddles_only():
    field = gaussian_fields(BOX, 10, 4, correlation_length=3.0, transverse_share=0.0).at(PLACES)
    found = vortex_cores(PLACES, field, BOX)
    assert sum(len(cores.winding) for cores in found) > 20
    assert sum(cores.vortices for cores in found) <= 0.1 * sum((cores.winding == 1).sum() for cores in found)


def test_displacements_without_order_wind_in_every_fourth_triangle():
    found = vortex_cores(PLACES, white_fields(len(PLACES), 2, 30, 5), BOX, smooth=False)
    share = np.array([len(cores.winding) for cores in found]) / (2 * len(PLACES))
    assert abs(share.mean() - 0.25) < 4.0 * share.std() / np.sqrt(len(found))
    assert all(cores.winding.sum() == 0 for cores in found)


def test_cores_move_with_the_frame_and_keep_their_sense_under_rotation():
    field = gaussian_fields(BOX, 1, 6, correlation_length=3.0, transverse_share=0.7).at(PLACES)
    (cores,) = vortex_cores(PLACES, field, BOX)
    (moved,) = vortex_cores(PLACES + SHIFT, field, BOX)
    (turned,) = vortex_cores(PLACES[:, ::-1] * [-1.0, 1.0], field[..., ::-1] * [-1.0, 1.0], BOX)
    for other, position in ((moved, cores.position + SHIFT), (turned, cores.position[:, ::-1] * [-1.0, 1.0])):
        assert len(other.winding) == len(cores.winding)
        for place, winding, spin in zip(position, cores.winding, cores.vorticity, strict=True):
            index, distance = nearest(other, place)
            assert distance < 1e-6
            assert other.winding[index] == winding
            assert other.vorticity[index] == pytest.approx(spin, abs=1e-9)


def test_cores_are_for_two_dimensions():
    with pytest.raises(NotApplicableError, match="two dimensions only"):
        vortex_cores(np.eye(3), np.eye(3), 2.0)
    with pytest.raises(NotApplicableError, match="triangulation"):
        vortex_cores([[0.1, 0.1], [0.1, 0.1], [0.5, 0.6], [0.2, 0.9]], np.eye(4)[:, :2], 1.0, smooth=False)


@pytest.mark.parametrize("dimension", [2, 3])
def test_extent_of_simple_spreads(dimension):
    generator = np.random.default_rng(7)
    places = generator.random((20000, dimension)) * 10.0
    one = np.ones((1, 20000)) if dimension == 2 else np.ones((1, 20000, 3))
    everywhere = enstrophy_extent(places, one, 10.0)
    assert everywhere.participation_ratio == pytest.approx(1.0)
    assert everywhere.relative_radius == pytest.approx(1.0, abs=0.03)
    centre = np.full(dimension, 9.5)
    offset = places - centre - 10.0 * np.rint((places - centre) / 10.0)
    inside = np.linalg.norm(offset, axis=1) < 3.0
    ball = enstrophy_extent(places, one * (inside if dimension == 2 else inside[:, None]), 10.0)
    assert ball.participation_ratio == pytest.approx(inside.mean())
    # A uniform disc or ball of radius a has the radius of gyration a sqrt(d / (d + 2)).
    assert ball.radius_of_gyration == pytest.approx(3.0 * np.sqrt(dimension / (dimension + 2.0)), rel=0.02)
    assert np.abs(ball.centre - centre).max() < 0.15


def test_normal_vorticity_takes_part_as_moments_say():
    places = np.random.default_rng(8).random((30000, 3))
    normal = np.random.default_rng(9).standard_normal((1, 30000, 3))
    assert enstrophy_extent(places, normal, 1.0).participation_ratio == pytest.approx(0.6, abs=0.02)
    flat = enstrophy_extent(places[:, :2], normal[..., 0], 1.0)
    assert flat.participation_ratio == pytest.approx(1.0 / 3.0, abs=0.02)
    single = np.where(np.arange(30000) == 17, 1.0, 0.0)[None]
    lonely = enstrophy_extent(places[:, :2], single, 1.0)
    assert lonely.participation_ratio == pytest.approx(1.0 / 30000)
    assert lonely.radius_of_gyration == pytest.approx(0.0, abs=1e-12)


def test_particles_without_vorticity_are_left_out_of_the_extent():
    places = np.random.default_rng(10).random((50, 2))
    turning = np.ones((2, 50))
    turning[:, 7] = np.nan
    assert enstrophy_extent(places, turning, 1.0).participation_ratio == pytest.approx(1.0)
    with pytest.raises(NotApplicableError, match="anywhere"):
        enstrophy_extent(places, np.zeros((1, 50)), 1.0)
    with pytest.raises(NotApplicableError, match="do not fit"):
        enstrophy_extent(places, turning[..., None], 1.0)


def test_a_core_swirls_where_the_gradient_turns():
    """Complex eigenvalues of the gradient: rotations, also distorted ones; no nodes, however close to turning."""
    corners = np.array([[[1.0, 0.0], [-0.5, 0.9], [-0.5, -0.9]]])
    generator = np.random.default_rng(12)
    gradients = generator.standard_normal((4000, 2, 2))
    gradients = gradients[np.linalg.det(gradients) > 0.0]
    turning = np.abs(np.linalg.eigvals(gradients).imag).max(axis=1) > 0.0
    found = [_cores(corners @ gradient.T, corners, np.array([9.0, 9.0])) for gradient in gradients]
    assert [cores.winding.tolist() for cores in found] == [[1]] * len(gradients)
    assert [bool(cores.swirling[0]) for cores in found] == turning.tolist()
    assert 0.2 < turning.mean() < 0.8
