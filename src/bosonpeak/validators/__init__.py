"""What can be measured on any dataset, ours or foreign; every measurement returns an `Estimate`."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Estimate": "estimate",
    "coordination_distribution": "coordination",
    "cumulative_count": "density_of_states",
    "debye_density": "debye",
    "distinct_poles": "poles",
    "excess": "excess",
    "excess_peak": "excess",
    "histogram_density": "density_of_states",
    "jackknife_interval": "intervals",
    "local_weight": "participation",
    "mean_interval": "intervals",
    "mean_participation": "participation",
    "modes_in_window": "density_of_states",
    "participation_ratio": "participation",
    "participation_scaling": "participation",
    "phonon_shells": "phonon_shells",
    "pole_change": "poles",
    "reduced_density": "excess",
    "resolved_below": "phonon_shells",
    "sampled_density": "density_of_states",
    "square_lattice_density": "debye",
    "squared_speed": "debye",
    "van_hove_peak": "van_hove",
    "zero_mode_surplus": "zero_mode_count",
}

__all__ = [  # noqa: PLE0604
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
