"""Submission cards: statements of a third party about its data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from bosonpeak.benchmark.scorecards.claim_results import Decision

UNITS = ("sqrt(t0/m)", "1")
"""Units of frequency in which the windows of the network claims are stated; "1" is the same with t0 = m = 1."""

REDUCED_UNITS = ("1", "sqrt(epsilon/(m a^2))", "sqrt(epsilon/(m sigma^2))", "sqrt(epsilon/m)/sigma")
"""Units of the frequency of glasses: all are the same, with the energy, the length and the mass set to 1."""

OnRecord: TypeAlias = "Decision | Mapping[str, Decision]"
"""The verdict on a claim of one part, or the verdicts on the parts, by their names."""

ANY_GLASS = "glass"
"""System of a card that states no potential, and may have any units."""

ONE_FILE_ONE_CHAIN = "one file one chain"


@dataclass(frozen=True)
class EnsembleCard:
    """Card of a single ensemble."""

    system: str  # such as "kob-andersen"; all in `bosonpeak.benchmark.cards.card_file`
    dimension: int
    parameters: Mapping[str, Any]
    path: str = ""  # file or folder inside the run, empty for the run itself
    samples_made: int | None = None  # including discarded samples
    independent_chains: int | None = None  # independent runs, in equal shares and in order
    chain: str = ""  # `ONE_FILE_ONE_CHAIN` if every file is a sample of an independent run, else empty
    variables: Mapping[str, str] = field(default_factory=dict)  # files with a number per sample, by variable name
    reading: Mapping[str, Any] = field(default_factory=dict)  # facts that the files do not state

    @property
    def is_network(self) -> bool:
        """Test for a scalar spring network, whose nodes move along a line instead of in space."""
        return self.system == "spring-network"

    @property
    def states_a_potential(self) -> bool:
        """Test whether the card states the potential whose minima the configurations must be."""
        return self.system not in ("spring-network", ANY_GLASS)

    @property
    def has_common_cutoff(self) -> bool:
        """Test whether all pairs of a glass share a cutoff; by default only for soft spheres without truncation."""
        tapered = self.system == "soft-spheres" and "truncation" not in self.parameters
        return bool(self.parameters.get("cutoff_common", tapered))

    @property
    def lattice_size(self) -> int:
        """Side of the square lattice of a spring network."""
        return math.isqrt(self.parameters["nodes"])

    @property
    def degrees_of_freedom(self) -> int:
        """Number of modes of a sample, zero modes included."""
        return int(self.parameters["nodes"] if self.is_network else self.dimension * self.parameters["particles"])

    @property
    def cell(self) -> str:
        """Short name of the ensemble; for a spring network the name of its group in the reference data."""
        if self.is_network:
            return f"situation-{self.parameters['situation']}/delta-{float(self.parameters['displacement'])}"
        temperature = self.parameters.get("parent_temperature")
        return (self.path or self.system) + ("" if temperature is None else f" (T* = {temperature:g})")

    @property
    def for_reader(self) -> dict[str, Any]:
        """Card of the adapter that reads the files."""
        size = {} if self.is_network else {"dimension": self.dimension, "particles": self.parameters["particles"]}
        return {**self.reading, **size}


@dataclass(frozen=True)
class Card:
    """Card of a whole submission."""

    ensembles: tuple[EnsembleCard, ...]  # empty for a run of conformance cases only
    code_name: str = "unnamed"
    code_version: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    conformance: str = ""  # folder with answers to the conformance cases, or empty
    recorded: Mapping[str, OnRecord] = field(default_factory=dict)  # verdicts on record by claim
