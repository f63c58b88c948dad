"""Van Hove peak of g(omega)/omega, where the wavelength reaches the lattice constant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.arguments import number, window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.spectra.density_of_states import sampled_density
from bosonpeak.validators.spectra.shell_frequencies import sound_speed2


@dataclass(frozen=True)
class VanHovePeak:
    """Frequency of the Van Hove peak, its prominence, and its position relative to the plane-wave prediction."""

    position: Estimate  # frequency of the maximum of g(omega)/omega in the window
    prominence: Estimate  # maximum over the lowest value below it, minus 1
    place: Estimate | None  # position over 2c, the saddle point of the square lattice


@accept_old_spelling("dataset")
def van_hove_peak(
    data: Ensemble,
    *,
    low: float = 0.8,
    high: float = 1.4,
    foot: float = 0.5,
    bin_width: float = 0.1,
    level: float = LEVEL,
) -> VanHovePeak:
    """Position and prominence of the Van Hove peak.

    In the square lattice the singularity lies at the centre of the band, omega^2 = trace(H)/N. The window follows that
    exact moment of each ensemble, so that a network is not judged by the crystal's stiffness.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete or sampled spectra with ``mean_diagonal`` (else the mean squared eigenfrequency, which equals it).
    low, high : float
        Window of the maximum, in units of sqrt(trace(H)/N).
    foot : float
        Lowest frequency of the region in which the minimum before the peak is sought, same units.
    bin_width : float
        Bin width in frequency.
    level : float
        Confidence level of the delete-one jackknife over samples.

    Returns
    -------
    VanHovePeak

    Raises
    ------
    NotApplicableError
        If the frequencies are not in the order foot < low < high, or the data hold no complete spectra.

    Examples
    --------
    In the square lattice of unit springs the singularity lies at omega = 2.

    >>> from bosonpeak.datasets import open_dataset
    >>> crystal = open_dataset("network/paper", group="situation-1/delta-0.0")
    >>> round(van_hove_peak(crystal).position.value, 1)
    2.0
    """
    data, (low, high) = one_ensemble(data), window_ends(number(low, "low"), number(high, "high"))
    foot = window_ends(number(foot, "foot", above=0.0), low)[0]
    require_level(level)
    # g(omega)/omega of each sample, from the foot to the upper end in units of sqrt(trace(H)/N).
    # g(omega)/omega of each sample, from the foot to the upper end in units of sqrt(trace(H)/N).
    scale = math.sqrt(_mean_diagonal(data))
    speed2 = _known_speed2(data)
    density = sampled_density(data, low=foot * scale, high=high * scale, bin_width=bin_width)
    frequency = density["frequency"].values
    rows = density.values / frequency

    def maximum(curve: FloatArray) -> int:
        start = int(np.searchsorted(frequency, low * scale))
        return start + int(np.argmax(curve[start:]))

    def position(chosen: NDArray[np.intp]) -> float:
        curve = rows[chosen].mean(axis=0)
        top = maximum(curve)
        if top in (0, len(curve) - 1):
            return float(frequency[top])
        # Vertex of the parabola through the three highest bins.
        before, at, after = curve[top - 1 : top + 2]
        shift = 0.5 * (before - after) / (before - 2.0 * at + after)
        return float(frequency[top] + shift * (frequency[1] - frequency[0]))

    def prominence(chosen: NDArray[np.intp]) -> float:
        curve = rows[chosen].mean(axis=0)
        top = maximum(curve)
        least = float(curve[: top + 1].min())
        if not least > 0.0:
            raise NotApplicableError(
                "the Van Hove peak has no prominence: a bin below the maximum holds no mode",
                expected=f"modes in every bin of {bin_width:g} from {frequency[0]:.3g} to the maximum",
                got=f"none at {frequency[int(np.argmin(curve[: top + 1]))]:.3g}",
                likely_cause="a gap in the spectrum, or too few modes for this bin width",
            )
        return float(curve[top] / least - 1.0)

    window = (low * scale, high * scale)
    method = f"maximum of g(omega)/omega on bins of {bin_width:g}; delete-one jackknife over samples"
    count = len(rows)
    at, at_low, at_high = jackknife_interval(position, count, level)
    out, out_low, out_high = jackknife_interval(prominence, count, level)
    place = None
    if speed2 is not None:
        over, over_low, over_high = jackknife_interval(
            lambda chosen: position(chosen) / (2.0 * math.sqrt(float(speed2[chosen].mean()))), count, level
        )
        place = Estimate("Van Hove peak position over 2c", over, over_low, over_high, level, count, method, "1", window)
    return VanHovePeak(
        Estimate("Van Hove peak position", at, at_low, at_high, level, count, method, "sqrt(t0/m)", window),
        Estimate("Van Hove peak prominence", out, out_low, out_high, level, count, method, "1", window),
        place,
    )


def _known_speed2(dataset: xr.Dataset) -> FloatArray | None:
    try:
        return sound_speed2(dataset)
    except NotApplicableError:
        return None


def _mean_diagonal(dataset: xr.Dataset) -> float:
    if "mean_diagonal" in dataset:
        return float(dataset["mean_diagonal"].mean())
    require_variables(dataset, "eigenfrequency")
    return float((dataset["eigenfrequency"] ** 2).mean())
