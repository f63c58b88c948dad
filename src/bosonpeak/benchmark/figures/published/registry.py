"""Registry of the papers' numbered figures, by file name."""

from __future__ import annotations

from collections.abc import Callable

from bosonpeak.benchmark.figures.published import glasses, networks
from bosonpeak.benchmark.figures.published.drawn import Redrawn
from bosonpeak.benchmark.measures.base import OpenEnsemble

PUBLISHED: dict[str, Callable[[OpenEnsemble], Redrawn]] = {
    "networks-1": networks.structures,
    "networks-2": networks.densities,
    "networks-3": networks.coordination,
    "networks-4": networks.springs_alike,
    "excitations-1": glasses.reduced_densities,
    "excitations-2": glasses.eigenvalue_statistics,
    "excitations-3": glasses.stresses,
    "excitations-4": glasses.integrated_densities,
    "reply-1": glasses.reply_integrated_densities,
    "reply-2": glasses.reply_vortex,
}
"""The paper on quasi-equilibrium numbers none."""
