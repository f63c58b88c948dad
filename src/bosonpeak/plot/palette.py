"""Colours, dashes and markers of every drawing; lines of equal colour differ in dashes and markers."""

from __future__ import annotations

# Okabe and Ito's palette without yellow, which is too faint for lines on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, GRID, PAPER = "#1b1e23", "#d9dce1", "#fdfefe"

MARKERS = ("o", "s", "^", "D", "v", "P")

DASHES: tuple[tuple[float, ...], ...] = (
    (),
    (5, 2),
    (6, 2, 1.5, 2),
    (1.5, 1.8),
    (9, 3),
    (6, 2, 1.5, 2, 1.5, 2),
)
