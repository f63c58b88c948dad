"""Vortices: genuine vortex modes distinguished from superposed waves, curl content, cores and enstrophy."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
