"""Folder of results cached between runs."""

from __future__ import annotations

import os
from pathlib import Path

from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.datasets.storage.atomic import write_bytes

FOLDER_VARIABLE = "BOSONPEAK_RESULTS"
"""Environment variable: where results are kept, instead of the user's cache."""


def results_folder() -> Path:
    """Folder named by the environment variable, or a folder in the user's cache."""
    import pooch

    return Path(os.environ.get(FOLDER_VARIABLE) or Path(pooch.os_cache("bosonpeak")) / "results")


def keep(name: str, content: bytes) -> None:
    """Cache a file; an unwritable folder caches nothing and is not an error."""
    folder = results_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(folder / name, content)
    except (OSError, BosonpeakError):
        return
