"""Density of states of large spring networks, by kernel polynomials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, stacked
from bosonpeak.generators.sample_generators.parameters import Requirement
from bosonpeak.generators.sample_generators.spring_networks import (
    BULK_LABELS,
    FREQUENCY_UNIT,
    NETWORK_PARAMETERS,
    bulk_properties,
    network_attributes,
    network_of,
)
from bosonpeak.generators.spectral_methods.kernel_polynomials import kernel_polynomial_dos

_VECTOR_STREAM = 16
"""Stream of the random vectors, apart from those that build the network."""

_OF_EACH_SAMPLE: Mapping[str, Label] = {
    **BULK_LABELS,
    "density_of_states": (("sample", "frequency"), "sqrt(m/t0)", "density of states per node without zero modes"),
    "density_of_states_error": (("sample", "frequency"), "sqrt(m/t0)", "standard error over the random vectors"),
    "chebyshev_moment": (("sample", "moment"), "1", "Chebyshev moment per node of the scaled dynamical matrix"),
    "spectral_bound": (("sample",), "t0/m", "upper bound of the eigenvalues that maps to x = 1"),
    "node_count": (("sample",), "1", "number of nodes"),
    "coordination_fraction": (("sample", "coordination"), "1", "fraction of nodes with each coordination number"),
}


class SpringNetworkSpectrum(LabelledGenerator):
    """Large spring networks with their density of states; dataset kind ``spectrum``."""

    name = "spring-network-spectrum"
    kind = "spectrum"
    defaults: Mapping[str, Any] = {
        **NETWORK_PARAMETERS,
        "moments": 768,
        "vectors": 8,
        "highest_frequency": 4.0,
        "frequency_step": 0.01,
        "modes": "none",
    }
    labels: Mapping[str, Label] = {
        **_OF_EACH_SAMPLE,
        "resolution": (("frequency",), FREQUENCY_UNIT, "rms width of the Jackson kernel, largest over samples"),
        "sample": (("sample",), "1", "sample index"),
        "frequency": (("frequency",), FREQUENCY_UNIT, "angular frequency"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the spectral sampling; the constructor of the network checks the other parameters."""
        positive = ("moments", "vectors", "highest_frequency", "frequency_step")
        return [(key, "above zero", parameters[key] > 0) for key in positive]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; interleaved random vectors and springs dominate the memory."""
        nodes = parameters["size"] ** 2
        return nodes * (600 + 24 * parameters["vectors"]), 8 * (parameters["moments"] + 2000)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one network and its sampled spectrum."""
        network = network_of(parameters, seed)
        spectrum = kernel_polynomial_dos(
            network.bonds,
            network.stiffness,
            network.node_count,
            moments=parameters["moments"],
            vectors=parameters["vectors"],
            seed=random_stream(seed, _VECTOR_STREAM),
            frequencies=_frequency_grid(parameters),
        )
        return bulk_properties(network) | {
            "density_of_states": spectrum.density,
            "density_of_states_error": spectrum.standard_error,
            "chebyshev_moment": spectrum.moments,
            "spectral_bound": np.asarray(spectrum.spectral_bound),
            "resolution": spectrum.resolution,
            "node_count": np.asarray(network.node_count, dtype=np.int32),
            "coordination_fraction": np.bincount(network.coordination_number, minlength=1) / network.node_count,
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples on their common frequency grid."""
        return {
            **stacked(_padded(samples), _OF_EACH_SAMPLE),
            "sample": np.arange(len(samples), dtype=np.int32),
            "resolution": np.max([sample["resolution"] for sample in samples], axis=0),
            "frequency": _frequency_grid(parameters),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the network, and definition of the resolution."""
        note = "Jackson kernel of the Chebyshev expansion; rms width as given by the variable resolution"
        return network_attributes(parameters) | {"resolution_note": note}


def _frequency_grid(parameters: Mapping[str, Any]) -> FloatArray:
    step = parameters["frequency_step"]
    return np.asarray(step * np.arange(1, round(parameters["highest_frequency"] / step) + 1))


def _padded(samples: Sequence[Sample]) -> list[Sample]:
    """Pad the coordination fractions of all samples to the same length."""
    name = "coordination_fraction"
    longest = max(len(sample[name]) for sample in samples)
    return [{**sample, name: np.pad(sample[name], (0, longest - len(sample[name])))} for sample in samples]
