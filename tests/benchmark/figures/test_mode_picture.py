import numpy as np
import pytest

from bosonpeak.benchmark.figures.mode_picture import mode_figure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.nulls.displacement_fields import breathing_patch, rotating_patch


def shaken(side, dimension, seed=0):
    axes = np.meshgrid(*[np.arange(side) + 0.5] * dimension, indexing="ij")
    sites = np.stack([axis.ravel() for axis in axes], axis=1)
    return (sites + np.random.default_rng(seed).uniform(-0.4, 0.4, sites.shape)) % side, np.full(dimension, float(side))


def arrows_and_image(figure):
    mode = figure.axes[0]
    return mode.collections[0], mode.images[0].get_array()


def test_a_vortex_in_the_plane_shows_its_sense_where_it_is():
    places, box = shaken(12, 2)
    centre = np.array([4.0, 8.0])
    figure = mode_figure(places, rotating_patch(places, box, centre, 2.5), box, title="a vortex")
    arrows, image = arrows_and_image(figure)
    assert len(places) == arrows.N
    assert image.max() == pytest.approx(1.0)
    row, column = np.unravel_index(np.argmax(image), image.shape)
    found = (np.array([column, row]) + 0.5) / image.shape[0] * 12.0
    assert np.linalg.norm(found - centre) < 1.5
    backwards = mode_figure(places, -rotating_patch(places, box, centre, 2.5), box)
    assert arrows_and_image(backwards)[1].min() == pytest.approx(-1.0)
    assert figure.get_suptitle().startswith("a vortex: curl content 0.9")


def test_a_slice_lies_across_the_axis_through_the_core():
    places, box = shaken(8, 3)
    figure = mode_figure(places, rotating_patch(places, box, [2.0, 4.0, 6.0], 2.5, axis=[0.0, 1.0, 0.0]), box)
    mode = figure.axes[0]
    assert (mode.get_xlabel(), mode.get_ylabel()) == ("z", "x")
    height = float(mode.get_title().split("y = ")[1])
    assert height == pytest.approx(4.0, abs=0.5)
    seen = np.abs(places[:, 1] - height) <= 1.05
    assert abs(arrows_and_image(figure)[0].N - seen.sum()) <= 0.15 * seen.sum()


def test_shares_of_the_parts_are_told():
    places, box = shaken(12, 2)
    figure = mode_figure(places, breathing_patch(places, box, [6.0, 6.0], 3.0), box)
    transverse, longitudinal = (int(figure.axes[place].get_title().split(", ")[1][:-1]) for place in (2, 3))
    assert transverse + longitudinal == 100
    assert longitudinal > 90
    heights = [bar.get_height() for bar in figure.axes[1].patches]
    assert sum(heights) == pytest.approx(1.0, abs=0.05)


def test_one_mode_fits_a_picture():
    places, box = shaken(8, 2)
    with pytest.raises(NotApplicableError, match="one mode"):
        mode_figure(places, np.random.default_rng(1).standard_normal((2, *places.shape)), box)
