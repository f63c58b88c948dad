"""Spatial distribution of the potential energy in the media of `ElasticMediumSpectrum`, per frequency window."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.media.energy_density import (
    equilibrium_energies,
    point_energies,
    point_softness,
    slope_on_softness,
)
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels, laplacian, without_null_space
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, recorded, stacked
from bosonpeak.generators.sample_generators.media import (
    MEDIUM_PARAMETERS,
    medium_of,
    medium_requirements,
    modulation_wavenumber,
    stiffness_of,
)
from bosonpeak.generators.sample_generators.parameters import Requirement, ascending
from bosonpeak.generators.spectral_methods.frequency_windows import windowed_vectors
from bosonpeak.generators.spectral_methods.spectral_bound import spectral_upper_bound

_FREQUENCY = "sqrt(t0/m)"
_VECTORS, _EQUILIBRIUM = 2, 3

_OF_EACH_SAMPLE: Mapping[str, Label] = {
    "density_of_states": (("sample", "frequency"), "sqrt(m/t0)", "density of states per grid point in the window"),
    "density_of_states_error": (("sample", "frequency"), "sqrt(m/t0)", "standard error over the random vectors"),
    "energy_slope": (
        ("sample", "frequency"),
        "1",
        "slope of the logarithm of the time-averaged potential energy density on that of 1/G, modes of the window",
    ),
    "equilibrium_energy_slope": (("sample",), "1", "the same for all modes in classical equilibrium"),
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
        **_OF_EACH_SAMPLE,
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
            **stacked(samples, _OF_EACH_SAMPLE),
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
