import math

import numpy as np
import pytest

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.waves.plane_waves import (
    as_rows,
    orthonormal_waves,
    plane_wave_fields,
    polarisations,
    wave_shells,
)


def lattice(sites, dimension):
    axes = np.meshgrid(*[np.arange(sites, dtype=float)] * dimension, indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def random_points(particles, dimension, side, seed=1):
    return np.random.default_rng(seed).random((particles, dimension)) * side


@pytest.mark.parametrize(
    ("dimension", "squares", "pairs"),
    [(2, [1, 2, 4, 5, 8], [2, 2, 2, 4, 2]), (3, [1, 2, 3, 4, 5, 6, 8], [3, 6, 4, 3, 12, 12, 6])],
)
def test_shells_are_the_sums_of_squares(dimension, squares, pairs):
    shells = wave_shells(np.full(dimension, 5.0), len(squares))
    assert [shell.wavenumber for shell in shells] == pytest.approx(2 * math.pi / 5.0 * np.sqrt(squares))
    assert [len(shell.wavevectors) for shell in shells] == pairs
    everything = np.concatenate([shell.wavevectors for shell in shells])
    both = np.concatenate([everything, -everything])
    assert len(np.unique(np.round(both, 9), axis=0)) == 2 * sum(pairs)


def test_an_oblong_box_splits_the_shells():
    shells = wave_shells([10.0, 5.0], 4)
    assert [shell.wavenumber * 10.0 / (2 * math.pi) for shell in shells] == pytest.approx(
        [1, 2, math.sqrt(5), math.sqrt(8)]
    )
    assert [len(shell.wavevectors) for shell in shells] == [1, 2, 2, 2]


@pytest.mark.parametrize("dimension", [2, 3])
def test_polarisations_are_an_orthonormal_frame(dimension):
    vectors = wave_shells(np.full(dimension, 3.0), 6)[-1].wavevectors
    along, across = polarisations(vectors, "longitudinal"), polarisations(vectors, "transverse")
    frame = np.concatenate([along, across], axis=1)
    np.testing.assert_allclose(
        frame @ frame.transpose(0, 2, 1), np.eye(dimension)[None].repeat(len(vectors), 0), atol=1e-12
    )
    np.testing.assert_allclose(np.einsum("kd,kpd->kp", vectors, across), 0.0, atol=1e-12)


@pytest.mark.parametrize(
    ("dimension", "polarisation", "counts"),
    [(3, "transverse", [12, 36, 52]), (3, "longitudinal", [6, 18, 26]), (2, "transverse", [4, 8, 12])],
)
def test_waves_on_disordered_points_are_made_orthonormal(dimension, polarisation, counts):
    points = random_points(90, dimension, 6.0)
    span = orthonormal_waves(points, np.full(dimension, 6.0), shells=3, polarisation=polarisation)
    assert span.waves_up_to.tolist() == counts
    assert span.freedom == dimension * 89
    assert span.labelled
    np.testing.assert_allclose(span.basis @ span.basis.T, np.eye(counts[-1]), atol=1e-12)
    translations = span.basis.reshape(counts[-1], 90, dimension).sum(axis=1)
    np.testing.assert_allclose(translations, 0.0, atol=1e-12)
    first = orthonormal_waves(points, np.full(dimension, 6.0), polarisation=polarisation)
    np.testing.assert_allclose(span.basis[: counts[0]], first.basis, atol=1e-12)


def test_the_span_holds_the_waves_themselves():
    points = random_points(50, 3, 4.0)
    span = orthonormal_waves(points, [4.0] * 3, shells=2)
    for shell in wave_shells([4.0] * 3, 2):
        waves = plane_wave_fields(points, shell.wavevectors, polarisations(shell.wavevectors, "transverse"))
        rows = as_rows(waves.reshape(-1, 50, 3))
        np.testing.assert_allclose(((rows @ span.basis.T) ** 2).sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("dimension", [2, 3])
def test_waves_on_a_lattice_are_left_as_they_are(dimension):
    points = lattice(5, dimension)
    shell = wave_shells(np.full(dimension, 5.0), 1)[0]
    waves = plane_wave_fields(points, shell.wavevectors, polarisations(shell.wavevectors, "transverse"))
    span = orthonormal_waves(points, np.full(dimension, 5.0))
    np.testing.assert_allclose(span.basis, waves.reshape(-1, points.size), atol=1e-12)


def test_waves_that_coincide_on_the_points_are_dropped():
    points = lattice(4, 2)
    span = orthonormal_waves(points, [4.0, 4.0], shells=3)
    # |n|^2 = 4 is the edge of the zone, where sin(k.r) vanishes on every site.
    assert span.waves_up_to.tolist() == [4, 8, 10]
    assert not span.labelled
    np.testing.assert_allclose(span.basis @ span.basis.T, np.eye(10), atol=1e-12)


def test_a_shift_of_the_origin_leaves_the_span_alone():
    points = random_points(40, 2, 7.0)
    here, there = (orthonormal_waves(points + shift, [7.0, 7.0], shells=2).basis for shift in (0.0, 1.234))
    np.testing.assert_allclose(here.T @ here, there.T @ there, atol=1e-12)


def test_what_makes_no_sense_is_refused():
    points = random_points(10, 2, 3.0)
    with pytest.raises(NotApplicableError, match="no such waves"):
        wave_shells([3.0, -1.0], 1)
    with pytest.raises(NotApplicableError, match="shells is not a count"):
        wave_shells([3.0, 3.0], 0)
    with pytest.raises(NotApplicableError, match="no such polarisation"):
        polarisations([[1.0, 0.0]], "circular")
    with pytest.raises(NotApplicableError, match="do not fit the box"):
        orthonormal_waves(points, [3.0, 3.0, 3.0])
    with pytest.raises(NotApplicableError, match="too many shells"):
        orthonormal_waves(points, [3.0, 3.0], shells=8)
    with pytest.raises(NotApplicableError, match=r"\(modes, particles, dimension\)"):
        as_rows(points)
    with pytest.raises(NotApplicableError, match="mode 1"):
        as_rows(np.stack([points, np.ones_like(points)]))
