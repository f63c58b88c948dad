"""Labels of the arrays of glass ensembles: dimensions, units and long names."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from bosonpeak.generators.glasses.quench import FULL_SPECTRUM_BITS, OUTCOMES
from bosonpeak.generators.sample_generators.labelled_generator import Label, led_by

FREQUENCY_UNIT = "sqrt(epsilon/(m a^2))"
_MODULUS_UNIT = "epsilon/a^{dimension}"

RELAXED = (
    "inherent_structure_energy",
    "eigenfrequency",
    "participation_ratio",
    "shear_modulus",
    "first_phonon",
    "residual_force",
)
"""Quantities that are measured again after a relaxation to zero shear stress."""

_GLASS_VARIABLES: Mapping[str, Label] = {
    "sweep": ((), "1", "Monte Carlo sweeps of the chain before the quench, equilibration included"),
    "diameter_structure_factor": (
        (),
        "1",
        "structure factor of the liquid's diameters at the longest waves of the box",
    ),
    "inherent_structure_energy": ((), "epsilon", "potential energy per particle in the inherent structure"),
    "eigenfrequency": (("mode",), FREQUENCY_UNIT, "lowest angular eigenfrequencies without translations, ascending"),
    "participation_ratio": (("mode",), "1", "participation ratio of each of the lowest modes"),
    "highest_eigenfrequency": (("high_mode",), FREQUENCY_UNIT, "highest angular eigenfrequencies, ascending"),
    "highest_participation_ratio": (("high_mode",), "1", "participation ratio of each of the highest modes"),
    "shear_modulus": ((), _MODULUS_UNIT, "shear modulus with its non-affine part, isotropic average"),
    "bulk_modulus": ((), _MODULUS_UNIT, "bulk modulus with its non-affine part"),
    "pressure": ((), _MODULUS_UNIT, "pressure of the inherent structure"),
    "transverse_velocity": ((), "sqrt(epsilon/m)", "speed of transverse sound sqrt(G/rho)"),
    "first_phonon": ((), FREQUENCY_UNIT, "omega_0 = 2 pi v_T/L, lowest transverse phonon, from the moduli"),
    "residual_force": ((), "epsilon/a", "largest residual force on a particle"),
    "zero_mode_count": ((), "1", "translations, which were projected out"),
    "rattler_count": ((), "1", "particles with fewer than dimension + 1 contacts, found recursively"),
    "free_particle_count": ((), "1", "particles without any interaction"),
    "mean_contact_number": ((), "1", "mean number of interacting neighbours"),
    "smallest_eigenvalue": ((), "epsilon/(m a^2)", "smallest eigenvalue, translations left out"),
    "mode_residual": ((), "1", "largest |H e - lambda e| of the modes over the largest eigenvalue among them"),
    "mode_orthonormality": ((), "1", "largest deviation of e.e from the unit matrix, lowest modes"),
    "hessian_asymmetry": ((), "1", "largest |H - H^T| over the largest |H|"),
    "translation_residual": ((), "1", "largest force constant of a uniform translation over the largest |H|"),
}
"""Dimensions beyond the sample, unit and name of what every glass has."""

_STRAIN_VARIABLES: Mapping[str, Label] = {
    "shear_stress": ((), _MODULUS_UNIT, "norm of the deviator of the stress"),
    "lowest_stiffness": (
        (),
        _MODULUS_UNIT,
        "lowest eigenvalue of the stiffness against strains of the box, particles relaxed, at the glass's own pressure",
    ),
    "branch_is_elastic": (
        (),
        "1",
        "outcome of the relaxation to zero shear stress",
        {"flag_values": np.arange(2, dtype=np.int8), "flag_meanings": "instability elastic"},
    ),
    "branch_strain": ((), "1", "length of the elastic path in the space of the logarithmic shear strains"),
    **{
        f"zero_shear_{name}": (dims, unit, f"{text}, after relaxation to zero shear stress")
        for name, (dims, unit, text) in {
            **{key: _GLASS_VARIABLES[key][:3] for key in RELAXED},
            "shear_stress": ((), _MODULUS_UNIT, "norm of the deviator of the stress"),
            "lowest_stiffness": ((), _MODULUS_UNIT, "lowest eigenvalue of the stiffness against strains of the box"),
        }.items()
    },
}
"""Quantities of a glass whose box was strained."""

STRESS_VARIABLES: Mapping[str, Label] = {
    "stress_count": (("stress_bin",), "1", "off-diagonal pair stress components |sigma_ab| in each bin"),
    "stress_count_below": ((), "1", "components below the lowest edge, including zero"),
    "stress_count_above": ((), "1", "components above the highest edge"),
}
"""Variables of every glass, or of every chain as the sum over its glasses."""

_FULL_VARIABLES: Mapping[str, Label] = {
    "full_eigenfrequency": (
        ("full_mode",),
        FREQUENCY_UNIT,
        f"all angular eigenfrequencies without translations, ascending, to {FULL_SPECTRUM_BITS} significant bits",
    ),
}

_CONFIGURATION_VARIABLES: Mapping[str, Label] = {
    "position": (("particle", "axis"), "a", "particle position in the inherent structure, inside the box"),
    "diameter": (("particle",), "a", "particle diameter"),
    "contact_number": (("particle",), "1", "number of interacting neighbours"),
    "eigenvector": (
        ("low_mode", "particle", "axis"),
        "1",
        "normalised eigenvectors of the lowest modes, rounded to {eigenvector_bits} significant bits",
    ),
    "pair_count": ((), "1", "number of interacting pairs"),
    "pair_particle": (("pair", "end"), "1", "the two particles of each interacting pair; -1 beyond pair_count"),
    "pair_force": (("pair",), "epsilon/a", "force -dphi/dr of each pair, repulsion positive; NaN beyond pair_count"),
    "particle_stress": (
        ("particle", "axis", "axis2"),
        "epsilon",
        "half the sum of the stresses e_a e_b r dphi/dr of a particle's pairs, tension positive",
    ),
}

PADDING: Mapping[str, float] = {"pair_particle": -1, "pair_force": math.nan}
"""Value beyond `pair_count`, up to the largest number of pairs of a glass."""

_CHAIN_VARIABLES: Mapping[str, Label] = {
    "displacement_acceptance": ((), "1", "accepted fraction of displacements"),
    "swap_acceptance": ((), "1", "accepted fraction of swaps"),
    "energy_drift": ((), "epsilon", "largest error per particle of the running energy between two records"),
    "liquid_energy": (("record",), "epsilon", "potential energy per particle of the liquid along the chain"),
}

_LIQUID_VARIABLES: Mapping[str, Label] = {
    "liquid_position": (("particle", "axis"), "a", "particle position in the last liquid of the chain"),
    "liquid_diameter": (("particle",), "a", "particle diameter in the last liquid of the chain"),
}

_CHAIN_STRESS_VARIABLES = {f"chain_{name}": label for name, label in STRESS_VARIABLES.items()}

GLASS_LABELS: Mapping[str, Label] = {
    **led_by("sample", {**_GLASS_VARIABLES, **_STRAIN_VARIABLES, **STRESS_VARIABLES}),
    **led_by("full_sample", _FULL_VARIABLES),
    **led_by("configuration", _CONFIGURATION_VARIABLES),
    **led_by("independent_chain", {**_CHAIN_VARIABLES, **_CHAIN_STRESS_VARIABLES, **_LIQUID_VARIABLES}),
    "chain": (("sample",), "1", "independent Markov chain that the glass was quenched from"),
    "quench_chain": (("quench",), "1", "independent Markov chain of each quench"),
    "quench_outcome": (
        ("quench",),
        "1",
        "outcome of the quench",
        {"flag_values": np.arange(len(OUTCOMES), dtype=np.int8), "flag_meanings": " ".join(OUTCOMES)},
    ),
    "quench_sweep": (("quench",), "1", "Monte Carlo sweeps of the chain before the quench"),
    "full_sample_index": (("full_sample",), "1", "index of the sample of each entry"),
    "configuration_index": (("configuration",), "1", "index of the sample of each entry"),
    "record_sweep": (("record",), "1", "sweeps after which the liquid's energy was recorded"),
    "stress_edge": (("stress_bin_edge",), "epsilon", "edges of the stress bins"),
    "box": (("axis",), "a", "length of the periodic box"),
    "coordination_number": (
        ("configuration", "particle"),
        "1",
        "number of particles with r/sigma_ij below coordination_distance",
    ),
    "coordination_distance": ((), "1", "first minimum of the pair distribution in r/sigma_ij, over all configurations"),
}

OF_EACH_GLASS = (*_GLASS_VARIABLES, *_STRAIN_VARIABLES, *STRESS_VARIABLES, *_FULL_VARIABLES, *_CONFIGURATION_VARIABLES)
"""Variables with one entry for each glass, or for each glass with a full spectrum or particles."""

OF_EACH_CHAIN = (*_CHAIN_VARIABLES, *_CHAIN_STRESS_VARIABLES, *_LIQUID_VARIABLES)
"""Variables with one entry for each Markov chain."""
