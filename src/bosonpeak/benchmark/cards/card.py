"""Submission cards: what a third party says of its data."""

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
    """What a submission says of one ensemble.

    Parameters
    ----------
    system : str
        Such as "kob-andersen"; `bosonpeak.benchmark.cards.card_file` has all.
    dimension : int
        Space dimension.
    parameters : mapping
        What else the regime needs: ``nodes``, ``displacement`` and ``situation`` of a spring network; ``particles``,
        ``density``, ``parent_temperature``, ``cutoff`` and, where the system has them, ``taper`` (infinity for "inf"),
        ``truncation``, ``cutoff_common`` and ``diameters`` by type of a glass.
    path : str
        File or folder inside the run; empty for the run itself.
    samples_made : int or None
        How many samples were made, those that were discarded included.
    independent_chains : int or None
        How many independent runs the samples come from, in equal shares and in order.
    chain : str
        `ONE_FILE_ONE_CHAIN` if every file holds one sample and each is an independent run; else empty.
    variables : mapping of str to str
        Files inside the run with one number a sample, by the name of what they hold.
    reading : mapping
        What the files do not say themselves, see `bosonpeak.datasets.read_frequencies` and
        `bosonpeak.datasets.read_configurations`.
    """

    system: str
    dimension: int
    parameters: Mapping[str, Any]
    path: str = ""
    samples_made: int | None = None
    independent_chains: int | None = None
    chain: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_network(self) -> bool:
        """Whether nodes move along a line, instead of particles in space."""
        return self.system == "spring-network"

    @property
    def states_a_potential(self) -> bool:
        """Whether its configurations can be held against the potential whose minima they are."""
        return self.system not in ("spring-network", ANY_GLASS)

    @property
    def has_common_cutoff(self) -> bool:
        """Whether all pairs of a glass have one cutoff; by default tapered soft spheres do, which are not cut too."""
        tapered = self.system == "soft-spheres" and "truncation" not in self.parameters
        return bool(self.parameters.get("cutoff_common", tapered))

    @property
    def lattice_size(self) -> int:
        """Side of the square lattice of a spring network."""
        return math.isqrt(self.parameters["nodes"])

    @property
    def degrees_of_freedom(self) -> int:
        """Modes of a sample, zero modes included."""
        return int(self.parameters["nodes"] if self.is_network else self.dimension * self.parameters["particles"])

    @property
    def cell(self) -> str:
        """Short name of the ensemble; of a spring network that of its group in the reference data."""
        if self.is_network:
            return f"situation-{self.parameters['situation']}/delta-{float(self.parameters['displacement'])}"
        temperature = self.parameters.get("parent_temperature")
        return (self.path or self.system) + ("" if temperature is None else f" (T* = {temperature:g})")

    @property
    def for_reader(self) -> dict[str, Any]:
        """What the adapter that reads the numbers has to know."""
        size = {} if self.is_network else {"dimension": self.dimension, "particles": self.parameters["particles"]}
        return {**self.reading, **size}


@dataclass(frozen=True)
class Card:
    """What a submission says of itself.

    Parameters
    ----------
    ensembles : tuple of EnsembleCard
        None for a run of conformance cases alone.
    code_name, code_version : str
        The program that made them.
    provenance : mapping of str to str
        Where the data come from; ``input`` names the file of the run that made them.
    conformance : str
        Folder of the run with answers to the conformance cases, or empty.
    recorded : mapping
        Verdicts on record, by claim; a change of one makes the exit code 1.
    """

    ensembles: tuple[EnsembleCard, ...]
    code_name: str = "unnamed"
    code_version: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)
    conformance: str = ""
    recorded: Mapping[str, OnRecord] = field(default_factory=dict)
