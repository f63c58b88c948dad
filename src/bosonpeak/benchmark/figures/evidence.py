"""Evidence of a figure: measurements of the claims that name it, which give every window, limit, dataset and group."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

Key = TypeVar("Key")
Role = Literal["test", "control", "context"]


@dataclass(frozen=True)
class Measurement:
    """One measurement of a claim on one ensemble."""

    claim: str
    role: Role
    measure: str
    dataset: str
    cell: str
    estimate: Estimate
    parameters: Mapping[str, Any] = field(default_factory=dict)  # the claim's parameters of the measure
    expect: tuple[float, float] | None = None  # region expected by the claim, infinite at an open side

    @property
    def ensemble(self) -> tuple[str, str]:
        """Dataset and group."""
        return self.dataset, self.cell

    @property
    def family(self) -> str:
        """First level of the group."""
        return self.cell.split("/")[0]

    @property
    def window(self) -> tuple[float, float]:
        """Range of the abscissa of the estimate; ValueError if the estimate has none."""
        if self.estimate.window is None:
            raise ValueError(f"{self.claim}: {self.estimate.name} has no window")
        return self.estimate.window

    @property
    def middle(self) -> float:
        """Middle of the window."""
        return 0.5 * (self.window[0] + self.window[1])

    @property
    def geometric_middle(self) -> float:
        """Middle of the window on a logarithmic scale."""
        return math.sqrt(self.window[0] * self.window[1])

    @property
    def claimed(self) -> float:
        """Middle of the expected region, or its only limit; NaN for context."""
        limits = [limit for limit in self.expect or () if math.isfinite(limit)]
        return sum(limits) / len(limits) if limits else math.nan


class Evidence(tuple[Measurement, ...]):
    """Measurements of the claims that name one figure."""

    __slots__ = ()

    def of(self, *measures: str, role: Role = "test", **parameters: Any) -> Evidence:
        """Select measurements by measure, role and values of parameters."""
        return Evidence(
            each
            for each in self
            if each.role == role
            and each.measure in measures
            and all(each.parameters.get(name) == value for name, value in parameters.items())
        )

    def expected(self, measure: str) -> Evidence:
        """Select tests and context with an expected region."""
        shown = Evidence(each for each in self if each.measure == measure and each.role != "control")
        return Evidence(each for each in shown if each.expect is not None)

    def needed(self, measure: str, *, role: Role = "test", **parameters: Any) -> Evidence:
        """Select the tests by a measure; NotApplicableError if none could be measured."""
        found = self.of(measure, role=role, **parameters)
        if not found:
            raise NotApplicableError("no test that this figure shows could be measured", expected=measure)
        return found

    def on(self, ensembles: Iterable[tuple[str, str]]) -> Evidence:
        """Select measurements on some ensembles, without duplicates made by several claims."""
        wanted, found = set(ensembles), dict[str, Measurement]()
        for each in self:
            if each.ensemble in wanted:
                found.setdefault(f"{each.measure} {each.ensemble} {sorted(each.parameters.items())}", each)
        return Evidence(found.values())

    def by(self, key: Callable[[Measurement], Key]) -> dict[Key, Evidence]:
        """Group measurements by a key, in the order of the claims."""
        return {each: Evidence(found for found in self if key(found) == each) for each in dict.fromkeys(map(key, self))}

    @property
    def ensembles(self) -> list[tuple[str, str]]:
        """Datasets and groups, each once, in the order of the claims."""
        return list(dict.fromkeys(each.ensemble for each in self))

    @property
    def datasets(self) -> list[str]:
        """Datasets, each once, in the order of the claims."""
        return list(dict.fromkeys(each.dataset for each in self))

    @property
    def cells(self) -> list[str]:
        """Groups, each once, in the order of the claims."""
        return list(dict.fromkeys(each.cell for each in self))

    @property
    def claims(self) -> str:
        """Ids of the claims, comma-separated."""
        return ", ".join(dict.fromkeys(each.claim for each in self))
