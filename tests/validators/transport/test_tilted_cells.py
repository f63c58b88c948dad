"""Tilted boxes: the same solid in other edges of its lattice, a triangular crystal in closed form, refusals."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sparse

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import folded_into_cell, mean_nearest_image, nearest_image, shortest_edges
from bosonpeak.generators import InversePower, hessian, minimise, random_configuration
from bosonpeak.validators import diffusivity, dynamic_structure_factor
from bosonpeak.validators.waves.plane_waves import wave_shells

TURNS = {
    2: np.array([[1, 0], [3, 1]]),
    3: np.array([[1, 0, 0], [2, 1, 0], [-1, 3, 1]]),
}
"""Whole numbers of determinant 1: edges of the same lattice."""


@pytest.fixture(scope="module", params=[2, 3])
def glass(request):
    potential = InversePower()
    positions, diameters, box = random_configuration(90, request.param, potential, seed=3)
    found = minimise(positions, diameters, box, potential)
    return hessian(found.positions, diameters, box, potential), found.positions, np.array(box)


def other_edges(lengths):
    return TURNS[len(lengths)] @ np.diag(lengths)


def test_other_edges_of_the_lattice_give_the_same_waves(glass):
    lengths = glass[2]
    here, there = wave_shells(lengths, 6), wave_shells(other_edges(lengths), 6)
    for one, two in zip(here, there, strict=True):
        assert two.wavenumber == pytest.approx(one.wavenumber, rel=1e-12)
        assert len(one.wavevectors) == len(two.wavevectors)
        distance = [min(np.linalg.norm(q - s * k) for k in one.wavevectors for s in (1, -1)) for q in two.wavevectors]
        assert max(distance) < 1e-9 * one.wavenumber


def test_other_edges_give_the_same_structure_factor_and_diffusivity(glass):
    matrix, positions, lengths = glass
    edges = other_edges(lengths)
    moved = folded_into_cell(positions, edges)
    options = {"q": 3, "moments": 64, "waves": 1000}
    here = dynamic_structure_factor(matrix, positions=positions, box=lengths, **options)
    there = dynamic_structure_factor(matrix, positions=moved, box=edges, **options)
    for name in ("current_correlation", "longitudinal_current_correlation", "longitudinal", "transverse"):
        np.testing.assert_allclose(there[name], here[name], rtol=1e-6, atol=1e-9)
    vectors = np.concatenate([shell.wavevectors for shell in wave_shells(edges, 2)])
    chosen = dynamic_structure_factor(matrix, vectors, positions=moved, box=edges, moments=64, waves=1000)
    np.testing.assert_allclose(chosen["current_correlation"], here["current_correlation"][:, :2], rtol=1e-6, atol=1e-9)
    frequencies = np.linspace(3.0, 12.0, 5)
    flows = [
        diffusivity(matrix, frequencies, positions=each, box=box, moments=64)["diffusivity"]
        for each, box in ((positions, lengths), (moved, edges))
    ]
    np.testing.assert_allclose(flows[1], flows[0], rtol=1e-9)


def triangular(count):
    """Crystal of count x count particles with unit springs to the six neighbours; matrix, positions, edges, bonds."""
    steps = np.array([[1.0, 0.0], [0.5, math.sqrt(0.75)]])
    cells = np.array(list(itertools.product(range(count), repeat=2)))
    matrix = np.zeros((2 * count**2, 2 * count**2))
    turns = np.array([[1, 0], [0, 1], [1, -1]])
    for turn in turns:
        unit = turn @ steps
        block = np.outer(unit, unit)
        there = ((cells + turn) % count) @ [count, 1]
        for i, j in enumerate(there):
            for p, q, sign in ((i, i, 1.0), (j, j, 1.0), (i, j, -1.0), (j, i, -1.0)):
                matrix[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] += sign * block
    return sparse.csr_array(matrix), cells @ steps, count * steps, turns @ steps


def test_waves_of_a_triangular_crystal_have_the_frequencies_of_its_dynamical_matrix():
    """The mean of omega^2 over C(q, omega) is e.D(q).e, D = sum over bonds b of (2 - 2 cos q.b) b b."""
    matrix, positions, edges, bonds = triangular(8)
    found = dynamic_structure_factor(matrix, 4, positions=positions, box=edges, bins=400, moments=1024, waves=100)
    centre, width = found["frequency"], found["frequency_high"] - found["frequency_low"]
    for number, shell in enumerate(wave_shells(edges, 4)):
        strength = 2.0 - 2.0 * np.cos(shell.wavevectors @ bonds.T)
        tensor = np.einsum("kb,bi,bj->kij", strength, bonds, bonds)
        unit = shell.wavevectors / shell.wavenumber
        along = np.einsum("ki,kij,kj->k", unit, tensor, unit).mean()
        across = np.trace(tensor, axis1=1, axis2=2).mean() - along
        for name, expected in (("longitudinal_current_correlation", along), ("current_correlation", across)):
            current = found[name].isel(sample=0, wavenumber=number)
            assert float((current * width).sum()) == pytest.approx(1.0, rel=1e-6)
            assert float((current * width * centre**2).sum()) == pytest.approx(expected, rel=1e-3)
    first = 2.0 * math.pi / (8.0 * math.sqrt(0.75))
    assert float(found["wavenumber"][0]) == pytest.approx(first)


def test_diffusivity_of_the_crystal_does_not_depend_on_its_edges():
    matrix, positions, edges, _ = triangular(6)
    frequencies = [0.6, 1.2, 1.8]
    flows = [
        diffusivity(matrix, frequencies, positions=positions, box=box, moments=32)["diffusivity"].values
        for box in (edges, TURNS[2] @ edges, np.array([[0, 1], [-1, 1]]) @ edges)
    ]
    np.testing.assert_allclose(flows[1:], [flows[0]] * 2, rtol=1e-9)
    # The crystal is isotropic in the plane: turning it changes nothing, and a rectangular box of its lengths is wrong.
    angle = 0.7
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    whole = np.kron(np.eye(36), turn)
    turned = diffusivity(
        whole.T @ matrix.toarray() @ whole, frequencies, positions=positions @ turn, box=edges @ turn, moments=32
    )
    np.testing.assert_allclose(turned["diffusivity"], flows[0], rtol=1e-9)


def test_nearest_images_are_the_shortest_of_many():
    generator = np.random.default_rng(4)
    for dimension in (1, 2, 3):
        for _ in range(5):
            cell = generator.standard_normal((dimension, dimension)) + 0.1 * np.eye(dimension)
            separation = 5.0 * generator.standard_normal((40, dimension))
            turns = np.array(list(itertools.product(range(-3, 4), repeat=dimension))) @ shortest_edges(cell)
            base = separation - np.rint(separation @ np.linalg.inv(cell)) @ cell
            far = np.array(list(itertools.product(range(-9, 10), repeat=dimension))) @ cell
            brute = np.linalg.norm(base[:, None] + np.concatenate([turns, far]), axis=2).min(axis=1)
            found = mean_nearest_image(separation, cell)
            assert (np.linalg.norm(found, axis=1) <= brute * (1.0 + 1e-9)).all()
            periods = (found - separation) @ np.linalg.inv(cell)
            np.testing.assert_allclose(periods, np.rint(periods), atol=1e-7)
    lengths = np.array([3.0, 2.0, 5.0])
    separation = 10.0 * generator.standard_normal((50, 3))
    upright = mean_nearest_image(separation, np.diag(lengths))
    np.testing.assert_allclose(upright, nearest_image(separation, lengths), atol=1e-12)
    assert mean_nearest_image(np.array([[1.5, 0.25, 0.0]]), np.diag(lengths)).tolist() == [[0.0, 0.25, 0.0]]


@pytest.mark.parametrize(
    "box",
    [[[1.0, 0.0], [2.0, 0.0]], [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[1.0, math.nan], [0.0, 1.0]], np.zeros((2, 2))],
)
def test_edges_without_a_volume_are_refused(box):
    matrix, positions, _, _ = triangular(3)
    for function in (diffusivity, dynamic_structure_factor):
        with pytest.raises(NotApplicableError, match=r"the box cannot be used[\s\S]*2 edges that span a volume"):
            function(matrix, positions=positions, box=box)
