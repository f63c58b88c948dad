"""What a card knows of a spectrum, held against the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from bosonpeak.datasets.adapters.raw_spectra import RawSpectra
from bosonpeak.datasets.conventions import Finding, probe_quantity, probe_zero_modes, settle
from bosonpeak.datasets.errors import CardError


def spectrum_findings(raw: RawSpectra, card: Mapping[str, Any], where: str) -> dict[str, Finding]:
    """Probe a spectrum as far as the card allows, and refuse what contradicts it.

    Parameters
    ----------
    raw : RawSpectra
    card : mapping
        ``mean_square_frequency``: mean of omega^2 over all modes, the trace of the dynamical matrix over its size,
        which tells what the numbers are. ``degrees_of_freedom`` and ``components`` (of a particle's displacement, 3):
        whether zero modes are among them. ``quantity`` and ``zero_modes``, where the card states them.
    where : str
        Name of the file, for messages.

    Returns
    -------
    dict of str to Finding
        By convention, what could be probed; the first sample of those that say the least speaks for all.

    Raises
    ------
    CardError, ForeignInputError
        As `settle` does.
    """
    found: dict[str, Finding] = {}
    if "mean_square_frequency" in card:
        mean_square = _positive(card, "mean_square_frequency", where)
        found["quantity"] = probe_quantity(np.concatenate(raw.samples), mean_square)
    if "degrees_of_freedom" in card:
        size, components = (int(_positive(card, key, where)) for key in ("degrees_of_freedom", "components"))
        findings = [probe_zero_modes(row, size, components) for row in raw.samples if row.size]
        found["zero_modes"] = min(findings, key=lambda finding: len(finding.possible))
    for convention, finding in found.items():
        settle(finding, card.get(convention), where)
    return found


def _positive(card: Mapping[str, Any], key: str, where: str) -> float:
    value = card.get(key, 3 if key == "components" else None)
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
    if not sound or (key != "mean_square_frequency" and value != int(value)):
        raise CardError(f"impossible {key} in the card", expected="a positive number", got=repr(value), where=where)
    return float(value)
