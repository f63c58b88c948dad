"""What follows from the answers that a code gave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bosonpeak.benchmark.conformance.cases import Problem, probe_vectors

FloatArray = NDArray[np.float64]


def derived(problem: Problem, given: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Add what follows from a Hessian, and leave of it what it is judged by.

    Parameters
    ----------
    problem : Problem
    given : mapping of str to ndarray
        Answers; of the Hessian the full matrix.

    Returns
    -------
    dict of str to ndarray
        With eigenvalues if there is a Hessian and none were given, ascending; of the Hessian its products with the
        probe vectors.
    """
    found = dict(given)
    if "hessian" in found:
        matrix = found["hessian"]
        found["hessian"] = probe_vectors(problem.degrees_of_freedom) @ matrix
        if "eigenvalues" not in found and np.isfinite(matrix).all():
            found["eigenvalues"] = np.array(np.linalg.eigvalsh(0.5 * (matrix + matrix.T)), dtype=np.float64)
    if "eigenvalues" in found:
        found["eigenvalues"] = np.sort(found["eigenvalues"].ravel())
        found.setdefault("lowest_eigenvalue", found["eigenvalues"])
    return found
