"""Measures of plane waves in networks, media and glasses: damping, smearing over wave vectors, flat bands.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
from bosonpeak.validators.spectra.debye_excess import excess, excess_peak
from bosonpeak.validators.waves.bands_and_smearing import band_dispersion, smearing
from bosonpeak.validators.waves.currents import stored_currents
from bosonpeak.validators.waves.damped_sound import ioffe_regel
from bosonpeak.validators.waves.plane_waves import Polarisation
from bosonpeak.validators.waves.sound_damping import damping_at, damping_exponent

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.datasets.array_types import FloatArray

_PEAK_BIN = 0.2
"""Width of the bins in which the peak of g/omega^2 of a glass is looked for, units sqrt(epsilon/(m a^2))."""


def wave_damping(open_cell: OpenCell, cell: str, *, frequency: float) -> Estimate:
    """Width of a wave's line over its frequency."""
    return damping_at(stored_currents(open_cell(cell)), frequency=frequency)


def wave_damping_exponent(open_cell: OpenCell, cell: str, *, low: float, high: float) -> Estimate:
    """Exponent of the damping in a window of frequency."""
    return damping_exponent(stored_currents(open_cell(cell)), low=low, high=high)


def excess_per_damping(
    open_cell: OpenCell, cell: str, *, against: str, frequency: float, low: float, high: float, other_dataset: str
) -> Estimate:
    """Excess of modes over the damping of waves, relative to that of another ensemble.

    Parameters
    ----------
    against : str
        Group of the other ensemble.
    frequency : float
        At which the damping is taken.
    low, high : float
        Window of the excess.
    other_dataset : str
        Densities of states of the same ensembles.
    """
    ratios = []
    for group in (cell, against):
        modes = excess(open_cell(group, other_dataset), low=low, high=high)
        damping = damping_at(stored_currents(open_cell(group)), frequency=frequency)
        ratios.append((modes.value / damping.value, _half(modes) / damping.value, _half(damping) / damping.value))
    (here, modes_here, width_here), (there, modes_there, width_there) = ratios
    value = here / there
    own = math.hypot(modes_here / there, value * width_here)
    others = abs(value) * math.hypot(modes_there / there, width_there)
    half = math.hypot(own, others)
    method = f"excess over Gamma/Omega, over that of {against}; errors of all four in quadrature"
    samples = open_cell(cell).sizes["sample"]
    return Estimate("excess per damping", value, value - half, value + half, LEVEL, samples, method, window=(low, high))


def _half(estimate: Estimate) -> float:
    return 0.5 * (estimate.high - estimate.low)


def medium_smearing(open_cell: OpenCell, cell: str, *, low: float, high: float) -> Estimate:
    """Smearing of a medium's modes over wave vectors, units of a shift by k_G/2, of waves with q in k_G."""
    data = open_cell(cell)
    require_variables(data, "sound_speed", "modulation_wavenumber")
    speed, modulation = (float(data[name].mean()) for name in ("sound_speed", "modulation_wavenumber"))
    return smearing(stored_currents(data), speed=speed, modulation=modulation, low=low, high=high)


def flat_band(open_cell: OpenCell, cell: str, *, low: float, high: float, lowest: float) -> Estimate:
    """Dispersion d ln omega / d ln q of the maximum of C/omega^2 in a window of wave numbers."""
    return band_dispersion(stored_currents(open_cell(cell)), low=low, high=high, lowest=lowest)


def network_wave_end(open_cell: OpenCell, cell: str, *, other_dataset: str, peak_of: str = "") -> Estimate:
    """Ioffe-Regel frequency of a network's waves over the position of the peak of its reduced density of states.

    The density is that of the same group of another dataset, or of the group `peak_of`.
    """
    peak = excess_peak(open_cell(peak_of or cell, other_dataset)).position
    end = ioffe_regel(stored_currents(open_cell(cell)))
    value = end.value / peak.value
    half = value * math.hypot(_half(end) / end.value, _half(peak) / peak.value)
    name, method = "Ioffe-Regel frequency over that of the peak", "Omega = pi Gamma; errors of both in quadrature"
    return Estimate(name, value, value - half, value + half, LEVEL, end.n, method)


def glass_wave_end(
    open_cell: OpenCell, cell: str, *, low: float, high: float, polarisation: Polarisation = "transverse"
) -> Estimate:
    """Ioffe-Regel frequency of a glass's waves over that of the maximum of g/omega^2 in a window."""
    data = open_cell(cell)
    require_variables(data, "density_of_states")
    end = ioffe_regel(stored_currents(data), polarisation=polarisation)
    value, lower, upper = jackknife_interval(lambda chosen: _peak(data, chosen, low, high), data.sizes["sample"])
    ratio = end.value / value
    half = ratio * math.hypot(_half(end) / end.value, 0.5 * (upper - lower) / value)
    method = "Omega = pi Gamma over the maximum of g/omega^2, bins of 0.2; errors of both in quadrature"
    name = "Ioffe-Regel frequency over that of the peak"
    return Estimate(name, ratio, ratio - half, ratio + half, LEVEL, end.n, method, details={"peak": value})


def _peak(data: xr.Dataset, chosen: NDArray[np.intp], low: float, high: float) -> float:
    """Vertex of the parabola through the highest bin of g/omega^2 and its neighbours."""
    density: FloatArray = data["density_of_states"].values[chosen].astype(np.float64).mean(axis=0)
    frequency = data["frequency"].values
    together = max(1, round(_PEAK_BIN / (frequency[1] - frequency[0])))
    bins = len(frequency) // together
    place = frequency[: bins * together].reshape(bins, together).mean(axis=1)
    reduced = density[: bins * together].reshape(bins, together).mean(axis=1) / place**2
    inside = np.flatnonzero((place >= low) & (place <= high))
    top = int(inside[np.argmax(reduced[inside])])
    if top in (inside[0], inside[-1]):
        raise NotApplicableError("the reduced density of states has no maximum in the window", got=f"{place[top]:.3g}")
    before, here, after = reduced[top - 1 : top + 2]
    return float(place[top] + 0.5 * (place[1] - place[0]) * (before - after) / (before - 2.0 * here + after))


MEASURES: dict[str, Measure] = {
    "wave-damping": wave_damping,
    "wave-damping-exponent": wave_damping_exponent,
    "excess-per-damping": excess_per_damping,
    "wave-smearing": medium_smearing,
    "band-dispersion": flat_band,
    "network-wave-end": network_wave_end,
    "glass-wave-end": glass_wave_end,
}
