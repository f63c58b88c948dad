"""Comparison of a card's statements about a spectrum with the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.files.unit_inference import (
    ANGULAR_UNITS,
    Finding,
    probe_quantity,
    probe_units,
    probe_zero_modes,
    settle,
)
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import CardError

_KNOWN_UNIT = "rad/ps"


def spectrum_findings(raw: RawSpectra, card: Mapping[str, Any], where: str) -> dict[str, Finding]:
    """Probe a spectrum by the mean square frequency and mode number of the card; return findings by convention."""
    found: dict[str, Finding] = {}
    if "mean_square_frequency" in card:
        mean_square = mean_square_in(card, where) or _positive(card, "mean_square_frequency", where)
        numbers = np.concatenate(raw.samples)
        if "mean_square_units" in card:
            found |= _quantity_and_units(numbers, mean_square, card.get("quantity") or raw.role, card.get("units"))
        else:
            found["quantity"] = probe_quantity(numbers, mean_square)
    if "degrees_of_freedom" in card:
        size, components = (int(_positive(card, key, where)) for key in ("degrees_of_freedom", "components"))
        findings = [probe_zero_modes(row, size, components) for row in raw.samples if row.size]
        found["zero_modes"] = min(findings, key=lambda finding: len(finding.possible))
    said = {"units": raw.units} if raw.units in ANGULAR_UNITS else {}
    for convention, finding in found.items():
        settle(finding, card.get(convention, said.get(convention)), where)
    return found


def mean_square_in(card: Mapping[str, Any], where: str) -> float | None:
    """Mean of omega^2 in (rad/ps)^2 from the card; None if missing or in reduced units."""
    if "mean_square_units" not in card:
        return None
    if card["mean_square_units"] != _KNOWN_UNIT:
        raise CardError(
            "mean_square_frequency is in an unknown unit",
            expected=f'mean_square_units = "{_KNOWN_UNIT}": mean_square_frequency in ({_KNOWN_UNIT})^2',
            got=repr(card["mean_square_units"]),
            where=where,
        )
    return _positive(card, "mean_square_frequency", where)


def _quantity_and_units(
    numbers: FloatArray, mean_square: float, stated: str | None, stated_units: str | None
) -> dict[str, Finding]:
    """Determine quantity and unit together: the known unit that reproduces the mean square, for each quantity."""
    # A frequency omega / 2 pi in 1/ps equals a frequency in THz and is therefore tried only if stated.
    squares = {
        "frequency": numbers**2,
        "eigenvalue": np.maximum(numbers, 0.0),
        "frequency_over_2pi": 4.0 * math.pi**2 * numbers**2,
    }
    tried = (stated,) if stated in squares else ("frequency", "eigenvalue")
    units = {quantity: probe_units(np.sqrt(squares[quantity]), mean_square) for quantity in tried}
    fitting = [quantity for quantity, finding in units.items() if finding.possible]
    agreeing = [quantity for quantity in fitting if stated_units in units[quantity].possible]
    fitting = agreeing or fitting
    evidence = "; ".join(f"read as {quantity}, {finding.evidence}" for quantity, finding in units.items())
    possible = tuple(unit for quantity in fitting for unit in units[quantity].possible)
    return {"quantity": Finding("quantity", tuple(fitting), evidence), "units": Finding("units", possible, evidence)}


def _positive(card: Mapping[str, Any], key: str, where: str) -> float:
    value = card.get(key, 3 if key == "components" else None)
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
    if not sound or (key != "mean_square_frequency" and value != int(value)):
        raise CardError(f"impossible {key} in the card", expected="a positive number", got=repr(value), where=where)
    return float(value)
