"""Figure of a claim of the suite; the benchmark, which judges it, is loaded when a claim is drawn."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def claim(
    identifier: str, data: Any = None, *, ax: Axes | None = None, label: str | None = None, panel: int = 0, **style: Any
) -> Axes:
    """Draw the figure of a claim, as measured on the reference data, with a curve of other data on it.

    Parameters
    ----------
    identifier : str
        Id of the claim, such as ``"SIM-2"``.
    data : dataset or name, optional
        One ensemble, whose quantity of the panel is drawn as the claim measures it: a curve or points where the panel
        shows curves, a level with its interval where the panel shows estimates of whole ensembles. Frequencies are
        compared in the units of the panel; modes per sample depend on the number of particles.
    ax : matplotlib.axes.Axes, optional
        Axes to draw on; by default axes of a new figure.
    label : str, optional
        Label of the curve of `data`.
    panel : int
        Place of the panel in the figure of the report, from 0.
    **style
        Style of the curve of `data`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotApplicableError
        If the figure has no such panel, or its quantity cannot be computed from these data; the error names the
        functions that draw them.

    Examples
    --------
    >>> axes = claim("SIM-2", data="glass/taper-2/T-0.20", label="T* = 0.20")
    >>> axes.get_title()
    'SIM-2: T* = 1.00'
    """
    drawing = importlib.import_module("bosonpeak.benchmark.judging.claim_figure")
    return cast("Axes", drawing.draw_claim(identifier, data, ax, label, panel, style))
