"""Ensembles of glasses: swap Monte Carlo chains with repeated quenches to inherent structures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.periodic_box import FARTHEST, coordination_number, first_minimum
from bosonpeak.generators.glasses.elastic_moduli import FACTORED_BELOW
from bosonpeak.generators.glasses.inherent_structure import MINIMISERS
from bosonpeak.generators.glasses.pair_stresses import logarithmic_edges
from bosonpeak.generators.glasses.quench import ACCEPTED, VECTOR_BITS, GlassRequest, quenched_glass
from bosonpeak.generators.liquids.swap_monte_carlo import MonteCarloResult, random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.diameters import LARGEST, METHODS, diameter_structure_factor
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.run.recipe import sample_index
from bosonpeak.generators.sample_generators.glass_labels import (
    GLASS_LABELS,
    OF_EACH_CHAIN,
    OF_EACH_GLASS,
    PADDING,
    STRESS_VARIABLES,
)
from bosonpeak.generators.sample_generators.labelled_generator import (
    LabelledGenerator,
    Requirement,
    Sample,
    concatenated,
    owners,
    padded,
    recorded,
    stacked,
)
from bosonpeak.generators.sample_generators.particle_systems import (
    LennardJonesParticles,
    ParticleSystem,
    SoftSpheres,
    box_length,
)

_LIQUID: Mapping[str, Any] = {"particles": 1000, "dimension": 3, "density": 1.0}

_CHAIN_AND_GLASSES: Mapping[str, Any] = {
    "diameters": "random",
    "temperature": 1.0,
    "equilibration_sweeps": 2000,
    "sweeps_between": 500,
    "glasses": 1,
    "swap_probability": 0.2,
    "displacement": 0.1,
    "record_every": 100,
    "minimiser": "l-bfgs",
    "force_tolerance": 1e-10,
    "lowest_modes": 50,
    "highest_modes": 50,
    "full_spectra": 0,
    "configurations": 0,
    "configurations_every": 1,
    "eigenvectors": 8,
    "eigenvector_bits": VECTOR_BITS,
    "pair_forces": False,
    "coordination": False,
    "stresses_of": "glass",
    "smallest_stress": 1e-9,
    "largest_stress": 1e3,
    "stress_bins_per_decade": 10,
    "final_liquid": False,
    "segregation": False,
    "zero_shear": False,
    "pinned_share": 0.0,
}
"""Default parameters, from the paper if stated: `glasses` are quenched from each chain by the `minimiser`, the first
`full_spectra` with all modes, the first `configurations` of every `configurations_every`-th chain with particles,
`eigenvectors` lowest modes and, on request, pair forces and coordination. `final_liquid` keeps the last liquid of a
chain for its continuation, `segregation` measures the separation of large and small particles in each liquid, and
`zero_shear` also measures each glass after relaxation to zero shear stress in a box that may tilt. A `pinned_share` of
the particles, drawn anew for each glass, stays where it was in the liquid; the unit omega_0 is of the same liquid
quenched without pinned particles."""

STRESSES_OF = ("glass", "chain")

_SHELL = 2.0 * FARTHEST * LARGEST
"""Smallest box in which the first shell of the largest particle can be counted."""


class GlassEnsemble(LabelledGenerator):
    """Glasses of one particle system; one sample of the recipe is one Markov chain with several glasses."""

    kind = "glass-ensemble"
    labels = GLASS_LABELS

    def __init__(self, system: ParticleSystem) -> None:
        self.system = system
        self.name = f"{system.prefix}glass"
        self.defaults = {**_LIQUID, **system.defaults, **_CHAIN_AND_GLASSES}

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the parameters of the chain, the glasses and the interaction."""
        p, length = parameters, box_length(parameters)
        modes = p["particles"] * p["dimension"] - p["dimension"]
        floats = [key for key, value in p.items() if isinstance(value, float)]
        finite = [key for key in floats if key not in ("taper", "swap_probability", "pinned_share")]
        pinned = round(p["pinned_share"] * p["particles"])
        plain = not (p["highest_modes"] or p["full_spectra"] or p["configurations"] or p["zero_shear"])
        return [
            *((key, "a positive finite number", 0 < p[key] < math.inf) for key in finite),
            ("swap_probability", "between 0 and 1", 0 <= p["swap_probability"] <= 1),
            ("dimension", "2 or 3", p["dimension"] in (2, 3)),
            ("particles", "at least 10", p["particles"] >= 10),
            ("diameters", " or ".join(METHODS), p["diameters"] in METHODS),
            ("glasses", "at least 1", p["glasses"] >= 1),
            ("equilibration_sweeps", "at least 1", p["equilibration_sweeps"] >= 1),
            ("sweeps_between", "at least 1", p["sweeps_between"] >= 1),
            ("record_every", "at least 1", p["record_every"] >= 1),
            ("pinned_share", "from 0, and below 1", p["pinned_share"] >= 0 and pinned < p["particles"]),
            (
                "pinned_share",
                "0 with highest_modes, full_spectra, configurations or zero_shear, which pinned glasses do not have",
                pinned == 0 or plain,
            ),
            ("lowest_modes", f"1 to {modes}", 1 <= p["lowest_modes"] <= modes),
            ("highest_modes", f"0 to {modes}", 0 <= p["highest_modes"] <= modes),
            ("full_spectra", "0 to the number of glasses", 0 <= p["full_spectra"] <= p["glasses"]),
            ("configurations", "0 to the number of glasses", 0 <= p["configurations"] <= p["glasses"]),
            ("configurations_every", "at least 1", p["configurations_every"] >= 1),
            ("minimiser", " or ".join(MINIMISERS), parameters["minimiser"] in MINIMISERS),
            ("stresses_of", " or ".join(STRESSES_OF), p["stresses_of"] in STRESSES_OF),
            ("smallest_stress", "below largest_stress", p["smallest_stress"] < p["largest_stress"]),
            ("stress_bins_per_decade", "at least 1", p["stress_bins_per_decade"] >= 1),
            ("eigenvectors", "0 to lowest_modes", 0 <= p["eigenvectors"] <= p["lowest_modes"]),
            ("eigenvector_bits", "4 to 24", 4 <= p["eigenvector_bits"] <= 24),
            ("pair_forces", "false without configurations", p["configurations"] > 0 or not p["pair_forces"]),
            (
                "coordination",
                f"false without configurations, or in a box below {_SHELL:.3g} a",
                not p["coordination"] or (p["configurations"] > 0 and length > _SHELL),
            ),
            ("density", "a box of at least two cutoffs", 2 * self.system.interaction_range(p) <= length),
            *self.system.requirements(p),
        ]

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential for its parameters."""
        self.system.refuse(parameters)

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory, dominated by dense or sparse matrices and bases of vectors, and of disk for one chain."""
        modes = parameters["particles"] * parameters["dimension"]
        wanted = max(parameters["lowest_modes"], parameters["highest_modes"])
        whole = parameters["full_spectra"] or modes < 10 * wanted
        dense = modes if whole else min(modes, FACTORED_BELOW)
        memory = 8 * (4 * dense**2 + modes * (40 * wanted + 1000))
        a_glass = 12 * (parameters["lowest_modes"] + parameters["highest_modes"]) + 2000
        disk = parameters["glasses"] * a_glass + parameters["full_spectra"] * 8 * modes
        a_mode = 16 + 4 * parameters["eigenvectors"] + (100 if parameters["pair_forces"] else 0)
        disk += parameters["configurations"] * modes * a_mode
        return memory, disk

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Equilibrate one chain and quench its glasses."""
        potential, quench_potential = self.system.potential(parameters), self.system.quench_potential(parameters)
        positions, diameters, box = random_configuration(
            parameters["particles"],
            parameters["dimension"],
            potential,
            seed=random_stream(seed, 0),
            density=parameters["density"],
            diameters=self.system.given_diameters(parameters),
            diameter_method=parameters["diameters"],
        )
        with_particles = sample_index(seed) % parameters["configurations_every"] == 0
        lengths = [parameters["equilibration_sweeps"]] + [parameters["sweeps_between"]] * (parameters["glasses"] - 1)
        runs: list[MonteCarloResult] = []
        glasses: list[dict[str, NDArray[Any]]] = []
        outcomes: list[int] = []
        for number, sweeps in enumerate(lengths, start=1):
            run = swap_monte_carlo(
                positions,
                diameters,
                box,
                potential,
                parameters["temperature"],
                sweeps=sweeps,
                seed=random_stream(seed, number),
                **{key: parameters[key] for key in ("swap_probability", "displacement", "record_every")},
            )
            positions, diameters = run.positions, run.diameters
            runs.append(run)
            request = _request(parameters, len(glasses), with_particles)
            pinned = _pinned(parameters, random_stream(seed, number, 1))
            outcome, glass = quenched_glass(positions, diameters, box, quench_potential, request, pinned)
            outcomes.append(outcome)
            if outcome == ACCEPTED:
                glass["sweep"] = np.asarray(sum(lengths[:number]), dtype=np.int32)
                if parameters["segregation"]:
                    glass["diameter_structure_factor"] = np.asarray(
                        diameter_structure_factor(positions, diameters, box)
                    )
                glasses.append(glass)
        return {
            **_of_all_glasses(glasses, parameters["stresses_of"]),
            **_chain_record(runs, lengths),
            **(_final_liquid(positions, diameters) if parameters["final_liquid"] else {}),
            "quench_outcome": np.array(outcomes, dtype=np.int8),
            "quench_sweep": np.cumsum(lengths).astype(np.int32),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the glasses of all chains, the chain of each glass, and the outcome of every quench."""
        if not any("inherent_structure_energy" in sample for sample in samples):
            raise RecipeError(
                "no quench gave a stable glass",
                expected="inherent structures at the recipe's force tolerance",
                got=f"{sum(len(sample['quench_outcome']) for sample in samples)} quenches that failed",
                likely_cause="a temperature or density at which this system has no stable glass",
            )
        box = np.full(parameters["dimension"], box_length(parameters))
        glasses = concatenated(padded(samples, PADDING, axis=1), OF_EACH_GLASS)
        counted = parameters["coordination"] and "position" in glasses
        return {
            **glasses,
            **(coordination(glasses["position"], glasses["diameter"], box) if counted else {}),
            **stacked(samples, OF_EACH_CHAIN),
            "chain": owners([len(sample.get("sweep", ())) for sample in samples]),
            "quench_chain": owners([len(sample["quench_outcome"]) for sample in samples]),
            **concatenated(samples, ("quench_outcome", "quench_sweep")),
            **_sample_indices(samples),
            "record_sweep": samples[0]["record_sweep"],
            "stress_edge": stress_edges(parameters),
            "box": box,
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset that describe the system and the liquid."""
        system = self.system.attributes(parameters)
        particles, dimension = parameters["particles"], parameters["dimension"]
        return {
            "system": system.pop("system"),
            "particles": particles,
            "dimension": dimension,
            "degrees_of_freedom": dimension * (particles - 1),
            "density": parameters["density"],
            "parent_temperature": parameters["temperature"],
            "taper": system.pop("taper"),
            "cutoff": parameters["cutoff"],
            "parameters": recorded(parameters),
            **system,
        }


SOFT_SPHERE_GLASSES = GlassEnsemble(SoftSpheres())
LENNARD_JONES_GLASSES = GlassEnsemble(LennardJonesParticles())


def stress_edges(parameters: Mapping[str, Any]) -> FloatArray:
    """Edges of the bins of the stress histogram."""
    return logarithmic_edges(
        parameters["smallest_stress"], parameters["largest_stress"], per_decade=parameters["stress_bins_per_decade"]
    )


def coordination(positions: FloatArray, diameters: FloatArray, box: FloatArray) -> dict[str, NDArray[Any]]:
    """Coordination numbers (configurations, particles), and the distance within which neighbours are counted."""
    minimum = first_minimum(list(positions), list(diameters), box)
    numbers = [coordination_number(*each, box, minimum) for each in zip(positions, diameters, strict=True)]
    return {
        "coordination_number": np.array(numbers, dtype=np.int16),
        "coordination_distance": np.asarray(minimum),
    }


def _request(parameters: Mapping[str, Any], made: int, with_particles: bool) -> GlassRequest:
    return GlassRequest(
        minimiser=parameters["minimiser"],
        force_tolerance=parameters["force_tolerance"],
        lowest_modes=parameters["lowest_modes"],
        highest_modes=parameters["highest_modes"],
        full_spectrum=made < parameters["full_spectra"],
        eigenvectors=parameters["eigenvectors"] if with_particles and made < parameters["configurations"] else None,
        stress_edges=stress_edges(parameters),
        eigenvector_bits=parameters["eigenvector_bits"],
        pair_forces=parameters["pair_forces"],
        zero_shear=parameters["zero_shear"],
    )


def _pinned(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> BooleanArray | None:
    """Mask of pinned particles (particles,), drawn without replacement; None if there are none."""
    count = round(parameters["pinned_share"] * parameters["particles"])
    if count == 0:
        return None
    mask = np.zeros(parameters["particles"], dtype=bool)
    mask[np.random.default_rng(seed).choice(len(mask), count, replace=False)] = True
    return mask


def _final_liquid(positions: NDArray[np.float64], diameters: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Final state of a chain, from which the chain can be resumed; positions are rounded to single precision."""
    return {"liquid_position": positions.astype(np.float32), "liquid_diameter": diameters}


def _of_all_glasses(glasses: Sequence[Mapping[str, NDArray[Any]]], stresses_of: str) -> dict[str, NDArray[Any]]:
    """Stack the arrays of all glasses of a chain; partial arrays belong to the first glasses, stresses may be sums."""
    glasses = padded(glasses, PADDING)
    names = sorted({name for glass in glasses for name in glass})
    stacked = {name: np.stack([glass[name] for glass in glasses if name in glass]) for name in names}
    if stresses_of == "chain":
        for name in STRESS_VARIABLES.keys() & stacked.keys():
            stacked[f"chain_{name}"] = stacked.pop(name).sum(axis=0, dtype=np.int64)
    return stacked


def _chain_record(runs: Sequence[MonteCarloResult], lengths: Sequence[int]) -> dict[str, NDArray[Any]]:
    offsets = np.concatenate([[0], np.cumsum(lengths[:-1])])
    weights = np.asarray(lengths, dtype=np.float64)
    return {
        "displacement_acceptance": np.average([run.displacement_acceptance for run in runs], weights=weights),
        "swap_acceptance": np.average([run.swap_acceptance for run in runs], weights=weights),
        "energy_drift": np.asarray(max(run.energy_drift for run in runs)),
        "liquid_energy": np.concatenate([run.energies[1:] for run in runs]).astype(np.float32),
        "record_sweep": np.concatenate(
            [run.recorded_sweeps[1:] + offset for run, offset in zip(runs, offsets, strict=True)]
        ).astype(np.int32),
    }


def _sample_indices(samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
    """Glass indices of full spectra and stored configurations, which exist only for the first glasses of each chain."""
    made = [len(sample.get("sweep", ())) for sample in samples]
    first = np.cumsum([0, *made[:-1]])
    indices = {}
    for variable, index in (("full_eigenfrequency", "full_sample_index"), ("position", "configuration_index")):
        owned = [
            start + np.arange(len(sample[variable]))
            for start, sample in zip(first, samples, strict=True)
            if variable in sample
        ]
        if owned:
            indices[index] = np.concatenate(owned).astype(np.int32)
    return indices
