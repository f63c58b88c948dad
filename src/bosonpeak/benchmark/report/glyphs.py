"""Small picture of an interval against its expected region."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from bosonpeak.benchmark.scorecards.claim_results import EstimateResult, Expectation

Judged = tuple[EstimateResult | None, Expectation | None]
Scale = tuple[float, float]

_WIDTH, _HEIGHT = 120.0, 16.0


def scale_of(judged: Sequence[Judged]) -> Scale | None:
    """Range of all limits and expected regions, with a margin; in halves, see `_place`."""
    numbers = [
        number
        for estimate, expect in judged
        if estimate is not None
        for number in (
            estimate.value,
            estimate.low,
            estimate.high,
            *((expect.low, expect.high) if expect is not None else ()),
        )
        if number is not None
    ]
    if not numbers:
        return None
    low, high = min(numbers) / 2, max(numbers) / 2
    margin = 0.15 * (high - low) or 0.1 * abs(low) or 0.5
    return low - margin, high + margin


def glyph(estimate: EstimateResult | None, expect: Expectation | None, scale: Scale | None) -> Markup:
    """Draw the expected region as a box and the interval as a bar; empty without an interval."""
    if estimate is None or estimate.value is None or scale is None or (estimate.low is None and estimate.high is None):
        return Markup("")
    shapes = [f'<path class="axis" d="M0 {_HEIGHT / 2:g}H{_WIDTH:g}"/>']
    if expect is not None and (expect.low is not None or expect.high is not None):
        start, stop = _place(expect.low, scale, 0.0), _place(expect.high, scale, _WIDTH)
        shapes.append(
            f'<rect class="expected" x="{start:.1f}" y="1" width="{max(stop - start, 1.0):.1f}" height="14"/>'
        )
    start, stop = _place(estimate.low, scale, 0.0), _place(estimate.high, scale, _WIDTH)
    shapes.append(f'<path class="interval" d="M{start:.1f} 8H{stop:.1f}M{start:.1f} 5v6M{stop:.1f} 5v6"/>')
    shapes.append(f'<circle class="value" cx="{_place(estimate.value, scale, 0.0):.1f}" cy="8" r="2.6"/>')
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    return Markup('<svg class="glyph" viewBox="{}" aria-hidden="true">{}</svg>').format(box, Markup("".join(shapes)))


def _place(number: float | None, scale: Scale, otherwise: float) -> float:
    # Halves avoid overflow where a scale spans the whole floating-point range.
    return otherwise if number is None else _WIDTH * ((number / 2 - scale[0]) / (scale[1] - scale[0]))
