"""Detection of answers copied from the references: computation in double precision would round differently."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from bosonpeak.benchmark.conformance.cases import Case
from bosonpeak.datasets.array_types import FloatArray

LEAST_NUMBERS = 60
"""Numbers that must have been compared; fewer may agree by chance."""

LARGEST_SHARE = 0.5
"""Share of numbers equal to a reference in all their 53 bits. References are correctly rounded; of the forces, stresses
and moduli of this package in double precision 22 of 2963 are."""

_NOT_COMPARED = ("contacts", "hessian", "relaxed_positions")
"""Counts are equal where they are right; of the Hessian only products are stored; a minimum is found in double
precision, by this package's minimiser too."""


def copied_answers(cases: Iterable[Case], given: Mapping[str, Mapping[str, FloatArray]]) -> str | None:
    """Return a sentence with counts if the answers (by case and quantity) are copies of the references, else None."""
    equal = compared = 0
    for case in cases:
        for quantity, values in given.get(case.name, {}).items():
            if quantity in _NOT_COMPARED:
                continue
            stored = case.references[quantity].value
            told = (stored != 0.0) & (stored != np.round(stored))
            compared += int(told.sum())
            equal += int((np.asarray(values).reshape(stored.shape)[told] == stored[told]).sum())
    if compared < LEAST_NUMBERS or equal <= LARGEST_SHARE * compared:
        return None
    return (
        f"the conformance answers are copied: {equal} of {compared} numbers equal the stored references in every bit, "
        "which were computed to 40 digits and then rounded"
    )
