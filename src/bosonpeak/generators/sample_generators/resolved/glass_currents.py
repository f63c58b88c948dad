"""Transverse and longitudinal current correlations of glasses, for waves along the first axes of the box."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.glasses.elastic_moduli import moduli_of_configuration
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.glasses.inherent_structure import minimum_of
from bosonpeak.generators.glasses.local_moduli import local_shear_moduli
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.diameters import METHODS
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, recorded
from bosonpeak.generators.sample_generators.parameters import Requirement, ascending
from bosonpeak.generators.sample_generators.particle_systems import SoftSpheres, box_length
from bosonpeak.generators.sample_generators.resolved.wave_spectra import (
    BINS,
    bin_edges,
    bin_requirements,
    joined_spectra,
    stored,
    wave_labels,
)
from bosonpeak.generators.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.generators.spectral_methods.plane_wave_spectra import binned_spectrum, hessian_bound, hessian_moments

_PHASE = 0.25 * math.pi
_CONFIGURATION, _LIQUID, _VECTORS = 0, 1, 2
_FREQUENCY, _MODULUS = "sqrt(epsilon/(m a^2))", "epsilon/a^3"


class GlassCurrents(LabelledGenerator):
    """Soft-sphere glasses, each from an independent liquid; dataset kind ``current-correlation``."""

    name = "glass-currents"
    kind = "current-correlation"
    system = SoftSpheres()
    defaults: Mapping[str, Any] = {
        "particles": 1000,
        "dimension": 3,
        "density": 1.0,
        **system.defaults,
        "diameters": "random",
        "temperature": 1.0,
        "sweeps": 500,
        "force_tolerance": 1e-10,
        "wave_indices": [1, 2, 4],
        "axes": 2,
        "vectors": 4,
        "divisions": [4],
        **BINS,
    }
    labels: Mapping[str, Label] = {
        **wave_labels(_FREQUENCY, "1/a", "sqrt(epsilon/m)", "waves across the wave vector"),
        "shear_modulus": (("sample",), _MODULUS, "shear modulus with its non-affine part, isotropic average"),
        "bulk_modulus": (("sample",), _MODULUS, "bulk modulus with its non-affine part"),
        "local_shear_variance": (
            ("sample", "cell_width"),
            "1",
            "variance of the shear moduli of cubes over the square of their mean",
        ),
        "cell_width": (("cell_width",), "a", "edge of the cubes, descending"),
        "inherent_structure_energy": (("sample",), "epsilon", "potential energy a particle in the inherent structure"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a box larger than the interaction, valid waves and valid bins."""
        indices = parameters["wave_indices"]
        whole = all(isinstance(value, int) for value in indices)
        return [
            ("dimension", "2 or 3", parameters["dimension"] in (2, 3)),
            ("particles", "at least 10", parameters["particles"] >= 10),
            ("diameters", " or ".join(METHODS), parameters["diameters"] in METHODS),
            ("temperature", "above 0", 0.0 < parameters["temperature"] < math.inf),
            ("sweeps", "at least 1", parameters["sweeps"] >= 1),
            ("density", "a box of at least two cutoffs", 2.0 * parameters["cutoff"] <= box_length(parameters)),
            ("wave_indices", "whole numbers from 1, ascending", whole and ascending(indices, 1, math.inf)),
            ("axes", "1 to the dimension", 1 <= parameters["axes"] <= parameters["dimension"]),
            ("vectors", "at least 1", parameters["vectors"] >= 1),
            ("divisions", "numbers from 2, ascending", ascending(parameters["divisions"], 2, 1000)),
            *bin_requirements(parameters),
        ]

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential for its parameters."""
        self.system.refuse(parameters)

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one glass; Hessian blocks and plane waves dominate the memory."""
        waves = len(parameters["wave_indices"])
        return parameters["particles"] * (12_000 + 24 * 8 * waves), 8 * waves * len(bin_edges(parameters))

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one glass and its spectra."""
        glass, energy = self._glass(parameters, seed)
        moduli = moduli_of_configuration(glass)
        local = local_shear_moduli(glass, parameters["divisions"])
        matrix = hessian_of_interactions(glass.interactions)
        bound, edges = hessian_bound(matrix), bin_edges(parameters)
        indices, axes, dimension = parameters["wave_indices"], parameters["axes"], parameters["dimension"]
        waves = particle_waves(glass.positions, float(glass.box[0]), indices, axes)
        generator = np.random.default_rng(random_stream(seed, _VECTORS))
        signs = generator.choice((-1.0, 1.0), (parameters["vectors"], matrix.shape[0])) / math.sqrt(matrix.shape[0])
        starts = np.concatenate([waves.reshape(-1, matrix.shape[0]), signs])
        moments = hessian_moments(matrix, starts, parameters["moments"], bound, block=dimension)
        spectra = binned_spectrum(moments / moments[:, :1], bound, edges)
        directed = spectra[: -len(signs)].reshape(axes, len(indices), dimension, -1).mean(axis=0)
        return {
            "longitudinal_current_correlation": stored(directed[:, 0]),
            "current_correlation": stored(directed[:, 1:].mean(axis=1)),
            "density_of_states": stored(spectra[-len(signs) :].mean(axis=0)),
            "sound_speed": np.asarray(moduli.transverse_velocity),
            "shear_modulus": np.asarray(moduli.shear),
            "bulk_modulus": np.asarray(moduli.bulk),
            "local_shear_variance": np.array([values.var() / values.mean() ** 2 for values in local]),
            "inherent_structure_energy": np.asarray(energy),
            "resolution": jackson_resolution(parameters["moments"], bound, 0.5 * (edges[1:] + edges[:-1])),
            "wavenumber": 2.0 * math.pi * np.array(indices, dtype=np.float64) / float(glass.box[0]),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples on their common wave numbers and bins."""
        widths = box_length(parameters) / np.array(parameters["divisions"], dtype=np.float64)
        return joined_spectra(samples, parameters, self.labels) | {"cell_width": widths}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset that describe the glasses."""
        system = self.system.attributes(parameters)
        particles, dimension = parameters["particles"], parameters["dimension"]
        return {
            **system,
            "particles": particles,
            "dimension": dimension,
            "density": parameters["density"],
            "parent_temperature": parameters["temperature"],
            "parameters": recorded(parameters),
        }

    def _glass(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> tuple[Configuration, float]:
        potential = self.system.potential(parameters)
        positions, diameters, box = random_configuration(
            parameters["particles"],
            parameters["dimension"],
            potential,
            seed=random_stream(seed, _CONFIGURATION),
            density=parameters["density"],
            diameter_method=parameters["diameters"],
        )
        run = swap_monte_carlo(
            positions,
            diameters,
            box,
            potential,
            parameters["temperature"],
            sweeps=parameters["sweeps"],
            seed=random_stream(seed, _LIQUID),
            swap_probability=0.2,
            displacement=0.1,
            record_every=parameters["sweeps"],
        )
        liquid = Configuration.checked(run.positions, run.diameters, box, potential)
        structure = minimum_of(liquid, tolerance=parameters["force_tolerance"])
        return replace(liquid, positions=structure.positions), structure.energy / parameters["particles"]


def particle_waves(positions: FloatArray, length: float, indices: Sequence[int], axes: int) -> FloatArray:
    """Plane waves of unit norm at particles, (axes, waves, dimension, particles, dimension); first motion along k."""
    dimension = positions.shape[1]
    waves = np.zeros((axes, len(indices), dimension, *positions.shape))
    for axis in range(axes):
        for wave, index in enumerate(indices):
            profile = np.cos(2.0 * math.pi * index * positions[:, axis] / length + _PHASE)
            profile /= np.linalg.norm(profile)
            for direction in range(dimension):
                waves[axis, wave, direction, :, (axis + direction) % dimension] = profile
    return waves
