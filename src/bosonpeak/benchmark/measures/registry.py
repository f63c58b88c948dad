"""Measures that claims can name, of all families."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from bosonpeak.benchmark.measures import (
    glasses,
    heterogeneous_elasticity,
    levels,
    local_moduli,
    networks,
    plane_waves,
    quasi_equilibrium,
    stresses,
    vortices,
)
from bosonpeak.benchmark.measures.base import Measure, OpenCell
from bosonpeak.datasets.errors import ClaimError
from bosonpeak.validators.estimates.estimate import Estimate


def measure(name: str, open_cell: OpenCell, cell: str, parameters: Mapping[str, Any]) -> Estimate:
    """Apply a measure by its name.

    Raises
    ------
    ClaimError
        If there is no such measure or it does not take these parameters.
    """
    if name not in MEASURES:
        raise ClaimError("unknown measure", expected=", ".join(sorted(MEASURES)), got=repr(name))
    try:
        inspect.signature(MEASURES[name]).bind(open_cell, cell, **parameters)
    except TypeError as error:
        raise ClaimError(f"measure {name} does not take these parameters", got=str(error)) from error
    return MEASURES[name](open_cell, cell, **parameters)


FAMILIES = (
    networks,
    glasses,
    heterogeneous_elasticity,
    levels,
    local_moduli,
    plane_waves,
    quasi_equilibrium,
    stresses,
    vortices,
)

MEASURES: dict[str, Measure] = {name: each for family in FAMILIES for name, each in family.MEASURES.items()}
