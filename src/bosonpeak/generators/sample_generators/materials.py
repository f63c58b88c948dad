"""Glasses of real materials, cooled from the melt by LAMMPS and relaxed at zero pressure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.glasses.normal_modes import participation_ratios
from bosonpeak.generators.harmonic_solids.sound import sound_of_solid
from bosonpeak.generators.materials.atomic_structure import atomic_structure, species_pairs
from bosonpeak.generators.materials.force_fields import FORCE_FIELDS, MATERIALS
from bosonpeak.generators.materials.harmonic_material import (
    GIGAPASCAL,
    RADIANS_PER_PICOSECOND,
    harmonic_material,
    isotropic_moduli,
    mode_diffusivities,
)
from bosonpeak.generators.materials.lammps_solid import LammpsSolid, lammps_solid
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    led_by,
    recorded,
    stacked,
)

_ATTEMPTS = 3
_STRAIN = 1e-5
_FREQUENCY_BITS, _POSITION_BITS, _PARTICIPATION_BITS = 22, 26, 10
_DIFFUSIVITY_BITS, _VECTOR_BITS = 8, 10
_KILOGRAM_PER_CUBIC_METRE = 1.66053906660e3  # of 1 u per cubic angstrom

_OF_EACH_SOLID: Mapping[str, Label] = {
    "eigenfrequency": (("mode",), "rad/ps", "angular eigenfrequencies without the translations, ascending"),
    "participation_ratio": (("mode",), "1", "participation ratio of each mode"),
    "mode_diffusivity": (("mode",), "angstrom^2/ps", "diffusivity of each mode, averaged over {linewidth} rad/ps"),
    "position": (("particle", "axis"), "angstrom", "position in the minimum of the energy, inside the box"),
    "box": (("axis",), "angstrom", "length of the periodic box"),
    "mass": (("particle",), "u", "mass"),
    "potential_energy": ((), "eV", "potential energy per atom"),
    "mass_density": ((), "kg/m^3", "mass density"),
    "shear_modulus": ((), "GPa", "shear modulus with its non-affine part, average over all orientations (Voigt)"),
    "bulk_modulus": ((), "GPa", "bulk modulus with its non-affine part"),
    "stiffness": (("voigt", "voigt2"), "GPa", "elastic constants with their non-affine part"),
    "stress": (("voigt",), "GPa", "stress of the solid, tension positive"),
    "transverse_velocity": ((), "angstrom/ps", "speed of transverse sound"),
    "longitudinal_velocity": ((), "angstrom/ps", "speed of longitudinal sound"),
    "first_phonon": ((), "rad/ps", "omega_0 = 2 pi v_T/L, lowest transverse phonon, from the moduli"),
    "debye_frequency": ((), "rad/ps", "Debye frequency"),
    "debye_level": ((), "ps^3", "Debye density over omega^2, of a density normalised to one"),
    "residual_force": ((), "eV/angstrom", "largest component of the residual forces"),
    "zero_mode_count": ((), "1", "translations, which were left out"),
    "zero_mode_frequency": ((), "rad/ps", "largest |omega| of the translations"),
    "asymmetry": ((), "1", "largest |H - H^T| over the largest element"),
    "translation_cost": ((), "1", "largest element of the image of a uniform translation over that of the matrix"),
    "step_error": ((), "1", "largest change of the matrix with twice the step, over its largest element"),
    "attempts": ((), "1", "melts that were cooled until the solid was at a minimum"),
}
"""Dimensions beyond the sample, unit and name of every variable of a solid."""

_EIGENVECTORS: Mapping[str, Label] = {
    "lowest_eigenvector": (
        ("low_mode", "particle", "axis"),
        "1",
        f"normalised mass-weighted eigenvectors of the lowest modes, rounded to {_VECTOR_BITS} significant bits",
    ),
    "highest_eigenvector": (
        ("high_mode", "particle", "axis"),
        "1",
        f"normalised mass-weighted eigenvectors of the highest modes, rounded to {_VECTOR_BITS} significant bits",
    ),
}

_LABELS: Mapping[str, Label] = {
    **led_by("sample", _OF_EACH_SOLID),
    **led_by("configuration", _EIGENVECTORS),
    "configuration_index": (("configuration",), "1", "sample whose eigenvectors are stored"),
    "coordination_number": (
        ("sample", "particle"),
        "1",
        "number of bonds: atoms of a bonding species nearer than coordination_distance",
    ),
    "coordination_distance": ((), "angstrom", "first minimum of the pair distribution of bonding species"),
    "species": (("particle",), "1", "species of the atom"),
    "distance": (("distance",), "angstrom", "distance of two atoms"),
    "pair_distribution": (
        ("species_pair", "distance"),
        "1",
        "pair distribution g(r) of two species, average over samples",
    ),
    "angle": (("angle",), "1", "angle between two bonds of an atom, degrees"),
    "angle_density": (("angle",), "1", "density of bond angles per degree, average over samples"),
    "species_pair": (("species_pair",), "1", "species of the pair"),
    "voigt": (("voigt",), "1", "component of a symmetric tensor"),
    "voigt2": (("voigt2",), "1", "component of a symmetric tensor"),
}


class MaterialGlasses(LabelledGenerator):
    """Glasses of a material, one independent melt per sample; dataset kind ``mode-ensemble``."""

    name = "material-glass"
    kind = "mode-ensemble"
    labels = _LABELS
    defaults: Mapping[str, Any] = {
        "force_field": "stillinger-weber",
        "cooling_force_field": "stillinger-weber",
        "atoms": 216,
        "timestep": 0.003,
        "melt_temperature": 4000.0,
        "melt_duration": 10.0,
        "first_temperature": 2500.0,
        "last_temperature": 300.0,
        "rate": 10.0,
        "zero_pressure_below": 2500.0,
        "force_tolerance": 1e-9,
        "step": 1e-4,
        "linewidth": 0.0,
        "eigenvectors": 0,
        "configurations": 0,
    }
    """Temperatures in K, `rate` in K/ps, times in ps, `step` of the differences in angstrom. The melt has the final
    force field, the cooling its own; the volume is constant above `zero_pressure_below`. Diffusivities are averaged
    over `linewidth`, in rad/ps, and left out if it is zero; `eigenvectors` of the lowest and of the highest modes are
    stored of the first `configurations` samples."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require force fields of one material, and positive finite numbers."""
        p = parameters
        known = ", ".join(FORCE_FIELDS)
        pair = FORCE_FIELDS.get(p["force_field"]), FORCE_FIELDS.get(p["cooling_force_field"])
        same = all(pair) and pair[0].material == pair[1].material  # type: ignore[union-attr]
        return [
            *(
                (key, "a positive finite number", 0.0 < p[key] < math.inf)
                for key in p
                if isinstance(p[key], float) and key != "linewidth"
            ),
            ("linewidth", "zero or a positive finite number", 0.0 <= p["linewidth"] < math.inf),
            ("eigenvectors", "0 to half the number of modes", 0 <= 2 * p["eigenvectors"] <= 3 * p["atoms"] - 3),
            ("configurations", "0 or more", p["configurations"] >= 0),
            ("force_field", known, pair[0] is not None),
            ("cooling_force_field", "a force field of the same material", same),
            ("atoms", "at least 8", p["atoms"] >= 8),
            ("first_temperature", "above last_temperature", p["first_temperature"] > p["last_temperature"]),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Cool melts until the solid is at a minimum of its energy, and measure the solid."""
        for attempt in range(_ATTEMPTS):
            number = int(random_stream(seed, attempt).generate_state(1)[0] % 900_000_000) + 1
            with lammps_solid(parameters["force_field"], parameters["atoms"], number) as solid:
                _cool(solid, parameters, number)
                try:
                    solid.minimise(parameters["force_tolerance"])
                    found = _measured(solid, parameters)
                except ConvergenceError:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    continue
                return {name: np.asarray(value) for name, value in {**found, "attempts": np.int32(attempt + 1)}.items()}
        raise AssertionError

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Stack the solids, and measure their structure together."""
        material = MATERIALS[FORCE_FIELDS[parameters["force_field"]].material]
        solids = stacked(samples, _OF_EACH_SOLID)
        species = np.abs(solids["mass"][0][:, None] - np.array(material.masses)).argmin(axis=1)
        bonds = [(material.species.index(first), material.species.index(second)) for first, second in material.bonds]
        structure = atomic_structure(list(solids["position"]), solids["box"][:, 0], species, bonds)
        pairs = [f"{material.species[a]}-{material.species[b]}" for a, b in species_pairs(len(material.species))]
        tensor = np.array(["xx", "yy", "zz", "yz", "xz", "xy"], dtype=object)
        chosen = samples[: parameters["configurations"]] if parameters["eigenvectors"] else []
        vectors: dict[str, NDArray[Any]] = stacked(chosen, _EIGENVECTORS) if chosen else {}
        if vectors:
            vectors["configuration_index"] = np.arange(len(chosen), dtype=np.int32)
        return {
            **solids,
            **vectors,
            "coordination_number": structure.coordination.astype(np.int16),
            "coordination_distance": np.asarray(structure.bond_length),
            "species": species.astype(np.int8),
            "distance": structure.distance,
            "pair_distribution": structure.pair_distribution,
            "angle": structure.angle,
            "angle_density": structure.angle_density,
            "species_pair": np.array(pairs, dtype=object),
            "voigt": tensor,
            "voigt2": tensor,
        }

    def labels_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Label]:
        """Labels with the names of the species."""
        material = MATERIALS[FORCE_FIELDS[parameters["force_field"]].material]
        flags = {
            "flag_values": np.arange(len(material.species), dtype=np.int8),
            "flag_meanings": " ".join(material.species),
        }
        return {**self.labels, "species": (*self.labels["species"][:3], flags)}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes that describe the material and its force field."""
        field = FORCE_FIELDS[parameters["force_field"]]
        return {
            "system": field.material,
            "particles": parameters["atoms"],
            "dimension": 3,
            "degrees_of_freedom": 3 * (parameters["atoms"] - 1),
            "zero_modes": "removed",
            "force_field": field.source,
            "cooling_force_field": FORCE_FIELDS[parameters["cooling_force_field"]].source,
            "parameters": recorded(parameters),
        }


def _cool(solid: LammpsSolid, parameters: Mapping[str, Any], seed: int) -> None:
    """Melt at constant volume and cool at the rate; the volume is free below `zero_pressure_below`."""
    p = parameters
    solid.run(
        "min_style cg",
        "minimize 0 1.0 100 1000",
        f"velocity all create {2.0 * p['melt_temperature']} {seed} mom yes rot no dist gaussian",
    )
    solid.ramp(
        p["melt_temperature"], p["melt_temperature"], p["melt_duration"], p["timestep"] / 2.0, constant_volume=True
    )
    solid.select(p["cooling_force_field"])
    first, last = p["first_temperature"], p["last_temperature"]
    free = min(max(p["zero_pressure_below"], last), first)
    solid.ramp(first, first, p["melt_duration"], p["timestep"], constant_volume=first > p["zero_pressure_below"])
    if first > free:
        solid.ramp(first, free, (first - free) / p["rate"], p["timestep"], constant_volume=True)
    if free > last:
        solid.ramp(free, last, (free - last) / p["rate"], p["timestep"], constant_volume=False)
    solid.select(p["force_field"])


def _measured(solid: LammpsSolid, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Every variable of a minimised solid; ConvergenceError if the solid is at a saddle point."""
    forces = solid.forces()
    atoms, side, masses, positions = len(solid.species), solid.side, solid.masses, solid.positions
    energy, stress = solid.energy, solid.stress()
    raw, coarse = solid.hessian(parameters["step"]), solid.hessian(2.0 * parameters["step"])
    largest = float(np.abs(raw).max())
    hessian = (raw + raw.T) / 2.0
    found = harmonic_material(hessian, masses, *solid.strain_derivatives(_STRAIN), side**3)
    shear, bulk = isotropic_moduli(found.stiffness)
    sound = sound_of_solid(shear, bulk, masses, np.full(3, side), 3, RADIANS_PER_PICOSECOND**2)
    if found.frequencies[0] <= 0.0 or sound is None:
        raise ConvergenceError(
            "the solid is not at a minimum",
            expected="positive omega^2 and moduli",
            got=f"omega = {found.frequencies[0]:.6g} rad/ps, moduli {shear * GIGAPASCAL:.4g} and "
            f"{bulk * GIGAPASCAL:.4g} GPa",
        )
    participation = participation_ratios(found.vectors, 3).astype(np.float32)
    more: dict[str, Any] = {}
    if parameters["linewidth"]:
        roots = np.repeat(np.sqrt(masses), 3)
        dynamical = hessian / np.outer(roots, roots) * RADIANS_PER_PICOSECOND**2
        diffusivities = mode_diffusivities(dynamical, found, positions, side, parameters["linewidth"])
        more["mode_diffusivity"] = rounded_to_bits(diffusivities.astype(np.float32), _DIFFUSIVITY_BITS)
    if count := parameters["eigenvectors"]:
        vectors = found.vectors.T.reshape(-1, atoms, 3).astype(np.float32)
        more["lowest_eigenvector"] = rounded_to_bits(vectors[:count], _VECTOR_BITS)
        more["highest_eigenvector"] = rounded_to_bits(vectors[-count:], _VECTOR_BITS)
    return {
        **more,
        "eigenfrequency": rounded_to_bits(found.frequencies, _FREQUENCY_BITS),
        "participation_ratio": rounded_to_bits(participation, _PARTICIPATION_BITS),
        "position": rounded_to_bits(positions, _POSITION_BITS),
        "box": np.full(3, side),
        "mass": masses,
        "potential_energy": energy / atoms,
        "mass_density": masses.sum() / side**3 * _KILOGRAM_PER_CUBIC_METRE,
        "shear_modulus": shear * GIGAPASCAL,
        "bulk_modulus": bulk * GIGAPASCAL,
        "stiffness": found.stiffness * GIGAPASCAL,
        "stress": stress * GIGAPASCAL,
        "transverse_velocity": sound.transverse_velocity,
        "longitudinal_velocity": sound.longitudinal_velocity,
        "first_phonon": sound.first_phonon,
        "debye_frequency": sound.debye_frequency,
        "debye_level": sound.debye_level,
        "residual_force": float(np.abs(forces).max()),
        "zero_mode_count": np.int32(3),
        "zero_mode_frequency": found.zero_frequency,
        "asymmetry": float(np.abs(raw - raw.T).max()) / largest,
        "translation_cost": float(np.abs(raw.reshape(3 * atoms, atoms, 3).sum(axis=1)).max()) / largest,
        "step_error": float(np.abs(coarse - raw).max()) / largest,
    }
