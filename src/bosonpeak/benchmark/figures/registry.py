"""Registry of the figures that claims refer to; a figure's module is imported when the figure is drawn."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping

import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement
from bosonpeak.benchmark.measures.base import OpenEnsemble
from bosonpeak.datasets.errors import ClaimError, NotApplicableError, did_you_mean
from bosonpeak.plot.figure import Figure

FIGURES: dict[str, str] = {
    "elasticity-reduced-density": "heterogeneous_elasticity:reduced_density",
    "elasticity-boson-peak": "heterogeneous_elasticity:boson_peak",
    "elasticity-attenuation": "heterogeneous_elasticity:attenuation",
    "elasticity-gap": "heterogeneous_elasticity:gap",
    "elasticity-with-stresses": "heterogeneous_elasticity:with_stresses",
    "predicted-boson-peaks": "boson_peaks:predicted_peaks",
    "elasticity-local-exponent": "heterogeneous_elasticity:local_exponent",
    "glass-cumulative-count": "glasses:cumulative_count",
    "glass-stresses": "glasses:stresses",
    "boson-peak": "front_page:boson_peaks",
    "glass-local-exponent": "front_page:local_exponents",
    "glass-exponents": "glasses:exponents",
    "glass-exponents-between": "limit:exponents_by_taper",
    "glass-exponents-by-temperature": "limit:exponents_by_temperature",
    "glass-exponents-by-pinned-share": "limit:exponents_by_pinned_share",
    "glass-limit": "limit:modes_a_particle",
    "glass-level-ratios": "levels:level_ratios",
    "glass-low-levels": "levels:low_levels",
    "glass-mode-extent": "levels:mode_extent",
    "glass-vortex-modes": "vortices:vortex_modes",
    "network-reduced-density": "networks:reduced_density_of_states",
    "network-own-debye": "networks:own_debye",
    "network-equal-strengths": "networks:equal_strengths",
    "network-van-hove": "networks:van_hove",
    "network-coordination": "networks:coordination",
    "network-nine-node": "networks:nine_node",
    "network-localisation": "networks:localisation",
    "network-peak-position": "networks:peak_position",
    "quasi-equilibrium-reduced-density": "quasi_equilibrium:reduced_density",
    "quasi-equilibrium-crossover": "quasi_equilibrium:crossover_positions",
    "quasi-equilibrium-energy": "quasi_equilibrium:energy",
    "wave-damping": "plane_waves:damping",
    "wave-band": "plane_waves:band",
    "wave-smearing": "plane_waves:smearing",
    "network-solid-coordination": "structure:solid_coordination",
    "glass-local-moduli": "structure:local_moduli",
    "glass-small-stress": "structure:small_stress",
    "glass-intensity": "structure:intensity",
    "glass-tensor-form": "structure:tensor_form",
    "upper-end": "boson_peaks:upper_end",
    "excess-participation": "boson_peaks:excess_participation",
    "boson-peak-debye": "boson_peaks:boson_peaks_over_debye",
}
"""Place of each figure in `bosonpeak.benchmark.figures`, ``module:function``."""

OF_ALL_CLAIMS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "boson-peak": (
        ("glass/taper-2", "T-1.00"),
        ("glass/taper-2", "T-0.15"),
        ("network/spectra", "situation-2/delta-0.1"),
        ("network/spectra", "situation-2/delta-0.3"),
    ),
}
"""Figures of a scorecard of all claims that no claim shows, and the ensembles on them."""


def evidence_of_all(open_ensemble: OpenEnsemble) -> dict[str, Evidence]:
    """Boson peaks of the ensembles on the figures that no claim shows, as evidence of these figures."""
    from bosonpeak.validators.reduced_densities.reduced_maximum import boson_peak

    return {
        name: Evidence(
            Measurement("", "context", "boson-peak", *ensemble, boson_peak(open_ensemble(*ensemble)))
            for ensemble in ensembles
        )
        for name, ensembles in OF_ALL_CLAIMS.items()
    }


def draw_figures(evidence: Mapping[str, Evidence], open_ensemble: OpenEnsemble) -> dict[str, Figure]:
    """Draw figures by name from the measurements of their claims; without any, the caption gives the reason."""
    return {name: _drawn(name, found, open_ensemble) for name, found in evidence.items()}


def _drawn(name: str, evidence: Evidence, open_ensemble: OpenEnsemble) -> Figure:
    if name not in FIGURES:
        raise ClaimError("unknown figure", got=repr(name), likely_cause=did_you_mean(name, FIGURES, most=5))
    draw: Callable[[Evidence, OpenEnsemble], Figure] = pkgutil.resolve_name(f"{__package__}.{FIGURES[name]}")
    try:
        return draw(evidence, open_ensemble)
    except NotApplicableError as error:
        return Figure(name.replace("-", " ").capitalize(), f"Not drawn: {error.what}.", ())


def submission_figure(dataset: xr.Dataset, cell: str, name: str) -> Figure:
    """Draw the reduced density of states of a submitted ensemble."""
    from bosonpeak.benchmark.figures.networks import submission

    return submission(dataset, cell, name)
