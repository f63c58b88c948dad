"""Folding, nearest images and box lengths, also where round-off meets a face of the box."""

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError, RecipeError
from bosonpeak.datasets.periodic_box import (
    box_lengths,
    cell_heights,
    folded,
    longest_wavelength,
    nearest_image,
    nearest_image_in_cell,
    nearest_neighbours,
    standard_cell,
    tilted_cell,
)


def test_lengths_come_from_one_number_or_one_an_axis():
    assert box_lengths(2, 3).tolist() == [2.0, 2.0, 2.0]
    assert box_lengths([2, 3.5], 2).tolist() == [2.0, 3.5]


@pytest.mark.parametrize("box", [0.0, -1.0, np.inf, [1.0, np.nan]])
def test_impossible_lengths_are_refused_with_the_error_asked_for(box):
    with pytest.raises(RecipeError, match="box"):
        box_lengths(box, 2)
    with pytest.raises(NotApplicableError, match="box"):
        box_lengths(box, 2, refusal=NotApplicableError)


def test_folded_positions_lie_in_the_box_and_differ_by_whole_lengths():
    box = np.array([3.0, 1.7])
    places = np.random.default_rng(1).uniform(-20, 20, (400, 2))
    inside = folded(places, box)
    assert np.all((inside >= 0) & (inside < box))
    turns = (places - inside) / box
    assert np.abs(turns - np.rint(turns)).max() < 1e-12
    np.testing.assert_array_equal(folded(inside, box), inside)


@pytest.mark.parametrize("length", [1.0, 1.7, 9.9, 1e3])
def test_a_place_next_to_a_face_stays_in_the_box(length):
    faces = length * np.arange(-3, 4)
    places = np.concatenate([np.nextafter(faces, -np.inf), faces, np.nextafter(faces, np.inf), [-1e-300, -1e-17]])
    inside = folded(places[:, None], np.array([length]))
    assert np.all((inside >= 0) & (inside < length))
    assert np.abs(nearest_image(inside[:, 0] - places, length)).max() < 1e-12 * length


def test_the_nearest_image_is_the_shortest():
    box = np.array([2.0, 3.0])
    apart = np.random.default_rng(2).uniform(-9, 9, (300, 2))
    images = apart[:, None, None] - np.stack(np.meshgrid(*[np.arange(-5, 6)] * 2), axis=-1) * box
    shortest = np.sqrt((images**2).sum(axis=-1)).min(axis=(1, 2))
    np.testing.assert_allclose(np.linalg.norm(nearest_image(apart, box), axis=1), shortest, rtol=1e-12)


TILTED = tilted_cell(np.array([4.0, 5.0, 6.0]), np.array([1.5, -1.0, 2.0]))


def test_the_edges_of_a_tilted_box_are_rows():
    np.testing.assert_array_equal(TILTED, [[4.0, 0.0, 0.0], [1.5, 5.0, 0.0], [-1.0, 2.0, 6.0]])
    np.testing.assert_array_equal(tilted_cell(np.array([2.0, 3.0]), np.empty(0)), [[2.0, 0.0], [0.0, 3.0]])
    # The third face is z = 0; the first is spanned by the other two edges.
    assert cell_heights(TILTED)[2] == pytest.approx(6.0)
    across = np.cross(TILTED[1], TILTED[2])
    assert cell_heights(TILTED)[0] == pytest.approx(TILTED[0] @ across / np.linalg.norm(across))


def test_whatever_is_closer_than_half_a_height_is_the_nearest_of_all_images():
    separation = np.random.default_rng(2).uniform(-20, 20, (500, 3))
    found = nearest_image_in_cell(separation, TILTED)
    turns = (separation - found) @ np.linalg.inv(TILTED)
    assert np.abs(turns - np.rint(turns)).max() < 1e-12
    images = np.stack(np.meshgrid(*[[-2, -1, 0, 1, 2]] * 3), axis=-1).reshape(-1, 3) @ TILTED
    closest = np.linalg.norm(found[:, None] - images, axis=2).min(axis=1)
    near = closest < 0.5 * cell_heights(TILTED).min()
    assert 50 < near.sum() < 450
    np.testing.assert_allclose(np.linalg.norm(found, axis=1)[near], closest[near], rtol=1e-12)


@pytest.mark.parametrize("count", [3, 40])
def test_neighbours_in_a_tilted_box_are_the_nearest_of_all_images(count):
    places = np.random.default_rng(5).uniform(-20.0, 20.0, (count, 3))
    turns = np.stack(np.meshgrid(*[np.arange(-12, 13)] * 3), axis=-1).reshape(-1, 3) @ TILTED
    # A particle's own images are neighbours, too, where there are few others.
    everything = np.concatenate([places + turn for turn in turns])
    distance, index = nearest_neighbours(places, TILTED, 2)
    for k, place in enumerate(places):
        nearest = np.sort(np.linalg.norm(everything - place, axis=1))[1:3]
        np.testing.assert_allclose(distance[k], nearest, rtol=1e-10)
    assert index.shape == (count, 2)


def test_edges_of_a_rectangular_box_have_the_neighbours_of_its_lengths():
    places = np.random.default_rng(5).uniform(-20.0, 20.0, (60, 3))
    lengths = np.array([4.0, 5.0, 6.0])
    by_lengths, by_edges = (nearest_neighbours(places, box, 3) for box in (lengths, np.diag(lengths)))
    np.testing.assert_allclose(by_edges[0], by_lengths[0], rtol=1e-12)
    np.testing.assert_array_equal(by_edges[1], by_lengths[1])


def test_the_longest_wave_of_a_lattice_does_not_know_its_edges():
    assert longest_wavelength(np.array([4.0, 6.0, 5.0])) == 6.0
    assert longest_wavelength(np.diag([4.0, 6.0, 5.0])) == pytest.approx(6.0)
    hexagonal = np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]])
    assert longest_wavelength(hexagonal) == pytest.approx(np.sqrt(0.75))
    skewed = np.array([[1.0, 0.0], [7.0, 1.0]]) @ hexagonal
    assert longest_wavelength(skewed) == pytest.approx(np.sqrt(0.75))


@pytest.mark.parametrize("seed", range(5))
def test_the_standard_cell_is_the_same_lattice_with_the_least_tilt(seed):
    random = np.random.default_rng(seed)
    cell = random.standard_normal((3, 3)) + 3.0 * np.eye(3)
    box, tilt, turn = standard_cell(cell)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-14)
    made = tilted_cell(box, tilt)
    whole = made @ np.linalg.inv(cell @ turn)
    np.testing.assert_allclose(whole, np.rint(whole), atol=1e-12)
    assert abs(np.linalg.det(whole)) == pytest.approx(1.0)
    assert (np.abs(tilt) <= 0.5 * np.array([box[0], box[0], box[1]]) + 1e-12).all()
