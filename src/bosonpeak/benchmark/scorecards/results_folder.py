"""Where results are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_VARIABLE = "BOSONPEAK_RESULTS"
"""Environment variable: where results are kept, instead of the user's cache."""


def results_folder() -> Path:
    """The folder that the environment names, or one in the user's cache."""
    import pooch

    return Path(os.environ.get(FOLDER_VARIABLE) or Path(pooch.os_cache("bosonpeak")) / "results")
