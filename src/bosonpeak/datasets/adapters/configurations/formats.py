"""Read foreign configurations from any supported format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bosonpeak.datasets.adapters.configurations.extended_xyz import looks_like_xyz, read_extended_xyz
from bosonpeak.datasets.adapters.configurations.foreign_configuration import (
    ForeignConfiguration,
    RawConfiguration,
    checked_configuration,
)
from bosonpeak.datasets.adapters.configurations.h5md import looks_like_h5md, read_h5md
from bosonpeak.datasets.adapters.configurations.lammps import (
    ITEM,
    looks_like_lammps_data,
    read_lammps_data,
    read_lammps_dump,
)
from bosonpeak.datasets.adapters.configurations.optional_readers import (
    ASE_MAGIC,
    GSD_MAGIC,
    read_ase_trajectory,
    read_gsd,
)
from bosonpeak.datasets.adapters.files.foreign_file import existing_file, head_of
from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import ForeignInputError

_KNOWN = "LAMMPS data or dump (text), extended XYZ, H5MD, GSD, or an ASE trajectory"


def read_configurations(
    path: str | os.PathLike[str], card: Mapping[str, Any] | None = None
) -> tuple[ForeignConfiguration, ...]:
    r"""Read every configuration of a foreign file.

    The format is recognised by content, not by name: LAMMPS data, LAMMPS dump in text, extended XYZ, H5MD, and, with
    the extras ``gsd`` and ``ase``, GSD and ASE trajectories.

    Parameters
    ----------
    path : path-like
        The file.
    card : mapping, optional
        Facts that the file does not state: ``particles``, ``dimension``, ``coordinates`` ("absolute" or
        "fractional"), ``sizes`` ("diameters" or "radii"), ``lammps_units``, ``atom_style``. Other entries are
        ignored.

    Returns
    -------
    tuple of ForeignConfiguration
        Particles in the order of their ids, inside the box; at least one configuration.

    Raises
    ------
    ForeignInputError
        If the file is missing, damaged, malicious or in an unknown format, or its numbers cannot be a configuration.
    CardError
        If the card contradicts the file, or is silent although two readings remain.

    Examples
    --------
    The second particle is put back into the periodic box.

    >>> import tempfile
    >>> from pathlib import Path
    >>> header = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pair.xyz"
    ...     _ = path.write_text("\n".join(["2", header, "A 0.0 0.0 0.0", "B 1.0 2.0 5.0", ""]))
    ...     (pair,) = read_configurations(path)
    >>> pair.positions.tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]
    """
    known = card or {}
    return tuple(checked_configuration(raw, known) for raw in raw_configurations(file_path(path), known))


def is_configuration(head: bytes) -> bool:
    """Test whether a file with these first bytes holds configurations."""
    return _format(head) != ""


def raw_configurations(path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
    """Read every configuration of a file unchecked; parameters and errors as of `read_configurations`."""
    file = existing_file(path, _KNOWN)
    kind = _format(head_of(file))
    if not kind:
        raise ForeignInputError("the file holds no configuration that is known here", expected=_KNOWN, where=str(file))
    found = _READERS[kind](file, card)
    if not found:
        raise ForeignInputError("there are no configurations in the file", expected="at least one", where=str(file))
    return found


_READERS: Mapping[str, Callable[[Path, Mapping[str, Any]], list[RawConfiguration]]] = {
    "gsd": lambda file, card: read_gsd(file),
    "ase": lambda file, card: read_ase_trajectory(file),
    "h5md": read_h5md,
    "dump": read_lammps_dump,
    "xyz": lambda file, card: read_extended_xyz(file),
    "data": lambda file, card: [read_lammps_data(file, card)],
}


def _format(head: bytes) -> str:
    if head.startswith(GSD_MAGIC):
        return "gsd"
    if head.startswith(ASE_MAGIC):
        return "ase"
    if looks_like_h5md(head):
        return "h5md"
    lines = head.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    if lines and lines[0].startswith(ITEM):
        return "dump"
    if looks_like_xyz(lines):
        return "xyz"
    return "data" if looks_like_lammps_data(lines) else ""
