"""Claims, verdicts and scorecards from measurements."""

from bosonpeak import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
