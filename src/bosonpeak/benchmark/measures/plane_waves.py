"""Measures of plane waves in networks, media and glasses: damping, smearing over wave vectors, flat bands."""

from __future__ import annotations

from bosonpeak.benchmark.measures.base import OpenCell
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.spectra.debye_excess import excess, excess_peak
from bosonpeak.validators.spectra.density_of_states import reduced_maximum
from bosonpeak.validators.waves import sound_damping
from bosonpeak.validators.waves.bands_and_smearing import band_dispersion, smearing
from bosonpeak.validators.waves.currents import stored_currents
from bosonpeak.validators.waves.damped_sound import ioffe_regel, wave_end_over_peak
from bosonpeak.validators.waves.plane_waves import Polarisation


def wave_damping(open_cell: OpenCell, cell: str, *, frequency: float) -> Estimate:
    """Width of a wave's line over its frequency."""
    return sound_damping.damping_at(stored_currents(open_cell(cell)), frequency=frequency)


def wave_damping_exponent(open_cell: OpenCell, cell: str, *, low: float, high: float) -> Estimate:
    """Exponent of the damping in a window of frequency."""
    return sound_damping.damping_exponent(stored_currents(open_cell(cell)), low=low, high=high)


def excess_per_damping(
    open_cell: OpenCell, cell: str, *, against: str, frequency: float, low: float, high: float, other_dataset: str
) -> Estimate:
    """Excess of modes from `low` to `high` over the damping at `frequency`, relative to the group `against`."""
    groups = (cell, against)
    return sound_damping.excess_per_damping(
        [excess(open_cell(group, other_dataset), low=low, high=high) for group in groups],
        [sound_damping.damping_at(stored_currents(open_cell(group)), frequency=frequency) for group in groups],
        samples=open_cell(cell).sizes["sample"],
        window=(low, high),
        against=against,
    )


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
    """Ioffe-Regel frequency of a network's waves over the position of the peak of its reduced density of states."""
    peak = excess_peak(open_cell(peak_of or cell, other_dataset)).position
    end = ioffe_regel(stored_currents(open_cell(cell)))
    return wave_end_over_peak(end, peak, method="Omega = pi Gamma; errors of both in quadrature")


def glass_wave_end(
    open_cell: OpenCell, cell: str, *, low: float, high: float, polarisation: Polarisation = "transverse"
) -> Estimate:
    """Ioffe-Regel frequency of a glass's waves over the frequency of the maximum of g/omega^2 in a window."""
    data = open_cell(cell)
    peak = reduced_maximum(data, low=low, high=high)
    end = ioffe_regel(stored_currents(data), polarisation=polarisation)
    method = "Omega = pi Gamma over the maximum of g/omega^2, bins of 0.2; errors of both in quadrature"
    return wave_end_over_peak(end, peak, method=method, details={"peak": peak.value})
