"""What can be measured on any dataset, ours or foreign; every measurement returns an `Estimate`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.validators.coordination import coordination_distribution
    from bosonpeak.validators.debye import debye_density, square_lattice_density, squared_speed
    from bosonpeak.validators.debye_excess import excess, excess_peak, reduced_density
    from bosonpeak.validators.density_of_states import (
        cumulative_count,
        histogram_density,
        modes_in_window,
        sampled_density,
    )
    from bosonpeak.validators.estimate import Estimate
    from bosonpeak.validators.intervals import jackknife_interval, mean_interval
    from bosonpeak.validators.participation import (
        local_weight,
        mean_participation,
        participation_ratio,
        participation_scaling,
    )
    from bosonpeak.validators.poles import distinct_poles, pole_change
    from bosonpeak.validators.shells import phonon_shells, resolved_below
    from bosonpeak.validators.van_hove import van_hove_peak
    from bosonpeak.validators.zero_mode_count import zero_mode_surplus

_HOMES = {
    "Estimate": "estimate",
    "coordination_distribution": "coordination",
    "cumulative_count": "density_of_states",
    "debye_density": "debye",
    "distinct_poles": "poles",
    "excess": "debye_excess",
    "excess_peak": "debye_excess",
    "histogram_density": "density_of_states",
    "jackknife_interval": "intervals",
    "local_weight": "participation",
    "mean_interval": "intervals",
    "mean_participation": "participation",
    "modes_in_window": "density_of_states",
    "participation_ratio": "participation",
    "participation_scaling": "participation",
    "phonon_shells": "shells",
    "pole_change": "poles",
    "reduced_density": "debye_excess",
    "resolved_below": "shells",
    "sampled_density": "density_of_states",
    "square_lattice_density": "debye",
    "squared_speed": "debye",
    "van_hove_peak": "van_hove",
    "zero_mode_surplus": "zero_mode_count",
}

__all__ = [
    "Estimate",
    "coordination_distribution",
    "cumulative_count",
    "debye_density",
    "distinct_poles",
    "excess",
    "excess_peak",
    "histogram_density",
    "jackknife_interval",
    "local_weight",
    "mean_interval",
    "mean_participation",
    "modes_in_window",
    "participation_ratio",
    "participation_scaling",
    "phonon_shells",
    "pole_change",
    "reduced_density",
    "resolved_below",
    "sampled_density",
    "square_lattice_density",
    "squared_speed",
    "van_hove_peak",
    "zero_mode_surplus",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
