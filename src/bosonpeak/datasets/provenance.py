"""Provenance of a dataset: the global attributes that every file carries."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import subprocess
from pathlib import Path

import bosonpeak
from bosonpeak.datasets.citation import discovery_attributes
from bosonpeak.datasets.errors import RecipeError

__all__ = ["provenance_attributes"]

SCHEMA_VERSION = "1"

_COMMIT = re.compile(r"[0-9a-f]{40}(\+modified)?")


def provenance_attributes(
    *,
    kind: str,
    title: str,
    summary: str,
    created: str,
    licence: str,
    source: str,
    recipe: str = "",
    recipe_digest: str | None = None,
    seed: int | str = "",
) -> dict[str, str | int]:
    """Global attributes of a dataset, except the content digest that `write` adds.

    Nothing here depends on the clock or the machine, so that the same recipe gives the same file.

    Parameters
    ----------
    kind : str
        Kind of dataset, such as ``"network-ensemble"``.
    title, summary : str
        One line, and a paragraph.
    created : str
        ISO date of the recipe; ``SOURCE_DATE_EPOCH``, if set, replaces it. Empty if unknown.
    licence : str
        SPDX identifier, or terms of use.
    source : str
        The paper, code or person that the data come from.
    recipe : str
        TOML text that reproduces the data; empty for foreign data.
    recipe_digest : str, optional
        Defaults to the SHA-256 of `recipe`.
    seed : int or str
        Root seed; empty for foreign data.

    Returns
    -------
    dict
        Values that netCDF can hold.

    Raises
    ------
    RecipeError
        If ``SOURCE_DATE_EPOCH`` is not a number of seconds.

    Examples
    --------
    Attributes that make a hand-written dataset valid:

    >>> import xarray as xr
    >>> from bosonpeak.datasets import validate
    >>> from bosonpeak.datasets.schema import with_labels
    >>> made = {"kind": "mode-ensemble", "title": "Two modes", "summary": "Written by hand.", "created": "2026-11-21"}
    >>> said = provenance_attributes(**made, licence="CC0-1.0", source="an example")
    >>> frequencies = ("sample", "mode"), [[0.5, 1.5]], {"units": "1", "long_name": "angular frequency"}
    >>> validate(with_labels(xr.Dataset({"eigenfrequency": frequencies}, attrs=said)))
    >>> said["licence"]
    'CC0-1.0'
    """
    if recipe_digest is None:
        recipe_digest = f"sha256:{hashlib.sha256(recipe.encode()).hexdigest()}" if recipe else ""
    attributes: dict[str, str | int] = {
        "kind": kind,
        "schema_version": SCHEMA_VERSION,
        "title": title,
        "summary": summary,
        "recipe": recipe,
        "recipe_digest": recipe_digest,
        "seed": seed if isinstance(seed, str) or abs(seed) < 2**63 else str(seed),
        "code": "bosonpeak",
        "code_version": bosonpeak.__version__,
        "git_commit": source_commit(),
        "created": creation_date(created),
        "licence": licence,
        "source": source,
    }
    return discovery_attributes(attributes) | attributes


def creation_date(recorded: str) -> str:
    """ISO date to write into a file: from ``SOURCE_DATE_EPOCH`` if set, else the date recorded in the recipe."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return recorded
    try:
        return datetime.datetime.fromtimestamp(int(epoch), tz=datetime.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise RecipeError(
            "SOURCE_DATE_EPOCH does not name a date",
            expected="a whole number of seconds since 1970",
            got=repr(epoch),
            where="environment",
        ) from error


def source_commit() -> str:
    """Git commit of this package from its checkout, with ``+modified`` after changes, or from the build; else empty."""
    package = Path(bosonpeak.__file__).resolve().parent
    root = package.parent.parent
    # An environment inside the checkout of another project must not report the commit of that project.
    if package != root / "src" / "bosonpeak" or not (root / ".git").exists():
        return _built_from(package)
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+modified"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def _built_from(package: Path) -> str:
    """Read the commit recorded by the build hook; empty if the recorded text is not a commit."""
    try:
        recorded = (package / "built_from.txt").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return recorded if _COMMIT.fullmatch(recorded) else ""
