"""What an estimator needs of a dataset before it can start."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError

ZERO_BELOW = 1e-5
"""Frequencies below this fraction of the highest count as zero: an eigenvalue's round-off is 1e-13 of the largest, and
the lowest phonon of any network worth storing lies orders of magnitude above its square root."""


def require_variables(dataset: xr.Dataset, *names: str) -> None:
    """Refuse a dataset that lacks variables.

    Raises
    ------
    NotApplicableError
        Naming every variable that is missing.
    """
    missing = [name for name in names if name not in dataset]
    if missing:
        raise NotApplicableError(
            f"the data hold no {' and no '.join(missing)}",
            expected=", ".join(names),
            got=", ".join(map(str, dataset.data_vars)) or "no variables",
        )
