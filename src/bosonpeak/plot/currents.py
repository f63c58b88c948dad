"""Current correlations and dynamic structure factors by wave number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from bosonpeak.datasets.arguments import one_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.drawing import Units, draw, finish, frequency_scale, items, mean_band, new_axes
from bosonpeak.plot.figure import Series
from bosonpeak.plot.fitting import require_fitting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Polarisation = Literal["transverse", "longitudinal"]

_MOST_WAVES = 6
_VARIABLES = {"transverse": "current_correlation", "longitudinal": "longitudinal_current_correlation"}


def current_correlation(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "model",
    polarisation: Polarisation = "transverse",
    waves: Sequence[int] | None = None,
    **style: Any,
) -> Axes:
    """Draw the current correlation C(q, omega), one curve for each wave number.

    Parameters
    ----------
    data : dataset, name or dict
        With ``current_correlation`` (sample, wavenumber, frequency), stored or of `bosonpeak.dynamic_structure_factor`;
        several ensembles give curves for each.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label that precedes the wave number in the legend.
    units : {"model", "omega_0", "THz"}
        Unit of the frequency, as for `reduced_density`.
    polarisation : {"transverse", "longitudinal"}
        Polarisation of the waves.
    waves : sequence of int, optional
        Places of the wave numbers, from 0; by default up to six, evenly spread, of one ensemble, and the lowest of
        several.
    **style
        Style of the lines.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If there are no current correlations of the polarisation, or no such wave number.

    Notes
    -----
    Bands are 95 % intervals by Student's t over samples; with fewer than three samples there are none.

    Examples
    --------
    >>> axes = current_correlation("glass/currents/m-2/T-0.20", waves=[0, 3])
    >>> [line.get_label() for line in axes.get_lines()]
    ['q = 0.393', 'q = 1.57']
    """
    return _drawn("current_correlation", data, ax, label, units, polarisation, waves, style)


def dynamic_structure_factor(
    data: Any,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    units: Units = "model",
    polarisation: Polarisation = "longitudinal",
    waves: Sequence[int] | None = None,
    **style: Any,
) -> Axes:
    """Draw the dynamic structure factor S(q, omega) = (q/omega)^2 C(q, omega), one curve for each wave number.

    Parameters
    ----------
    data, ax, label, units, polarisation, waves, **style
        As for `current_correlation`. S is in units of k_B T / m, on a logarithmic scale.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If there are no current correlations of the polarisation, or no such wave number.

    Examples
    --------
    >>> axes = dynamic_structure_factor("glass/currents/m-2/T-0.20", waves=[0])
    >>> axes.get_ylabel()
    'S_L(q, ω) (k_B T/m)'
    """
    axes = _drawn("dynamic_structure_factor", data, ax, label, units, polarisation, waves, style)
    axes.set_yscale("log")
    return axes


def _drawn(
    function: str,
    data: Any,
    ax: Axes | None,
    label: str | None,
    units: Units,
    polarisation: Polarisation,
    waves: Sequence[int] | None,
    style: dict[str, Any],
) -> Axes:
    name = _VARIABLES[one_of(polarisation, _VARIABLES, "polarisation")]
    axes = new_axes(ax)
    ensembles = list(items(data, label, {}))
    x_label, first = "ω", 0
    for item in ensembles:
        require_fitting(function, item.data)
        if name not in item.data:
            raise NotApplicableError(
                f"there are no {polarisation} waves", expected=name, got="the other polarisation alone"
            )
        scale = frequency_scale(item.data, units)
        x_label = scale.label
        places = _places(item.data, waves, alone=len(ensembles) == 1)
        shown = {_name(item.label, float(item.data["wavenumber"][place])): place for place in places}
        for curve in items(dict.fromkeys(shown), None, style, first):
            place = shown[curve.label]
            rows = _rows(item.data, name, place, structure=function == "dynamic_structure_factor")
            # A density over frequency: the factor of the axis divides it.
            columns = (each / scale.factor for each in mean_band(rows))
            mean, low, high = columns
            if function == "dynamic_structure_factor":
                low = np.where(low > 0.0, low, 0.1 * mean)
            frequency = item.data["frequency"].values * scale.factor
            draw(axes, curve, Series.of(curve.label, "band", frequency, mean, low, high, order=curve.order))
        first += len(shown)
    index = polarisation[0].upper()
    axes.set_xlim(left=0.0)
    if function == "current_correlation":
        axes.set_ylim(bottom=0.0)
        return finish(axes, x_label, f"C_{index}(q, ω)")
    return finish(axes, x_label, f"S_{index}(q, ω) (k_B T/m)")


def _places(data: xr.Dataset, waves: Sequence[int] | None, *, alone: bool) -> list[int]:
    """Places of the drawn wave numbers."""
    count = data.sizes["wavenumber"]
    if waves is None:
        return sorted({*np.linspace(0, count - 1, min(count, _MOST_WAVES)).astype(int).tolist()}) if alone else [0]
    wrong = [each for each in waves if not 0 <= each < count]
    if wrong or not list(waves):
        raise NotApplicableError(
            "there is no such wave number", expected=f"places from 0 to {count - 1}", got=", ".join(map(str, waves))
        )
    return list(waves)


def _name(label: str, wavenumber: float) -> str:
    words = f"q = {wavenumber:.3g}"
    return f"{label}, {words}" if label else words


def _rows(data: xr.Dataset, name: str, place: int, *, structure: bool) -> FloatArray:
    """Correlation or structure factor of each sample at a wave number, shape (samples, frequencies)."""
    rows = np.asarray(data[name].isel(wavenumber=place).values, dtype=np.float64)
    if not structure:
        return rows
    return np.asarray(rows * (float(data["wavenumber"][place]) / data["frequency"].values) ** 2)
