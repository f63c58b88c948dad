"""Elastic media: density of states by kernel polynomials, and potential energy in space by frequency window.

Random streams depend on the sample alone: media of different mesh, contrast or wavelength share waves and phases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.generators.media.crystal_moments import crystal_moments
from bosonpeak.generators.media.elastic_medium import ElasticMedium, isotropic_wave_indices, modulated_medium
from bosonpeak.generators.media.energy_density import (
    equilibrium_energies,
    point_energies,
    point_softness,
    slope_on_softness,
)
from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, laplacian, without_null_space
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.spectral_bound import spectral_upper_bound
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
from bosonpeak.spectral_methods.frequency_windows import windowed_vectors
from bosonpeak.spectral_methods.kernel_polynomials import density_from_moments

MODULATIONS = ("none", "plane-wave", "isotropic")

_STIFFNESS_TOLERANCE = 1e-5
"""Relative error of the effective modulus; the Debye level is good to one and a half times that."""

MEDIUM_PARAMETERS: Mapping[str, Any] = {
    "size": 72,
    "waves_per_box": 12,
    "modulation": "isotropic",
    "waves": 4,
    "contrast": 0.5,
}
"""Grid points along an edge, box over wavelength of the modulation, its kind, its number of waves and its contrast."""

_WAVES, _PHASES, _VECTORS, _EQUILIBRIUM = 0, 1, 2, 3

_FREQUENCY = "sqrt(t0/m)"

_OF_EACH_SAMPLE: Mapping[str, Label] = {
    "density_of_states": (("sample", "frequency"), "sqrt(m/t0)", "density of states per grid point, no zero mode"),
    "density_of_states_error": (("sample", "frequency"), "sqrt(m/t0)", "standard error over the random vectors"),
    "crystal_density": (
        ("sample", "frequency"),
        "sqrt(m/t0)",
        "density of states of the homogeneous grid of the same box, effective modulus and resolution",
    ),
    "spectral_bound": (("sample",), "t0/m", "upper bound of the eigenvalues that maps to x = 1"),
    "node_count": (("sample",), "1", "number of grid points"),
    "effective_stiffness": (("sample", "axis", "axis2"), "t0 a^2/m", "effective modulus by homogenisation"),
    "mean_diagonal": (("sample",), "t0/m", "trace of the dynamical matrix over the number of grid points"),
    "zero_mode_count": (("sample",), "1", "zero modes"),
    "modulation_wavenumber": (("sample",), "1/a", "root mean square wavenumber k_G of the modulation"),
    "inverse_modulus_deviation": (("sample",), "1", "standard deviation of G_0/G over the links"),
    "high_frequency_level": (
        ("sample",),
        "1",
        "density of states over its own Debye density at high frequency, c^3 <G^(-3/2)>, in the continuum",
    ),
}


class ElasticMediumSpectrum(LabelledGenerator):
    """Elastic media with their density of states; dataset kind ``spectrum``, grid constant a, G_0 a = t0."""

    name = "elastic-medium"
    kind = "spectrum"
    defaults: Mapping[str, Any] = {
        **MEDIUM_PARAMETERS,
        "moments": 768,
        "vectors": 8,
        "highest_frequency": 1.0,
        "frequency_step": 0.01,
    }
    labels: Mapping[str, Label] = {
        **_OF_EACH_SAMPLE,
        "resolution": (("frequency",), _FREQUENCY, "rms width of the Jackson kernel, largest over samples"),
        "sample": (("sample",), "1", "sample index"),
        "frequency": (("frequency",), _FREQUENCY, "angular frequency"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a grid that resolves the waves, and several random vectors, whose scatter gives the error."""
        return [
            *medium_requirements(parameters),
            ("moments", "at least 2", parameters["moments"] >= 2),
            ("vectors", "at least 2, since their scatter is the error", parameters["vectors"] >= 2),
            ("highest_frequency", "above 0", 0.0 < parameters["highest_frequency"] < math.inf),
            ("frequency_step", "above 0", 0.0 < parameters["frequency_step"] <= parameters["highest_frequency"]),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; links and interleaved random vectors dominate the memory."""
        points = parameters["size"] ** 3
        return points * (600 + 24 * parameters["vectors"]), 8 * 1000

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one medium with its effective modulus and sampled spectrum."""
        medium = medium_of(parameters, seed)
        stiffness = stiffness_of(medium)
        frequencies = _frequency_grid(parameters)
        spectrum = kernel_polynomial_dos(
            medium.bonds,
            medium.conductance,
            medium.point_count,
            moments=parameters["moments"],
            vectors=parameters["vectors"],
            seed=random_stream(seed, _VECTORS),
            frequencies=frequencies,
        )
        reference = crystal_moments(medium.shape, np.diag(stiffness), spectrum.spectral_bound, parameters["moments"])
        return {
            "density_of_states": spectrum.density,
            "density_of_states_error": spectrum.standard_error,
            "crystal_density": density_from_moments(reference, spectrum.spectral_bound, frequencies),
            "spectral_bound": np.asarray(spectrum.spectral_bound),
            "resolution": spectrum.resolution,
            "node_count": np.asarray(medium.point_count, dtype=np.int32),
            "effective_stiffness": stiffness,
            "mean_diagonal": np.asarray(medium.mean_diagonal),
            "zero_mode_count": np.asarray(spectrum.zero_mode_count, dtype=np.int32),
            "modulation_wavenumber": np.asarray(modulation_wavenumber(parameters, seed)),
            "inverse_modulus_deviation": np.asarray((1.0 / medium.conductance).std()),
            "high_frequency_level": np.sqrt(np.linalg.det(stiffness)) * np.mean(medium.conductance**-1.5),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples on their common frequency grid."""
        return {
            **stacked(samples, _OF_EACH_SAMPLE),
            "resolution": np.max([sample["resolution"] for sample in samples], axis=0),
            "sample": np.arange(len(samples), dtype=np.int32),
            "frequency": _frequency_grid(parameters),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size, parameters and definition of the resolution."""
        return {
            "size": parameters["size"],
            "parameters": recorded(parameters),
            "resolution_note": "Jackson kernel of the Chebyshev expansion; rms width as given by resolution",
        }


def medium_requirements(parameters: Mapping[str, Any]) -> list[Requirement]:
    """Require a grid that resolves the waves."""
    return [
        ("size", "3 to 400", 3 <= parameters["size"] <= 400),
        ("waves_per_box", "1 to half the size", 1 <= parameters["waves_per_box"] <= parameters["size"] // 2),
        ("modulation", " or ".join(MODULATIONS), parameters["modulation"] in MODULATIONS),
        ("waves", "at least 1", parameters["waves"] >= 1),
        ("contrast", "0 to below 1", 0.0 <= parameters["contrast"] < 1.0),
    ]


def medium_of(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> ElasticMedium:
    """Elastic medium with the given mesh, waves and contrast."""
    indices = wave_indices_of(parameters, seed)
    phases = np.random.default_rng(random_stream(seed, _PHASES)).uniform(0.0, 2.0 * np.pi, len(indices))
    shape = (parameters["size"],) * 3
    return modulated_medium(shape, indices, contrast=parameters["contrast"] if len(indices) else 0.0, phases=phases)


def stiffness_of(medium: ElasticMedium) -> FloatArray:
    """Effective modulus of a medium by homogenisation, shape (3, 3)."""
    stiffness, _ = effective_stiffness(
        medium.bonds,
        medium.conductance,
        medium.point_count,
        medium.bond_vectors,
        lattice_shape=medium.shape,
        tolerance=_STIFFNESS_TOLERANCE,
    )
    return stiffness


def wave_indices_of(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> IntegerArray:
    """Wave vectors of the modulation in units of 2 pi over the box length, shape (waves, 3)."""
    per_box = parameters["waves_per_box"]
    if parameters["modulation"] == "none":
        return np.empty((0, 3), dtype=np.int64)
    if parameters["modulation"] == "plane-wave":
        return np.array([[per_box, 0, 0]])
    return isotropic_wave_indices(per_box, parameters["waves"], random_stream(seed, _WAVES))


def modulation_wavenumber(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> float:
    """Root mean square wavenumber k_G of the modulation; 0 without modulation."""
    lengths = 2.0 * math.pi / parameters["size"] * np.linalg.norm(wave_indices_of(parameters, seed), axis=1)
    return math.sqrt(float(np.mean(lengths**2))) if len(lengths) else 0.0


def _frequency_grid(parameters: Mapping[str, Any]) -> FloatArray:
    step = parameters["frequency_step"]
    return np.asarray(step * np.arange(1, round(parameters["highest_frequency"] / step) + 1))


_ENERGIES_OF_EACH_SAMPLE: Mapping[str, Label] = {
    "density_of_states": (("sample", "frequency"), "sqrt(m/t0)", "density of states per grid point in the window"),
    "density_of_states_error": (("sample", "frequency"), "sqrt(m/t0)", "standard error over the random vectors"),
    "energy_slope": (
        ("sample", "frequency"),
        "1",
        "slope of the logarithm of the time-averaged potential energy density against the logarithm of 1/G, "
        "modes of the window",
    ),
    "equilibrium_energy_slope": (("sample",), "1", "energy slope of all modes in classical equilibrium"),
    "effective_stiffness": (("sample", "axis", "axis2"), "t0 a^2/m", "effective modulus by homogenisation"),
    "modulation_wavenumber": (("sample",), "1/a", "root mean square wavenumber k_G of the modulation"),
    "inverse_modulus_deviation": (("sample",), "1", "standard deviation of G_0/G over the links"),
    "node_count": (("sample",), "1", "number of grid points"),
}


class ElasticMediumEnergies(LabelledGenerator):
    """Elastic media with the potential energy of their modes against the softness; dataset kind ``spectrum``."""

    name = "elastic-medium-energies"
    kind = "spectrum"
    defaults: Mapping[str, Any] = {
        **MEDIUM_PARAMETERS,
        "vectors": 4,
        "equilibrium_vectors": 8,
        "frequencies": [0.2, 0.4, 0.6, 0.8],
        "window": 0.02,
    }
    labels: Mapping[str, Label] = {
        **_ENERGIES_OF_EACH_SAMPLE,
        "resolution": (("frequency",), _FREQUENCY, "rms width of the window"),
        "sample": (("sample",), "1", "sample index"),
        "frequency": (("frequency",), _FREQUENCY, "angular frequency, centre of the window"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a modulated medium and frequency windows that are resolved from zero."""
        frequencies, window = parameters["frequencies"], parameters["window"]
        return [
            *medium_requirements(parameters),
            ("modulation", "a modulation", parameters["modulation"] != "none"),
            ("vectors", "at least 2, since their scatter is the error", parameters["vectors"] >= 2),
            ("equilibrium_vectors", "at least 1", parameters["equilibrium_vectors"] >= 1),
            ("window", "above 0", window > 0.0),
            ("frequencies", "ascending, from twice the window up", ascending(frequencies, 2.0 * window, math.inf)),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the filtered vectors dominate the memory."""
        filtered = 8 * parameters["vectors"] * (len(parameters["frequencies"]) + 4)
        return parameters["size"] ** 3 * (600 + filtered), 8 * 100

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one medium and the energies in its frequency windows."""
        medium = medium_of(parameters, seed)
        generator = np.random.default_rng(random_stream(seed, _VECTORS))
        signs = generator.choice((-1.0, 1.0), (parameters["vectors"], medium.point_count))
        starts = without_null_space(signs, connected_component_labels(medium.bonds, medium.point_count))
        filtered = windowed_vectors(
            laplacian(medium.bonds, medium.conductance, medium.point_count),
            starts,
            parameters["frequencies"],
            parameters["window"],
            spectral_upper_bound(medium.bonds, medium.conductance, medium.point_count),
        )
        area = math.sqrt(2.0 * math.pi) * parameters["window"] * medium.point_count
        density = (filtered**2).sum(axis=2) / area
        softness = point_softness(medium)
        energies = np.stack([point_energies(medium, window) for window in filtered])
        at_rest = equilibrium_energies(medium, parameters["equilibrium_vectors"], random_stream(seed, _EQUILIBRIUM))
        return {
            "density_of_states": density.mean(axis=1),
            "density_of_states_error": density.std(axis=1, ddof=1) / math.sqrt(density.shape[1]),
            "energy_slope": slope_on_softness(energies, softness),
            "equilibrium_energy_slope": slope_on_softness(at_rest, softness),
            "effective_stiffness": stiffness_of(medium),
            "modulation_wavenumber": np.asarray(modulation_wavenumber(parameters, seed)),
            "inverse_modulus_deviation": np.asarray((1.0 / medium.conductance).std()),
            "node_count": np.asarray(medium.point_count, dtype=np.int32),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples on their common windows."""
        frequencies = np.array(parameters["frequencies"], dtype=np.float64)
        return {
            **stacked(samples, _ENERGIES_OF_EACH_SAMPLE),
            "resolution": np.full(len(frequencies), parameters["window"]),
            "sample": np.arange(len(samples), dtype=np.int32),
            "frequency": frequencies,
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size, parameters and definition of the resolution."""
        return {
            "size": parameters["size"],
            "parameters": recorded(parameters),
            "resolution_note": "Gaussian weight of the modes in omega; rms width as given by resolution",
        }
