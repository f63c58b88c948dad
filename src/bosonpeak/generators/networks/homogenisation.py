"""Effective stiffness of a disordered scalar spring network by homogenisation.

Under a uniform strain E the displacement of node i is E.x_i + phi_i, where the corrector phi minimises the energy. The
minimum per volume is (1/2) E.C.E, with

    C_ab = (1 / V) sum_bonds t (d_a + phi^a_j - phi^a_i) (d_b + phi^b_j - phi^b_i),

where d is the vector of the bond from i to j. Other positions (displaced nodes instead of lattice sites) change phi but
not C. Long waves have omega^2 = k.C.k / density.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft
from scipy.sparse import csr_array

from bosonpeak.datasets.arguments import present, require_arrays, require_counts, require_numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError, SchemaError
from bosonpeak.generators.networks.dynamical_matrix import Bonds, checked_network, laplacian

Operator = Callable[[FloatArray], FloatArray]

ROUND_OFF = 4.0 * float(np.finfo(np.float64).eps)

SHORTEST_WINDOW = 10
"""Iterations whose gain in energy is taken for the error that was left before them; a quarter of all if more."""

JACOBI_DAMPING = 2.0 / 3.0

_MOST_ITERATIONS = 20_000


def effective_stiffness(
    bonds: ArrayLike,
    stiffness: ArrayLike,
    node_count: int,
    bond_vectors: ArrayLike,
    *,
    volume_per_node: float = 1.0,
    lattice_shape: Sequence[int] | None = None,
    tolerance: float = 1e-10,
    max_iterations: int = _MOST_ITERATIONS,
) -> tuple[FloatArray, int]:
    """Effective stiffness tensor of a periodic network in d dimensions.

    Parameters
    ----------
    bonds : array_like of int, shape (bonds, 2)
        Pairs of connected nodes, each pair once.
    stiffness : array_like of float, shape (bonds,)
        Spring constants.
    node_count : int
        Number of nodes.
    bond_vectors : array_like of float, shape (bonds, d)
        Minimum-image vector from the first node of each bond to the second.
    volume_per_node : float
        Volume (d = 2: area) per node.
    lattice_shape : sequence of int, optional
        Sites along each axis if node i belongs to site (i % L_0, (i // L_0) % L_1, ...) of a periodic lattice; the
        lattice's own Green function then preconditions the solution. Otherwise the diagonal does, and the number of
        iterations grows with the width of the network.
    tolerance : float
        Relative error allowed in each diagonal element of C.
    max_iterations : int
        Iterations allowed for each axis.

    Returns
    -------
    stiffness_tensor : ndarray, shape (d, d)
        Symmetric and positive semidefinite. Nodes and clusters that do not span the box contribute nothing.
    iterations : int
        Iterations used, all axes together.

    Raises
    ------
    SchemaError
        If the arrays do not fit together.
    ConvergenceError
        If the tolerance is not reached.

    Examples
    --------
    Springs twice as strong on a square lattice:

    >>> from bosonpeak.generators.networks import nine_node_toy
    >>> crystal = nine_node_toy()
    >>> tensor, _ = effective_stiffness(crystal.bonds, 2.0 * crystal.stiffness, 9, crystal.site_vectors)
    >>> tensor.diagonal().round(6).tolist()
    [2.0, 2.0]
    """
    require_arrays(SchemaError, 2, bond_vectors=bond_vectors)
    require_arrays(SchemaError, 1, **present(lattice_shape=lattice_shape))
    require_numbers(SchemaError, volume_per_node=volume_per_node, tolerance=tolerance)
    require_counts(SchemaError, max_iterations=max_iterations)
    pairs, springs = checked_network(bonds, stiffness, node_count)
    vectors = _checked_vectors(bond_vectors, len(pairs))
    if lattice_shape is not None and math.prod(lattice_shape) != node_count:
        raise SchemaError(
            "not the shape of this lattice", expected=f"{node_count} sites", got=f"{tuple(lattice_shape)}"
        )
    elongations, iterations = _relaxed(pairs, springs, node_count, vectors, lattice_shape, tolerance, max_iterations)
    tensor = (springs * elongations) @ elongations.T / (node_count * volume_per_node)
    return 0.5 * (tensor + tensor.T), iterations


def node_shares(
    bonds: Bonds,
    stiffness: FloatArray,
    node_count: int,
    bond_vectors: FloatArray,
    *,
    lattice_shape: Sequence[int] | None = None,
    tolerance: float = 1e-10,
) -> FloatArray:
    """Shares (d, nodes) of V times the diagonal of the effective stiffness: half of a bond's response at either end."""
    # The response of a bond to the uniform strain E_a is t d_a (d_a + phi_j - phi_i). Its sum over the bonds is the
    # energy, as the force of the relaxed network does no work on the corrector.
    elongations, _ = _relaxed(bonds, stiffness, node_count, bond_vectors, lattice_shape, tolerance, _MOST_ITERATIONS)
    responses = stiffness * bond_vectors.T * elongations
    ends = bonds.T
    return np.stack([sum(0.5 * np.bincount(end, row, node_count) for end in ends) for row in responses])


def _relaxed(
    bonds: Bonds,
    stiffness: FloatArray,
    node_count: int,
    bond_vectors: FloatArray,
    lattice_shape: Sequence[int] | None,
    tolerance: float,
    max_iterations: int,
) -> tuple[FloatArray, int]:
    """Elongations (d, bonds) of the relaxed network under unit strains along the axes, and the iterations used."""
    matrix = laplacian(bonds, stiffness, node_count)
    precondition = _jacobi(matrix) if lattice_shape is None else _smoothed_lattice(matrix, lattice_shape)
    elongations, iterations = bond_vectors.T.copy(), 0
    for elongation in elongations:
        force = stiffness * elongation
        affine_energy = float(force @ elongation)
        load = _at_nodes(bonds, force, node_count)
        corrector, used = _corrector(matrix.dot, precondition, load, affine_energy, tolerance, max_iterations)
        elongation += corrector[bonds[:, 1]] - corrector[bonds[:, 0]]
        iterations += used
    return elongations, iterations


def _at_nodes(bonds: Bonds, force: FloatArray, node_count: int) -> FloatArray:
    """Net force on each node from bonds that pull with `force`."""
    return np.asarray(np.bincount(bonds[:, 0], force, node_count) - np.bincount(bonds[:, 1], force, node_count))


def _checked_vectors(bond_vectors: ArrayLike, bond_count: int) -> FloatArray:
    vectors = np.asarray(bond_vectors, dtype=np.float64)
    if vectors.ndim != 2 or len(vectors) != bond_count or not np.isfinite(vectors).all():
        raise SchemaError(
            "these bond vectors do not fit the network",
            expected=f"finite numbers of shape ({bond_count}, dimension)",
            got=f"shape {vectors.shape}",
        )
    return vectors


def _corrector(
    apply: Operator,
    precondition: Operator,
    load: FloatArray,
    affine_energy: float,
    tolerance: float,
    max_iterations: int,
) -> tuple[FloatArray, int]:
    """Preconditioned conjugate gradients in the space orthogonal to the null space, which contains the load."""
    # The energy lowered by the latest steps bounds the error before them (Strakos and Tichy, ETNA 13, 56 (2002)).
    solution, residual = np.zeros_like(load), load.copy()
    direction, previous = np.zeros_like(load), 1.0
    energy, gains = affine_energy, list[float]()
    for iteration in range(max_iterations + 1):
        preconditioned = precondition(residual)
        weight = float(residual @ preconditioned)
        window = max(SHORTEST_WINDOW, iteration // 4)
        latest = sum(gains[-window:])
        settled = iteration >= window and latest <= tolerance * energy + ROUND_OFF * affine_energy
        if settled or weight <= ROUND_OFF**2 * affine_energy:
            return solution, iteration
        direction = preconditioned + (weight / previous) * direction
        image = apply(direction)
        step = weight / float(direction @ image)
        solution += step * direction
        residual -= step * image
        previous = weight
        gains.append(step * weight)
        energy -= step * weight
    raise ConvergenceError(
        "the corrector problem was not solved",
        expected=f"{window} iterations that lower the energy {energy:.3g} by less than {tolerance:g} of it",
        got=f"a fall by {latest:.3g} in the last of {max_iterations} iterations",
        likely_cause="a network close to falling apart, or springs of vastly different strength",
        done="nothing was returned; raise max_iterations or tolerance",
    )


def _jacobi(matrix: csr_array) -> Operator:
    """Multiplication by the inverse diagonal, zero on isolated nodes."""
    diagonal = matrix.diagonal()
    inverse = np.divide(1.0, diagonal, out=np.zeros_like(diagonal), where=diagonal > 0.0)

    def apply(field: FloatArray) -> FloatArray:
        return np.asarray(inverse * field)

    return apply


def _smoothed_lattice(matrix: csr_array, lattice_shape: Sequence[int]) -> Operator:
    """Green function of the uniform lattice between two damped Jacobi steps: positive for any damping below 1."""
    jacobi, green_function = _jacobi(matrix), _lattice_green_function(lattice_shape)
    mean_stiffness = float(matrix.diagonal().mean()) / (2.0 * len(lattice_shape))

    def apply(field: FloatArray) -> FloatArray:
        smoothed = JACOBI_DAMPING * jacobi(field)
        smoothed += green_function(field - matrix @ smoothed) / mean_stiffness
        smoothed += JACOBI_DAMPING * jacobi(field - matrix @ smoothed)
        return smoothed

    return apply


def _lattice_green_function(lattice_shape: Sequence[int]) -> Operator:
    """Inverse of the dynamical matrix of unit springs between lattice neighbours, on fields of zero mean."""
    shape = tuple(reversed(lattice_shape))  # the first coordinate varies fastest
    wavenumbers = [fft.fftfreq(length) for length in shape[:-1]] + [fft.rfftfreq(shape[-1])]
    terms = np.meshgrid(*(2.0 - 2.0 * np.cos(2.0 * np.pi * k) for k in wavenumbers), indexing="ij", sparse=True)
    eigenvalues = np.asarray(sum(terms))
    eigenvalues.flat[0] = np.inf

    def apply(field: FloatArray) -> FloatArray:
        waves = fft.rfftn(field.reshape(shape)) / eigenvalues
        return np.asarray(fft.irfftn(waves, shape, overwrite_x=True)).ravel()

    return apply
