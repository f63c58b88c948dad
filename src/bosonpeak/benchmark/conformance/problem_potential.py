"""Pair potentials of the generators for the interactions of conformance cases."""

from __future__ import annotations

import math

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.particles.potentials import Harmonic, InversePower, LennardJones, PairPotential


def potential_of(problem: Problem) -> PairPotential:
    """Pair potential of a case; `NotApplicableError` for a network of springs."""
    given = problem.interaction
    taper = math.inf if given.get("taper") == "inf" else given.get("taper") or 2
    if given["form"] == "inverse-power":
        return InversePower(n=given["n"], cutoff=given["cutoff"], taper=taper)
    if given["form"] == "lennard-jones":
        mixture = given.get("mixture") == "kob-andersen"
        return LennardJones(cutoff=given["cutoff"], truncation=given["truncation"], taper=taper, kob_andersen=mixture)
    if given["form"] == "harmonic":
        return Harmonic()
    raise NotApplicableError("this case has no pair potential", got=str(given["form"]), where=problem.name)
