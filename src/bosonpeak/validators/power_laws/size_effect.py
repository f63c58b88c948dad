"""Effect of the box size on the exponent s, at the same absolute frequency in all sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from bosonpeak.datasets.arguments import window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensembles, ModeLists, PerSize, chain_sums, mode_lists_of_sizes
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.power_laws.gates import FEWEST_MODES
from bosonpeak.validators.power_laws.likelihood import powers_without_one, unbiased_power

WINDOW = (0.0, 0.55)
"""From the lowest mode to the foot of the phonons of the largest box, in units of its mean omega_0."""


@accept_old_spelling(positional=("particles", "first_phonon", "chain"))
def exponent_size_effect(
    data: Ensembles,
    *,
    particles: int | Sequence[int] | None = None,
    first_phonon: PerSize | None = None,
    chain: PerSize | None = None,
    window: tuple[float, float] = WINDOW,
    level: float = LEVEL,
) -> Estimate:
    """Change of s per doubling of the number of particles, in one window of absolute frequency.

    If all sizes share one density of states per particle, s in this window is the same in all sizes, whatever the
    shape of the density. `exponent_drift`, whose window moves with the first phonon, shows a change with the size
    wherever that shared density bends.

    Parameters
    ----------
    data, particles, first_phonon, chain
        Ensembles of several sizes, as for `limit_exponent`.
    window : (float, float)
        In units of the mean omega_0 of the largest size, whose first phonon is the lowest.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        Slope of a straight line of s against the logarithm of the size to base 2, each size weighted with its number
        of modes; ``window`` is in absolute frequency. ``n`` is one more than the effective degrees of freedom.
        ``details`` has the modes, s and its error for each size, and the number of all samples. Sizes with fewer than
        eight modes in the window are left out, with a warning. There is no interval if a size has fewer than three
        chains.

    Raises
    ------
    NotApplicableError
        If fewer than two sizes are left, omega_0 of the largest is unknown, the window is empty or begins below 0, or
        lists of modes end inside it.

    Notes
    -----
    In one window of one density of states every mode carries the same information on s, so that weights by numbers of
    modes are the optimal ones and do not depend on estimated errors. The variance is the sum over sizes of the
    delete-one-chain jackknife variances, with the degrees of freedom of Welch and Satterthwaite.

    Examples
    --------
    A bent density that all sizes share has no size effect.

    >>> from bosonpeak.datasets import open_dataset
    >>> bent = open_dataset("null/bent-spectra")["bent/s-4"]
    >>> found = exponent_size_effect([bent[size].to_dataset() for size in ("N-500", "N-1000", "N-2000", "N-4000")])
    >>> found.low < 0.0 < found.high
    True
    """
    require_level(level)
    sizes = mode_lists_of_sizes(data, particles, first_phonon, chain)
    low, high = (end * _lowest_first_phonon(sizes) for end in window_ends(*window))
    if low < 0.0:
        raise NotApplicableError("a window of frequencies begins at 0 or above", got=f"{window[0]:g} omega_0")
    number, modes, samples, value, variance, chains, warnings = [], [], [], [], [], [], []
    for particle_number, lists in sizes:
        _refuse_short_lists(particle_number, lists, high)
        count, total = _sums(lists, low, high)
        if count.sum() < FEWEST_MODES:
            warnings.append(f"N = {particle_number} is left out: too few modes, {int(count.sum())} in the window")
            continue
        span = math.log(high / low) if low > 0.0 else math.inf
        partial = powers_without_one(count, total, span)
        number.append(particle_number)
        modes.append(int(count.sum()))
        samples.append(len(lists.frequency))
        chains.append(len(count))
        value.append(float(unbiased_power(count.sum(), total.sum(), span)) - 1.0)
        enough = len(count) >= FEWEST_SAMPLES
        variance.append((len(count) - 1) * float(partial.var()) if enough else math.nan)
    if len(set(number)) < 2:
        raise NotApplicableError(
            "a size effect needs two sizes",
            expected="modes in the window in two sizes",
            got="; ".join(warnings) or "one size",
        )
    weight, place = np.array(modes, dtype=np.float64), np.log2(number)
    lever = weight * (place - np.average(place, weights=weight))
    lever /= float(lever @ place)
    slope, shares = float(lever @ value), lever**2 * variance
    degrees = float(shares.sum() ** 2 / (shares**2 / (np.array(chains) - 1.0)).sum())
    half = float(stdtrit(degrees, 0.5 * (1.0 + level))) * math.sqrt(shares.sum())
    if math.isnan(half):
        warnings.append(f"too few chains: {min(chains)}, {FEWEST_SAMPLES} are needed in each size for an interval")
    return Estimate(
        name="change of s per doubling of the size, at the same frequency",
        value=slope,
        low=slope - half,
        high=slope + half,
        level=level,
        n=max(2, math.floor(degrees) + 1) if math.isfinite(degrees) else sum(chains),
        method=f"straight line of s in [{low:.3g}, {high:.3g}], the same in all sizes, against ln N, weighted with the "
        "numbers of modes; delete-one-chain jackknife in each size, Student-t",
        window=(low, high),
        warnings=tuple(warnings),
        details={
            "particles": number,
            "modes": modes,
            "samples": sum(samples),
            "exponents": value,
            "errors": np.sqrt(variance).tolist(),
            "degrees_of_freedom": degrees,
        },
    )


def _lowest_first_phonon(sizes: Sequence[tuple[int, ModeLists]]) -> float:
    """Mean omega_0 of the largest size."""
    largest, lists = max(sizes, key=lambda size: size[0])
    if lists.first_phonon is None:
        raise NotApplicableError(
            "the window of a size effect ends below the first phonon of the largest box",
            expected="first_phonon: omega_0 = 2 pi v_T / L of each sample, from its elastic moduli",
            got=f"no first_phonon for N = {largest}",
        )
    return float(lists.first_phonon.mean())


def _refuse_short_lists(particles: int, lists: ModeLists, high: float) -> None:
    """Raise NotApplicableError if the stored modes of a sample end inside the window; padded rows are complete."""
    short = int(np.count_nonzero(lists.frequency[:, -1] < high))
    if short:
        raise NotApplicableError(
            "lists of modes end inside the window",
            expected=f"modes up to {high:.3g}, or all modes",
            got=f"{short} of {len(lists.frequency)} lists that end earlier",
            where=f"N = {particles}",
            likely_cause="too few of the lowest modes were stored for a box of this size",
        )


def _sums(lists: ModeLists, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Number of modes in a window and their sum of ln(high / omega), chain by chain."""
    inside = (lists.frequency >= low) & (lists.frequency < high)
    logarithm = np.log(high / np.where(inside, lists.frequency, high))
    sums = chain_sums(np.stack([inside.sum(axis=1), logarithm.sum(axis=1)], axis=1), lists.cluster)
    return sums[:, 0], sums[:, 1]
