"""Where released data may be had from: configured mirrors, a checkout, the addresses of the manifest; or nowhere."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bosonpeak.datasets.entry import DatasetEntry

MIRRORS_VARIABLE = "BOSONPEAK_MIRRORS"
OFFLINE_VARIABLE = "BOSONPEAK_OFFLINE"
RELEASE_DIRECTORY = "data-release"

_PACKAGE = Path(__file__).resolve().parents[2]


def checkout_release() -> Path | None:
    """Directory of the data release, if this package runs from a checkout that has one."""
    root = _PACKAGE.parent.parent
    release = root / RELEASE_DIRECTORY
    return release if root / "src" / "bosonpeak" == _PACKAGE and release.is_dir() else None


def configured_mirrors() -> tuple[str, ...]:
    """Mirrors of the environment variable ``BOSONPEAK_MIRRORS``, in their order.

    Addresses are separated by white space: ``https://``, ``file://``, or what a driver of ``fsspec`` takes, such as
    ``s3://bucket/bosonpeak``; a path without a protocol is a directory.
    """
    return tuple(
        address.rstrip("/") if "://" in address else Path(address).resolve().as_uri()
        for address in os.environ.get(MIRRORS_VARIABLE, "").split()
    )


def is_offline() -> bool:
    """Whether the environment variable ``BOSONPEAK_OFFLINE`` forbids to ask the network."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "no", "false")


def local_directories() -> tuple[Path, ...]:
    """Directories of this machine that mirror the release: of the configuration, and that of a checkout."""
    listed = [Path(unquote(urlsplit(url).path)) for url in configured_mirrors() if urlsplit(url).scheme == "file"]
    checkout = checkout_release()
    return (*listed, *([checkout] if checkout else []))


def remote_addresses(entry: DatasetEntry) -> tuple[str, ...]:
    """URLs of a file that are not of this machine, each once: at configured mirrors, then those of its entry.

    Parameters
    ----------
    entry : DatasetEntry

    Returns
    -------
    tuple of str
        Empty if the network may not be asked.
    """
    if is_offline():
        return ()
    mirrors = [url for url in configured_mirrors() if urlsplit(url).scheme != "file"]
    return tuple(dict.fromkeys([*(f"{url}/{quote(entry.file)}" for url in mirrors), *entry.urls]))


def without_secrets(url: str) -> str:
    """An address as it may be printed: without a user's password, and without what signs a request."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
