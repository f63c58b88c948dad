"""Data generators: one module per physical system or method, with recipes in TOML."""

import warnings
from typing import Any

import lazy_loader

_attribute, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_FORMER_NAMES = {"boson_peak": "heterogeneous_elasticity_boson_peak"}


def __getattr__(name: str) -> Any:
    if name in _FORMER_NAMES:
        message = f"bosonpeak.generators.{name} is now called {_FORMER_NAMES[name]}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
    return _attribute(_FORMER_NAMES.get(name, name))
