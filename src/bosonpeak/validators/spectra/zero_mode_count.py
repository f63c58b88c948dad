"""Zero modes of a network against its connected components."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import ZERO_BELOW, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL


def zero_mode_surplus(dataset: xr.Dataset) -> Estimate:
    """Zero frequencies found in the spectrum minus connected components recorded, the worst over samples.

    A cutoff network has isolated clusters now and then, each with a zero mode of its own.

    Parameters
    ----------
    dataset : xarray.Dataset
        Complete spectra with ``zero_mode_count`` recorded from the connected components.

    Returns
    -------
    Estimate
        Exactly 0 where spectrum and topology agree.
    """
    require_variables(dataset, "eigenfrequency", "zero_mode_count")
    rows = dataset["eigenfrequency"].values
    found = (rows < ZERO_BELOW * rows[:, -1:]).sum(axis=1)
    surplus = found - dataset["zero_mode_count"].values
    worst = float(surplus[np.argmax(np.abs(surplus))])
    method = f"frequencies below {ZERO_BELOW:g} of the highest, less connected components; worst sample"
    return Estimate("zero-mode surplus", worst, worst, worst, LEVEL, len(rows), method)
