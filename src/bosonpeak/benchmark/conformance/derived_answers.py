"""Quantities derived from the answers of a code."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem, probe_vectors
from bosonpeak.benchmark.conformance.extended_precision import moduli
from bosonpeak.datasets.array_types import FloatArray


def derived(problem: Problem, given: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Add eigenvalues and moduli that the code did not give; reduce a Hessian to its products with probe vectors."""
    found = dict(given)
    if "hessian" in found:
        matrix = found["hessian"]
        found["hessian"] = probe_vectors(problem.degrees_of_freedom) @ matrix
        if "eigenvalues" not in found and np.isfinite(matrix).all():
            found["eigenvalues"] = np.array(np.linalg.eigvalsh(0.5 * (matrix + matrix.T)), dtype=np.float64)
    if "eigenvalues" in found:
        found["eigenvalues"] = np.sort(found["eigenvalues"].ravel())
        found.setdefault("lowest_eigenvalue", found["eigenvalues"])
    if "stiffness" in found and "stress" in found:
        shear, bulk = moduli(found["stiffness"].astype(np.longdouble), found["stress"].astype(np.longdouble))
        found.setdefault("shear_modulus", shear.astype(np.float64))
        found.setdefault("bulk_modulus", bulk.astype(np.float64))
    return found
