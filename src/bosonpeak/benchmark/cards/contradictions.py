"""Consistency checks of the entries of a submission card."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from bosonpeak.benchmark.cards.card import ANY_GLASS, ONE_FILE_ONE_CHAIN, REDUCED_UNITS, UNITS, EnsembleCard
from bosonpeak.datasets.adapters.spectra.cleaning import QUANTITIES

OUTSIDE = "it is no path inside the run"


def is_inside(path: str) -> bool:
    """Test whether a relative path cannot leave its base folder, links aside."""
    parts = PurePosixPath(path).parts
    harmless = not any(character in path for character in "\\\0:")
    return harmless and ".." not in parts and not PurePosixPath(path).is_absolute()


def same_regime(first: EnsembleCard, second: EnsembleCard) -> bool:
    """Test whether two ensembles share a reference ensemble; the size of a network is ignored."""
    here, there = ({key: value for key, value in card.parameters.items() if key != "nodes"} for card in (first, second))
    return (first.system, first.dimension, here) == (second.system, second.dimension, there)


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """List inconsistent values of an ensemble, one sentence each."""
    system = values["system"]
    units = UNITS if system == "spring-network" else REDUCED_UNITS
    of_system = {"spring-network": _network_checks, ANY_GLASS: _any_glass_checks}.get(system, _glass_checks)
    checks = [
        *of_system(values),
        (
            values.get("quantity", "frequency") in QUANTITIES,
            f"quantity = {values.get('quantity')!r}, known are {', '.join(QUANTITIES)}",
        ),
        (
            system == ANY_GLASS or values.get("units", units[0]) in units,
            f"units = {values.get('units')!r}, the claims are stated in {' or '.join(units)}",
        ),
        (is_inside(values.get("path", "")), f"path = {values.get('path')!r}: {OUTSIDE}"),
        (values.get("samples_made", 1) >= 1, f"samples_made = {values.get('samples_made')} is less than 1"),
        (
            values.get("independent_chains", 1) >= 1,
            f"independent_chains = {values.get('independent_chains')} is less than 1",
        ),
        (
            values.get("chain", "") in ("", ONE_FILE_ONE_CHAIN),
            f"chain = {values.get('chain')!r}, known is {ONE_FILE_ONE_CHAIN!r}",
        ),
        (not ("chain" in values and "independent_chains" in values), "chain and independent_chains say the same twice"),
    ]
    return [problem for holds, problem in checks if not holds]


def _network_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    return [
        (values["dimension"] == 2, f"dimension = {values['dimension']}, spring networks are judged in 2"),
        (
            values["nodes"] >= 9 and math.isqrt(values["nodes"]) ** 2 == values["nodes"],
            f"nodes = {values['nodes']} is not the square of a side of 3 or more",
        ),
        (0.0 <= values["displacement"] < 1.0, f"displacement = {values['displacement']} is not in [0, 1)"),
        (values["situation"] in (1, 2, 3), f"situation = {values['situation']} is not 1, 2 or 3"),
    ]


CUT = ("hard", "shifted")
"""Ends of soft spheres, whose energy is shifted to zero there or not."""


def _any_glass_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    stated = [key for key in ("density", "parent_temperature") if key in values]
    return [
        (values["dimension"] in (2, 3), f"dimension = {values['dimension']} is not 2 or 3"),
        (values["particles"] >= 10, f"particles = {values['particles']} is less than 10"),
        *((0.0 < values[key] < math.inf, f"{key} = {values[key]} is no positive number") for key in stated),
    ]


def _glass_checks(values: Mapping[str, Any]) -> list[tuple[bool, str]]:
    from bosonpeak.generators.particles.potentials import TRUNCATIONS

    positive = ("density", "parent_temperature", "cutoff")
    truncation, taper = values.get("truncation"), values.get("taper")
    return [
        (values["dimension"] in (2, 3), f"dimension = {values['dimension']} is not 2 or 3"),
        (values["particles"] >= 10, f"particles = {values['particles']} is less than 10"),
        *((0.0 < values[key] < math.inf, f"{key} = {values[key]} is no positive number") for key in positive),
        (
            truncation is None or truncation in TRUNCATIONS,
            f"truncation = {truncation!r}, known are {', '.join(TRUNCATIONS)}",
        ),
        (
            taper is None or (taper >= 2 and (math.isinf(taper) or taper == int(taper))),
            f'taper = {taper} is no order of 2 or more, or "inf"',
        ),
        (
            values["system"] != "soft-spheres" or truncation in CUT or (truncation is None and taper is not None),
            f"taper = {taper!r} and truncation = {truncation!r}: soft spheres have a taper (taper = 2, 3, ... or "
            f'"inf"), or are cut, truncation = {" or ".join(CUT)}, or both',
        ),
        *(
            (0.0 < size < math.inf, f"diameters: {size} of type {label!r} is no positive number")
            for label, size in (values.get("diameters") or {}).items()
        ),
        (
            values["system"] == "soft-spheres" or (truncation == "tapered") == (taper is not None),
            f'taper belongs to truncation = "tapered", and truncation = {truncation!r}',
        ),
    ]
