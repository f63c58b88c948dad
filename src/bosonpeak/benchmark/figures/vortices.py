"""Evidence behind the claims about vortex modes, as figures of plain series."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.benchmark.figures.mode_planes import mode_plane
from bosonpeak.benchmark.scorecards.figure import Figure, Mark, Panel, Series
from bosonpeak.benchmark.scorecards.plain_series import plain_series
from bosonpeak.validators.waves.phonon_contrast import AT_THE_PHONON, HIGHEST, wave_contrast
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, ensemble_wave_overlap

if TYPE_CHECKING:
    from bosonpeak.validators.vortices.curl_content import Vorticity

OpenEnsemble = Callable[[str, str], xr.Dataset]
FloatArray = NDArray[np.float64]

DATASETS = (("glass/modes-3d", "d = 3"), ("glass/modes-2d", "d = 2"))
TAPERS = (("m-2", "m = 2"), ("m-inf", "m = ∞"))
TEMPERATURES = ("T-1.00", "T-0.20", "T-0.15")
SHOWN = "m-2/T-0.20"
"""Group of the glasses whose lowest mode is drawn."""

_APART = 1.03
_HIGHEST_RATIO = 1.2
_LONGEST = 2.0
_HEAD, _HEAD_ANGLE = 0.35, 0.45
_ARROWS_A_SERIES = 100
_ASPECT = 1.57  # of a panel's axes
_MOST_WAVENUMBERS = 12


def vortex_modes(open_ensemble: OpenEnsemble) -> Figure:
    """Shares of waves against frequency, the contrast of low modes with those at the phonon, and one mode in space."""
    panels = [_share_panel(open_ensemble, dataset, label) for dataset, label in DATASETS]
    return Figure(
        "Vortices, or superposed waves?",
        "First two: share of the lowest transverse waves in single modes, at T* = 0.20 and 0.15; above one half a mode "
        "is waves for the greater part. Third: probability that a mode below 0.8 ω₀ has less of the waves than one at "
        "0.9 to 1.1 ω₀ of the same glass, with 95 % intervals over chains: 1/2 if there is no difference. Then the "
        "lowest mode of one glass each, continued periodically to the right and coloured by the sense in which the "
        "surroundings turn, in three dimensions the slice through its core; beside it the shares of its transverse and "
        "longitudinal waves.",
        (*panels, _contrast_panel(open_ensemble), *_mode_panels(open_ensemble)),
    )


def _share_panel(open_ensemble: OpenEnsemble, dataset: str, label: str) -> Panel:
    series = []
    for order, (group, name) in enumerate(TAPERS):
        ratios, shares = [], []
        for temperature in TEMPERATURES[1:]:
            found = ensemble_wave_overlap(open_ensemble(dataset, f"{group}/{temperature}"), shells=1)
            ratios.append(found["frequency_ratio"].values.ravel())
            shares.append(found["wave_share"].values.ravel())
        x, y = np.concatenate(ratios), np.concatenate(shares)
        seen = x < _HIGHEST_RATIO
        series.append(plain_series(name, "points", x[seen], y[seen], style="main", order=order))
    return Panel(
        f"waves in the modes, {label}",
        "ω/ω₀",
        "share of waves",
        tuple(series),
        (
            Mark("hline", LEAST_WAVE_SHARE, label="one half"),
            Mark("span", start=0.0, stop=HIGHEST, label="low modes"),
            Mark("span", start=AT_THE_PHONON[0], stop=AT_THE_PHONON[1], label="modes at the phonon"),
        ),
        x_limits=(0.0, _HIGHEST_RATIO),
        y_limits=(-0.05, 1.05),
    )


def _contrast_panel(open_ensemble: OpenEnsemble) -> Panel:
    series = []
    for place, (dataset, dimension) in enumerate(DATASETS):
        for taper, (group, name) in enumerate(TAPERS):
            order = 2 * place + taper
            found = [wave_contrast([open_ensemble(dataset, f"{group}/{each}")]) for each in TEMPERATURES]
            temperature = np.array([float(each.removeprefix("T-")) for each in TEMPERATURES])
            series.append(
                plain_series(
                    f"{dimension}, {name}",
                    "points",
                    temperature * _APART ** (2 * order - 3),
                    [each.value for each in found],
                    [each.low for each in found],
                    [each.high for each in found],
                    style="main",
                    order=order,
                )
            )
    return Panel(
        "fewer waves than at the phonon",
        "T*",
        "probability for a pair",
        tuple(series),
        (Mark("hline", 0.5, label="no difference"), Mark("hline", 0.75, label="limit of the claims")),
        x_scale="log",
        x_limits=(0.12, 1.3),
        y_limits=(0.0, 1.3),
    )


def _mode_panels(open_ensemble: OpenEnsemble) -> list[Panel]:
    """One mode of each dimension in space, each beside its decomposition."""
    from bosonpeak.validators.vortices.curl_content import vorticity

    panels = []
    for dataset, label in reversed(DATASETS):
        data = open_ensemble(dataset, SHOWN).isel(configuration=0)
        places, box = data["position"].values.astype(np.float64), data["box"].values
        mode = data["eigenvector"].values[:1].astype(np.float64)
        found = vorticity(places, mode, box, per_particle=True)
        panels += [_arrow_panel(places, mode[0], box, found, label), _wave_panel(found, label)]
    return panels


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
        series += _arrow_series(name, continued[chosen], arrows[chosen], order)
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


def _wave_panel(found: Vorticity, label: str) -> Panel:
    spectrum = found.decomposition.spectrum
    shown = slice(_MOST_WAVENUMBERS)
    shares = (("transverse", spectrum.transverse[0, shown]), ("longitudinal", spectrum.longitudinal[0, shown]))
    number = np.arange(1.0, len(shares[0][1]) + 1.0)
    series = tuple(
        plain_series(name, "line", number, share, style="main", order=order)
        for order, (name, share) in enumerate(shares)
    )
    return Panel(f"its waves, {label}", "wave number |k| L/2π, in steps of one", "share of |u|² in waves", series)


def _arrow_series(label: str, points: FloatArray, arrows: FloatArray, order: int) -> list[Series]:
    """Arrows as lines with gaps, in series short enough to be drawn in full."""
    tip = points + arrows
    path = np.full((len(points), 6, 2), np.nan)
    path[:, 0], path[:, 1], path[:, 3] = points, tip, tip
    for place, side in ((2, 1.0), (4, -1.0)):
        angle = side * _HEAD_ANGLE
        turned = arrows @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        path[:, place] = tip - _HEAD * turned
    return [
        plain_series(
            "" if first else label,
            "line",
            *path[first : first + _ARROWS_A_SERIES].reshape(-1, 2).T,
            style="main",
            order=order,
        )
        for first in range(0, len(points), _ARROWS_A_SERIES)
    ]
