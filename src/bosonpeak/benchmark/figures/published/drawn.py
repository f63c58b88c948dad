"""A figure of a paper drawn again, and what the paper says beside what came out."""

from __future__ import annotations

from dataclasses import dataclass

from bosonpeak.benchmark.scorecards.figure import Figure


@dataclass(frozen=True)
class Comparison:
    """What a paper reads off its figure, and the same of ours.

    Parameters
    ----------
    quantity, paper, ours : str
    same : bool
        Whether both say the same.
    why : str
        Why they differ, or what makes them agree.
    """

    quantity: str
    paper: str
    ours: str
    same: bool
    why: str = ""

    def __str__(self) -> str:
        because = f" ({self.why})" if self.why else ""
        return f"{'same' if self.same else 'differs'}: {self.quantity}: paper {self.paper}; here {self.ours}{because}"


@dataclass(frozen=True)
class Redrawn:
    """A figure and its comparisons with the paper's."""

    figure: Figure
    comparisons: tuple[Comparison, ...]
