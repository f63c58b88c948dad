"""The commands of ``bosonpeak datasets`` about releases: location, citation and integrity of the data."""

from __future__ import annotations

import enum
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bosonpeak.benchmark.commands.console import is_quiet, note, say
from bosonpeak.benchmark.commands.lists import Column, JsonListOption, datasets_beginning, show_list

FAULT = 1


class CitationStyle(enum.StrEnum):
    """Formats of a citation."""

    bibtex = "bibtex"
    datacite = "datacite"


def fetch_files(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME...", help="Names of datasets or of their families.", autocompletion=datasets_beginning
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Fetch the whole data release.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Copy the files into this directory.")
    ] = None,
) -> None:
    """Print the paths of verified local files, after the download of missing files.

    Download servers are tried in the order of BOSONPEAK_MIRRORS, addresses separated by spaces: https://, file://,
    s3:// or a directory. A failed download is retried. BOSONPEAK_OFFLINE=1 disables the network.
    """
    from bosonpeak.datasets import fetch
    from bosonpeak.datasets.registry import fetch_all

    if bool(names) == everything:
        raise typer.BadParameter("give names, or --all")
    for name, path in fetch_all(None if everything else names, progress=not is_quiet()).items():
        say(str(path if directory is None else fetch(name, directory=directory, progress=not is_quiet())))


def show_cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete the cached files.")] = False,
    as_json: JsonListOption = False,
) -> None:
    """Show or delete the cached files of the data release.

    In a pipe, tab-separated: path, dataset, bytes, whole or partial.
    """
    from bosonpeak.datasets.download.cache import cache_directory, cached_files, clear_cache
    from bosonpeak.datasets.registry import known_datasets

    if clear:
        say(f"{cache_directory()}: {clear_cache():,} bytes freed")
        return
    files = cached_files(known_datasets().values())
    rows = [
        {
            "path": str(file.path),
            "file": file.path.name,
            "dataset": file.name or "unknown to this version",
            "size": file.size,
            "MB": f"{file.size / 1e6:.2f}",
            "state": "whole" if file.complete else "partial",
        }
        for file in files
    ]
    shown = (
        Column("dataset", "Dataset"),
        Column("MB", "MB", right=True),
        Column("state", "State"),
        Column("file", "File", elastic=True),
    )
    show_list(rows, shown, as_json=as_json)
    note(f"{cache_directory()}: {sum(file.size for file in files):,} bytes")


def cite(
    name: Annotated[str, typer.Argument(help="Name of a dataset.", autocompletion=datasets_beginning)],
    style: Annotated[CitationStyle, typer.Option("--format", help="Format of the citation.")] = CitationStyle.bibtex,
) -> None:
    """Print the citation of a dataset and of its papers."""
    from bosonpeak.datasets.citation import bibtex, datacite_text
    from bosonpeak.datasets.registry import complete_entry

    entry = complete_entry(name)
    typer.echo(bibtex(entry) if style is CitationStyle.bibtex else datacite_text(entry))


def show_card(
    name: Annotated[str, typer.Argument(help="Name of a dataset.", autocompletion=datasets_beginning)],
) -> None:
    """Print the data card of a dataset: contents, origin and known limits (Markdown)."""
    from bosonpeak.datasets.publication.data_card import data_card

    typer.echo(data_card(name))


def write_mirror(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory to write or update.")],
    names: Annotated[
        list[str] | None, typer.Option("--dataset", metavar="NAME", help="Only this dataset; may be repeated.")
    ] = None,
) -> None:
    """Write a directory for a static server: all data with manifest, cards and metadata."""
    from bosonpeak.benchmark.commands.outputs import ProgressLine
    from bosonpeak.datasets.publication.mirror import mirror

    with ProgressLine() as progress:
        entries = mirror(directory, names=names, progress=progress.say)
    say(f"{directory}: {len(entries)} datasets, {sum(entry.size for entry in entries) / 1e6:.1f} MB")


def sign_manifest(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="Directory with a manifest.json.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Private key (PEM, Ed25519).")] = None,
    new_key: Annotated[
        Path | None,
        typer.Option("--make-key", metavar="FILE", help="Write a key pair: FILE and FILE.pub."),
    ] = None,
) -> None:
    """Sign the manifest of a data release, or generate a key pair.

    BOSONPEAK_KEY_PASSWORD gives the password of the private key.
    """
    from bosonpeak.datasets.publication.signature import make_key, sign

    if new_key is not None and directory is None and key is None:
        say(f"{new_key}: keep it secret; {make_key(new_key)} is for everybody")
    elif new_key is None and directory is not None and key is not None:
        say(str(sign(directory, key)))
    else:
        raise typer.BadParameter("give a directory and --key, or --make-key alone")


def check(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR|RECEIPT", help="Data release, or receipt of `verify`.", show_default="the data of the package"
        ),
    ] = None,
    keys: Annotated[
        list[Path] | None, typer.Option("--key", metavar="FILE", help="Public key to trust; may be repeated.")
    ] = None,
    signature: Annotated[bool, typer.Option("--signature", help="Fail without a signature.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Accept missing files.")] = False,
) -> None:
    """Check digests of the package's data, of a release with its manifest and signature, or of a receipt of verify.

    Exit code 1 after a fault.
    """
    from bosonpeak.benchmark.scorecards.receipt import check_receipt
    from bosonpeak.datasets.download.cache import checkout_release
    from bosonpeak.datasets.publication.release_check import Finding, check_directory, check_package

    findings: list[Finding] = [] if path is not None else list(check_package())
    if path is None:
        path = checkout_release()
    if path is not None and path.is_file():
        findings += check_receipt(path)
    elif path is not None:
        findings += check_directory(path, keys or (), signature_required=signature, partial=partial)
    for finding in findings:
        mark = "FAULT" if not finding.good else "--" if finding.is_absent else "ok"
        say(f"{mark}  {finding.what}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(FAULT)


RELEASE_COMMANDS: dict[str, Callable[..., None]] = {
    "fetch": fetch_files,
    "cache": show_cache,
    "cite": cite,
    "card": show_card,
    "mirror": write_mirror,
    "sign": sign_manifest,
    "check": check,
}
"""Commands of ``bosonpeak datasets`` by name."""

SHORT_HELP = {
    "fetch": "Download datasets and print their paths.",
    "card": "Print the data card of a dataset (Markdown).",
    "mirror": "Write a directory for a static server.",
    "check": "Check digests of data, release or receipt.",
}
"""Short help of commands whose first help sentence is longer than a line."""
