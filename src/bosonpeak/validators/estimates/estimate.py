"""Estimate: a measured number with its confidence interval, sample count, method and warnings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import bosonpeak

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Estimate:
    """A value, its confidence interval, and how both were obtained.

    Parameters
    ----------
    name : str
        The quantity, in the field's own words.
    value, low, high : float
        Point estimate and confidence limits; the limits are NaN when no interval can be given.
    level : float
        Confidence level of ``[low, high]``.
    n : int
        Number behind the interval: of independent samples or chains, or of modes where `method` takes these to be
        independent.
    method : str
        Estimator and interval, in one line.
    unit : str
        Unit of the value, ``"1"`` if it has none.
    window : tuple of float, optional
        Range of the abscissa that was used.
    warnings : tuple of str
        Facts that a reader must know before using the value.
    details : mapping
        Further JSON-serialisable numbers.

    Raises
    ------
    ValueError
        If the limits are out of order.

    Examples
    --------
    >>> print(Estimate("exponent s", 4.0, 3.5, 4.5, 0.95, 12, "maximum likelihood"))
    4 [3.5, 4.5] (95 %, n = 12)
    """

    name: str
    value: float
    low: float
    high: float
    level: float
    n: int
    method: str
    unit: str = "1"
    window: tuple[float, float] | None = None
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"{self.name}: lower limit {self.low} lies above upper limit {self.high}")

    @property
    def has_interval(self) -> bool:
        """Return whether both limits are numbers (infinite limits count)."""
        return not (math.isnan(self.low) or math.isnan(self.high))

    @property
    def in_short(self) -> str:
        """Value, interval, confidence level and sample count in one line."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        if not self.has_interval:
            return f"{self.value:.4g}{unit}, no interval (n = {self.n})"
        return f"{self.value:.4g}{unit} [{self.low:.4g}, {self.high:.4g}] ({100 * self.level:.0f} %, n = {self.n})"

    def plot(self, *, ax: Axes | None = None, label: str | None = None, **options: Any) -> Axes:
        """Draw the value with its interval by `bosonpeak.plot.forest`, which matplotlib is imported for.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on; by default axes of a new figure.
        label : str, optional
            Name of the row; by default the name of the estimate.
        **options
            As for `bosonpeak.plot.forest`, such as ``claims={"SIM-3": 4.0}``.

        Returns
        -------
        matplotlib.axes.Axes

        Examples
        --------
        >>> axes = Estimate("exponent s", 4.0, 3.5, 4.5, 0.95, 12, "maximum likelihood").plot(label="m = 2")
        >>> [text.get_text() for text in axes.get_yticklabels()]
        ['m = 2']
        """
        # The package loads `plot`, which lies above the validators, at the first use of its name.
        return bosonpeak.plot.forest({label or self.name: self}, ax=ax, **options)

    def __str__(self) -> str:
        return "\n".join([self.in_short, *(f"  warning: {warning}" for warning in self.warnings)])

    def _repr_html_(self) -> str:
        """Small table for notebooks."""
        unit = "" if self.unit == "1" else f" {self.unit}"
        rows = {
            "value": f"{self.value:.4g}{unit}",
            f"{100 * self.level:.0f} % interval": f"[{self.low:.4g}, {self.high:.4g}]{unit}"
            if self.has_interval
            else "none can be given",
            "n": str(self.n),
            "window": "" if self.window is None else f"{self.window[0]:.4g} to {self.window[1]:.4g}",
            "method": self.method,
        } | {f"warning {number}": warning for number, warning in enumerate(self.warnings, 1)}
        cells = "".join(
            f'<tr><th style="text-align:left">{escape(key)}</th><td style="text-align:left">{escape(value)}</td></tr>'
            for key, value in rows.items()
            if value
        )
        return f"<table><caption><b>{escape(self.name)}</b></caption>{cells}</table>"
