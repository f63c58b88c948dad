import numpy as np
import pytest

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.nulls.displacement_fields import (
    as_modes,
    breathing_patch,
    degenerate_waves,
    gaussian_fields,
    point_vortices,
    rotating_patch,
    white_fields,
)

CUBE = np.full(3, 8.0)
SQUARE = np.full(2, 10.0)


def points(box, count, seed):
    return np.random.default_rng(seed).random((count, len(box))) * box


def curl_and_divergence(gradient):
    divergence = np.trace(gradient, axis1=-2, axis2=-1)
    return gradient - np.swapaxes(gradient, -1, -2), divergence


@pytest.mark.parametrize(("box", "waves"), [(CUBE, 12), (SQUARE, 4)])
def test_the_first_transverse_shell_holds_what_counting_says(box, waves):
    field = degenerate_waves(box, 3, 1)
    assert 2 * (len(box) - 1) * len(field.wave_vectors) == waves
    assert np.allclose(np.linalg.norm(field.wave_vectors, axis=1), 2.0 * np.pi / box[0])
    with pytest.raises(RecipeError, match="fewer waves"):
        degenerate_waves(box, 3, 1, waves=waves + 1)


def test_higher_shells_are_degenerate_too():
    second, fourth = (degenerate_waves(CUBE, 1, 1, shell=shell) for shell in (2, 4))
    assert np.allclose(np.linalg.norm(second.wave_vectors, axis=1), np.sqrt(2.0) * 2.0 * np.pi / 8.0)
    assert len(second.wave_vectors) == 6
    assert np.allclose(np.linalg.norm(fourth.wave_vectors, axis=1), 2.0 * 2.0 * np.pi / 8.0)


@pytest.mark.parametrize("box", [CUBE, SQUARE, np.array([8.0, 12.0, 9.0])])
@pytest.mark.parametrize(("polarisation", "content"), [("transverse", 1.0), ("longitudinal", 0.0)])
def test_degenerate_waves_have_no_divergence_or_no_curl(box, polarisation, content):
    field = degenerate_waves(box, 4, 2, polarisation=polarisation)
    curl, divergence = curl_and_divergence(field.gradient(points(box, 20, 3)))
    assert np.abs(divergence if content else curl).max() < 1e-13
    assert np.abs(curl if content else divergence).max() > 0.1
    assert field.curl_content() == pytest.approx(content, abs=1e-14)


def test_as_many_waves_are_superposed_as_asked_for():
    every = degenerate_waves(CUBE, 40, 6).at(points(CUBE, 300, 4)).reshape(40, -1)
    assert np.linalg.matrix_rank(every, tol=1e-9) == 12
    # The wave vectors of a cube's first shell lie along its axes, and so do the polarisations.
    for waves in (1, 3, 12):
        amplitudes = degenerate_waves(CUBE, 50, 7, waves=waves).amplitudes.reshape(50, -1)
        standing = np.concatenate([amplitudes.real, amplitudes.imag], axis=1)
        assert (np.count_nonzero(np.abs(standing) > 1e-12, axis=1) == waves).all()


@pytest.mark.parametrize("box", [CUBE, SQUARE])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_gaussian_fields_have_their_share_and_correlation(box, share):
    field = gaussian_fields(box, 60, 8, correlation_length=1.0, transverse_share=share)
    content = field.curl_content()
    assert abs(content.mean() - share) < 4.0 * content.std() / np.sqrt(60) + 1e-12
    power = (np.abs(field.amplitudes) ** 2).sum(axis=2).mean(axis=0)
    square = (field.wave_vectors**2).sum(axis=1)
    assert np.polyfit(square[square < 6.0], np.log(power[square < 6.0]), 1)[0] == pytest.approx(-1.0, abs=0.1)


def test_gradients_are_those_of_the_field():
    field = gaussian_fields(SQUARE, 2, 9, correlation_length=1.5, transverse_share=0.5)
    places, step = points(SQUARE, 10, 10), 1e-5
    for axis in range(2):
        ahead, behind = (field.at(places + sign * step * np.eye(2)[axis]) for sign in (1.0, -1.0))
        assert np.allclose((ahead - behind) / (2.0 * step), field.gradient(places)[..., axis], atol=1e-8)


def test_exact_curl_content_is_that_of_the_gradient_everywhere():
    field = gaussian_fields(SQUARE, 3, 11, correlation_length=1.0, transverse_share=0.4)
    grid = np.stack(np.meshgrid(*[np.arange(40) * 0.25] * 2), axis=-1).reshape(-1, 2)
    curl, divergence = curl_and_divergence(field.gradient(grid))
    turning = (curl[..., 1, 0] ** 2).mean(axis=1)
    assert field.curl_content() == pytest.approx(turning / (turning + (divergence**2).mean(axis=1)), rel=1e-10)


@pytest.mark.parametrize("dimension", [2, 3])
def test_patches_turn_or_dilate(dimension):
    box, centre = np.full(dimension, 10.0), np.full(dimension, 0.5)
    places = points(box, 400, 12)
    turning = rotating_patch(places, box, centre, 2.0)
    dilating = breathing_patch(places, box, centre, 2.0)
    offset = places - centre - 10.0 * np.rint((places - centre) / 10.0)
    inside = np.linalg.norm(offset, axis=1) < 2.0
    assert np.array_equal(dilating[inside], offset[inside])
    assert not dilating[~inside].any()
    assert not turning[~inside].any()
    assert np.allclose((turning * offset).sum(axis=1), 0.0)
    assert np.allclose(turning[inside][:, :2], np.column_stack([-offset[inside][:, 1], offset[inside][:, 0]]))
    smooth = breathing_patch(places, box, centre, 1.0, profile="gaussian")
    assert np.allclose(smooth, offset * np.exp(-0.5 * (offset**2).sum(axis=1, keepdims=True)))


def test_a_vortex_turns_at_the_rate_of_its_circulation():
    box, core = np.full(2, 40.0), 0.5
    field = point_vortices(box, [20.0, 20.0], 3.0, core=core)
    radius = 3.0
    velocity = field.at([[20.0 + radius, 20.0], [20.0, 20.0 + radius]])[0]
    # Inside a circle of radius r lies the circulation less the background's share of the area.
    speed = 3.0 * (1.0 - np.pi * radius**2 / 1600.0) / (2.0 * np.pi * radius)
    assert velocity == pytest.approx(np.array([[0.0, speed], [-speed, 0.0]]), abs=2e-4)
    curl, divergence = curl_and_divergence(field.gradient([[20.0, 20.0]]))
    assert curl[0, 0, 1, 0] == pytest.approx(3.0 * (1.0 / (2.0 * np.pi * core**2) - 1.0 / 1600.0), rel=1e-6)
    assert divergence == pytest.approx(0.0, abs=1e-12)


def test_vortex_lines_do_not_vary_along_the_last_axis():
    field = point_vortices(np.array([10.0, 10.0, 7.0]), [[3.0, 3.0], [7.0, 7.0]], [1.0, -1.0], core=0.6)
    low, high = (field.at([[2.0, 5.0, z]]) for z in (0.0, 3.1))
    assert np.allclose(low, high)
    assert low[0, 0, 2] == 0.0


def test_modes_have_unit_norm_and_no_mean():
    modes = as_modes(white_fields(50, 3, 4, 13) + 5.0)
    assert np.allclose((modes**2).sum(axis=(1, 2)), 1.0)
    assert np.allclose(modes.mean(axis=1), 0.0)
    assert np.array_equal(white_fields(5, 2, 1, 1), white_fields(5, 2, 1, np.random.SeedSequence(1)))


def test_what_does_not_exist_is_refused():
    with pytest.raises(RecipeError, match="box"):
        degenerate_waves([1.0, -1.0], 1, 1)
    with pytest.raises(RecipeError, match="shell of waves"):
        degenerate_waves(CUBE, 1, 1, shell=0)
    with pytest.raises(RecipeError, match="polarisation"):
        degenerate_waves(CUBE, 1, 1, polarisation="circular")
    with pytest.raises(RecipeError, match="share"):
        gaussian_fields(CUBE, 1, 1, correlation_length=1.0, transverse_share=1.5)
    with pytest.raises(RecipeError, match="uniform"):
        gaussian_fields(CUBE, 1, 1, correlation_length=50.0, transverse_share=0.5)
    with pytest.raises(RecipeError, match="does not fit"):
        rotating_patch(np.zeros((1, 3)), CUBE, np.zeros(3), 5.0)
    with pytest.raises(RecipeError, match="profile"):
        breathing_patch(np.zeros((1, 3)), CUBE, np.zeros(3), 2.0, profile="square")
