"""The dynamical matrix of a scalar spring network and its connected components.

H_ij = -t_ij and H_ii = sum_j t_ij for ``bonds`` (bonds, 2), each once, of ``stiffness`` (bonds,) and unit masses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from bosonpeak.datasets.arguments import require_arrays, require_counts
from bosonpeak.datasets.array_types import FloatArray, IndexArray
from bosonpeak.datasets.errors import SchemaError

Bonds = IndexArray
Stiffness = FloatArray


def checked_network(bonds: ArrayLike, stiffness: ArrayLike, node_count: int) -> tuple[Bonds, Stiffness]:
    """Checked bonds (bonds, 2), as int32, and positive stiffness (bonds,), as float64; SchemaError names all faults."""
    require_arrays(SchemaError, bonds=bonds, stiffness=stiffness)
    require_counts(SchemaError, node_count=node_count)
    pairs = np.asarray(bonds)
    springs = np.asarray(stiffness, dtype=np.float64)
    if pairs.size == 0:
        pairs = np.empty((0, 2), dtype=np.int32)
    faults = _faults(pairs, springs, node_count)
    if faults:
        raise SchemaError(
            "these arrays are not a spring network",
            expected="bonds (bonds, 2) between different nodes below node_count, stiffness (bonds,) finite and above 0",
            got="; ".join(faults),
        )
    return np.ascontiguousarray(pairs, dtype=np.int32), springs


def laplacian(bonds: ArrayLike, stiffness: ArrayLike, node_count: int) -> csr_array:
    """Dynamical matrix (nodes, nodes) for unit masses; springs between the same pair of nodes add up."""
    pairs, springs = checked_network(bonds, stiffness, node_count)
    first, second = pairs[:, 0], pairs[:, 1]
    nodes = np.arange(node_count, dtype=np.int32)
    entries = np.concatenate([-springs, -springs, stiffness_at_nodes(pairs, springs, node_count)])
    rows, columns = np.concatenate([first, second, nodes]), np.concatenate([second, first, nodes])
    return csr_array(coo_array((entries, (rows, columns)), shape=(node_count, node_count)))


def stiffness_at_nodes(bonds: Bonds, stiffness: Stiffness, node_count: int) -> FloatArray:
    """Diagonal of the dynamical matrix: total stiffness of each node's springs, shape (nodes,)."""
    return np.asarray(np.bincount(bonds[:, 0], stiffness, node_count) + np.bincount(bonds[:, 1], stiffness, node_count))


def connected_component_labels(bonds: ArrayLike, node_count: int) -> IndexArray:
    """Number of the connected component that each node belongs to.

    Every component carries exactly one zero mode (a uniform displacement), so that the number of components is the
    number of zero modes.

    Parameters
    ----------
    bonds : array_like of int, shape (bonds, 2)
        Pairs of connected nodes.
    node_count : int
        Number of nodes.

    Returns
    -------
    ndarray of int32, shape (nodes,)
        Labels 0, 1, ... without gaps; an isolated node is a component of its own.

    Examples
    --------
    Two pairs and a node alone:

    >>> connected_component_labels([[0, 1], [2, 3]], 5).tolist()
    [0, 0, 1, 1, 2]
    """
    require_arrays(SchemaError, bonds=bonds)
    pairs, _ = checked_network(bonds, np.ones(np.shape(bonds)[:1]), node_count)
    graph = csr_array((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(node_count, node_count))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels, dtype=np.int32)


def without_null_space(vectors: FloatArray, labels: IndexArray) -> FloatArray:
    """Project vectors (..., nodes) off the zero modes: subtract the mean of each component in `labels` (nodes,)."""
    flat = vectors.reshape(-1, len(labels))
    population = np.bincount(labels)
    means = np.stack([np.bincount(labels, vector) / population for vector in flat])
    return np.asarray(flat - means[:, labels]).reshape(vectors.shape)


def _faults(pairs: NDArray[np.generic], springs: Stiffness, node_count: int) -> list[str]:
    if node_count < 1:
        return [f"node_count = {node_count}"]
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.issubdtype(pairs.dtype, np.integer):
        return [f"bonds of shape {pairs.shape} and type {pairs.dtype}"]
    faults = []
    if springs.shape != (len(pairs),):
        faults.append(f"{len(pairs)} bonds but stiffness of shape {springs.shape}")
    elif not (np.isfinite(springs).all() and (springs > 0.0).all()):
        worst = int(np.argmin(np.where(np.isfinite(springs), springs, -np.inf)))
        faults.append(f"stiffness {springs[worst]} at bond {worst} (leave out springs of zero stiffness)")
    if len(pairs) and (pairs.min() < 0 or pairs.max() >= node_count):
        faults.append(f"node indices from {pairs.min()} to {pairs.max()} with node_count = {node_count}")
    if len(pairs) and (pairs[:, 0] == pairs[:, 1]).any():
        faults.append(f"bond {int(np.argmax(pairs[:, 0] == pairs[:, 1]))} joins a node to itself")
    return faults
