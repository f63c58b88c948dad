"""Bytes of a file from a URL, from any place in it on: HTTP(S), and whatever else a driver of ``fsspec`` reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 10.0
SILENT_SECONDS = 30.0

_PIECE = 1 << 18
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class SourceError(Exception):
    """A mirror does not give a file.

    Parameters
    ----------
    reason : str
        What happened, in words for a user.
    lasting : bool
        Whether asking again is of no use.
    """

    def __init__(self, reason: str, *, lasting: bool = False) -> None:
        self.reason = reason
        self.lasting = lasting
        super().__init__(reason)


def pieces(url: str, offset: int) -> Iterator[tuple[int, bytes]]:
    """Read a URL, piece by piece as they come.

    Parameters
    ----------
    url : str
    offset : int
        Bytes that are there already.

    Yields
    ------
    position : int
        Where a piece begins. The first begins at `offset`, or at 0 if the server cannot send a part.
    piece : bytes

    Raises
    ------
    SourceError
        If the server refuses, cannot be reached, falls silent or breaks off.
    """
    return _http(url, offset) if urlsplit(url).scheme in ("http", "https") else _driver(url, offset)


def _http(url: str, offset: int) -> Iterator[tuple[int, bytes]]:
    import requests
    import urllib3

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    try:
        with (
            requests.Session() as session,
            session.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENT_SECONDS)) as response,
        ):
            position = _first_byte(response, offset)
            # `read1` hands over what has come, so that a server which drips is seen to be slow.
            while piece := response.raw.read1(_PIECE):
                yield position, piece
                position += len(piece)
    except requests.exceptions.TooManyRedirects as error:
        raise SourceError("it redirects in circles", lasting=True) from error
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
        raise SourceError(f"it cannot be asked: {error}", lasting=True) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise SourceError(f"the connection failed: {_cause(error)}") from error


def _first_byte(response: requests.Response, offset: int) -> int:
    """Where the body of an answer begins."""
    status = response.status_code
    if status == 200:
        return 0
    if status != 206:
        raise SourceError(f"HTTP status {status} ({response.reason})", lasting=status not in _WORTH_ANOTHER_TRY)
    part = _RANGE.match(response.headers.get("Content-Range", ""))
    if part is None or int(part[1]) != offset:
        raise SourceError("the server sent another part of the file than it was asked for", lasting=True)
    return offset


def _driver(url: str, offset: int) -> Iterator[tuple[int, bytes]]:
    import fsspec

    try:
        with fsspec.open(url, "rb") as stream:
            stream.seek(offset)
            while piece := stream.read(_PIECE):
                yield offset, piece
                offset += len(piece)
    except FileNotFoundError as error:
        raise SourceError("there is no such file", lasting=True) from error
    except ImportError as error:
        raise SourceError(f"the driver for that protocol is not installed: {error}", lasting=True) from error
    except Exception as error:  # drivers share no base class: each has those of its vendor's library
        raise SourceError(f"{type(error).__name__}: {error}") from error


def _cause(error: BaseException) -> str:
    """What the innermost library says; the layers above it repeat it at length."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
