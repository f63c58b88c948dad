"""Current correlations of scalar systems on a grid: spring networks and elastic media.

Waves live on the undistorted grid, because node displacements of a network only change the springs. Equal parameters
and seed give the same system as `SpringNetworkSpectrum` or `ElasticMediumSpectrum`.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.media.elastic_medium import ElasticMedium
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, without_null_space
from bosonpeak.generators.networks.effective_stiffness import effective_stiffness
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, recorded
from bosonpeak.generators.sample_generators.media import (
    MEDIUM_PARAMETERS,
    medium_of,
    medium_requirements,
    modulation_wavenumber,
)
from bosonpeak.generators.sample_generators.parameters import Requirement, ascending
from bosonpeak.generators.sample_generators.resolved.wave_spectra import (
    BINS,
    bin_edges,
    bin_requirements,
    joined_spectra,
    stored,
    wave_labels,
)
from bosonpeak.generators.sample_generators.spring_networks import NETWORK_PARAMETERS, network_attributes, network_of
from bosonpeak.generators.spectral_methods.blocked_rows import blocked_rows
from bosonpeak.generators.spectral_methods.chebyshev_moments import chebyshev_moments
from bosonpeak.generators.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.generators.spectral_methods.plane_wave_spectra import binned_spectrum
from bosonpeak.generators.spectral_methods.spectral_bound import spectral_upper_bound

_STIFFNESS_TOLERANCE = 1e-5
_PHASE = 0.25 * math.pi


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
