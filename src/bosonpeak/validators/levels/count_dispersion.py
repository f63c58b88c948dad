"""Whether soft modes know of each other, told from how many of them a sample has below a frequency.

Independent modes have as many as a Poisson variable says: the variance over the mean, the Fano factor, is 1. Modes that
repel each other space themselves evenly, and it falls below 1. Less than one mode a sample is enough, where ratios of
spacings need three; nothing has to be unfolded. Samples that differ among themselves only raise it.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import mode_lists
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_half_width

FEWEST_MODES = 30
"""Below so many modes in all samples the variance of their counts says nothing."""


def count_dispersion(
    data: xr.Dataset | ArrayLike,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    *,
    below: float = 0.4,
    level: float = LEVEL,
) -> Estimate:
    """Variance over mean of the number of modes of a sample below a frequency (Fano factor).

    Parameters
    ----------
    data : xarray.Dataset or array_like
        Dataset with ``eigenfrequency`` (sample, mode), ``first_phonon`` (sample) and, where samples depend on each
        other, ``chain`` (sample); or an array (samples, modes), NaN at the end of short rows.
    first_phonon : array_like, optional
        omega_0 = 2 pi v_T / L from the moduli, one for all or one a sample.
    chain : array_like, optional
        Independent run of each sample.
    below : float
        The frequency, in units of the mean omega_0.
    level : float
        Confidence level; delete-one jackknife over chains, or over samples where chains are unknown.

    Returns
    -------
    Estimate
        1 for independent modes, below 1 for repelling ones. ``details`` has the mean count.

    Raises
    ------
    NotApplicableError
        If omega_0 is unknown, modes come without their samples, lists end below the frequency, or there are too few
        modes.

    Notes
    -----
    The variance is that about the mean of all samples, so that chains which differ raise it.
    """
    lists = mode_lists(data, first_phonon, chain)
    if lists.first_phonon is None or lists.pooled:
        raise NotApplicableError(
            "counts need samples and the phonon scale",
            expected="modes of each sample, and omega_0 = 2 pi v_T / L from its elastic moduli",
            got="one pooled list" if lists.pooled else "no first_phonon",
        )
    end = below * float(lists.first_phonon.mean())
    counts = np.sum(lists.frequency < end, axis=1)
    full = ~np.isnan(lists.frequency[:, -1]) & (lists.frequency[:, -1] < end)
    if full.any():
        raise NotApplicableError(
            "lists of modes end below the frequency",
            expected=f"all modes below {end:.3g}",
            got=f"{int(full.sum())} of {len(full)} lists that end earlier",
        )
    if counts.sum() < FEWEST_MODES:
        raise NotApplicableError(
            "too few modes to tell how their number scatters",
            expected=f"at least {FEWEST_MODES}",
            got=str(counts.sum()),
        )
    cluster = lists.cluster
    clusters = int(cluster.max()) + 1
    unit = "samples" if lists.independent else "chains"
    moments = np.array([np.bincount(cluster, counts**power, clusters) for power in (0, 1, 2)])
    total = moments.sum(axis=1, keepdims=True)
    value, half = float(_fano(total)[0]), jackknife_half_width(_fano(total - moments), level)
    return Estimate(
        name="variance over mean of the number of modes",
        value=value,
        low=value - half,
        high=value + half,
        level=level,
        n=clusters,
        method=f"counts below {below:g} omega_0; delete-one jackknife over {unit}",
        window=(0.0, below),
        details={"mean_count": float(counts.mean()), "samples": len(counts)},
    )


def _fano(moments: FloatArray) -> FloatArray:
    """Unbiased variance over mean, from the number of samples, the sum and the sum of squares of their counts."""
    number, first, second = moments
    return np.asarray((second - first**2 / number) / (number - 1.0) / (first / number))
