"""What is in a file, for people to read."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.opening import is_name, local_path
from bosonpeak.datasets.storage.digest import file_sha256
from bosonpeak.datasets.storage.store import read

if TYPE_CHECKING:
    import xarray as xr

_SHOWN_ATTRIBUTES = ("title", "summary", "kind", "seed", "licence", "source", "created", "code_version", "git_commit")


@dataclass(frozen=True)
class GroupDescription:
    """One dataset of a file.

    Parameters
    ----------
    path : str
        Group path, ``"/"`` for a file without groups.
    kind : str
    sizes : dict of str to int
        Length of each dimension.
    variables : dict of str to str
        Name to dimensions, type and units, in one line.
    content_digest : str
    """

    path: str
    kind: str
    sizes: dict[str, int]
    variables: dict[str, str]
    content_digest: str


@dataclass(frozen=True)
class DatasetDescription:
    """A file and its datasets; ``str()`` of it is meant for a terminal.

    Parameters
    ----------
    name : str
        The name or path asked for.
    file : str
    size : int
        Bytes.
    sha256 : str
        Of the file; empty for a Zarr store, which is a directory.
    attributes : dict of str to str
        Provenance.
    groups : tuple of GroupDescription
    """

    name: str
    file: str
    size: int
    sha256: str
    attributes: dict[str, str]
    groups: tuple[GroupDescription, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description as JSON-serialisable data."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [self.name, f"  file: {self.file} ({self.size:,} bytes)"]
        lines += [f"  sha256: {self.sha256}"] if self.sha256 else []
        lines += [f"  {key}: {value}" for key, value in self.attributes.items() if value]
        shown: list[dict[str, str]] = []
        for group in self.groups:
            sizes = ", ".join(f"{dim} {length}" for dim, length in group.sizes.items())
            lines += [f"  {group.path} ({group.kind}): {sizes}"]
            if group.variables not in shown:
                lines += [f"    {name}: {text}" for name, text in group.variables.items()]
                shown.append(group.variables)
        if len(shown) < len(self.groups):
            lines += ["  Groups without a list hold the same variables as a group above them."]
        return "\n".join(lines)


def describe(name_or_path: str | os.PathLike[str], *, registry: Path | None = None) -> DatasetDescription:
    """Describe a named dataset or a file without reading its values.

    Parameters
    ----------
    name_or_path : str or path-like
        A registered name, or the path of a netCDF file or Zarr store.
    registry : Path, optional
        Another registry file than the one in the package.

    Returns
    -------
    DatasetDescription

    Raises
    ------
    RegistryError
        If it is neither a name nor a file.
    StoreError
        If the file cannot be read.
    """
    import xarray as xr

    path = local_path(name_or_path, registry=registry)
    with read(path, chunks={}, vouched=is_name(name_or_path, registry=registry)) as opened:
        if isinstance(opened, xr.DataTree):
            groups = [_group(node.path, node.to_dataset()) for node in opened.subtree if node.data_vars]
        else:
            groups = [_group("/", opened)]
        attributes = {key: str(opened.attrs[key]) for key in _SHOWN_ATTRIBUTES if key in opened.attrs}
    return DatasetDescription(
        name=os.fspath(name_or_path),
        file=str(path),
        size=_size(path),
        sha256="" if path.is_dir() else file_sha256(path),
        attributes=attributes,
        groups=tuple(groups),
    )


def _size(path: Path) -> int:
    files = [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _group(path: str, dataset: xr.Dataset) -> GroupDescription:
    return GroupDescription(
        path=path,
        kind=str(dataset.attrs.get("kind", "unknown kind")),
        sizes={str(dim): length for dim, length in dataset.sizes.items()},
        variables={
            str(name): f"({', '.join(map(str, variable.dims))}) {variable.dtype} [{variable.attrs.get('units', '')}]"
            for name, variable in dataset.variables.items()
        },
        content_digest=str(dataset.attrs.get("content_digest", "")),
    )
