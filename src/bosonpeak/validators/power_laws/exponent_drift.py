"""Whether the exponent of a window drifts with the size of the box: where it does, the window shows no limit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, require_level, t_factor
from bosonpeak.validators.estimates.lines import weighted_slope
from bosonpeak.validators.estimates.sizes import mode_lists_of_sizes
from bosonpeak.validators.power_laws.exponent_s import exponent

WINDOW = (0.3, 0.55)
"""In units of each size's own mean omega_0."""


def exponent_drift(
    data: Sequence[xr.Dataset] | Sequence[ArrayLike],
    particles: Sequence[int] | None = None,
    first_phonon: Sequence[ArrayLike] | None = None,
    chain: Sequence[ArrayLike] | None = None,
    *,
    window: tuple[float, float] = WINDOW,
    level: float = LEVEL,
) -> Estimate:
    """Change of the exponent s per doubling of the number of particles, in a window that moves with the first phonon.

    Where all sizes share one density of states of modes a particle, and it bends, s grows as the window of larger
    boxes moves down the curve. A power law has no drift.

    Parameters
    ----------
    data : sequence of xarray.Dataset or array_like
        One ensemble a size, as `exponent` takes them; datasets with the attribute ``particles``.
    particles : sequence of int, optional
        Particles of each size; needed for arrays.
    first_phonon, chain : sequence of array_like, optional
        As `exponent` takes them, for each size.
    window : (float, float)
        In units of the mean omega_0 of each size.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Slope of a weighted straight line of s against the logarithm of the size to base 2, from the intervals without
        gates. ``details`` has s and its error for each size. Sizes with fewer than eight modes in the window are left
        out, which ``warnings`` tells.

    Raises
    ------
    NotApplicableError
        If fewer than two sizes are left, or omega_0 of one is unknown.

    Examples
    --------
    A power law has no drift.

    >>> from bosonpeak.datasets import open_dataset
    >>> straight = open_dataset("null/bent-spectra")["straight/s-4"]
    >>> found = exponent_drift([straight[size].to_dataset() for size in ("N-500", "N-1000", "N-2000")])
    >>> found.low < 0.0 < found.high
    True
    """
    require_level(level)
    sizes, found, warnings = [], [], []
    for number, lists in mode_lists_of_sizes(data, particles, first_phonon, chain):
        one = exponent(lists.frequency, lists.first_phonon, lists.chain, window=window, level=level)
        low, high = one.details["interval_without_gates"]
        if not np.isfinite([low, high]).all():
            warnings.append(f"N = {number} is left out: {'; '.join(one.warnings)}")
            continue
        sizes.append(number)
        found.append((one.value, 0.5 * (high - low) / t_factor(one.n, level), one.n))
    if len(set(sizes)) < 2:
        raise NotApplicableError(
            "a drift needs two sizes",
            expected="modes in the window in two sizes",
            got="; ".join(warnings) or "one size",
        )
    value, error, counted = (np.array(each) for each in zip(*found, strict=True))
    slope, scatter, _ = weighted_slope(np.log2(sizes), value, error)
    half = scatter * t_factor(int(counted.min()), level)
    return Estimate(
        name="change of s per doubling of the size",
        value=slope,
        low=slope - half,
        high=slope + half,
        level=level,
        n=int(counted.sum()),
        method=f"weighted straight line of s in [{window[0]:g}, {window[1]:g}] omega_0 against ln N, Student-t",
        window=window,
        warnings=tuple(warnings),
        details={"particles": sizes, "exponents": value.tolist(), "errors": error.tolist()},
    )
