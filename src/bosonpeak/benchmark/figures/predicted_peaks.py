"""Figure of predicted against measured boson peaks, for the claims that predict it from measured local moduli."""

from __future__ import annotations

from bosonpeak.benchmark.figures.evidence import Evidence
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.plot.figure import Figure, Mark, Panel, Series, named

NAMES = {"heterogeneous-elasticity": "heterogeneous elasticity", "quasi-equilibrium": "(√3/2) c k_G"}

_TOLERANCE = 0.2


def predicted_peaks(evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    """Predicted against measured frequency of the boson peak, without a free parameter; one point a system."""
    del open_ensemble
    measure = "predicted-peak-ratio"
    measured = Evidence([*evidence.needed(measure), *evidence.of(measure, role="context")])
    shown = [each for each in measured if "length" not in each.parameters]
    series = []
    for order, theory in enumerate(NAMES):
        here = [each for each in shown if each.parameters["theory"] == theory]
        if not here:
            continue
        details = [each.estimate.details for each in here]
        series.append(
            Series.of(
                NAMES[theory],
                "points",
                [each["measured"][0] for each in details],
                [each["values"][len(each["values"]) // 2] for each in details],
                [min(each["lows"]) for each in details],
                [max(each["highs"]) for each in details],
                order=order,
            )
        )
    places = sorted({each.estimate.details["measured"][0] for each in shown})
    ends = [0.8 * places[0], 1.25 * places[-1]]
    within = [[factor * end for end in ends] for factor in (1.0 - _TOLERANCE, 1.0 + _TOLERANCE)]
    series.append(Series.of("within 20 %", "band", ends, ends, *within, style="reference", order=2))
    marks = tuple(
        Mark("vline", each.estimate.details["measured"][0], label=named(each.cell))
        for each in {each.cell: each for each in shown}.values()
    )
    return Figure(
        "The boson peak predicted from measured local moduli",
        "No parameter is fitted. Points: coarse-graining over 1.0 particle distances; bars: lengths of 0.7 to 1.4 and "
        "the samples. The measured frequencies have errors of their own, which the verdicts contain.",
        (
            Panel(
                "predicted and measured",
                "measured ω_BP",
                "predicted ω_BP",
                tuple(series),
                marks,
                x_scale="log",
                y_scale="log",
            ),
        ),
    )
