"""Measures that claims can name, of all families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bosonpeak.benchmark.measures import glasses as glass_measures
from bosonpeak.benchmark.measures import heterogeneous_elasticity as heterogeneous_elasticity_measures
from bosonpeak.benchmark.measures import levels as level_measures
from bosonpeak.benchmark.measures import networks
from bosonpeak.benchmark.measures import potential_minimum as potential_minimum_measures
from bosonpeak.benchmark.measures import quasi_equilibrium as quasi_equilibrium_measures
from bosonpeak.benchmark.measures import stress_tensor as stress_tensor_measures
from bosonpeak.benchmark.measures import vortices as vortex_measures
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
        return MEASURES[name](open_cell, cell, **parameters)
    except TypeError as error:
        if name in str(error) or "argument" in str(error):
            raise ClaimError(f"measure {name} does not take these parameters", got=str(error)) from error
        raise


MEASURES: dict[str, Measure] = {
    **networks.MEASURES,
    **glass_measures.MEASURES,
    **heterogeneous_elasticity_measures.MEASURES,
    **level_measures.MEASURES,
    **potential_minimum_measures.MEASURES,
    **quasi_equilibrium_measures.MEASURES,
    **stress_tensor_measures.MEASURES,
    **vortex_measures.MEASURES,
}
