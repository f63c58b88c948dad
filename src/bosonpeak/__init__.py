"""Datasets, generators, validators and a scored benchmark for the vibrational anomalies of amorphous solids.

``bosonpeak.open(name)`` gives a dataset in xarray, ``bosonpeak.verify()`` tests the published claims against the
reference data, ``bosonpeak.score(path, card=...)`` scores the data of another code. Modules are loaded on first use.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak import benchmark as benchmark
    from bosonpeak import datasets as datasets
    from bosonpeak import generators as generators
    from bosonpeak import plot as plot
    from bosonpeak import validators as validators
    from bosonpeak.benchmark import score as score
    from bosonpeak.benchmark import verify as verify
    from bosonpeak.datasets import combine as combine
    from bosonpeak.datasets import open_dataset
    from bosonpeak.generators import recipe as recipe
    from bosonpeak.generators import vibrations as vibrations
    from bosonpeak.validators import boson_peak as boson_peak
    from bosonpeak.validators import density_of_states as density_of_states
    from bosonpeak.validators import diffusivity as diffusivity
    from bosonpeak.validators import dynamic_structure_factor as dynamic_structure_factor

    open = open_dataset

__version__ = "0.1.0"

_ROOMS = ("benchmark", "datasets", "generators", "plot", "validators")
_FUNCTIONS = {
    "combine": ("datasets", "combine"),
    "open": ("datasets", "open_dataset"),
    "recipe": ("generators", "recipe"),
    "score": ("benchmark", "score"),
    "verify": ("benchmark", "verify"),
    "vibrations": ("generators", "vibrations"),
    "boson_peak": ("validators", "boson_peak"),
    "density_of_states": ("validators", "density_of_states"),
    "diffusivity": ("validators", "diffusivity"),
    "dynamic_structure_factor": ("validators", "dynamic_structure_factor"),
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"bosonpeak.{name}")
    if name in _FUNCTIONS:
        room, function = _FUNCTIONS[name]
        return getattr(importlib.import_module(f"bosonpeak.{room}"), function)
    raise AttributeError(f"No bosonpeak attribute {name}")


def __dir__() -> list[str]:
    return sorted([*_ROOMS, *_FUNCTIONS, "__version__"])


def lazy_names(
    package: str, file: str, **renamed: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package whose stub lists topics and names.

    For one version, names that moved from the package to a topic load with a DeprecationWarning; so do names with
    another spelling there, `renamed` as old=new.
    """
    import lazy_loader

    attribute, listed, names = lazy_loader.attach_stub(package, file)

    def current_or_moved(name: str) -> Any:
        if name not in names and not name.startswith("_") and not find_spec(f"{package}.{name}"):
            new = renamed.get(name, name)
            for topic in (f"{package}.{each}" for each in names if find_spec(f"{package}.{each}")):
                if new in importlib.import_module(topic).__all__:
                    warnings.warn(f"{package}.{name} is now {topic}.{new}", DeprecationWarning, stacklevel=2)
                    return getattr(importlib.import_module(topic), new)
        return attribute(name)

    return current_or_moved, listed, names
