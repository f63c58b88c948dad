"""Common part of recipes for codes with a Python interface: answer the cases of a run and write its card."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.simulation_code import SimulationCode
from bosonpeak.benchmark.leaderboard.recomputing import ANSWERS
from bosonpeak.benchmark.submission.run_files import CARD_IN_RUN
from bosonpeak.datasets.storage.atomic import write_bytes


def answer_cases(code: SimulationCode, run: str | Path, *, source: str, others: str = "") -> Path:
    """Let a code answer the cases in the folder ``conformance`` of a run, and return the path of the written card."""
    folder = Path(run)
    write_answers(code, folder / ANSWERS)
    provenance = {
        "authors": "The bosonpeak developers",
        "licence": "CC0-1.0",
        "created": datetime.now(UTC).date().isoformat(),
        "source": source,
        "conformance": ANSWERS,
    }
    lines = ["[code]", f"name = {_quoted(code.name)}", f"version = {_quoted(code.version)}", "", "[provenance]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in provenance.items()]
    card = folder / CARD_IN_RUN
    write_bytes(card, ("\n".join(lines) + "\n" + others).encode())
    return card


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
