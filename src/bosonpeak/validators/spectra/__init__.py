"""Spectra against Debye's law: the Debye level, the excess over it, phonon shells, Van Hove peaks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
