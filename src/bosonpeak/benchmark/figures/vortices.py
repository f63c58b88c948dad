"""Figure of the claims about vortex modes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bosonpeak.benchmark.figures.curves import mode_steps
from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.figures.marks import estimates, region_marks, window_marks
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.plot.claimed_values import published_values
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named, number_in
from bosonpeak.plot.mode_picture import mode_plane
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, ensemble_wave_overlap

if TYPE_CHECKING:
    import xarray as xr

    from bosonpeak.validators.vortices.curl_content import Vorticity


_APART = 1.03
_HIGHEST_RATIO = 1.2
_LONGEST = 2.0
_HEAD, _HEAD_ANGLE = 0.35, 0.45
_ARROWS_A_SERIES = 100
_ASPECT = 1.57  # of a panel's axes
_MOST_WAVENUMBERS = 12
SPECTRUM_BINS = 24


def vortex_modes(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Share of waves against frequency, contrast of low modes with modes at the phonon, and one mode in space."""
    tests = evidence.needed("less-wave-than-phonon")
    return Figure(
        "Vortices, or superposed waves?",
        "First: share of the lowest transverse waves in single modes; above one half a mode is waves for the greater "
        "part. Then: probability that a low mode has less of the waves than one at the phonon of the same glass, "
        "with 95 % intervals over chains: 1/2 if there is no difference; glasses of several T* that are judged "
        "together stand at the geometric mean. Last a lowest mode near the published 0.62 ω₀, continued periodically "
        "to the right and coloured by the sense in which the surroundings turn, in three dimensions the slice "
        "through its core; beside it the shares of its transverse and longitudinal waves, and the low modes of all "
        "glasses of its ensemble with its own place and that of the first phonon, the mean over the glasses.",
        (
            *(_share_panel(evidence, dataset, open_ensemble) for dataset in tests.datasets),
            _contrast_panel(evidence, open_ensemble),
            *_mode_panels(tests, open_ensemble),
        ),
    )


def _share_panel(evidence: Evidence, dataset: str, open_ensemble: OpenEnsemble) -> Panel:
    tests = Evidence(each for each in evidence.of("less-wave-than-phonon") if each.dataset == dataset)
    cells = dict.fromkeys(cell for each in tests for cell in _cells(each))
    series = []
    for order, family in enumerate(dict.fromkeys(cell.split("/")[0] for cell in cells)):
        ensembles = [open_ensemble(dataset, cell) for cell in cells if cell.split("/")[0] == family]
        series.append(wave_shares(named(family), ensembles, order))
    phonon = Evidence(
        each for each in evidence.of("superposed-waves-at-the-phonon", role="context") if each.dataset == dataset
    )
    return Panel(
        f"waves in the modes, {_dimension(dataset, tests[0].cell, open_ensemble)}",
        "ω/ω₀",
        "share of waves",
        tuple(series),
        (
            Mark("hline", LEAST_WAVE_SHARE, label="one half"),
            *window_marks(tests),
            *window_marks(phonon, "modes at the phonon,"),
        ),
        x_limits=(0.0, _HIGHEST_RATIO),
        y_limits=(-0.05, 1.05),
    )


def wave_shares(label: str, ensembles: Sequence[xr.Dataset], order: int) -> Series:
    """Share of the lowest transverse waves in single modes against the frequency."""
    found = [ensemble_wave_overlap(each, shells=1) for each in ensembles]
    x, y = (np.concatenate([each[name].values.ravel() for each in found]) for name in ("frequency_ratio", "wave_share"))
    seen = x < _HIGHEST_RATIO
    return Series.of(label, "points", x[seen], y[seen], order=order)


def _contrast_panel(evidence: Evidence, open_ensemble: OpenEnsemble) -> Panel:
    """Contrasts by dimension and potential."""
    tests = evidence.needed("less-wave-than-phonon")

    def kind(measured: Measurement) -> str:
        families = {cell.split("/")[0] for cell in _cells(measured)}
        potential = named(measured.family) if len(families) == 1 else "together"
        return f"{_dimension(measured.dataset, measured.cell, open_ensemble)}, {potential}"

    kinds = Evidence([*tests, *evidence.of("less-wave-than-phonon", role="context")]).by(kind)
    series = []
    for order, (label, measured) in enumerate(kinds.items()):
        x = [_temperature(each) * _APART ** (2 * order - len(kinds) + 1) for each in measured]
        series.append(estimates(label, measured, x, order=order))
    return Panel(
        "fewer waves than at the phonon",
        "T*",
        "probability for a pair",
        tuple(series),
        (Mark("hline", 0.5, label="no difference"), *region_marks(tests)),
        x_scale="log",
        x_limits=(0.12, 1.3),
        y_limits=(0.0, 1.3),
    )


def _cells(measured: Measurement) -> list[str]:
    """Groups judged together."""
    return [measured.cell, *measured.parameters.get("with_cells", ())]


def _temperature(measured: Measurement) -> float:
    return math.exp(math.fsum(math.log(number_in(cell)) for cell in _cells(measured)) / len(_cells(measured)))


def _dimension(dataset: str, cell: str, open_ensemble: OpenEnsemble) -> str:
    sizes = open_ensemble(dataset, cell).sizes
    return f"d = {sizes['axis']}, N = {sizes['particle']}"


def published_ratio() -> float:
    """Frequency of the mode in Fig. 2 of the reply over its first phonon."""
    printed = published_values("reply-2")
    return printed["frequency of the mode"].value / printed["first phonon"].value


def _mode_panels(tests: Evidence, open_ensemble: OpenEnsemble) -> list[Panel]:
    """One mode of the coldest glasses of each dimension, beside its decomposition into waves."""
    panels = []
    for dataset in sorted(tests.datasets, key=lambda dataset: _dimension(dataset, tests[0].cell, open_ensemble)):
        cells = [cell for each in tests if each.dataset == dataset for cell in _cells(each)]
        coldest = min(cells, key=number_in)
        label = _dimension(dataset, coldest, open_ensemble)
        ensemble = open_ensemble(dataset, coldest)
        sample = rows_of(ensemble, "configuration")
        ratio = ensemble["eigenfrequency"].values[sample, 0] / ensemble["first_phonon"].values[sample]
        shown = int(np.argmin(np.abs(ratio - published_ratio())))
        data = ensemble.isel(configuration=shown)
        places, mode, found = _first_mode(data)
        panels += [
            _arrow_panel(places, mode, data["box"].values, found, label),
            _wave_panel(found, label),
            _spectrum_panel(ensemble, int(sample[shown]), label),
        ]
    return panels


def _spectrum_panel(ensemble: xr.Dataset, sample: int, label: str) -> Panel:
    """Low modes of all glasses of an ensemble, with one glass's lowest mode and the mean first phonon."""
    frequency = ensemble["eigenfrequency"].values
    shown = mode_steps(frequency, "modes of all glasses", SPECTRUM_BINS)
    marks = (
        Mark("vline", float(frequency[sample, 0]), label="the mode"),
        Mark("vline", float(ensemble["first_phonon"].mean()), label="first phonon ω₀, mean"),
    )
    return Panel(f"spectrum, {label}", "ω (√(ε/m)/a)", "modes per glass and unit of ω", (shown,), marks)


def _arrow_panel(places: FloatArray, mode: FloatArray, box: FloatArray, found: Vorticity, label: str) -> Panel:
    assert found.local is not None
    turning = found.local.vorticity
    plane = mode_plane(places, turning, box)
    across = turning[0] if turning.ndim == 2 else turning[0, :, plane.normal]
    points, arrows, across = places[plane.seen][:, plane.axes], mode[plane.seen][:, plane.axes], across[plane.seen]
    width, height = box[list(plane.axes)]
    spacing = float(box.prod() / len(places)) ** (1.0 / len(box))
    arrows = arrows * _LONGEST * spacing / np.linalg.norm(arrows, axis=1).max()
    continued = np.concatenate([points, points + np.array([width, 0.0])])
    shown = continued[:, 0] < _ASPECT * height
    arrows, across = (np.concatenate([values, values])[shown] for values in (arrows, across))
    continued = continued[shown]
    series: list[Series] = []
    for order, (name, chosen) in enumerate((("turning left", across > 0.0), ("turning right", across <= 0.0))):
        series += arrow_series(name, continued[chosen], arrows[chosen], order)
    cut = f", {'xyz'[plane.normal]} = {plane.height:.1f}" if len(box) == 3 else ""
    return Panel(
        f"the lowest mode of a glass, {label}{cut}",
        "xyz"[plane.axes[0]],
        "xyz"[plane.axes[1]],
        tuple(series),
        (Mark("vline", float(width), label="end of the box"),),
        x_limits=(0.0, _ASPECT * float(height)),
        y_limits=(0.0, float(height)),
    )


def _first_mode(glass: xr.Dataset) -> tuple[FloatArray, FloatArray, Vorticity]:
    """Positions, lowest mode and vorticity of a configuration."""
    from bosonpeak.validators.vortices.curl_content import vorticity

    places, modes = (glass[name].values.astype(np.float64) for name in ("position", "eigenvector"))
    return places, modes[0], vorticity(places, modes[:1], glass["box"].values, per_particle=True)


def waves_of_mode(glass: xr.Dataset) -> tuple[Series, ...]:
    """Shares of transverse and longitudinal waves in the lowest mode of a configuration, by wave number."""
    return _waves(_first_mode(glass)[2])


def _wave_panel(found: Vorticity, label: str) -> Panel:
    axes = "wave number |k| L/2π, in steps of one", "share of |u|² in waves"
    return Panel(f"its waves, {label}", *axes, _waves(found))


def _waves(found: Vorticity) -> tuple[Series, ...]:
    spectrum = found.decomposition.spectrum
    shown = slice(_MOST_WAVENUMBERS)
    shares = (("transverse", spectrum.transverse[0, shown]), ("longitudinal", spectrum.longitudinal[0, shown]))
    number = np.arange(1.0, len(shares[0][1]) + 1.0)
    return tuple(Series.of(name, "line", number, share, order=order) for order, (name, share) in enumerate(shares))


def arrow_series(label: str, points: FloatArray, arrows: FloatArray, order: int) -> list[Series]:
    """Arrows as lines with gaps, split into series short enough to be drawn in full."""
    tip = points + arrows
    path = np.full((len(points), 6, 2), np.nan)
    path[:, 0], path[:, 1], path[:, 3] = points, tip, tip
    for place, side in ((2, 1.0), (4, -1.0)):
        angle = side * _HEAD_ANGLE
        turned = arrows @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        path[:, place] = tip - _HEAD * turned
    return [
        Series.of(
            "" if first else label,
            "line",
            *path[first : first + _ARROWS_A_SERIES].reshape(-1, 2).T,
            style="main",
            order=order,
        )
        for first in range(0, len(points), _ARROWS_A_SERIES)
    ]
