"""Spring networks: modes of ensembles, the nine-node toy, and density of states by kernel polynomials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.networks.density_of_states import kernel_polynomial_dos
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels
from bosonpeak.generators.networks.homogenisation import effective_stiffness
from bosonpeak.generators.networks.normal_modes import normal_modes
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.networks.toy_network import nine_node_toy
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    concatenated,
    padded,
    recorded,
    stacked,
)

FREQUENCY_UNIT = "sqrt(t0/m)"

HIGHEST_COORDINATION = 12
"""Coordination numbers from 0 to this one have a weight of their own."""

STIFFNESS_TOLERANCE = 1e-7
"""Residual of the corrector problem; the stiffness itself is then good to about its square."""

NETWORK_PARAMETERS: Mapping[str, Any] = {
    "size": 60,
    "displacement": 0.0,
    "situation": 1,
    "cutoff_factor": 1.0,
    "bond_probability": 1.0,
    "weak_fraction": 0.0,
    "weak_stiffness": 1.0,
    "strength_shape": math.inf,
}
"""Parameters of `SpringNetwork.build` with the values they have in the paper's crystal."""

BULK_LABELS: Mapping[str, Label] = {
    "effective_stiffness": (("sample", "axis", "axis2"), "t0 a^2/m", "effective stiffness tensor by homogenisation"),
    "zero_mode_count": (("sample",), "1", "zero modes, one for each connected component"),
    "mean_diagonal": (("sample",), "t0/m", "trace of the dynamical matrix over the number of nodes"),
}
"""Variables of every sample, see `bulk_properties`."""

_OF_EACH_SAMPLE: Mapping[str, Label] = {
    "eigenfrequency": (("sample", "mode"), FREQUENCY_UNIT, "angular eigenfrequency, ascending"),
    "participation_ratio": (("sample", "mode"), "1", "participation ratio of each mode"),
    "coordination_number": (("sample", "node"), "1", "number of springs at each node"),
    **BULK_LABELS,
    "position": (("sample", "node", "axis"), "a", "node position in the periodic box"),
    "eigenvector": (("sample", "low_mode", "node"), "1", "normalised eigenvector"),
    "eigenvector_frequency": (("sample", "low_mode"), FREQUENCY_UNIT, "angular frequency of each eigenvector"),
    "coordination_weight": (
        ("sample", "frequency_bin", "coordination"),
        "1",
        "mean weight of a bin's modes on nodes of one coordination number, relative to an even spread",
    ),
}

_LABELS: Mapping[str, Label] = {
    **_OF_EACH_SAMPLE,
    "sample": (("sample",), "1", "sample index"),
    "bond_count": (("sample",), "1", "springs of each sample", {"sample_dimension": "bond"}),
    "bond_node": (("bond", "end"), "1", "the two nodes of each spring"),
    "bond_stiffness": (("bond",), "t0", "spring constant"),
    "frequency_bin": (("frequency_bin",), FREQUENCY_UNIT, "centre of a frequency bin of width {weight_bin:g}"),
}


_SELECTIONS = ("all", "lowest", "nearest", "none")


class SpringNetworkModes(LabelledGenerator):
    """Spring networks with all, the lowest, the nearest or no eigenmodes; dataset kind ``network-ensemble``."""

    name = "spring-network"
    kind = "network-ensemble"
    defaults: Mapping[str, Any] = {
        **NETWORK_PARAMETERS,
        "modes": "all",
        "mode_count": 0,
        "mode_frequency": 0.0,
        "participation": True,
        "structure": True,
        "eigenvectors": 0,
        "eigenvector_bits": 24,
        "weight_bin": 0.0,
    }
    labels = _LABELS

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a valid mode selection; the constructor of the network checks the other parameters."""
        modes, count = parameters["modes"], parameters["mode_count"]
        counted, nearest = modes in ("lowest", "nearest"), modes == "nearest"
        return [
            ("eigenvector_bits", "4 to 24", 4 <= parameters["eigenvector_bits"] <= 24),
            ("modes", " or ".join(_SELECTIONS), modes in _SELECTIONS),
            ("mode_count", "above 0 with modes = 'lowest' or 'nearest'", not counted or count > 0),
            ("mode_frequency", "above 0 with modes = 'nearest'", not nearest or parameters["mode_frequency"] > 0.0),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the dense matrix and its work space dominate the memory."""
        nodes = parameters["size"] ** 2
        memory = 4 * 8 * nodes**2 if parameters["modes"] == "all" else 4000 * nodes
        return memory, nodes * (24 + 4 * parameters["eigenvectors"] + (80 if parameters["structure"] else 0))

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Make one network and the requested quantities of its modes."""
        network = network_of(parameters, seed)
        arrays = bulk_properties(network)
        arrays["coordination_number"] = network.coordination_number.astype(np.int16)
        if parameters["structure"]:
            arrays |= _structure(network)
        if parameters["modes"] != "none":
            arrays |= _modes(network, parameters)
        return arrays

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the samples; bins above the highest mode of a sample are NaN."""
        arrays = _joined(samples)
        if "coordination_weight" in arrays:
            bins = np.arange(arrays["coordination_weight"].shape[1])
            arrays["frequency_bin"] = parameters["weight_bin"] * (bins + 0.5)
        return arrays

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset that describe the networks."""
        return network_attributes(parameters)


class NineNodeToy(LabelledGenerator):
    """Toy network of 3 x 3 nodes with one spring added, missing or weakened; dataset kind ``network-ensemble``."""

    name = "nine-node-toy"
    kind = "network-ensemble"
    defaults: Mapping[str, Any] = {"change": "none", "stiffness": -1.0}
    labels = _LABELS

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the toy network for its parameters."""
        _toy(parameters)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Nine modes of the toy with their vectors; deterministic."""
        network = _toy(parameters)
        everything = {
            "modes": "all",
            "participation": True,
            "eigenvectors": 9,
            "eigenvector_bits": 24,
            "weight_bin": 0.0,
        }
        coordination = network.coordination_number.astype(np.int16)
        arrays = {**bulk_properties(network), "coordination_number": coordination, **_structure(network)}
        return arrays | _modes(network, everything)

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the only sample."""
        return _joined(samples)

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset, in the same form as for other networks."""
        return network_attributes({"size": 3, "displacement": 0.0, "situation": 1, **parameters})


def network_of(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> SpringNetwork:
    """Spring network with the parameters of `SpringNetwork.build`."""
    return SpringNetwork.build(seed=seed, **{key: parameters[key] for key in NETWORK_PARAMETERS})


def bulk_properties(network: SpringNetwork) -> dict[str, NDArray[Any]]:
    """Effective stiffness (axis, axis), number of zero modes and mean diagonal of the dynamical matrix."""
    tensor, _ = effective_stiffness(
        network.bonds,
        network.stiffness,
        network.node_count,
        network.site_vectors,
        lattice_shape=network.lattice_shape,
        tolerance=STIFFNESS_TOLERANCE,
    )
    components = connected_component_labels(network.bonds, network.node_count).max() + 1
    return {
        "effective_stiffness": tensor,
        "zero_mode_count": np.asarray(components, dtype=np.int32),
        "mean_diagonal": np.asarray(network.mean_diagonal),
    }


def network_attributes(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes of a dataset that describe its networks."""
    return {
        "lattice_size": parameters["size"],
        "degrees_of_freedom": parameters["size"] ** 2,
        "displacement": parameters["displacement"],
        "situation": parameters["situation"],
        "parameters": recorded(parameters),
    }


def _toy(parameters: Mapping[str, Any]) -> SpringNetwork:
    stiffness = parameters["stiffness"]
    return nine_node_toy(parameters["change"], stiffness=None if stiffness < 0.0 else stiffness)


def _structure(network: SpringNetwork) -> dict[str, NDArray[Any]]:
    return {"position": network.positions, "bond_node": network.bonds, "bond_stiffness": network.stiffness}


def _joined(samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
    """Join the arrays of all samples; springs follow the CF contiguous ragged array convention."""
    arrays = stacked(padded(samples, {"coordination_weight": math.nan}), _OF_EACH_SAMPLE) | {
        "sample": np.arange(len(samples), dtype=np.int32)
    }
    if "bond_node" not in samples[0]:
        return arrays
    springs = concatenated(samples, ("bond_node", "bond_stiffness"))
    return arrays | {
        "bond_count": np.array([len(sample["bond_node"]) for sample in samples], dtype=np.int32),
        "bond_node": springs["bond_node"].astype(np.int32),
        "bond_stiffness": springs["bond_stiffness"],
    }


def _modes(network: SpringNetwork, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    needs_vectors = parameters["participation"] or parameters["eigenvectors"] > 0 or parameters["weight_bin"] > 0.0
    selection = parameters["modes"]
    frequencies, vectors = normal_modes(
        network.bonds,
        network.stiffness,
        network.node_count,
        which=selection,
        count=None if selection == "all" else parameters["mode_count"],
        frequency=parameters["mode_frequency"] if selection == "nearest" else None,
        vectors=needs_vectors,
    )
    arrays: dict[str, NDArray[Any]] = {"eigenfrequency": frequencies}
    if vectors is None:
        return arrays
    if parameters["participation"]:
        arrays["participation_ratio"] = (1.0 / (network.node_count * (vectors**4).sum(axis=1))).astype(np.float32)
    if parameters["eigenvectors"] > 0:
        kept = slice(0, parameters["eigenvectors"])
        arrays["eigenvector"] = rounded_to_bits(vectors[kept].astype(np.float32), parameters["eigenvector_bits"])
        arrays["eigenvector_frequency"] = frequencies[kept]
    if parameters["weight_bin"] > 0.0:
        arrays["coordination_weight"] = _coordination_weight(network, frequencies, vectors, parameters["weight_bin"])
    return arrays


def _coordination_weight(
    network: SpringNetwork, frequencies: FloatArray, vectors: FloatArray, width: float
) -> NDArray[np.float32]:
    """Weight of the modes of each bin on nodes of each coordination number, relative to the share of these nodes."""
    member = network.coordination_number[:, None] == np.arange(HIGHEST_COORDINATION + 1)
    weight = vectors**2 @ member
    bins = np.floor(frequencies / width).astype(np.int64)
    count = np.bincount(bins).astype(np.float64)
    summed = np.stack([np.bincount(bins, column) for column in weight.T], axis=1)
    share = member.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(summed / count[:, None] / share, dtype=np.float32)


_VECTOR_STREAM = 16
"""Stream of the random vectors, apart from those that build the network."""

_SPECTRA_OF_EACH_SAMPLE: Mapping[str, Label] = {
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
        **_SPECTRA_OF_EACH_SAMPLE,
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
            **stacked(padded(samples, {"coordination_fraction": 0.0}), _SPECTRA_OF_EACH_SAMPLE),
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
