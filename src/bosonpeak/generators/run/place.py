"""What a place for finished samples is: files by name, whole or not at all, lent to one run at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Protocol

LOCK = "lock"
"""Name of the file, or object, that holds off a second run."""


class ShardPlace(Protocol):
    """A place for finished samples; it can be pickled and sent to a worker.

    Names are relative to the place, with ``/`` between their parts. A method that meets a missing file raises
    `FileNotFoundError`.
    """

    @property
    def address(self) -> str:
        """The place, for messages."""

    @property
    def workers_write(self) -> bool:
        """Whether workers write their samples themselves, instead of sending them to the run."""

    def is_there(self) -> bool:
        """Say whether there is such a place, or anything of it."""

    def where(self, name: str) -> str:
        """Address of one file, for messages."""

    def prepare(self) -> None:
        """Make the place if it does not exist."""

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Hold the place for this run alone; `StoreError` if another run holds it."""

    def entries(self) -> list[str]:
        """Names of what lies directly in the place, except for locks and halves of files."""

    def shards(self) -> set[str]:
        """Names of all files that end in ``.npz``."""

    def exists(self, name: str) -> bool:
        """Say whether there is such a file."""

    def read(self, name: str) -> bytes:
        """Content of a file."""

    def ending(self, name: str, length: int) -> bytes:
        """Last bytes of a file."""

    def write(self, name: str, content: bytes) -> None:
        """Create or replace a file, whole or not at all; `StoreError` if it cannot be written."""

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove files, as far as they exist, and those of some folders that are then empty."""

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Remove halves of files that a killed process left in the place and in some folders of it."""

    def remove_itself(self) -> None:
        """Remove the place if nothing but its lock is left."""

    def free_space(self) -> int | None:
        """Bytes that there is room for; None if that is not known."""
