"""Figures as numbers: what is drawn, before anything decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bosonpeak.benchmark.scorecards.record import (
    Limits,
    Numbers,
    Record,
    clean_limits,
    clean_number,
    clean_numbers,
    clean_text,
)
from bosonpeak.datasets.errors import SchemaError


@dataclass(frozen=True)
class Series(Record):
    """One curve, band, set of points or histogram in a panel.

    Parameters
    ----------
    label : str
        Legend entry; empty for none.
    kind : {"line", "band", "points", "bars", "steps"}
        A band is drawn between `low` and `high`, with `y`, if given, as its centre line. Points and bars
        carry `low` and `high` as error bars. Steps are centred on `x`.
    x, y, low, high : sequence of float
        Equally long; `y` of a band may be empty.
    style : {"main", "reference", "control", "faint"}
        What the series is to the argument, from which its weight and dashes follow.
    order : int
        Place in the palette: series of one order share their colour across the panels of a figure.
    """

    label: str
    kind: Literal["line", "band", "points", "bars", "steps"]
    x: Numbers
    y: Numbers = ()
    low: Numbers | None = None
    high: Numbers | None = None
    style: Literal["main", "reference", "control", "faint"] = "main"
    order: int = 0

    def __post_init__(self) -> None:
        self._set(
            label=clean_text(self.label),
            x=clean_numbers(self.x),
            y=clean_numbers(self.y),
            low=None if self.low is None else clean_numbers(self.low),
            high=None if self.high is None else clean_numbers(self.high),
            order=int(self.order),
        )
        lengths = {len(values) for values in (self.x, self.y, self.low, self.high) if values is not None}
        if self.kind == "band" and not self.y:
            lengths.discard(0)
        if len(lengths) > 1:
            raise SchemaError(
                "the coordinates of a series differ in length",
                got=", ".join(str(length) for length in sorted(lengths)),
                where=f"series {self.label!r}",
            )


@dataclass(frozen=True)
class Mark(Record):
    """A vertical or horizontal line at `value`, or a shaded range of x ("span") or of y ("hspan")."""

    kind: Literal["vline", "hline", "span", "hspan"]
    value: float | None = None
    start: float | None = field(default=None, metadata={"key": "from"})
    stop: float | None = field(default=None, metadata={"key": "to"})
    label: str = ""

    def __post_init__(self) -> None:
        self._set(
            value=clean_number(self.value),
            start=clean_number(self.start),
            stop=clean_number(self.stop),
            label=clean_text(self.label),
        )


@dataclass(frozen=True)
class Panel(Record):
    """One pair of axes; limits that are None follow from the data. Labels are plain text with their units."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...] = field(default=(), metadata={"record": Series})
    marks: tuple[Mark, ...] = field(default=(), metadata={"record": Mark})
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    x_limits: Limits | None = None
    y_limits: Limits | None = None

    def __post_init__(self) -> None:
        self._set(
            title=clean_text(self.title),
            x_label=clean_text(self.x_label),
            y_label=clean_text(self.y_label),
            series=tuple(self.series),
            marks=tuple(self.marks),
            x_limits=clean_limits(self.x_limits),
            y_limits=clean_limits(self.y_limits),
        )


@dataclass(frozen=True)
class Figure(Record):
    """Panels shown side by side under one title and caption."""

    title: str
    caption: str
    panels: tuple[Panel, ...] = field(default=(), metadata={"record": Panel})

    def __post_init__(self) -> None:
        self._set(title=clean_text(self.title), caption=clean_text(self.caption), panels=tuple(self.panels))
