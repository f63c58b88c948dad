"""Mirror directories for any static web server: data files, manifest, cards and catalogue metadata."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from pathlib import Path

from bosonpeak.datasets.citation import datacite_text
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.manifest import MANIFEST, manifest_text, parse_manifest, read_manifest
from bosonpeak.datasets.publication.data_card import data_card
from bosonpeak.datasets.publication.ro_crate import CRATE, crate_text
from bosonpeak.datasets.publication.signature import SIGNATURE
from bosonpeak.datasets.registry import complete_entry, fetch, known_datasets
from bosonpeak.datasets.storage.atomic import replacing, write_bytes, write_failure
from bosonpeak.datasets.storage.digest import file_sha256

CHECKSUMS = "SHA256SUMS"
CARDS, METADATA = "cards", "datacite"
EMBEDDED = "reference"


def mirror(
    directory: str | os.PathLike[str],
    *,
    names: Iterable[str] | None = None,
    registry: Path | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[DatasetEntry, ...]:
    """Write datasets with manifest, cards and metadata into a directory that a web server can serve."""
    # A signature of another manifest is removed: it would make every user reject the mirror.
    root = Path(directory)
    listed = []
    for name in sorted(known_datasets(registry=registry) if names is None else names):
        progress(name)
        entry = complete_entry(name, registry=registry)
        if entry.embedded:
            entry = replace(entry, file=f"{EMBEDDED}/{entry.file}", embedded=False)
        _place(fetch(name, registry=registry), root / entry.file, entry.sha256)
        _write(root / CARDS / f"{name}.md", data_card(name, registry=registry))
        _write(root / METADATA / f"{name}.json", datacite_text(entry))
        listed.append(entry)
    text = manifest_text(listed)
    manifest = root / MANIFEST
    if not manifest.is_file() or read_manifest(manifest) != parse_manifest(text):
        (root / SIGNATURE).unlink(missing_ok=True)
        _write(manifest, text.decode())
    _write(root / CHECKSUMS, "".join(f"{entry.sha256}  {entry.file}\n" for entry in listed))
    _write(root / CRATE, crate_text(listed))
    _write(root / "index.html", _page(listed))
    return tuple(listed)


def _place(source: Path, target: Path, sha256: str) -> None:
    if target.is_file() and file_sha256(target) == sha256:
        return
    _make(target.parent)
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def _write(file: Path, text: str) -> None:
    _make(file.parent)
    write_bytes(file, text.encode())


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(error, folder) from error


def _page(entries: list[DatasetEntry]) -> str:
    rows = "\n".join(
        f'<tr><td><a href="{escape(entry.file)}">{escape(entry.name)}</a></td><td>{entry.size / 1e6:.2f}</td>'
        f'<td><a href="{CARDS}/{escape(entry.name)}.md">{escape(entry.description)}</a></td>'
        f"<td>{escape(entry.licence)}</td><td><code>{entry.sha256[:12]}</code></td></tr>"
        for entry in entries
    )
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bosonpeak: data</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }}
th, td {{ text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top; }}
div {{ overflow-x: auto; }}
</style>
<h1>bosonpeak: data</h1>
<p>Vibrations of amorphous solids: {len(entries)} datasets, listed in <a href="{MANIFEST}">{MANIFEST}</a>. To use this
mirror set <code>BOSONPEAK_MIRRORS</code> to the address of this page without its file name.</p>
<div><table>
<tr><th>Dataset</th><th>MB</th><th>What it is</th><th>Licence</th><th>SHA-256</th></tr>
{rows}
</table></div>
</html>
"""
