"""Cache folder of downloaded files, and the mirrors of the data release: directories and download servers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bosonpeak.datasets.dataset_entry import DatasetEntry, plain_file_name
from bosonpeak.datasets.storage.atomic import write_failure

MIRRORS_VARIABLE, OFFLINE_VARIABLE = "BOSONPEAK_MIRRORS", "BOSONPEAK_OFFLINE"
LOCK = ".lock"
DATA_GROUP = "bosonpeak.data"
"""Group of the entry points of distributions that contain data."""

_URL = re.compile(r"://(?:(?:[^/\s]*|[^/\s:]*:(?!\d+/)\S*)@)?([^\s?]*)(?:\?\S*)?")


@dataclass(frozen=True)
class CachedFile:
    """File of the cache: dataset name (empty if unknown), bytes on disk, and whether the download is complete."""

    path: Path
    name: str
    size: int
    complete: bool


def cache_directory() -> Path:
    """Directory of downloaded data: the environment variable ``BOSONPEAK_CACHE``, else the user's cache directory."""
    import pooch

    return Path(os.environ.get("BOSONPEAK_CACHE") or pooch.os_cache("bosonpeak"))


def cached_path(entry: DatasetEntry) -> Path:
    """Path of a downloaded dataset, unique to the content of the file."""
    return cache_directory() / f"{entry.sha256[:16]}-{plain_file_name(entry)}"


def cached_files(entries: Iterable[DatasetEntry]) -> tuple[CachedFile, ...]:
    """List the cache by path, with dataset names from `entries`; includes files of other package versions."""
    known = {cached_path(entry).name: entry.name for entry in entries}
    folder = cache_directory()
    return tuple(
        CachedFile(file, known.get(file.name, ""), file.stat().st_size, file.suffix != ".part")
        for file in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if file.is_file() and file.suffix != LOCK
    )


def clear_cache() -> int:
    """Delete the downloaded files and return the number of freed bytes; `StoreError` if a file cannot be deleted."""
    files = cached_files(())
    for file in files:
        try:
            file.path.unlink(missing_ok=True)
        except OSError as error:
            raise write_failure(error, file.path) from error
    return sum(file.size for file in files)


def checkout_release() -> Path | None:
    """Directory of the data release, if the package runs from a checkout that contains the directory."""
    source = Path(__file__).resolve().parents[3]
    return release if (release := source.with_name("data-release")).is_dir() and source.name == "src" else None


def installed_releases() -> tuple[Path, ...]:
    """Directories of installed distributions with files of the data release, found by entry points without import."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    specs = [find_spec(entry.value) for entry in sorted(entry_points(group=DATA_GROUP))]
    places = [spec.submodule_search_locations for spec in specs if spec and spec.submodule_search_locations]
    return tuple(Path(place) for each in places for place in each)


def configured_mirrors() -> tuple[str, ...]:
    """URLs of the environment variable ``BOSONPEAK_MIRRORS``, in order; a path becomes a ``file://`` URL."""
    return tuple(
        address.rstrip("/") if "://" in address else Path(address).resolve().as_uri()
        for address in os.environ.get(MIRRORS_VARIABLE, "").split()
    )


def is_offline() -> bool:
    """Test whether the environment variable ``BOSONPEAK_OFFLINE`` forbids network access."""
    return os.environ.get(OFFLINE_VARIABLE, "").strip().lower() not in ("", "0", "no", "false")


def local_directories() -> tuple[Path, ...]:
    """Directories of this machine with files of the release: configured, of a checkout, installed; in this order."""
    listed = [Path(unquote(urlsplit(url).path)) for url in configured_mirrors() if url.startswith("file://")]
    return (*listed, *filter(None, [checkout_release()]), *installed_releases())


def remote_addresses(entry: DatasetEntry) -> tuple[str, ...]:
    """Distinct download URLs of a file: configured servers, then the URLs of the entry; empty if offline."""
    if is_offline():
        return ()
    servers = [f"{url}/{quote(entry.file)}" for url in configured_mirrors() if not url.startswith("file://")]
    return tuple(dict.fromkeys([*servers, *entry.urls]))


def without_secrets(text: str) -> str:
    """Remove user names, passwords and queries (signatures) from the URLs in a message."""
    return _URL.sub(r"://\1", text)
