"""One glass: a quenched liquid configuration with all quantities that an ensemble records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.glasses.box_strain import strain_response
from bosonpeak.generators.glasses.elastic_moduli import ElasticModuli, moduli_of_configuration, moduli_of_interactions
from bosonpeak.generators.glasses.inherent_structure import InherentStructure, minimum_of
from bosonpeak.generators.glasses.normal_modes import GlassModes, glass_normal_modes, participation_ratios
from bosonpeak.generators.glasses.pair_stresses import particle_stresses, stress_histogram, stresses_of_interactions
from bosonpeak.generators.glasses.projected_hessian import ProjectedHessian
from bosonpeak.generators.glasses.shear_relaxation import relaxed_to_zero_shear
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.interactions import Interactions
from bosonpeak.generators.particles.potentials import PairPotential

OUTCOMES = ("accepted", "force_tolerance_not_reached", "not_a_minimum", "unstable_against_shear")
"""Outcomes of a quench, in the order of their stored codes."""

ACCEPTED, NOT_CONVERGED, NOT_A_MINIMUM, SHEAR_UNSTABLE = range(len(OUTCOMES))

FULL_SPECTRUM_BITS = 36
"""Significant bits of the frequencies of full spectra: far below any level spacing, and half the size."""

VECTOR_BITS = 9
"""Significant bits of stored eigenvectors, unless a request says otherwise."""


@dataclass(frozen=True)
class GlassRequest:
    """Quantities to measure on a glass, and the method of the quench."""

    force_tolerance: float  # largest residual force on a particle
    lowest_modes: int  # with participation ratios
    highest_modes: int  # with participation ratios
    full_spectrum: bool
    eigenvectors: int | None  # number stored together with the configuration, None for neither
    stress_edges: FloatArray  # bin edges of the stress histogram
    minimiser: str = "l-bfgs"  # a name in `MINIMISERS`
    eigenvector_bits: int = VECTOR_BITS
    pair_forces: bool = False  # with eigenvectors, also pair forces and particle stresses
    zero_shear: bool = False  # also relax the glass to zero shear stress in a box that may tilt


def quenched_glass(
    positions: FloatArray,
    diameters: FloatArray,
    box: FloatArray,
    potential: PairPotential,
    request: GlassRequest,
    pinned: BooleanArray | None = None,
) -> tuple[int, dict[str, NDArray[Any]]]:
    """Quench and measure a liquid (particles, dimension); index in `OUTCOMES`, and arrays if the glass was accepted."""
    liquid = Configuration.checked(positions, diameters, box, potential)
    try:
        structure = minimum_of(liquid, tolerance=request.force_tolerance, method=request.minimiser)
        held = (
            None
            if pinned is None
            else minimum_of(liquid, tolerance=request.force_tolerance, method=request.minimiser, pinned=pinned)
        )
    except ConvergenceError:
        return NOT_CONVERGED, {}
    solid = replace(liquid, positions=structure.positions)
    if held is None or pinned is None:
        return measured_glass(solid, structure, request)
    return measured_pinned_glass(solid, replace(liquid, positions=held.positions), held, pinned, request)


def stored_glass(solid: Configuration, request: GlassRequest) -> tuple[int, dict[str, NDArray[Any]]]:
    """Measure an inherent structure that was minimised before; results as from `quenched_glass`."""
    found = solid.interactions
    residual = float(np.linalg.norm(found.forces, axis=1).max())
    if residual > request.force_tolerance:
        return NOT_CONVERGED, {}
    return measured_glass(solid, InherentStructure(solid.positions, float(found.energy.sum()), residual, 0, 0), request)


def measured_glass(
    solid: Configuration, structure: InherentStructure, request: GlassRequest
) -> tuple[int, dict[str, NDArray[Any]]]:
    """Measure a minimised configuration; accept the glass only if it is a minimum that is stable against shear."""
    particles, dimension = solid.positions.shape
    hessian = ProjectedHessian.of_interactions(solid.interactions)
    try:
        lowest = glass_normal_modes(hessian, "lowest", count=request.lowest_modes)
        moduli = moduli_of_configuration(solid, hessian=hessian)
    except NotApplicableError:
        return NOT_A_MINIMUM, {}
    if not moduli.shear > 0.0 and not request.zero_shear:
        return SHEAR_UNSTABLE, {}
    relaxed = {}
    if request.zero_shear:
        try:
            relaxed = _at_zero_shear(solid, hessian, request)
        except (ConvergenceError, NotApplicableError):
            return NOT_CONVERGED, {}
    # Measure.
    highest = glass_normal_modes(hessian, "highest", count=request.highest_modes) if request.highest_modes else None
    glass = {
        **_structure(structure, solid.interactions),
        **_moduli(moduli) | {"shear_modulus": moduli.shear},
        **_modes(lowest, highest, dimension),
        **_soundness(hessian, lowest, highest),
        **_stresses(solid.interactions, request.stress_edges),
        **relaxed,
    }
    if request.full_spectrum:
        everything = glass_normal_modes(hessian, "all").frequencies
        expected = dimension * (particles - 1)
        padded = np.pad(everything, (0, expected - len(everything)), constant_values=np.nan)
        glass["full_eigenfrequency"] = rounded_to_bits(padded, FULL_SPECTRUM_BITS)
    if request.eigenvectors is not None:
        vectors = lowest.eigenvectors[:, : request.eigenvectors] if lowest.eigenvectors is not None else np.empty(0)
        shaped = vectors.T.reshape(-1, particles, dimension).astype(np.float32)
        glass |= {
            "position": structure.positions,
            "diameter": solid.diameters,
            "contact_number": solid.interactions.contact_numbers.astype(np.int16),
            "eigenvector": rounded_to_bits(shaped, request.eigenvector_bits),
        }
        if request.pair_forces:
            glass |= _pair_forces(solid.interactions)
    return ACCEPTED, {name: np.asarray(value) for name, value in glass.items()}


def measured_pinned_glass(
    free: Configuration, solid: Configuration, structure: InherentStructure, pinned: BooleanArray, request: GlassRequest
) -> tuple[int, dict[str, NDArray[Any]]]:
    """Measure the modes of a glass around pinned particles; moduli and omega_0 are of the same liquid quenched free."""
    hessian = ProjectedHessian.of_interactions(solid.interactions, pinned)
    try:
        moduli = moduli_of_configuration(free)
        lowest = glass_normal_modes(hessian, "lowest", count=request.lowest_modes)
    except NotApplicableError:
        return NOT_A_MINIMUM, {}
    if not moduli.shear > 0.0:
        return SHEAR_UNSTABLE, {}
    glass = {
        **_structure(structure, solid.interactions),
        **_moduli(moduli),
        **_modes(lowest, None, solid.positions.shape[1]),
        **_stresses(solid.interactions, request.stress_edges),
        "zero_mode_count": np.int32(hessian.zero_mode_count),
        "smallest_eigenvalue": float(lowest.eigenvalues[0]),
    }
    return ACCEPTED, {name: np.asarray(value) for name, value in glass.items()}


def _structure(structure: InherentStructure, found: Interactions) -> dict[str, Any]:
    contacts = found.contact_numbers
    return {
        "inherent_structure_energy": structure.energy / found.particle_count,
        "residual_force": structure.residual_force,
        "rattler_count": np.int32(found.rattlers.sum()),
        "free_particle_count": np.int32(np.count_nonzero(contacts == 0)),
        "mean_contact_number": float(contacts.mean()),
    }


def _moduli(moduli: ElasticModuli) -> dict[str, Any]:
    """Moduli and omega_0; of a glass without a positive shear modulus, omega_0 with the modulus's absolute value."""
    moduli = moduli if moduli.shear > 0.0 else replace(moduli, shear=abs(moduli.shear))
    return {
        "shear_modulus": moduli.shear,
        "bulk_modulus": moduli.bulk,
        "pressure": moduli.pressure,
        "transverse_velocity": moduli.transverse_velocity,
        "first_phonon": moduli.lowest_transverse_frequency,
    }


def _modes(lowest: GlassModes, highest: GlassModes | None, dimension: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prefix, modes in (("", lowest), ("highest_", highest)):
        if modes is not None and modes.eigenvectors is not None:
            found[f"{prefix}eigenfrequency"] = modes.frequencies
            found[f"{prefix}participation_ratio"] = participation_ratios(modes.eigenvectors, dimension).astype(
                np.float32
            )
    return found


def _at_zero_shear(solid: Configuration, hessian: ProjectedHessian, request: GlassRequest) -> dict[str, Any]:
    """Stability against strain, and the same glass after its relaxation to zero shear stress."""
    strained = strain_response(solid.interactions, float(np.prod(solid.box)), hessian)
    relaxation = relaxed_to_zero_shear(solid, tolerance=request.force_tolerance)
    found, shape = relaxation.glass.interactions, relaxation.glass.shape
    after = ProjectedHessian.of_interactions(found)
    modes = glass_normal_modes(after, "lowest", count=request.lowest_modes)
    moduli = moduli_of_interactions(found, shape, hessian=after)
    measured = _modes(modes, None, solid.positions.shape[1]) | {
        "first_phonon": moduli.lowest_transverse_frequency,
        "shear_modulus": moduli.shear,
        "inherent_structure_energy": relaxation.energy / found.particle_count,
        "residual_force": relaxation.residual_force,
        "shear_stress": relaxation.shear_stress,
        "lowest_stiffness": strain_response(found, float(np.prod(relaxation.glass.box)), after).lowest_stiffness,
    }
    return {f"zero_shear_{name}": value for name, value in measured.items()} | {
        "shear_stress": strained.shear_stress,
        "lowest_stiffness": strained.lowest_stiffness,
        "branch_is_elastic": np.int8(relaxation.is_elastic),
        "branch_strain": relaxation.branch_strain,
    }


def _soundness(hessian: ProjectedHessian, lowest: GlassModes, highest: GlassModes | None) -> dict[str, Any]:
    """Checks read by `validators.glasses.mechanics`, relative to the largest eigenvalue and largest matrix element."""
    matrix: sparse.csr_array = hessian.matrix
    largest = float(abs(matrix).max())
    vectors = lowest.eigenvectors if lowest.eigenvectors is not None else np.empty((matrix.shape[0], 0))
    translations = np.tile(np.eye(hessian.dimension), (hessian.particle_count, 1))
    scale = float((highest or lowest).eigenvalues[-1])
    residual = max(modes.residual for modes in (lowest, highest) if modes is not None)
    return {
        "zero_mode_count": np.int32(hessian.zero_mode_count),
        "smallest_eigenvalue": float(lowest.eigenvalues[0]),
        "mode_residual": residual / scale,
        "mode_orthonormality": float(np.abs(vectors.T @ vectors - np.eye(vectors.shape[1])).max()),
        "hessian_asymmetry": float(abs(matrix - matrix.T).max()) / largest,
        "translation_residual": float(np.abs(matrix @ translations).max()) / largest,
    }


def _pair_forces(found: Interactions) -> dict[str, Any]:
    """Force -phi' of each pair, repulsion positive, and each particle's half of the stresses of its pairs."""
    return {
        "pair_count": np.int32(len(found.pairs)),
        "pair_particle": found.pairs.astype(np.int32),
        "pair_force": -found.first,
        "particle_stress": particle_stresses(stresses_of_interactions(found), found.particle_count).astype(np.float32),
    }


def _stresses(found: Interactions, edges: FloatArray) -> dict[str, Any]:
    counts, below, above = stress_histogram(stresses_of_interactions(found).off_diagonal, edges)
    return {
        "stress_count": counts.astype(np.int32),
        "stress_count_below": np.int32(below),
        "stress_count_above": np.int32(above),
    }
