"""Splitting of the first shell of transverse phonons by disorder, and mixing of its waves in the split modes.

Modes that carry the shell are compared with the level spacing around them, and their weight is resolved over wave
vectors: a mode of one pair +-k is not a superposition, a mode spread over all pairs is a superposition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from bosonpeak.datasets.arguments import instances, numbers
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import StoredModes
from bosonpeak.validators.waves.plane_waves import Polarisation, WaveSpan, as_rows, orthonormal_waves
from bosonpeak.validators.waves.wave_overlap import SIGNIFICANCE

LEAST_FOUND = 0.5
"""Share of the shell below which the modes at hand are too few to speak of its splitting."""


@dataclass(frozen=True)
class ShellSplitting:
    """Modes of one sample that carry the first shell of D waves."""

    frequency: FloatArray  # (waves,), ascending, of the D modes with most weight on the shell
    weight: FloatArray  # (waves,), share of the weight of each of these modes inside the shell
    mean: float  # frequency, weighted
    rms: float  # deviation of the frequency, weighted
    captured: float  # mean of `weight`, 1 if the modes are the waves
    found: float  # share of the shell in all given modes, 1 for a full set
    states: float  # number of modes that share the shell, (sum q)^2 / sum q^2, D if waves are modes
    level_spacing: float  # mean of all modes between the lowest and the highest of the D
    gap_ratio: float  # mean of min(r, 1/r) of these modes: 0.386 without repulsion, 0.531 for GOE
    mixing: float  # 0 if each mode keeps to one pair +-k, 1 for random superpositions


@dataclass(frozen=True)
class SplittingEstimates:
    """Splitting of the first shell over samples, with means of the fields of `ShellSplitting`."""

    relative_mean: Estimate | None  # mean frequency in units of omega_0 from the moduli
    relative_rms: Estimate  # rms splitting over mean frequency
    rms_in_spacings: Estimate  # rms splitting in mean level spacings
    gap_ratio: Estimate
    mixing: Estimate
    captured: Estimate
    states_per_wave: Estimate  # number of modes that share the shell over its number of waves


def first_shell_splitting(
    positions: ArrayLike,
    box: ArrayLike,
    frequencies: ArrayLike,
    vectors: ArrayLike,
    *,
    polarisation: Polarisation = "transverse",
) -> ShellSplitting:
    """Splitting of the first shell in one sample.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    frequencies : array_like, shape (modes,)
        Ascending; all modes, or the lowest up to well above the shell, translations left out.
    vectors : array_like, shape (modes, particles, dimension)
        Their eigenvectors.
    polarisation : {"transverse", "longitudinal"}

    Returns
    -------
    ShellSplitting

    Raises
    ------
    NotApplicableError
        If frequencies and modes do not fit each other, or there are fewer modes than waves in the shell.

    Examples
    --------
    Twelve degenerate transverse waves of a cube, without splitting:

    >>> import numpy as np
    >>> from bosonpeak.validators.waves import orthonormal_waves
    >>> positions = np.random.default_rng(1).uniform(0.0, 6.0, (50, 3))
    >>> waves = orthonormal_waves(positions, [6.0, 6.0, 6.0]).basis.reshape(12, 50, 3)
    >>> found = first_shell_splitting(positions, [6.0, 6.0, 6.0], np.full(12, 1.05), waves)
    >>> round(found.mean, 6), round(found.rms, 6), round(found.captured, 6)
    (1.05, 0.0, 1.0)
    """
    span = orthonormal_waves(positions, box, polarisation=polarisation)
    rows, levels = as_rows(vectors), numbers(frequencies, "modes", finite=True)
    waves = len(span.basis)
    if levels.shape != (len(rows),) or (np.diff(levels) < 0.0).any() or len(rows) < waves or not span.labelled:
        raise NotApplicableError(
            "the splitting of the shell cannot be measured",
            expected=f"ascending frequencies of at least {waves} modes, on points that tell these waves apart",
            got=f"frequencies of shape {levels.shape}, {len(rows)} modes",
        )
    amplitude = rows @ span.basis.T
    weight = (amplitude**2).sum(axis=1)
    members = np.sort(np.argsort(weight)[-waves:])
    mean = float(np.average(levels[members], weights=weight[members]))
    between = levels[members[0] : members[-1] + 1]
    return ShellSplitting(
        frequency=levels[members],
        weight=weight[members],
        mean=mean,
        rms=math.sqrt(float(np.average((levels[members] - mean) ** 2, weights=weight[members]))),
        captured=float(weight[members].mean()),
        found=float(weight.sum()) / waves,
        states=float(weight.sum() ** 2 / (weight**2).sum()),
        level_spacing=float(between[-1] - between[0]) / (len(between) - 1),
        gap_ratio=_mean_gap_ratio(between),
        mixing=_mixing(amplitude[members], weight[members], span, polarisation, len(np.asarray(box))),
    )


@accept_old_spelling("splittings", positional=("first_phonon",))
def splitting_estimates(
    data: Sequence[ShellSplitting],
    *,
    first_phonon: ArrayLike | None = None,
    chain: ArrayLike | None = None,
    level: float = LEVEL,
) -> SplittingEstimates:
    """Means over samples of the results of `first_shell_splitting`, with intervals.

    Parameters
    ----------
    data : sequence of ShellSplitting
        One a sample.
    first_phonon : array_like, shape (samples,), optional
        omega_0 of each sample from its elastic moduli.
    chain : array_like, shape (samples,), optional
        Independent run that each sample comes from; samples of one chain are averaged first.
    level : float
        Confidence level of the Student-t intervals.

    Returns
    -------
    SplittingEstimates

    Raises
    ------
    NotApplicableError
        If labels do not fit the samples, or there is no sample.

    Examples
    --------
    Six waves at 0.9 and six at 1.1 of the frequency from the moduli:

    >>> import numpy as np
    >>> from bosonpeak.validators.waves import first_shell_splitting, orthonormal_waves
    >>> positions = np.random.default_rng(1).uniform(0.0, 6.0, (50, 3))
    >>> waves = orthonormal_waves(positions, [6.0, 6.0, 6.0]).basis.reshape(12, 50, 3)
    >>> levels = np.repeat([0.9, 1.1], 6)
    >>> sample = first_shell_splitting(positions, [6.0] * 3, levels, waves)
    >>> found = splitting_estimates([sample] * 3, first_phonon=[1.0, 1.0, 1.0])
    >>> round(found.relative_mean.value, 6), round(found.relative_rms.value, 6)
    (1.0, 0.1)
    """
    require_level(level)
    splittings = instances(data, ShellSplitting, "first_shell_splitting")
    count = len(splittings)
    labels = np.arange(count) if chain is None else np.unique(np.asarray(chain), return_inverse=True)[1]
    scale = None if first_phonon is None else numbers(first_phonon, "samples", finite=True)
    if labels.shape != (count,) or (scale is not None and scale.shape != (count,)):
        raise NotApplicableError("labels do not fit the samples", expected=f"{count} of each, at least one")
    found = float(np.mean([each.found for each in splittings]))
    warnings = () if found >= LEAST_FOUND else (f"the modes given hold only {100 * found:.0f} % of the shell",)

    def estimate(name: str, values: Sequence[float]) -> Estimate:
        by_chain = np.bincount(labels, weights=np.asarray(values, dtype=np.float64)) / np.bincount(labels)
        value, low, high = mean_interval(by_chain, level=level)
        method = "mean over samples or chains; Student-t interval"
        return Estimate(name, value, low, high, level, len(by_chain), method, warnings=warnings)

    return SplittingEstimates(
        relative_mean=None
        if scale is None
        else estimate("first shell over omega_0", [s.mean / w for s, w in zip(splittings, scale, strict=True)]),
        relative_rms=estimate("rms splitting over mean frequency", [s.rms / s.mean for s in splittings]),
        rms_in_spacings=estimate(
            "rms splitting in level spacings", [_ratio(s.rms, s.level_spacing) for s in splittings]
        ),
        gap_ratio=estimate("mean gap ratio in the shell", [s.gap_ratio for s in splittings]),
        mixing=estimate("mixing of wave vectors", [s.mixing for s in splittings]),
        captured=estimate("weight of the shell's modes in its waves", [s.captured for s in splittings]),
        states_per_wave=estimate("modes that share a wave", [s.states / len(s.frequency) for s in splittings]),
    )


@dataclass(frozen=True)
class SplitShell:
    """Mean and rms of the frequencies, in omega_0, of the measured first shell of 12 (cube) or 4 (square) waves."""

    mean: float
    rms: float
    waves: int


def first_shell_of_ensemble(data: Ensemble) -> SplittingEstimates:
    """Splitting of the first transverse shell over the stored configurations of a glass ensemble."""
    modes = StoredModes(one_ensemble(data))
    return splitting_estimates(_splittings(modes), first_phonon=modes.first_phonon, chain=modes.cluster)


def split_shell(data: Ensemble) -> SplitShell:
    """Mean over configurations and total rms deviation of the first shell, in units of each sample's own omega_0."""
    modes = StoredModes(one_ensemble(data))
    splittings = _splittings(modes)
    means = np.array([each.mean for each in splittings]) / modes.first_phonon
    widths = np.array([each.rms for each in splittings]) / modes.first_phonon
    rms = math.sqrt(float((widths**2).mean() + means.var()))
    return SplitShell(float(means.mean()), rms, len(splittings[0].frequency))


def first_shell_foot(data: Ensemble, *, significance: float = SIGNIFICANCE) -> Estimate:
    """Frequency, in units of a sample's own omega_0, below which the split shell explains no mode."""
    modes = StoredModes(one_ensemble(data))
    shell = split_shell(modes.dataset)
    single = -math.expm1(math.log1p(-significance) / shell.waves)
    return Estimate(
        "foot of the split shell over the sample's omega_0",
        shell.mean + shell.rms * float(ndtri(single)),
        math.nan,
        math.nan,
        1.0 - significance,
        modes.dataset.sizes["configuration"],
        f"the lowest of {shell.waves} normal levels about {shell.mean:.3f} with rms {shell.rms:.3f} is higher with "
        f"probability {1.0 - significance:g}",
    )


def _splittings(modes: StoredModes) -> list[ShellSplitting]:
    """Splitting of the first transverse shell of each stored configuration."""
    return [
        first_shell_splitting(positions, modes.box, frequency, vectors)
        for (positions, vectors), frequency in zip(modes, modes.frequency, strict=True)
    ]


def _mean_gap_ratio(levels: FloatArray) -> float:
    gaps = np.diff(levels)
    small, large = np.minimum(gaps[1:], gaps[:-1]), np.maximum(gaps[1:], gaps[:-1])
    return float(np.mean(small / large)) if len(large) and (large > 0.0).all() else math.nan


def _mixing(
    amplitude: FloatArray, weight: FloatArray, span: WaveSpan, polarisation: Polarisation, dimension: int
) -> float:
    """Inverse participation over wave vectors, scaled from 0 for one pair +-k to 1 for random superpositions."""
    of_a_pair = 2 * (dimension - 1 if polarisation == "transverse" else 1)
    waves = len(span.basis)
    if waves == of_a_pair:
        return math.nan
    share = (amplitude**2).reshape(len(amplitude), -1, of_a_pair).sum(axis=2) / weight[:, None]
    random = (of_a_pair + 2) / (waves + 2)
    return float(np.mean((1.0 - (share**2).sum(axis=1)) / (1.0 - random)))


def _ratio(value: float, unit: float) -> float:
    return value / unit if unit > 0.0 else math.nan
