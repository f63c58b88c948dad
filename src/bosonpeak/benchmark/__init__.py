"""Claims, verdicts and scorecards: measurements turned into answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.benchmark.cards.card_file import read_card
    from bosonpeak.benchmark.conformance.digits import score_answers, score_code
    from bosonpeak.benchmark.conformance.simulation_code import SimulationCode
    from bosonpeak.benchmark.figures.mode_picture import mode_figure
    from bosonpeak.benchmark.judging.claim_file import Claim, load_claims
    from bosonpeak.benchmark.judging.verdicts import judge
    from bosonpeak.benchmark.judging.verification import verify
    from bosonpeak.benchmark.scorecards.scorecard import Scorecard
    from bosonpeak.benchmark.scoring.submission_score import score

_HOMES = {
    "Claim": "judging.claim_file",
    "Scorecard": "scorecards.scorecard",
    "SimulationCode": "conformance.simulation_code",
    "judge": "judging.verdicts",
    "load_claims": "judging.claim_file",
    "mode_figure": "figures.mode_picture",
    "read_card": "cards.card_file",
    "score": "scoring.submission_score",
    "score_answers": "conformance.digits",
    "score_code": "conformance.digits",
    "verify": "judging.verification",
}

__all__ = [
    "Claim",
    "Scorecard",
    "SimulationCode",
    "judge",
    "load_claims",
    "mode_figure",
    "read_card",
    "score",
    "score_answers",
    "score_code",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
