"""Values that claims of the suite expect, drawn as lines beside the data."""

from __future__ import annotations

CLAIMED_EXPONENTS = {"SIM-2": 2.0, "SIM-4": 3.0, "LB-1, SIM-3": 4.0}
"""Exponents s that claims of the suite expect of soft-sphere glasses."""

CLAIMED_SLOPES = {"−1/2 (SIM-1, m = 2)": -0.5, "−1 (SIM-1, m = ∞)": -1.0}
"""Exponents of the distribution of small stresses that a claim of the suite expects."""
