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
            metavar="NAME...", help="Names of datasets, or of families of them.", autocompletion=datasets_beginning
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole data release.")] = False,
    directory: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Put copies into this directory.")
    ] = None,
) -> None:
    """Print the paths of verified local files, downloaded first where they are not on this machine.

    Mirrors are asked in the order of BOSONPEAK_MIRRORS, addresses separated by spaces: https://, file://, s3:// or a
    directory. A failed download starts again. With BOSONPEAK_OFFLINE=1 no network is asked.
    """
    from bosonpeak.datasets import fetch, fetch_all

    if bool(names) == everything:
        raise typer.BadParameter("give names, or --all")
    for name, path in fetch_all(None if everything else names, progress=not is_quiet()).items():
        say(str(path if directory is None else fetch(name, directory=directory, progress=not is_quiet())))


def show_cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete what was fetched.")] = False,
    as_json: JsonListOption = False,
) -> None:
    """Show what was fetched and where it lies, or delete it.

    Where a program reads: path, dataset, bytes, whole or partial, between tabs.
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
    style: Annotated[CitationStyle, typer.Option("--format", help="How to write it.")] = CitationStyle.bibtex,
) -> None:
    """Print how to cite a dataset and the papers that it comes from."""
    from bosonpeak.datasets.citation import bibtex, datacite_text
    from bosonpeak.datasets.registry import complete_entry

    entry = complete_entry(name)
    typer.echo(bibtex(entry) if style is CitationStyle.bibtex else datacite_text(entry))


def show_card(
    name: Annotated[str, typer.Argument(help="Name of a dataset.", autocompletion=datasets_beginning)],
) -> None:
    """Print the data card of a dataset: what it is, how it was made, how far it is to be trusted (Markdown)."""
    from bosonpeak.datasets.publication.data_card import data_card

    typer.echo(data_card(name))


def write_mirror(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Directory to write, or to bring up to date.")],
    names: Annotated[
        list[str] | None, typer.Option("--dataset", metavar="NAME", help="Only this one; may be repeated.")
    ] = None,
) -> None:
    """Write a directory that any static server serves: all data, their manifest, cards and metadata."""
    from bosonpeak.benchmark.commands.outputs import ProgressLine
    from bosonpeak.datasets.publication.mirror import mirror

    with ProgressLine() as progress:
        entries = mirror(directory, names=names, progress=progress.say)
    say(f"{directory}: {len(entries)} datasets, {sum(entry.size for entry in entries) / 1e6:.1f} MB")


def sign_manifest(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="Directory with a manifest.json.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Private key (PEM, Ed25519).")] = None,
    new_key: Annotated[
        Path | None, typer.Option("--make-key", metavar="FILE", help="Write a new private key, and FILE.pub.")
    ] = None,
) -> None:
    """Sign the manifest of a data release, or make a key to do so.

    A password of the private key is read from BOSONPEAK_KEY_PASSWORD.
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
            metavar="DIR|RECEIPT",
            help="A data release, or a receipt of verdicts.",
            show_default="the data of the package",
        ),
    ] = None,
    keys: Annotated[
        list[Path] | None, typer.Option("--key", metavar="FILE", help="Public key to trust; may be repeated.")
    ] = None,
    signature: Annotated[bool, typer.Option("--signature", help="A release without a signature is at fault.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Files may be missing.")] = False,
) -> None:
    """Check digests: of the data in the package, a release with manifest and signature, or a receipt of verify.

    Exit code 1 if something is at fault.
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
    "fetch": "Print the paths of verified local files, downloaded first.",
    "card": "Print the data card of a dataset (Markdown).",
    "mirror": "Write a directory that any static server serves.",
    "check": "Check digests of the data, a release or a receipt.",
}
"""What a list of commands says where the first sentence of the help is longer than a line."""
