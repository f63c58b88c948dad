"""Check that a data release is complete, correct and signed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.errors import BosonpeakError, SignatureError
from bosonpeak.datasets.manifest import MANIFEST, describe_file, read_manifest
from bosonpeak.datasets.publication.signature import signer
from bosonpeak.datasets.registry import fetch, list_datasets
from bosonpeak.datasets.storage.digest import file_sha256


@dataclass(frozen=True)
class Finding:
    """Result of a check: one line of text, `good` if the check passed, `is_absent` if there was nothing to check."""

    what: str
    good: bool
    is_absent: bool = False


def check_directory(
    directory: str | os.PathLike[str],
    keys: Iterable[str | os.PathLike[str]] = (),
    *,
    signature_required: bool = False,
    partial: bool = False,
) -> Iterator[Finding]:
    """Check manifest, signature and files of a data release; `partial` permits missing files."""
    root = Path(directory)
    entries = read_manifest(root / MANIFEST)
    yield Finding(f"manifest: {len(entries)} files, {sum(entry.size for entry in entries):,} bytes", True)
    yield _signature(root, keys, signature_required)
    right = missing = 0
    for entry in entries:
        if partial and not (root / entry.file).exists():
            missing += 1
        elif fault := _fault(root / entry.file, entry):
            yield Finding(f"{entry.name}: {fault}", False)
        else:
            right += 1
    listed = {entry.file for entry in entries}
    for file in sorted(root.rglob("*.nc")):
        if file.relative_to(root).as_posix() not in listed:
            yield Finding(f"{file.relative_to(root)}: not in the manifest", False)
    yield Finding(
        f"files: {right} right" + (f", {missing} not here" if missing else ""), right + missing == len(entries)
    )


def check_package() -> Iterator[Finding]:
    """Check the reference data of the package against the registry."""
    entries, wrong = list_datasets(), 0
    for entry in entries:
        try:
            fetch(entry.name)
        except BosonpeakError as error:
            wrong += 1
            yield Finding(f"{entry.name}: {error.what}", False)
    yield Finding(f"reference data of the package: {len(entries) - wrong} of {len(entries)} right", not wrong)


def _signature(root: Path, keys: Iterable[str | os.PathLike[str]], required: bool) -> Finding:
    try:
        key = signer(root, keys)
    except SignatureError as error:
        return Finding(f"signature: {error.what}: {error.likely_cause or error.got}", False)
    if key is None:
        return Finding("no signature: the origin of the manifest is not verified", not required, is_absent=True)
    return Finding(f"signature: good, by {key.name}", True)


def _fault(file: Path, entry: DatasetEntry) -> str:
    if not file.is_file():
        return "missing"
    size = file.stat().st_size
    if size != entry.size:
        return f"{size:,} bytes instead of {entry.size:,}"
    if (sha256 := file_sha256(file)) != entry.sha256:
        return f"SHA-256 {sha256} instead of {entry.sha256}"
    found = describe_file(file, entry.file)
    if found.content_digest != entry.content_digest:
        return f"digest of the content {found.content_digest} instead of {entry.content_digest}"
    return ""
