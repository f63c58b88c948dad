"""Facts of a run that differ between runs, stored beside the data file and not in it."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bosonpeak.datasets.storage.atomic import write_bytes


class RunFacts:
    """Facts of a run, collected from its start; `workers` describes the machine or scheduler."""

    def __init__(self, recipe_name: str, recipe_digest: str, workers: str, versions: Mapping[str, str]) -> None:
        self._started = _now()
        self._constant: dict[str, Any] = {
            "recipe": recipe_name,
            "recipe_digest": recipe_digest,
            "workers": workers,
            "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
            "versions": dict(versions),
        }
        self.made = 0
        self.failures: dict[str, str] = {}
        self.seconds: list[float] = []
        self.code_versions: set[str] = set()
        self.machines: set[str] = set()

    def note_sample(self, seconds: float, code_version: str, machine: str) -> None:
        """Record the duration of a sample, the package version and the machine, in this run or an earlier one."""
        self.seconds.append(seconds)
        self.code_versions.add(code_version)
        self.machines.add(machine or "not recorded")

    @staticmethod
    def path(output: Path) -> Path:
        """``<output>.run.json``, beside the data."""
        return output.with_name(output.name + ".run.json")

    @staticmethod
    def of(output: Path) -> Mapping[str, Any]:
        """Facts of the last run beside its data; empty if missing or unreadable."""
        try:
            found = json.loads(RunFacts.path(output).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, output: Path, status: str, **more: Any) -> None:
        """Write ``<output>.run.json`` with the final status and any further facts; `StoreError` on failure."""
        facts = self._constant | {
            "status": status,
            "started": self._started,
            "finished": _now(),
            "samples_made_in_this_run": self.made,
            "failures": self.failures,
            "sample_seconds": _summary(self.seconds),
            "samples_made_by_versions": sorted(self.code_versions),
            "samples_made_on": sorted(self.machines),
            **more,
        }
        write_bytes(self.path(output), (json.dumps(facts, indent=1) + "\n").encode())


def _summary(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    return {
        "count": len(seconds),
        "total": round(sum(seconds), 3),
        "mean": round(sum(seconds) / len(seconds), 3),
        "least": round(min(seconds), 3),
        "most": round(max(seconds), 3),
    }


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
