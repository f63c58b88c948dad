"""Waves and heat in a harmonic solid from its matrix: dynamic structure factor and diffusivity of modes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
