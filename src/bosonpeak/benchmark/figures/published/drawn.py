"""Redrawn figure of a paper, with the numbers read off the paper's figure beside those of the reference data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bosonpeak.plot.figure import Figure

Word = Literal["same", "differs", "cannot tell"]


@dataclass(frozen=True)
class Comparison:
    """Value printed in a paper and the same quantity of the reference data, as (value, low, high) at 95 %.

    `tolerance`: half the distance to the nearest value that would tell against the paper; `between`: values that count
    as the printed one, in place of a tolerance; `printed_as`, `here_as`: text in place of the plain numbers.
    """

    quantity: str
    printed: float
    tolerance: float
    here: tuple[float, float, float]
    why: str = ""
    printed_as: str = ""
    here_as: str = ""
    between: tuple[float, float] | None = None

    @property
    def region(self) -> tuple[float, float]:
        """Values that count as the printed one."""
        return self.between or (self.printed - self.tolerance, self.printed + self.tolerance)

    @property
    def word(self) -> Word:
        """Return "same" for an interval inside the region, "differs" for one outside of it, else "cannot tell"."""
        (low, high), (bottom, top) = self.here[1:], self.region
        if bottom <= low and high <= top:
            return "same"
        return "differs" if high < bottom or low > top else "cannot tell"

    def __str__(self) -> str:
        because = "; ".join(filter(None, (self._point, self.why)))
        return (
            f"{self.word}: {self.quantity}: paper {self.paper}; here {self._here}{f' ({because})' if because else ''}"
        )

    @property
    def paper(self) -> str:
        """Printed value with its tolerance, as text."""
        printed = self.printed_as or f"{self.printed:g}"
        if self.between is not None:
            return f"{printed}, asked {self.between[0]:g} to {self.between[1]:g}"
        return f"{printed} ± {self.tolerance:g}" if self.tolerance else printed

    @property
    def _here(self) -> str:
        value, low, high = self.here
        if low == value == high:
            return self.here_as or f"{value:g}"
        interval = ", no interval" if math.isnan(low + high) else f" [{low:.2f}, {high:.2f}]"
        return (self.here_as or f"{value:.2f}") + interval

    @property
    def _point(self) -> str:
        """Warning where the interval excludes the printed value, but not all of its tolerance."""
        value, low, high = self.here
        outside = low > self.printed or high < self.printed
        apart = outside and low < value < high and self.word != "differs" and self.between is None
        return f"the interval excludes {self.printed:g} itself" if apart else ""


def exactly(value: float) -> tuple[float, float, float]:
    """Interval of a number without error."""
    return value, value, value


@dataclass(frozen=True)
class Redrawn:
    """Figure and its comparisons with the paper's."""

    figure: Figure
    comparisons: tuple[Comparison, ...]
