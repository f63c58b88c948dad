"""Local, verified file of a released dataset: from a mirror directory, the cache or a download server."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from filelock import FileLock

from bosonpeak import __version__
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.download import cache
from bosonpeak.datasets.download.progress import DownloadProgress
from bosonpeak.datasets.errors import BosonpeakError, DataUnavailableError, DigestMismatchError, StoreError
from bosonpeak.datasets.storage.atomic import remove_leftovers, replacing, require_space, write_failure
from bosonpeak.datasets.storage.digest import file_sha256

USER_AGENT = f"bosonpeak/{__version__} (+https://github.com/bosonpeak/bosonpeak)"
ROUNDS, PAUSE, LONGEST_WAIT = 3, 1.0, 60.0  # requests per server; seconds between them: default, largest Retry-After
CONNECT_SECONDS, SILENT_SECONDS = 10.0, 30.0
_TEMPORARY_FAILURES = frozenset({408, 425, 429, 500, 502, 503, 504})


class _ServerError(Exception):
    """Failed request: the reason, the pause before the next request (None: give up), the digest of a wrong file."""

    def __init__(self, reason: str, *, pause: float | None = None, wrong: str = "") -> None:
        self.pause, self.wrong = pause, wrong
        super().__init__(cache.without_secrets(reason))


class _Sink:
    """Open file of known size that rejects surplus bytes and reports progress."""

    def __init__(self, file: IO[bytes], size: int, progress: DownloadProgress) -> None:
        self._file, self._size, self._progress, self.received = file, size, progress, 0

    def write(self, piece: bytes) -> None:
        """Append bytes; `StoreError` if the disk fails."""
        self.received += len(piece)
        if self.received > self._size:
            raise _ServerError(f"sent more than the {self._size:,} bytes of the file", wrong="a larger file")
        try:
            self._file.write(piece)
        except OSError as error:
            raise write_failure(error, self._file.name) from error
        self._progress.advance(self.received)

    def flush(self) -> None:
        """Leave the bytes in the buffer."""


def obtain(entry: DatasetEntry, *, progress: bool = True) -> Path:
    """Return the local file of a released dataset with the registered SHA-256, downloaded if necessary."""
    failures: dict[str, _ServerError] = {}
    for file in (directory / entry.file for directory in cache.local_directories()):
        if file.is_file():
            if (found := file_sha256(file)) == entry.sha256:
                return file
            failures[str(file)] = _ServerError(f"the file has the SHA-256 {found}", wrong=found)
    target = cache.cached_path(entry)
    if _is_right(target, entry):
        return target
    urls = cache.remote_addresses(entry)
    if not urls:
        raise _failure(entry, failures)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{target}{cache.LOCK}"):
            if not _is_right(target, entry):  # else another process was faster
                remove_leftovers(target)
                with DownloadProgress(entry.name, str(target), shown=progress) as report:
                    _try_servers(entry, target, urls, failures, report)
    except OSError as error:
        raise write_failure(error, target) from error
    return target


def _is_right(file: Path, entry: DatasetEntry) -> bool:
    """Test whether a file exists and has the registered digest."""
    return file.is_file() and file_sha256(file) == entry.sha256


def _try_servers(
    entry: DatasetEntry, target: Path, urls: Iterable[str], failures: dict[str, _ServerError], report: DownloadProgress
) -> None:
    """Download from the first server that sends the registered file; raise an error with all failures otherwise."""
    earliest = dict.fromkeys(urls, 0.0)
    for _ in range(ROUNDS):
        for url in sorted(earliest, key=lambda url: earliest[url]):
            time.sleep(max(0.0, earliest[url] - time.monotonic()))
            try:
                return _download(entry, target, url, report)
            except _ServerError as error:
                failures[url] = error
                report.say(f"{url}: {error}")
                earliest[url] = time.monotonic() + (error.pause or 0.0)
                if error.pause is None:
                    del earliest[url]
    raise _failure(entry, failures)


def _download(entry: DatasetEntry, target: Path, url: str, report: DownloadProgress) -> None:
    """Download one URL into a temporary file that replaces the target if its digest is the registered digest."""
    report.begin(url, entry.size)
    with replacing(target) as temporary:
        require_space(temporary, max(entry.size, 1))
        with open(temporary, "wb") as file:
            sink = _Sink(file, entry.size, report)
            (_by_http if url.lower().startswith(("http://", "https://")) else _by_driver)(url, sink)
        if sink.received < entry.size:
            raise _ServerError(f"ended after {sink.received:,} of {entry.size:,} bytes", pause=PAUSE)
        if (found := file_sha256(temporary)) != entry.sha256:
            raise _ServerError(f"the file has the SHA-256 {found}", wrong=found)


def _by_http(url: str, sink: _Sink) -> None:
    """Download with `pooch.HTTPDownloader`; `pooch.retrieve` would log the URL with its password."""
    import pooch
    import requests
    import urllib3

    opened: list[Any] = []  # responses, which pooch leaves open after an error
    hooks = {"response": lambda response, **_: opened.append(response)}
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    try:
        urlsplit(url)  # one error for an invalid address, whatever the version of the libraries
        pooch.HTTPDownloader(headers=headers, timeout=(CONNECT_SECONDS, SILENT_SECONDS), hooks=hooks)(url, sink, None)
    except requests.exceptions.HTTPError as error:
        raise _status_error(error.response) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise _request_error(error) from error
    finally:
        for response in opened:
            response.close()


def _by_driver(url: str, sink: _Sink) -> None:
    """Download a URL of another protocol, such as ``s3://``, with its driver of fsspec."""
    import fsspec

    try:
        with fsspec.open(url, "rb") as stream:
            while piece := stream.read(1 << 18):
                sink.write(piece)
    except (StoreError, _ServerError):
        raise
    except Exception as error:  # drivers share no base class of errors
        raise _request_error(error) from error


def _status_error(response: Any) -> _ServerError:
    """Translate an HTTP status; a server that is busy for longer than `LONGEST_WAIT` is given up."""
    import urllib3

    status = response.status_code
    text, pause = f"HTTP status {status} ({response.reason})", PAUSE if status in _TEMPORARY_FAILURES else None
    if status in (429, 503):
        with contextlib.suppress(urllib3.exceptions.InvalidHeader, KeyError, ValueError, OverflowError):
            wait = urllib3.Retry().parse_retry_after(response.headers["Retry-After"])
            text, pause = f"{text}, Retry-After {wait:,.0f} s", wait if wait <= LONGEST_WAIT else None
    return _ServerError(text, pause=pause)


def _request_error(error: BaseException) -> _ServerError:
    """Report the innermost exception of a request; give up after invalid addresses and missing files or drivers."""
    lasting = isinstance(error, (ValueError, FileNotFoundError, ImportError))
    while inner := error.__cause__ or error.__context__:
        error = inner
    return _ServerError(f"the request failed: {type(error).__name__}: {error}", pause=None if lasting else PAUSE)


def _failure(entry: DatasetEntry, failures: Mapping[str, _ServerError]) -> BosonpeakError:
    """Error that names every place tried; a digest error only if no place failed for another reason."""
    reasons = [(cache.without_secrets(place), error) for place, error in failures.items()]
    where = ", ".join(place for place, _ in reasons) or ", ".join(map(str, cache.local_directories()))
    if reasons and all(error.wrong for _, error in reasons):
        return DigestMismatchError(
            f"the file found for dataset {entry.name!r} is not the registered file (SHA-256)",
            expected=entry.sha256,
            got=", ".join(dict.fromkeys(error.wrong for _, error in reasons)),
            where=where,
            likely_cause="a file damaged in transfer or on the server, or a manifest of another version of the package",
            done="downloads were deleted; nothing was opened",
        )
    what = "could not be downloaded" if reasons else "is not part of the package and not on this machine"
    if reasons:
        got = "\n    ".join(f"{place}: {error}" for place, error in reasons)
        cause = "no network connection, a server that is down or limits requests, or a moved file"
    elif cache.is_offline():
        got, cause = "network access is switched off", f"{cache.OFFLINE_VARIABLE} is set; unset it to download"
    else:
        got = "no download server is configured"
        cause = f"no public server yet: pip install ./data-release of a checkout, or set {cache.MIRRORS_VARIABLE}"
    details = {"expected": f"{entry.size:,} bytes of {entry.file}", "got": got, "where": where, "likely_cause": cause}
    return DataUnavailableError(f"dataset {entry.name!r} {what}", **details, done="nothing was stored")
