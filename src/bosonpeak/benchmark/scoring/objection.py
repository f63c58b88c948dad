"""Objections: reasons to distrust an ensemble's description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bosonpeak.validators.comparisons.shared_values import Repetition

VOID = "void"

Kind = Literal["duplicated", "copied", "related", "blended", "chains", "too-good", "rescaled", "relabelled", "selected"]


@dataclass(frozen=True)
class Objection:
    """Reason to distrust an ensemble's description.

    `kind`: "duplicated", samples occur twice; "copied", samples of the reference data; "related", glasses from a liquid
    of the reference data, or of another chain; "blended", mixtures of samples; "chains", fewer chains than stated;
    "too-good", closer to the reference than chance allows; "rescaled", in other units; "relabelled", of another regime;
    "selected", not all samples. `severity`: void data earn nothing, a note is only printed.
    """

    kind: Kind
    severity: Literal["void", "note"]
    where: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.evidence}"


def share(found: Sequence[Repetition], samples: int, what: str = "samples") -> str:
    """Share of the samples found, in words."""
    return f"{len({one.sample for one in found})} of {samples} {what}"
