"""Digest of all inputs of a result, the key under which the result is cached."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import bosonpeak

_CODE = (".py", ".toml", ".json", ".j2", ".css", ".js")
_DATA = ".nc"


def digest_of_everything(environment: Mapping[str, str], asked: Iterable[str]) -> str:
    """Digest of the package's files (data by size and time), of the dependency versions, and of the request."""
    content = hashlib.sha256()
    root = Path(bosonpeak.__file__).parent
    for folder, inner, names in os.walk(root):
        inner.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(_CODE):
                content.update(path.relative_to(root).as_posix().encode())
                content.update(hashlib.sha256(path.read_bytes()).digest())
            elif name.endswith(_DATA):
                told = path.stat()
                content.update(f"{path.relative_to(root).as_posix()} {told.st_size} {told.st_mtime_ns}".encode())
    for text in (*(f"{key}={value}" for key, value in sorted(environment.items())), *asked):
        content.update(text.encode() + b"\0")
    return content.hexdigest()
