"""The figures that claims refer to, built from reference data as plain series."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import xarray as xr

from bosonpeak.benchmark.figures import glasses as glass_figures
from bosonpeak.benchmark.figures import heterogeneous_elasticity as heterogeneous_elasticity_figures
from bosonpeak.benchmark.figures import levels as level_figures
from bosonpeak.benchmark.figures import networks as network_figures
from bosonpeak.benchmark.figures import quasi_equilibrium as quasi_equilibrium_figures
from bosonpeak.benchmark.figures import vortices as vortex_figures
from bosonpeak.benchmark.scorecards.figure import Figure
from bosonpeak.datasets.errors import ClaimError

OpenEnsemble = Callable[[str, str], xr.Dataset]
"""Opens one ensemble by dataset and group."""

FIGURES: dict[str, Callable[[OpenEnsemble], Figure]] = {
    **heterogeneous_elasticity_figures.FIGURES,
    "glass-cumulative-count": glass_figures.cumulative_count,
    "glass-stresses": glass_figures.stresses,
    "glass-exponents": glass_figures.exponents,
    "glass-level-ratios": level_figures.level_ratios,
    "glass-low-levels": level_figures.low_levels,
    "glass-mode-extent": level_figures.mode_extent,
    "glass-vortex-modes": vortex_figures.vortex_modes,
    "network-reduced-density": network_figures.reduced_density_of_states,
    "network-own-debye": network_figures.own_debye,
    "network-equal-strengths": network_figures.equal_strengths,
    "network-van-hove": network_figures.van_hove,
    "network-coordination": network_figures.coordination,
    "network-nine-node": network_figures.nine_node,
    "network-localisation": network_figures.localisation,
    "network-peak-position": network_figures.peak_position,
    "quasi-equilibrium-reduced-density": quasi_equilibrium_figures.reduced_density,
    "quasi-equilibrium-crossover": quasi_equilibrium_figures.crossover_positions,
}

submission_figure = network_figures.submission


def draw_figures(names: Iterable[str], open_ensemble: OpenEnsemble) -> dict[str, Figure]:
    """Build the named figures.

    Raises
    ------
    ClaimError
        If a claim names a figure that does not exist.
    """
    wanted = list(names)
    unknown = [name for name in wanted if name not in FIGURES]
    if unknown:
        raise ClaimError("unknown figure", expected=", ".join(FIGURES), got=", ".join(unknown))
    return {name: FIGURES[name](open_ensemble) for name in wanted}
