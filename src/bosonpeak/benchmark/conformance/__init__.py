"""Correctness test of simulation codes: small cases, extended-precision references, scores in matching digits."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
