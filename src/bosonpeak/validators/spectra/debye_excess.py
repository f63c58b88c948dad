"""Excess over a network's own Debye level: its size, its frequency and its width.

The lower sound speed of soft networks makes most of their rise above the stiff crystal; here every network is measured
against its *own* speed, and optionally against the crystal of that speed.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.arguments import number, one_of, window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, mean_interval, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.spectra.debye_level import (
    debye_count,
    debye_density,
    square_lattice_count,
    square_lattice_density,
    square_lattice_frequencies,
)
from bosonpeak.validators.spectra.density_of_states import modes_in_window, sampled_density
from bosonpeak.validators.spectra.shell_frequencies import sound_speed2

REFERENCES = ("own-debye", "rescaled-crystal", "paper")
"""References of the modes in a window; "paper" is the Debye level of the undisturbed crystal, c = 1."""

PEAK_DEGREE = 4
"""Degree of the polynomial through the reduced density; a boson peak on a slope needs more than a parabola."""


@accept_old_spelling("dataset")
def excess(
    data: Ensemble, *, low: float, high: float, reference: str = "rescaled-crystal", level: float = LEVEL
) -> Estimate:
    """Relative excess of modes in a frequency window over a reference.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete spectra or sampled ones, of two-dimensional scalar networks.
    low, high : float
        Frequency window, units sqrt(t0/m).
    reference : {"own-debye", "rescaled-crystal", "paper"}
        Debye level of each sample's own sound speed; square lattice of that speed; Debye level of the undisturbed
        crystal (c = 1), as the paper has it.
    level : float
        Confidence level of the Student-t interval over samples.

    Returns
    -------
    Estimate
        (modes in the window) / (modes of the reference there) - 1. For finite networks the interval is widened by the
        difference that counting the reference's discrete phonons instead of its continuum makes.

    Raises
    ------
    NotApplicableError
        If the dataset has no complete spectrum, no sound speed, the window reaches beyond the crystal of the same sound
        speed, or the reference is unknown.

    Examples
    --------
    The lattice has no excess over itself; over its Debye level it has one, since waves slow down towards the zone
    boundary.

    >>> from bosonpeak.datasets import open_dataset
    >>> crystal = open_dataset("network/paper", group="situation-1/delta-0.0")
    >>> round(abs(excess(crystal, low=0.4, high=1.2, reference="rescaled-crystal").value), 2)
    0.0
    >>> excess(crystal, low=0.4, high=1.2, reference="own-debye").low > 0.0
    True
    """
    data, (low, high) = one_ensemble(data), window_ends(low, number(high, "high"))
    require_level(level)
    _require_inside_the_band(sound_speed2(data), low)
    ratios = relative_counts(data, low=low, high=high, reference=reference)
    value, lower, upper = mean_interval(ratios - 1.0, level=level)
    shells = abs(value + 1.0) * abs(float(_shell_modulation(data, np.array([low, high]))[0]) - 1.0)
    return Estimate(
        name=f"excess over {reference.replace('-', ' ')}",
        value=value,
        low=lower - shells,
        high=upper + shells,
        level=level,
        n=len(ratios),
        method="modes in the window over the reference's, less 1; Student-t over samples plus phonon-shell systematic",
        window=(low, high),
        details={"squared_speed": float(np.mean(sound_speed2(data))), "phonon_shell_systematic": shells},
    )


def relative_counts(dataset: xr.Dataset, *, low: float, high: float, reference: str = "rescaled-crystal") -> FloatArray:
    """Modes of each sample in a window over the reference's, shape (samples,); arguments as for `excess`."""
    return modes_in_window(dataset, low=low, high=high) / _reference_count(dataset, low, high, reference)


@dataclass(frozen=True)
class Peak:
    """Maximum of g(omega)/omega below the Van Hove peak."""

    position: Estimate  # frequency, NaN without an interior maximum in the window
    height: Estimate  # excess over the rescaled crystal at the excess's own maximum, not at `position`
    width: Estimate  # full width of that excess at half its maximum, NaN if outside the window


@accept_old_spelling("dataset")
def excess_peak(
    data: Ensemble, *, low: float = 0.15, high: float = 1.15, bin_width: float = 0.05, level: float = LEVEL
) -> Peak:
    """Position, height and width of the low-frequency peak of the reduced density of states.

    A polynomial of degree `PEAK_DEGREE` is fitted to g/g_Debye on fixed bins; the maximum of the fit is the position.
    The same fit to g/g_crystal gives height and width. Intervals are delete-one jackknives over samples, widened by
    the change on division by the discreteness of phonons in the finite box.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete or sampled spectra of scalar networks.
    low, high : float
        Window of the fit: from a few phonon shells up to well below the Van Hove peak.
    bin_width : float
        Width of the bins, wider than the spacing of phonon shells.
    level : float
        Confidence level.

    Returns
    -------
    Peak

    Raises
    ------
    NotApplicableError
        As for `excess`.

    Examples
    --------
    Nodes of a lattice displaced by up to 0.3 of its constant have the peak far below the Van Hove singularity near 2.

    >>> from bosonpeak.datasets import open_dataset
    >>> peak = excess_peak(open_dataset("network/paper", group="situation-2/delta-0.3"))
    >>> round(peak.position.value, 1)
    0.5
    """
    data = one_ensemble(data)
    require_level(level)
    # Density of states of each sample over its own Debye level and over its rescaled crystal, on common bins.
    # Density of states of each sample over its own Debye level and over its rescaled crystal, on common bins.
    density = sampled_density(data, low=low, high=high, bin_width=bin_width)
    frequency = density["frequency"].values
    half_bin = 0.5 * (frequency[1] - frequency[0])
    speed2 = sound_speed2(data)[:, None]
    _require_inside_the_band(speed2, float(frequency[-1]))
    modulation = _shell_modulation(data, np.append(frequency - half_bin, frequency[-1] + half_bin))
    over_debye = density.values / debye_density(frequency, speed2)
    over_crystal = density.values / square_lattice_density(frequency, speed2)
    warnings = _shell_warnings(data, low, bin_width)

    def estimate(name: str, unit: str, rows: FloatArray, feature: Callable[[_ReducedFit], float]) -> Estimate:
        def statistic(chosen: NDArray[np.intp]) -> float:
            return feature(_ReducedFit(frequency, rows[chosen].mean(axis=0)))

        # Jackknife over samples, widened by the shift after division by the discreteness of the phonon shells.
        # Jackknife over samples, widened by the shift after division by the discreteness of the phonon shells.
        value, lower, upper = jackknife_interval(statistic, len(rows), level)
        # A bin without a phonon cannot be corrected: the effect of the shells is then unknown.
        corrected = rows.mean(axis=0) / modulation if modulation.all() else None
        shells = math.inf if corrected is None else abs(feature(_ReducedFit(frequency, corrected)) - value)
        return Estimate(
            name=name,
            value=value,
            low=lower - shells,
            high=upper + shells,
            level=level,
            n=len(rows),
            method=f"polynomial of degree {PEAK_DEGREE} on bins of {bin_width:g}; "
            "delete-one jackknife over samples plus phonon-shell systematic",
            unit=unit,
            window=(low, high),
            warnings=warnings,
            details={"phonon_shell_systematic": shells},
        )

    return Peak(
        position=estimate("peak position", "sqrt(t0/m)", over_debye, _ReducedFit.position),
        height=estimate("peak height", "1", over_crystal, _ReducedFit.height),
        width=estimate("peak width", "sqrt(t0/m)", over_crystal, _ReducedFit.width),
    )


class _ReducedFit:
    """Polynomial through a reduced density of states, evaluated on a fine grid."""

    def __init__(self, frequency: FloatArray, reduced: FloatArray) -> None:
        fit = np.polynomial.Polynomial.fit(frequency, reduced, PEAK_DEGREE)
        self.grid = np.linspace(frequency[0], frequency[-1], 2001)
        self.values = fit(self.grid)

    def position(self) -> float:
        """Frequency of the highest interior maximum, NaN without one."""
        rises = np.diff(self.values) > 0.0
        maxima = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
        if len(maxima) == 0:
            return math.nan
        return float(self.grid[maxima[np.argmax(self.values[maxima])]])

    def height(self) -> float:
        """Excess at the maximum of the fit."""
        return float(self.values.max() - 1.0)

    def width(self) -> float:
        """Full width at half the maximal excess, NaN unless both flanks are inside the window."""
        above = self.values - 1.0 > 0.5 * self.height()
        if self.height() <= 0.0 or above[0] or above[-1]:
            return math.nan
        inside = self.grid[above]
        return float(inside[-1] - inside[0])


def _require_inside_the_band(speed2: FloatArray, frequency: float) -> None:
    """Reject a frequency above the band edge sqrt(8) c of the crystal with some sample's sound speed."""
    end = math.sqrt(8.0 * float(np.min(speed2)))
    if not frequency < end:
        raise NotApplicableError(
            "the window reaches beyond the modes of the crystal with the same sound speed",
            expected=f"frequencies below {end:.3g}, where its band ends",
            got=f"{frequency:.3g}",
            likely_cause="a network so soft that its phonons end below the window",
        )


def _reference_count(dataset: xr.Dataset, low: float, high: float, reference: str) -> FloatArray:
    speed2 = sound_speed2(dataset)
    if reference == "own-debye":
        return debye_count(low, high, speed2)
    if reference == "rescaled-crystal":
        return square_lattice_count(low, high, speed2)
    if reference == "paper":
        return debye_count(low, high, np.ones_like(speed2))
    raise NotApplicableError("unknown reference", expected=" or ".join(REFERENCES), got=repr(reference))


def _shell_modulation(dataset: xr.Dataset, edges: FloatArray) -> FloatArray:
    """Discrete phonons of the finite box over their continuum, (bins,), mean over samples; 1 without a size."""
    # Every sample has its own sound speed and thus its own shells, which smears them as in the measured mean.
    size = int(dataset.attrs.get("lattice_size", 0))
    if size == 0:
        return np.ones(len(edges) - 1)
    speed2 = sound_speed2(dataset)
    phonons = _unit_lattice(size)
    below = np.searchsorted(phonons, edges / np.sqrt(speed2)[:, None])
    continuum = np.stack([square_lattice_count(a, b, speed2) for a, b in itertools.pairwise(edges)], axis=-1)
    return np.asarray((np.diff(below, axis=1) / size**2 / continuum).mean(axis=0))


@functools.lru_cache(maxsize=4)
def _unit_lattice(size: int) -> FloatArray:
    return square_lattice_frequencies(size)


def _shell_warnings(dataset: xr.Dataset, low: float, bin_width: float) -> tuple[str, ...]:
    """Warn where bins are so narrow that single phonon shells show as peaks."""
    size = int(dataset.attrs.get("lattice_size", 0))
    if size == 0:
        return ()
    speed = math.sqrt(float(np.mean(sound_speed2(dataset))))
    first = 2.0 * math.pi * speed / size
    spacing = first**2 / low
    if bin_width >= spacing:
        return ()
    return (f"bins of {bin_width:g} resolve single phonon shells, {spacing:.3g} apart at omega = {low:g}",)


@accept_old_spelling("dataset")
def reduced_density(
    data: Ensemble, *, low: float, high: float, bin_width: float, reference: str = "own-debye"
) -> xr.Dataset:
    """Reduced density of states with its scatter over samples, for a plot.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete or sampled spectra of scalar networks.
    low, high, bin_width : float
        Bins in frequency.
    reference : {"own-debye", "rescaled-crystal", "paper"}
        The denominator.

    Returns
    -------
    xarray.Dataset
        ``reduced_density``, ``lower`` and ``upper`` (95 % Student-t) against ``frequency``, and every sample's own
        curve as ``sample_reduced_density``; NaN beyond the band of the reference.

    Raises
    ------
    NotApplicableError
        If there is no such reference or no such window, or the spectra are not complete.

    Examples
    --------
    The lattice beside itself:

    >>> from bosonpeak.datasets import open_dataset
    >>> crystal = open_dataset("network/paper", group="situation-1/delta-0.0")
    >>> found = reduced_density(crystal, low=0.4, high=1.2, bin_width=0.4, reference="rescaled-crystal")
    >>> found["reduced_density"].values.round(1).tolist()
    [1.0, 1.0]
    """
    data, reference = one_ensemble(data), one_of(reference, REFERENCES, "reference")
    density = sampled_density(data, low=low, high=high, bin_width=bin_width)
    frequency = density["frequency"].values
    speed2 = sound_speed2(data)[:, None]
    if reference == "rescaled-crystal":
        denominator = square_lattice_density(frequency, speed2)
    else:
        denominator = debye_density(frequency, speed2 if reference == "own-debye" else np.ones_like(speed2))
    rows = density.values / np.where(denominator > 0.0, denominator, np.nan)
    mean = rows.mean(axis=0)
    spread = rows.std(axis=0, ddof=1) / math.sqrt(len(rows)) * t_factor(len(rows)) if len(rows) > 2 else np.nan
    return xr.Dataset(
        {
            "reduced_density": ("frequency", mean),
            "lower": ("frequency", mean - spread),
            "upper": ("frequency", mean + spread),
            "sample_reduced_density": (("sample", "frequency"), rows),
        },
        coords={"frequency": frequency},
    )


def excess_change(
    here: Ensemble,
    there: Ensemble,
    *,
    low: float,
    high: float,
    reference: str = "rescaled-crystal",
    against: str = "the other ensemble",
) -> Estimate:
    """Excess of one ensemble less that of another, `against`, with the same node displacements, paired by sample."""
    first, second = (
        relative_counts(one_ensemble(data), low=low, high=high, reference=reference) for data in (here, there)
    )
    value, lower, upper = mean_interval(first - second)
    method = f"excess less that of {against}, paired by sample; Student-t over samples"
    return Estimate("change of the excess", value, lower, upper, LEVEL, len(first), method)
