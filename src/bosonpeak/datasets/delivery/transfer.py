"""One file from whichever mirror gives it: resumed, tried again, never believed before its digest is right."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bosonpeak.datasets.delivery.sources import SourceError, pieces

FRUITLESS_ROUNDS = 3
"""Rounds through all mirrors without a step forward, after which nothing more is tried."""

SLOWEST = 1000.0
"""Bytes a second below which a mirror is given up for the next one."""

_WATCHED_SECONDS = 20.0
_STEP_FORWARD = 1 << 16
_PAUSES = (0.5, 2.0)


class Listener(Protocol):
    """Who is told how a transfer goes."""

    def begin(self, url: str, have: int, size: int) -> None:
        """Say that a mirror is asked for the bytes from `have` on."""

    def advance(self, have: int) -> None:
        """Say how many bytes are there now."""

    def trouble(self, url: str, reason: str) -> None:
        """Say what went wrong with a mirror."""


class NoMirrorError(Exception):
    """No mirror gave the file.

    Parameters
    ----------
    reasons : dict of str to str
        What was wrong with each mirror, by its URL.
    wrong : dict of str to str
        SHA-256 of what came from those that gave another file.
    """

    def __init__(self, reasons: dict[str, str], wrong: dict[str, str]) -> None:
        self.reasons = reasons
        self.wrong = wrong
        super().__init__(reasons)


@dataclass
class _Transfer:
    partial: Path
    size: int
    sha256: str
    listener: Listener
    reasons: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    contributors: set[str] = field(default_factory=set)
    one_mirror_only: bool = False

    @property
    def have(self) -> int:
        return self.partial.stat().st_size if self.partial.exists() else 0

    def attempt(self, url: str) -> None:
        """Fetch what is missing from one mirror.

        Raises
        ------
        SourceError
            If it does not come to the end.
        """
        if self.have > self.size or (self.one_mirror_only and self.contributors != {url}):
            self.start_over()
        if self.have < self.size:
            self._append(url)
        if self.have < self.size:
            raise SourceError(f"it broke off after {self.have:,} of {self.size:,} bytes")

    def _append(self, url: str) -> None:
        begun, counted = time.monotonic(), 0
        have = self.have
        self.listener.begin(url, have, self.size)
        with open(self.partial, "ab") as file:
            for position, piece in pieces(url, have):
                if position != have:  # a server that cannot send a part begins at the beginning
                    file.truncate(position)
                    self.contributors.clear()
                self.contributors.add(url)
                file.write(piece)
                have = position + len(piece)
                self.listener.advance(have)
                if have > self.size:
                    break
                counted += len(piece)
                elapsed = time.monotonic() - begun
                if elapsed > _WATCHED_SECONDS:
                    if counted < SLOWEST * elapsed:
                        raise SourceError(f"it is too slow: {counted / elapsed:,.0f} bytes a second")
                    begun, counted = time.monotonic(), 0
        if have > self.size:
            self.wrong[url] = "more bytes than the file has"
            self.start_over()
            raise SourceError(f"it sent more than the {self.size:,} bytes of the file", lasting=True)

    def check(self, url: str) -> None:
        """Compare the digest of all bytes.

        Raises
        ------
        SourceError
            If they are not the file; lasting if they all came from this mirror.
        """
        with open(self.partial, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found == self.sha256:
            return
        alone = self.contributors == {url}
        self.start_over()
        self.one_mirror_only = True
        if alone:
            self.wrong[url] = found
            raise SourceError(f"its file has the SHA-256 {found}", lasting=True)
        raise SourceError("pieces from several mirrors or runs do not fit together; once more from the beginning")

    def start_over(self) -> None:
        """Forget what has come."""
        self.partial.unlink(missing_ok=True)
        self.contributors.clear()


def transfer(urls: Sequence[str], partial: Path, *, size: int, sha256: str, listener: Listener) -> str:
    """Complete a partial file from mirrors that hold the same file.

    A mirror that fails is left for the next one, which goes on where the bytes end. Rounds are repeated, after a pause,
    as long as they bring something.

    Parameters
    ----------
    urls : sequence of str
        Of the same file, in the order in which they are asked.
    partial : Path
        What has come so far, or a file that does not exist yet. Unless bytes turn out wrong it stays, also if the
        transfer fails.
    size : int
        Bytes of the file; not one more is kept.
    sha256 : str
        64 hexadecimal digits.
    listener : Listener

    Returns
    -------
    str
        The URL that sent the last byte.

    Raises
    ------
    NoMirrorError
        If no mirror gives the file.
    OSError
        If `partial` cannot be written.
    """
    state = _Transfer(partial, size, sha256, listener)
    if state.have:
        state.contributors.add("an earlier run")
    alive = list(urls)
    fruitless = 0
    while alive and fruitless < FRUITLESS_ROUNDS:
        if fruitless:
            time.sleep(_PAUSES[min(fruitless, len(_PAUSES)) - 1])
        before = state.have
        for url in tuple(alive):
            try:
                state.attempt(url)
                state.check(url)
            except SourceError as error:
                state.reasons[url] = error.reason
                listener.trouble(url, error.reason)
                if error.lasting:
                    alive.remove(url)
            else:
                return url
        fruitless = 0 if state.have - before >= _STEP_FORWARD else fruitless + 1
    raise NoMirrorError(state.reasons, state.wrong)
