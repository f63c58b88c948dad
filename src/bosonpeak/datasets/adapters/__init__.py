"""Readers of foreign data: each takes the bytes of an untrusted file and returns checked arrays."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
