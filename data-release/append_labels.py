"""Append the labels that data files of earlier versions lack, and correct their texts.

    python data-release/append_labels.py            # all files of the package and of the release, and their lists
    python data-release/append_labels.py FILE...    # these files only

The labels are coordinates, parameters and the convention for zero modes, and follow from the data
(`bosonpeak.datasets.schema.with_labels`); the texts are in ``standard-texts.toml``. All are written in place, without
rewriting any array; a file is replaced only after every old array in the new file has its old digest. Complete files
stay as they are, so that the script can run again after new blocks arrive. It prints no frequency of a blind ensemble.
Registry, manifest, checksums and the stored robustness of claims follow the new digests.
"""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import netCDF4
import xarray as xr
from make_blocks import write_checksums
from xarray.backends import NetCDF4DataStore

from bosonpeak.datasets import read, registry
from bosonpeak.datasets.manifest import MANIFEST, describe_file, manifest_text, read_manifest
from bosonpeak.datasets.schema import with_labels
from bosonpeak.datasets.storage import content_digest, file_sha256
from bosonpeak.datasets.storage.digest import tree_digest
from bosonpeak.datasets.storage.netcdf_codec import variable_encoding

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "src" / "bosonpeak"
REFERENCE = PACKAGE / "datasets" / "reference"
ROBUSTNESS = PACKAGE / "benchmark" / "claims" / "robustness.json"
STANDARD_TEXTS: dict[str, str] = tomllib.loads((HERE / "standard-texts.toml").read_text(encoding="utf-8"))


def groups_of(obj: xr.Dataset | xr.DataTree) -> dict[str, xr.Dataset]:
    """Groups by path, the root of a tree included."""
    return {"/": obj} if isinstance(obj, xr.Dataset) else {node.path: node.to_dataset(False) for node in obj.subtree}


def _added(new: xr.Dataset, old: xr.Dataset) -> list[str]:
    return [str(name) for name in new.variables if name not in old.variables]


def append_labels(path: Path) -> bool:
    """Append missing labels to a file and correct its texts; return False for a file that is complete."""
    stored = read(path, verify=True)
    labelled = with_labels(stored)
    if labelled is stored and not any(_outdated_texts(group) for group in groups_of(stored).values()):
        return False
    old, new = groups_of(stored), groups_of(labelled)
    digests = {name: content_digest(dataset) for name, dataset in new.items() if dataset.variables}
    if isinstance(labelled, xr.DataTree):
        digests["/"] = tree_digest({name: digest for name, digest in digests.items() if name != "/"})
    temporary = path.with_name(f".{path.name}.labelling")
    shutil.copyfile(path, temporary)
    with netCDF4.Dataset(temporary, "a") as file:
        for name, dataset in new.items():
            group = file if name == "/" else file[name]
            if added := _added(dataset, old[name]):
                _append(group, dataset, added)
            for variable, attribute, text in _outdated_texts(dataset):
                (group[variable] if variable else group).setncattr(attribute, text)
        for name, digest in digests.items():
            (file if name == "/" else file[name]).setncattr("content_digest", digest)
    _require_old_arrays(temporary, labelled, old)
    os.replace(temporary, path)
    return True


def standard_text(text: str) -> str:
    """Return a text with standard words."""
    for former in sorted(STANDARD_TEXTS, key=len, reverse=True):
        text = text.replace(former, STANDARD_TEXTS[former])
    return text


def _outdated_texts(dataset: xr.Dataset) -> list[tuple[str, str, str]]:
    """Name of the variable or "", name of the attribute and new text of every text without the standard words."""
    places = {"": dataset.attrs, **{str(name): variable.attrs for name, variable in dataset.variables.items()}}
    return [
        (variable, name, standard_text(attributes[name]))
        for variable, attributes in places.items()
        for name in ("title", "summary", "long_name")
        if name in attributes and standard_text(attributes[name]) != attributes[name]
    ]


def _append(group: netCDF4.Group, dataset: xr.Dataset, names: Iterable[str]) -> None:
    labels = dataset[list(names)].drop_encoding().drop_attrs(deep=False)
    encoding = {name: variable_encoding(labels.variables[name]) for name in labels.variables}
    listed = getattr(group, "coordinates", "").split()
    labels.dump_to_store(NetCDF4DataStore(group), encoding=encoding)
    if listed:
        group.setncattr("coordinates", " ".join(sorted({*listed, *group.coordinates.split()})))
    if "zero_modes" in dataset.attrs:
        group.setncattr("zero_modes", dataset.attrs["zero_modes"])


def _require_old_arrays(file: Path, labelled: xr.Dataset | xr.DataTree, old: Mapping[str, xr.Dataset]) -> None:
    """Raise SystemExit unless the file has the labels, and every old array bit for bit."""
    written = read(file, verify=True)
    found = groups_of(written)
    for name, dataset in groups_of(labelled).items():
        if not found[name].equals(dataset) or set(found[name].coords) != set(dataset.coords):
            raise SystemExit(f"{file}, {name}: the labels were not stored as they should be")
        kept = found[name].drop_vars(_added(dataset, old[name]))
        if kept.variables and content_digest(kept) != old[name].attrs["content_digest"]:
            raise SystemExit(f"{file}, {name}: an old array is not what it was")


def label_release() -> None:
    """Label the files of the release, and bring manifest and checksums up to date."""
    listed = {entry.file: entry for entry in read_manifest(HERE / MANIFEST)}
    for path in sorted(HERE.rglob("*.nc")):
        name = path.relative_to(HERE).as_posix()
        if append_labels(path):
            print(f"{name}: labels appended", flush=True)
        entry = describe_file(path, name)
        if (former := listed.get(name)) and former.sha256 != entry.sha256:
            listed[name] = replace(entry, version=former.version + 1, urls=former.urls)
    (HERE / MANIFEST).write_bytes(manifest_text(listed.values()))
    write_checksums()


def label_reference() -> None:
    """Label the files of the package, and bring the registry and the robustness of claims up to date."""
    for entry in registry.list_datasets():
        path = REFERENCE / entry.file
        if append_labels(path):
            print(f"{entry.name}: labels appended", flush=True)
        if (digest := file_sha256(path)) != entry.sha256:
            robustness = ROBUSTNESS.read_text(encoding="utf-8").replace(entry.sha256, digest)
            ROBUSTNESS.write_text(robustness, encoding="utf-8")
            text = standard_text(entry.description)
            registry.update_entry(path, name=entry.name, recipe=entry.recipe, description=text)


def main() -> None:
    """Label the given files, or everything."""
    for path in map(Path, sys.argv[1:]):
        print(f"{path}: {'labels appended' if append_labels(path) else 'complete'}")
    if not sys.argv[1:]:
        label_release()
        label_reference()


if __name__ == "__main__":
    main()
