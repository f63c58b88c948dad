"""Data generators: one module per physical system or method, with recipes in TOML."""

from bosonpeak import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__, boson_peak="heterogeneous_elasticity_boson_peak")
