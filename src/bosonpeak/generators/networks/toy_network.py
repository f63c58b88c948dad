"""The nine-node toy, whose poles are known in closed form, and the response of a small network node by node.

Source: C. Jiang, "Microscopic origin of Boson peak in amorphous solids" (the NET claims), section II.
"""

from __future__ import annotations

import math

import numpy as np

from bosonpeak.datasets.arguments import present, require_arrays, require_instance, require_numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.networks.spring_network import SpringNetwork

TOY_CHANGES = ("none", "added", "missing")


def nine_node_toy(change: str = "none", *, stiffness: float | None = None) -> SpringNetwork:
    """Periodic 3 x 3 lattice of unit springs, with one spring added, removed or altered.

    The poles of its response are the eigenvalues omega^2 = 0, 3, 6 of the lattice, joined by 4 and 7 for an added
    centre-corner spring and by 2 and 5 for a missing centre-left one. They follow from the rank-one secular
    equation 1 + s [w_3/(3 - x) + w_6/(6 - x)] = 0 with x = omega^2, s = +1 (added) or -1 (missing), where w_k is the
    weight of the spring's vector e_i - e_j in the k-th eigenspace: (4/3, 2/3) across the diagonal and (2/3, 4/3)
    along an edge. Both reduce to integers: x^2 - 11 x + 28 = 0 and x^2 - 7 x + 10 = 0.

    Parameters
    ----------
    change : {"none", "added", "missing"}
        Which spring differs from the lattice: none, an extra one between centre and corner, or the one between
        centre and left neighbour.
    stiffness : float, optional
        Stiffness of that spring; by default 1 where it is added and 0 (no spring) where it is missing. With a
        value between 0 and 1 on the centre-left spring, strength varies at fixed coordination.

    Returns
    -------
    SpringNetwork

    Raises
    ------
    RecipeError
        If ``change`` is none of the above, or the stiffness is negative or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> abs(np.linalg.eigvalsh(nine_node_toy("added").laplacian().toarray()).round(6)).tolist()
    [0.0, 3.0, 3.0, 3.0, 4.0, 6.0, 6.0, 6.0, 7.0]
    """
    require_numbers(RecipeError, **present(stiffness=stiffness))
    if change not in TOY_CHANGES:
        raise RecipeError("unknown change of the nine-node toy", expected=" or ".join(TOY_CHANGES), got=repr(change))
    altered = {"none": 1.0, "added": 1.0, "missing": 0.0}[change] if stiffness is None else stiffness
    if not (math.isfinite(altered) and altered >= 0.0):
        raise RecipeError("impossible stiffness", expected="a finite number >= 0", got=repr(stiffness))
    lattice = SpringNetwork.build(3)
    bonds, strengths = lattice.bonds, lattice.stiffness
    centre, left, corner = 4, 3, 6
    if change == "added":
        bonds = np.concatenate([bonds, np.array([[centre, corner]], dtype=np.int32)])
        strengths = np.append(strengths, altered)
    elif change == "missing":
        is_altered = np.all(np.sort(bonds, axis=1) == (left, centre), axis=1)
        strengths = np.where(is_altered, altered, strengths)
    kept = strengths > 0.0
    return SpringNetwork(lattice.positions, lattice.box, bonds[kept], strengths[kept], (3, 3))


def on_node_response(network: SpringNetwork, frequencies: FloatArray, broadening: float) -> FloatArray:
    """Imaginary response of each node, -Im G_ii with G = [(omega^2 + i epsilon) - H]^-1 (NET eq. 1).

    Parameters
    ----------
    network : SpringNetwork
        A small network: all its modes are computed.
    frequencies : ndarray of float64, shape (frequencies,)
        Angular frequencies, units sqrt(t0/m).
    broadening : float
        The small number epsilon > 0, units t0/m.

    Returns
    -------
    ndarray of float64, shape (nodes, frequencies)
        Response, units m/t0.

    Examples
    --------
    At a pole omega^2 = 3 or 6 a node answers with 1/epsilon times its share 4/9 of four modes.

    >>> import numpy as np
    >>> from bosonpeak.generators.networks import nine_node_toy
    >>> response = on_node_response(nine_node_toy(), np.sqrt([3.0, 6.0]), 1e-6)
    >>> (1e-6 * response[0]).round(6).tolist()
    [0.444444, 0.444444]
    """
    require_instance(RecipeError, network, SpringNetwork, "SpringNetwork.build, nine_node_toy")
    require_arrays(RecipeError, 1, frequencies=frequencies)
    require_numbers(RecipeError, broadening=broadening)
    eigenvalues, vectors = np.linalg.eigh(network.laplacian().toarray())
    distance = np.asarray(frequencies)[None, :] ** 2 - eigenvalues[:, None]
    return np.asarray(vectors**2 @ (broadening / (distance**2 + broadening**2)))
