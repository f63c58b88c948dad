"""Claims, verdicts and scorecards: measurements turned into answers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bosonpeak.benchmark.card_file import read_card
    from bosonpeak.benchmark.claims import Claim, load_claims
    from bosonpeak.benchmark.conformance.scoring import score_answers, score_code
    from bosonpeak.benchmark.conformance.simulation_code import SimulationCode
    from bosonpeak.benchmark.mode_figures import mode_figure
    from bosonpeak.benchmark.scorecard import Scorecard
    from bosonpeak.benchmark.scoring import score
    from bosonpeak.benchmark.verdicts import judge
    from bosonpeak.benchmark.verification import verify

_HOMES = {
    "Claim": "claims",
    "Scorecard": "scorecard",
    "SimulationCode": "conformance.simulation_code",
    "judge": "verdicts",
    "load_claims": "claims",
    "mode_figure": "mode_figures",
    "read_card": "card_file",
    "score": "scoring",
    "score_answers": "conformance.scoring",
    "score_code": "conformance.scoring",
    "verify": "verification",
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
