"""A released file, on this machine and verified: from a mirror directory, the cache, or a mirror."""

from __future__ import annotations

import os
from pathlib import Path

from filelock import FileLock

from bosonpeak.datasets.delivery.cache import LOCK, PARTIAL, cached_path, make_directory
from bosonpeak.datasets.delivery.mirrors import (
    MIRRORS_VARIABLE,
    OFFLINE_VARIABLE,
    is_offline,
    local_directories,
    remote_addresses,
    without_secrets,
)
from bosonpeak.datasets.delivery.progress import Silence, TerminalProgress
from bosonpeak.datasets.delivery.transfer import NoMirrorError, transfer
from bosonpeak.datasets.entry import DatasetEntry
from bosonpeak.datasets.errors import DataUnavailableError, DigestMismatchError
from bosonpeak.datasets.storage.atomic import require_space, write_failure
from bosonpeak.datasets.storage.digest import file_sha256

_TWO_CAUSES = (
    "the file was damaged on its way or at the mirror, or the manifest belongs to another version of the package"
)


def obtain(entry: DatasetEntry, *, progress: bool = True) -> Path:
    """Local file of a released dataset, fetched if need be.

    A file of a directory that mirrors the release is used where it lies; what comes over a network goes to the cache.

    Parameters
    ----------
    entry : DatasetEntry
    progress : bool
        Tell on standard error what is fetched.

    Returns
    -------
    Path
        Of a file whose SHA-256 has been checked.

    Raises
    ------
    DataUnavailableError
        If it is not here, and cannot be had.
    DigestMismatchError
        If every mirror that gave something gave another file.
    StoreError
        If it cannot be stored.
    """
    wrong: dict[str, str] = {}
    for directory in local_directories():
        file = directory / entry.file
        if file.is_file():
            found = file_sha256(file)
            if found == entry.sha256:
                return file
            wrong[str(file)] = found
    target = cached_path(entry)
    if _is_right(target, entry):
        return target
    addresses = remote_addresses(entry)
    if not addresses:
        raise _mismatch(entry, wrong) if wrong else _unavailable(entry, {})
    make_directory(target.parent)
    with FileLock(f"{target}{LOCK}"):
        if _is_right(target, entry):  # another process was faster
            return target
        _fetch(entry, target, addresses, wrong, progress)
    return target


def _is_right(file: Path, entry: DatasetEntry) -> bool:
    return file.is_file() and file_sha256(file) == entry.sha256


def _fetch(
    entry: DatasetEntry, target: Path, addresses: tuple[str, ...], wrong: dict[str, str], progress: bool
) -> None:
    partial = target.with_name(target.name + PARTIAL)
    try:
        have = partial.stat().st_size if partial.exists() else 0
        require_space(target.with_name(f"{target.name}.space"), max(entry.size - have, 1))
        with TerminalProgress(entry.name, str(target)) if progress else Silence() as listener:
            transfer(addresses, partial, size=entry.size, sha256=entry.sha256, listener=listener)
            with open(partial, "rb+") as stream:
                os.fsync(stream.fileno())
            os.replace(partial, target)
    except NoMirrorError as error:
        wrong |= error.wrong
        # A digest is only to blame if nothing else is: a mirror that was away may hold the right file.
        if set(error.wrong) >= set(error.reasons):
            raise _mismatch(entry, wrong) from error
        raise _unavailable(entry, error.reasons, partial) from error
    except OSError as error:
        raise write_failure(error, target) from error


def _place(found: str) -> str:
    return without_secrets(found) if "://" in found else found


def _mismatch(entry: DatasetEntry, wrong: dict[str, str]) -> DigestMismatchError:
    return DigestMismatchError(
        f"the file of dataset {entry.name!r} that was found is not the registered one (SHA-256)",
        expected=entry.sha256,
        got=", ".join(dict.fromkeys(wrong.values())),
        where=", ".join(map(_place, wrong)),
        likely_cause=_TWO_CAUSES,
        done="a download was deleted; nothing was opened",
    )


def _unavailable(entry: DatasetEntry, reasons: dict[str, str], partial: Path | None = None) -> DataUnavailableError:
    expected = f"{entry.size:,} bytes of {entry.file}"
    if reasons:
        kept = partial.stat().st_size if partial and partial.exists() else 0
        return DataUnavailableError(
            f"dataset {entry.name!r} could not be downloaded",
            expected=expected,
            got="; ".join(reasons.values()),
            where=", ".join(map(without_secrets, reasons)),
            likely_cause="no connection, or the file has moved",
            done=f"{kept:,} bytes are kept; the same command goes on after them" if kept else "nothing was stored",
        )
    offline = is_offline()
    return DataUnavailableError(
        f"dataset {entry.name!r} is not part of the package and not on this machine",
        expected=expected,
        got="no network, as asked" if offline else "no mirror to ask",
        likely_cause=f"{OFFLINE_VARIABLE} is set: unset it, or fetch the data where there is a network"
        if offline
        else f"no public host yet: set {MIRRORS_VARIABLE} to an address, or to data-release/ of a checkout",
        done="nothing was fetched",
    )
