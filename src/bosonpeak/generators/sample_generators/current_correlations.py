"""Transverse and longitudinal current correlations of glasses, spring networks and elastic media.

In networks and media waves live on the undistorted grid, because node displacements only change the springs.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.glasses.elastic_moduli import local_shear_moduli, moduli_of_configuration
from bosonpeak.generators.glasses.hessian import hessian_of_interactions
from bosonpeak.generators.glasses.inherent_structure import minimum_of
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.media.elastic_medium import ElasticMedium
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, without_null_space
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.particles.diameters import METHODS
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    ascending,
    recorded,
    stacked,
)
from bosonpeak.generators.sample_generators.media import (
    MEDIUM_PARAMETERS,
    medium_of,
    medium_requirements,
    modulation_wavenumber,
)
from bosonpeak.generators.sample_generators.particle_systems import SoftSpheres, box_length
from bosonpeak.generators.sample_generators.spring_networks import NETWORK_PARAMETERS, network_attributes, network_of
from bosonpeak.spectral_methods.chebyshev_moments import chebyshev_moments
from bosonpeak.spectral_methods.ellpack import blocked_rows
from bosonpeak.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.spectral_methods.operator_spectra import binned_spectrum, operator_bound, operator_moments

BITS = 11
"""Significant bits of the spectra that are stored."""

BINS: Mapping[str, Any] = {"moments": 2048, "highest_frequency": 3.0, "frequency_step": 0.01}
"""Parameters of the kernel polynomials and of the bins."""


def wave_labels(frequency: str, wavenumber: str, speed: str, component: str) -> dict[str, Label]:
    """Labels of current correlations with the given units of frequency, wave number, speed and the component's name."""
    inverse = f"1/({frequency})"
    waves = ("sample", "wavenumber", "frequency")
    return {
        "current_correlation": (
            waves,
            inverse,
            f"current correlation C(q, omega) of {component}, integral over omega 1",
        ),
        "longitudinal_current_correlation": (waves, inverse, "current correlation along the wave vector"),
        "density_of_states": (("sample", "frequency"), inverse, "density of states per degree of freedom"),
        "sound_speed": (("sample",), speed, "speed of sound of the same waves, from the elastic moduli"),
        "resolution": (("frequency",), frequency, "rms width of the Jackson kernel, largest over samples"),
        "sample": (("sample",), "1", "sample index"),
        "wavenumber": (("wavenumber",), wavenumber, "wave number |q|, mean over directions"),
        "frequency": (("frequency",), frequency, "angular frequency, centres of equal bins from zero up"),
    }


def bin_requirements(parameters: Mapping[str, Any]) -> list[Requirement]:
    """Require valid bins and a valid number of moments."""
    step, highest = parameters["frequency_step"], parameters["highest_frequency"]
    return [
        ("moments", "even, at least 2", parameters["moments"] >= 2 and parameters["moments"] % 2 == 0),
        ("frequency_step", "above 0, at most half of highest_frequency", 0.0 < 2.0 * step <= highest < 1e6),
    ]


def bin_edges(parameters: Mapping[str, Any]) -> FloatArray:
    """Edges of the frequency bins."""
    step = parameters["frequency_step"]
    return np.asarray(step * np.arange(round(parameters["highest_frequency"] / step) + 1))


def stored(spectrum: FloatArray) -> NDArray[np.float32]:
    """Spectrum clipped at 0 and rounded to few significant bits, for storage."""
    return rounded_to_bits(np.maximum(spectrum, 0.0).astype(np.float32), BITS)


def joined_spectra(
    samples: Sequence[Sample], parameters: Mapping[str, Any], labels: Mapping[str, Label]
) -> dict[str, NDArray[Any]]:
    """Join the samples on their common wave numbers and bins."""
    edges = bin_edges(parameters)
    of_each = [name for name, label in labels.items() if label[0][0] == "sample" and name != "sample"]
    return {
        **stacked(samples, of_each),
        "resolution": np.max([sample["resolution"] for sample in samples], axis=0),
        "sample": np.arange(len(samples), dtype=np.int32),
        "wavenumber": samples[0]["wavenumber"],
        "frequency": 0.5 * (edges[1:] + edges[:-1]),
    }


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
        "inherent_structure_energy": (
            ("sample",),
            "epsilon",
            "potential energy per particle in the inherent structure",
        ),
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
        bound, edges = operator_bound(matrix), bin_edges(parameters)
        indices, axes, dimension = parameters["wave_indices"], parameters["axes"], parameters["dimension"]
        waves = particle_waves(glass.positions, float(glass.box[0]), indices, axes)
        generator = np.random.default_rng(random_stream(seed, _VECTORS))
        signs = generator.choice((-1.0, 1.0), (parameters["vectors"], matrix.shape[0])) / math.sqrt(matrix.shape[0])
        starts = np.concatenate([waves.reshape(-1, matrix.shape[0]), signs])
        moments = operator_moments(matrix, starts, parameters["moments"], bound, block=dimension)
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


_STIFFNESS_TOLERANCE = 1e-5


class GridCurrents(LabelledGenerator):
    """Current correlations of a scalar system on a periodic grid; dataset kind ``current-correlation``."""

    kind = "current-correlation"
    dimension: int
    labels: Mapping[str, Label] = {
        **wave_labels("sqrt(t0/m)", "1/a", "a sqrt(t0/m)", "the only component"),
        "modulation_wavenumber": (("sample",), "1/a", "root mean square wavenumber k_G of the modulation"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require waves that the grid resolves and valid bins."""
        indices, half = parameters["wave_indices"], parameters["size"] // 2
        whole = all(isinstance(value, int) for value in indices)
        return [
            ("wave_indices", f"whole numbers from 1 to {half}, ascending", whole and ascending(indices, 1, half)),
            ("axes", "1 to the dimension", 1 <= parameters["axes"] <= self.dimension),
            *bin_requirements(parameters),
        ]

    def currents(
        self, bonds: NDArray[Any], stiffness: FloatArray, shape: Sequence[int], parameters: Mapping[str, Any]
    ) -> dict[str, NDArray[Any]]:
        """Spectra of plane waves, averaged over the axes."""
        points = math.prod(shape)
        bound = spectral_upper_bound(bonds, stiffness, points)
        rows, components = blocked_rows(bonds, stiffness, points), connected_component_labels(bonds, points)
        edges, indices = bin_edges(parameters), parameters["wave_indices"]
        spectra = []
        for axis in range(parameters["axes"]):
            waves = without_null_space(axis_waves(shape, axis, indices), components)
            moments = chebyshev_moments(rows, waves, parameters["moments"], bound)
            spectra.append(binned_spectrum(moments / moments[:, :1], bound, edges))
        return {
            "current_correlation": stored(np.mean(spectra, axis=0)),
            "resolution": jackson_resolution(parameters["moments"], bound, 0.5 * (edges[1:] + edges[:-1])),
            "wavenumber": 2.0 * math.pi * np.array(indices, dtype=np.float64) / shape[0],
        }

    @abstractmethod
    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one system and its spectra."""

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples on their common wave numbers and bins."""
        return joined_spectra(samples, parameters, self.labels)


class SpringNetworkCurrents(GridCurrents):
    """Current correlations of spring networks."""

    name = "spring-network-currents"
    dimension = 2
    defaults: Mapping[str, Any] = {**NETWORK_PARAMETERS, "wave_indices": [1, 2, 4], "axes": 2, **BINS}

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the plane waves dominate the memory."""
        waves = len(parameters["wave_indices"])
        return parameters["size"] ** 2 * (800 + 40 * waves), 4 * waves * len(bin_edges(parameters))

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one network and its spectra."""
        network = network_of(parameters, seed)
        spectra = self.currents(network.bonds, network.stiffness, network.lattice_shape, parameters)
        return spectra | {"sound_speed": np.asarray(_speed(network, network.site_vectors))}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset that describe the networks."""
        return network_attributes(parameters)


class ElasticMediumCurrents(GridCurrents):
    """Current correlations of inhomogeneous elastic media."""

    name = "elastic-medium-currents"
    dimension = 3
    defaults: Mapping[str, Any] = {**MEDIUM_PARAMETERS, "wave_indices": [1, 2, 4], "axes": 3, **BINS}

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a valid medium, waves that the grid resolves and valid bins."""
        return [*medium_requirements(parameters), *super().requirements(parameters)]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the plane waves dominate the memory."""
        waves = len(parameters["wave_indices"])
        return parameters["size"] ** 3 * (800 + 40 * waves), 4 * waves * len(bin_edges(parameters))

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one medium and its spectra."""
        medium = medium_of(parameters, seed)
        spectra = self.currents(medium.bonds, medium.conductance, medium.shape, parameters)
        return spectra | {
            "sound_speed": np.asarray(_speed(medium, medium.bond_vectors)),
            "modulation_wavenumber": np.asarray(modulation_wavenumber(parameters, seed)),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size and parameters."""
        return {"size": parameters["size"], "parameters": recorded(parameters)}


def axis_waves(shape: Sequence[int], axis: int, indices: ArrayLike) -> FloatArray:
    """Plane waves of unit norm along one axis of a periodic grid, first coordinate fastest, shape (waves, points)."""
    length = shape[axis]
    angle = 2.0 * math.pi * np.asarray(indices, dtype=np.float64)[:, None] * np.arange(length) / length + _PHASE
    along = [1] * len(shape)
    along[len(shape) - 1 - axis] = length
    waves = np.broadcast_to(np.cos(angle).reshape(-1, *along), (len(angle), *reversed(shape))).reshape(len(angle), -1)
    return np.asarray(waves / np.linalg.norm(waves, axis=1, keepdims=True))


def _speed(system: SpringNetwork | ElasticMedium, vectors: FloatArray) -> float:
    """Speed of long waves, averaged over directions such that the Debye level is reproduced."""
    springs = system.stiffness if isinstance(system, SpringNetwork) else system.conductance
    shape = system.lattice_shape if isinstance(system, SpringNetwork) else system.shape
    stiffness, _ = effective_stiffness(
        system.bonds, springs, math.prod(shape), vectors, lattice_shape=shape, tolerance=_STIFFNESS_TOLERANCE
    )
    return float(np.linalg.det(stiffness) ** (0.5 / len(shape)))
