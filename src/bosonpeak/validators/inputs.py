"""What an estimator needs of a dataset before it can start."""

from __future__ import annotations

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError


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
