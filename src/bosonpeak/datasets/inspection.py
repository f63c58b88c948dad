"""Human-readable descriptions of data files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bosonpeak.datasets.ensembles.names import name_and_group
from bosonpeak.datasets.opening import is_name, local_path
from bosonpeak.datasets.plain_text import one_line
from bosonpeak.datasets.registry import known_datasets
from bosonpeak.datasets.storage.digest import file_sha256
from bosonpeak.datasets.storage.raw_files import read_groups
from bosonpeak.datasets.storage.raw_groups import StoredGroup, StoredVariable

_SHOWN_ATTRIBUTES = ("title", "summary", "kind", "seed", "licence", "source", "created", "code_version", "git_commit")


@dataclass(frozen=True)
class GroupDescription:
    """One dataset of a file: its group path, kind, dimensions, variables and content digest."""

    path: str  # ``"/"`` in a file without groups
    kind: str
    sizes: dict[str, int]
    variables: dict[str, str]  # dimensions, type and units in one line, by name
    content_digest: str


@dataclass(frozen=True)
class DatasetDescription:
    """A file and its datasets; ``str()`` gives the text for a terminal."""

    name: str
    file: str
    size: int  # bytes
    sha256: str  # empty for a Zarr store, which is a directory
    attributes: dict[str, str]  # provenance
    groups: tuple[GroupDescription, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description as JSON-serialisable data."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [self.name, f"  file: {self.file} ({self.size:,} bytes)"]
        lines += [f"  sha256: {self.sha256}"] if self.sha256 else []
        lines += [f"  {key}: {one_line(value, 1000)}" for key, value in self.attributes.items() if value]
        shown: list[dict[str, str]] = []
        for group in self.groups:
            sizes = ", ".join(f"{dim} {length}" for dim, length in group.sizes.items())
            lines += ["  " + one_line(f"{group.path} ({group.kind}): {sizes}", 1000)]
            if group.variables not in shown:
                lines += ["    " + one_line(f"{name}: {text}", 1000) for name, text in group.variables.items()]
                shown.append(group.variables)
        if len(shown) < len(self.groups):
            lines += ["  Groups without a list hold the same variables as a group above them."]
        return "\n".join(lines)


def describe(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> DatasetDescription:
    """Describe a named dataset or a file without reading its values.

    Parameters
    ----------
    name_or_path : str or path-like
        A registered name, with or without a group, or the path of a netCDF file or Zarr store.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    DatasetDescription

    Raises
    ------
    RegistryError
        If the argument is neither a registered name nor a file.
    StoreError
        If the file cannot be read.

    Examples
    --------
    >>> toy = describe("network/nine-node")
    >>> [group.path for group in toy.groups]
    ['/lattice', '/added', '/missing', '/weakened']
    >>> toy.groups[0].variables["eigenfrequency"]
    '(sample, mode) float64 [sqrt(t0/m)]'
    """
    path = local_path(name_or_path, registry=registry)
    vouched = is_name(name_or_path, registry=registry)
    groups = read_groups(path, vouched=vouched, with_values=False)
    _, group = name_and_group(str(name_or_path), known_datasets(registry=registry)) if vouched else ("", None)
    return described(os.fspath(name_or_path), path, groups, group=group or "")


def described(name: str, path: Path, groups: Mapping[str, StoredGroup], *, group: str = "") -> DatasetDescription:
    """Describe the groups that `read_groups` found in a file or Zarr store, at or below `group`, without values."""
    top = f"/{group}".rstrip("/")
    shown = {
        place: found
        for place, found in groups.items()
        if (found.variables or len(groups) == 1) and (place == top or place.startswith(f"{top}/"))
    }
    above = next(iter(groups.values())).attributes
    return DatasetDescription(
        name=name,
        file=str(path),
        size=_size(path),
        sha256="" if path.is_dir() else file_sha256(path),
        attributes={key: str(above[key]) for key in _SHOWN_ATTRIBUTES if key in above},
        groups=tuple(_group(place, found) for place, found in shown.items()),
    )


def _size(path: Path) -> int:
    files = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _group(path: str, group: StoredGroup) -> GroupDescription:
    sizes: dict[str, int] = {}
    for variable in group.variables.values():
        sizes |= dict(zip(variable.dimensions, variable.values.shape, strict=True))
    return GroupDescription(
        path=path,
        kind=str(group.attributes.get("kind", "unknown kind")),
        sizes=sizes,
        variables={
            name: f"({', '.join(variable.dimensions)}) {_type(variable)} [{variable.attributes.get('units', '')}]"
            for name, variable in group.variables.items()
        },
        content_digest=str(group.attributes.get("content_digest", "")),
    )


def _type(variable: StoredVariable) -> str:
    """Name the type of the values; integers stored with a boolean marker are reported as flags."""
    return str(variable.attributes.get("dtype", variable.values.dtype))
