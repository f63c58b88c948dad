"""Series of figures from arrays: the name under which figures call `Series.of`."""

from __future__ import annotations

from bosonpeak.benchmark.scorecards.figure import Kind, Series, Style

__all__ = ["Kind", "Style", "plain_series"]

plain_series = Series.of
