"""Protocol of a place for finished samples: named files, never partial, held by one run at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Protocol

LOCK = "lock"
"""Name of the file, or object, that holds off a second run."""


class ShardPlace(Protocol):
    """Picklable place for finished samples by relative name; a missing file raises `FileNotFoundError`."""

    @property
    def address(self) -> str:
        """Address of the place, for messages."""

    @property
    def workers_write(self) -> bool:
        """True if workers write their samples themselves, instead of sending them to the run."""

    def is_there(self) -> bool:
        """Test whether the place, or any part of it, exists."""

    def where(self, name: str) -> str:
        """Address of one file, for messages."""

    def prepare(self) -> None:
        """Make the place if it does not exist."""

    def exclusive(self) -> contextlib.AbstractContextManager[None]:
        """Hold the place for this run alone; `StoreError` if another run holds it."""

    def entries(self) -> list[str]:
        """Names of all entries directly in the place, without locks and partial files."""

    def shards(self) -> set[str]:
        """Names of all files that end in ``.npz``."""

    def exists(self, name: str) -> bool:
        """Test whether a file exists."""

    def read(self, name: str) -> bytes:
        """Content of a file."""

    def ending(self, name: str, length: int) -> bytes:
        """Last bytes of a file."""

    def write(self, name: str, content: bytes) -> None:
        """Create or replace a file, never partially; `StoreError` if the file cannot be written."""

    def remove(self, names: Collection[str], folders: Collection[str]) -> None:
        """Remove existing files, and the given folders if they become empty."""

    def clear_leftovers(self, folders: Collection[str]) -> None:
        """Remove partial files of a killed process in the place and in the given folders."""

    def remove_itself(self) -> None:
        """Remove the place if only its lock is left."""

    def free_space(self) -> int | None:
        """Free bytes in the place; None if unknown."""
