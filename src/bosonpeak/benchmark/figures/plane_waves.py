"""Figures of the claims about plane waves: damping, bands and smearing."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import judged, region_marks, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named
from bosonpeak.validators.waves.bands_and_smearing import band_maxima
from bosonpeak.validators.waves.currents import mean_correlation, stored_currents
from bosonpeak.validators.waves.sound_damping import dispersion, effective_medium_band

_QUARTILES = (0.25, 0.5, 0.75)


def damping(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Γ/Ω against Ω, one curve an ensemble, with the claims' windows and the Ioffe-Regel limit."""
    panels = []
    waves = Evidence(each for each in evidence if each.role != "control" and each.measure in _OF_WAVES)
    for dataset, here in waves.by(lambda each: each.dataset).items():
        at = here.of("wave-damping")
        series = [
            relative_width(named(group), open_ensemble(dataset, group), order)
            for order, (_, group) in enumerate(here.ensembles)
        ]
        panels.append(
            Panel(
                dataset,
                f"Ω ({_unit(open_ensemble(*here.ensembles[0]), 'frequency')})",
                "Γ/Ω",
                (*series, *judged(at)),
                (
                    Mark("hline", 1.0 / math.pi, label="Ioffe-Regel"),
                    *region_marks(at),
                    *window_marks(here.of("wave-damping-exponent"), "window of the exponent,"),
                ),
                x_scale="log",
                y_scale="log",
            )
        )
    return Figure(
        "Damping of plane waves",
        "Width over frequency of damped oscillators fitted to C(q, ω), each point a wave; the kernel's width is taken "
        "out. Points in windows are what the claims judge; above the horizontal line a wave dies within half a period.",
        tuple(panels),
    )


def band(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Maxima of C(q, ω)/ω² and of C(q, ω) against the wave number."""
    tests = Evidence([*evidence.of("band-dispersion"), *evidence.of("band-dispersion", role="context")])
    panels = []
    for dataset, here in tests.by(lambda each: each.dataset).items():
        series: list[Series] = []
        for order, ensemble in enumerate(here.ensembles):
            data, shown = open_ensemble(*ensemble), here.on([ensemble])[0]
            mean = mean_correlation(stored_currents(data))
            maxima = band_maxima(mean, lowest=float(shown.parameters["lowest"]), polarisation="transverse")
            series.append(Series.of(named(ensemble[1]), "points", mean.wavenumber, maxima, style="main", order=order))
            sound = float(data["sound_speed"].mean()) * mean.wavenumber
            series.append(Series.of("", "line", mean.wavenumber, sound, style="reference", order=order))
        axes = [_unit(open_ensemble(*here.ensembles[0]), name) for name in ("wavenumber", "frequency")]
        panels.append(
            Panel(
                dataset,
                f"q ({axes[0]})",
                f"maximum of C/ω² ({axes[1]})",
                tuple(series),
                window_marks(here),
                x_scale="log",
                y_scale="log",
            )
        )
    panels += [_theory_band(open_ensemble(*each.ensemble), each) for each in evidence.of("theory-band-dispersion")]
    return Figure(
        "Is the boson peak a band that does not disperse?",
        "Points: frequency at which C(q, ω)/ω² is largest. Thin lines: sound, its speed from the moduli. "
        "Shaded: wave numbers in which the claims look for a flat band.",
        tuple(panels),
    )


def _theory_band(data: xr.Dataset, test: Measurement) -> Panel:
    frequency, wavenumber = data["frequency"].values, np.geomspace(0.03, 1.0, 60)
    media = data.sel(shear_to_bulk_ratio=_THEORY_RATIO)
    series = []
    for order, distance in enumerate(_THEORY_DISTANCES):
        medium = media.sel(distance_to_instability=distance, method="nearest")
        sigma = medium["self_energy_real"].values + 1j * medium["self_energy_imag"].values
        band_of_medium = effective_medium_band(wavenumber, frequency, sigma)
        label = f"1 − γ/γ_c = {distance:g}"
        series.append(Series.of(label, "line", wavenumber, band_of_medium, style="main", order=order))
        sound = wavenumber * np.sqrt(1.0 - sigma[0].real)
        series.append(Series.of("", "line", wavenumber, sound, style="reference", order=order))
    return Panel(
        named(test.ensemble[1]) + " medium, theory",
        "q (k_ξ)",
        "maximum of C/ω² (√(G₀/ρ) k_ξ)",
        tuple(series),
        window_marks(Evidence([test])),
        x_scale="log",
        y_scale="log",
    )


def smearing(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Frequencies of a plane wave: measured quartiles beside eqs 11 and 21 and Bloch's theorem."""
    tests = evidence.needed("wave-smearing")
    panels = []
    for ensemble in tests.ensembles:
        data = open_ensemble(*ensemble)
        measured = quartiles(data)
        x = np.array(measured.x, dtype=np.float64)
        places = np.linspace(x[0], x[-1], 60)
        expected = [np.sqrt((0.5 - places) ** 2 + share * 2.0 * places) for share in _QUARTILES]
        eq_21 = Series.of("eq. 21", "band", places, expected[1], expected[0], expected[2], style="reference", order=1)
        panels.append(
            Panel(
                named(ensemble[1]),
                "q/k_G",
                "ω/(c k_G)",
                (
                    measured,
                    eq_21,
                    Series.of("ω = c q", "line", x, x, style="reference", order=2),
                ),
                window_marks(tests.on([ensemble])),
                y_limits=(0.0, 2.5),
            )
        )
    return Figure(
        "Which modes a plane wave shows",
        "Median and middle half in frequency of C(q, ω): media by kernel polynomials (bars), the modes q ± k_G/2 that "
        "eqs 11 and 21 ask for (band), and a wave that shows at its own frequency (line).",
        tuple(panels),
    )


_THEORY_RATIO = 0.2
_THEORY_DISTANCES = (0.3, 0.1, 0.01)
_OF_WAVES = ("wave-damping", "wave-damping-exponent", "network-wave-end", "glass-wave-end", "excess-per-damping")


def relative_width(label: str, data: xr.Dataset, order: int) -> Series:
    """Width over frequency of the transverse waves against their frequency."""
    correlations = stored_currents(data)
    omega, width = dispersion(correlations, np.arange(len(correlations)), "transverse")
    rising = np.argsort(omega)
    return Series.of(label, "line", omega[rising], (width / omega)[rising], style="main", order=order)


def quartiles(data: xr.Dataset) -> Series:
    """Median and middle half in frequency of each plane wave, in units of the modulation."""
    unit, speed = float(data["modulation_wavenumber"].mean()), float(data["sound_speed"].mean())
    mean = mean_correlation(stored_currents(data))
    low, middle, high = np.array([_quantiles(mean.edge, row) for row in mean.transverse]).T / (speed * unit)
    return Series.of("measured", "points", mean.wavenumber / unit, middle, low, high)


def _quantiles(edges: FloatArray, density: FloatArray) -> FloatArray:
    total = np.concatenate([[0.0], np.cumsum(density * np.diff(edges))])
    return np.asarray(np.interp(np.array(_QUARTILES) * total[-1], total, edges))


def _unit(data: xr.Dataset, name: str) -> str:
    return str(data[name].attrs.get("units", "1"))
