"""Sample generators for ensembles of spring networks: modes, sampled spectra, and the nine-node toy."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.generators.networks.dynamical_matrix import connected_component_labels
from bosonpeak.generators.networks.effective_stiffness import effective_stiffness
from bosonpeak.generators.networks.normal_modes import normal_modes
from bosonpeak.generators.networks.spring_network import SpringNetwork, nine_node_toy
from bosonpeak.generators.sample_generators.parameters import completed
from bosonpeak.generators.spectral_methods.kernel_polynomials import kernel_polynomial_dos

Sample = Mapping[str, NDArray[Any]]

FREQUENCY_UNIT = "sqrt(t0/m)"

NETWORK_PARAMETERS: dict[str, Any] = {
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

MODE_PARAMETERS: dict[str, Any] = {
    "modes": "all",
    "mode_count": 0,
    "mode_frequency": 0.0,
    "participation": True,
    "structure": True,
    "eigenvectors": 0,
    "weight_bin": 0.0,
}
"""Which modes are computed ("all", "nearest" or "none") and what is kept of them."""

SPECTRUM_PARAMETERS: dict[str, Any] = {
    "moments": 768,
    "vectors": 8,
    "highest_frequency": 4.0,
    "frequency_step": 0.01,
    "modes": "none",
}

_VARIABLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "eigenfrequency": (("sample", "mode"), FREQUENCY_UNIT, "angular eigenfrequency, ascending"),
    "participation_ratio": (("sample", "mode"), "1", "participation ratio of each mode"),
    "coordination_number": (("sample", "node"), "1", "number of springs at each node"),
    "effective_stiffness": (("sample", "axis", "axis2"), "t0 a^2/m", "effective stiffness tensor by homogenisation"),
    "zero_mode_count": (("sample",), "1", "zero modes, one for each connected component"),
    "mean_diagonal": (("sample",), "t0/m", "trace of the dynamical matrix over the number of nodes"),
    "position": (("sample", "node", "axis"), "a", "node position in the periodic box"),
    "eigenvector": (("sample", "low_mode", "node"), "1", "normalised eigenvector"),
    "eigenvector_frequency": (("sample", "low_mode"), FREQUENCY_UNIT, "angular frequency of each eigenvector"),
    "coordination_weight": (
        ("sample", "frequency_bin", "coordination"),
        "1",
        "mean weight of a bin's modes on nodes of one coordination number, relative to an even spread",
    ),
    "density_of_states": (("sample", "frequency"), "sqrt(m/t0)", "density of states per node without zero modes"),
    "density_of_states_error": (("sample", "frequency"), "sqrt(m/t0)", "standard error over the random vectors"),
    "chebyshev_moment": (("sample", "moment"), "1", "Chebyshev moment per node of the scaled dynamical matrix"),
    "spectral_bound": (("sample",), "t0/m", "upper bound of the eigenvalues that maps to x = 1"),
    "node_count": (("sample",), "1", "number of nodes"),
    "coordination_fraction": (("sample", "coordination"), "1", "fraction of nodes with each coordination number"),
}


class SpringNetworkModes:
    """Networks with their eigenmodes; dataset kind ``network-ensemble``."""

    name = "spring-network"
    kind = "network-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, NETWORK_PARAMETERS | MODE_PARAMETERS, self.name)
        _one_of(complete, "modes", ("all", "nearest", "none"))
        if complete["modes"] == "nearest" and not (complete["mode_count"] > 0 and complete["mode_frequency"] > 0.0):
            raise RecipeError(
                "which modes are wanted is not said",
                expected="mode_count > 0 and mode_frequency > 0 with modes = 'nearest'",
                got=f"mode_count = {complete['mode_count']}, mode_frequency = {complete['mode_frequency']}",
            )
        return complete

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the dense matrix and its work space dominate."""
        nodes = parameters["size"] ** 2
        memory = 4 * 8 * nodes**2 if parameters["modes"] == "all" else 4000 * nodes
        return memory, nodes * (24 + 4 * parameters["eigenvectors"] + (80 if parameters["structure"] else 0))

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """One network and what the parameters ask of its modes."""
        network = _build(parameters, seed)
        coordination = network.coordination_number
        arrays = _bulk_properties(network)
        arrays["coordination_number"] = coordination.astype(np.int16)
        if parameters["structure"]:
            arrays["position"] = network.positions
            arrays["bond_node"] = network.bonds
            arrays["bond_stiffness"] = network.stiffness
        if parameters["modes"] != "none":
            arrays |= _modes(network, parameters)
        return arrays

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the samples; springs follow the CF contiguous ragged array convention."""
        dataset = _labelled(samples, parameters)
        if parameters["structure"]:
            dataset = dataset.merge(_ragged_bonds(samples), combine_attrs="override")
        if "coordination_weight" in dataset:
            width = parameters["weight_bin"]
            centres = width * (np.arange(dataset.sizes["frequency_bin"]) + 0.5)
            attributes = {"units": FREQUENCY_UNIT, "long_name": f"centre of a frequency bin of width {width:g}"}
            dataset = dataset.assign_coords(frequency_bin=("frequency_bin", centres, attributes))
        return dataset


class SpringNetworkSpectrum:
    """Large networks with their density of states by kernel polynomials; dataset kind ``spectrum``."""

    name = "spring-network-spectrum"
    kind = "spectrum"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, NETWORK_PARAMETERS | SPECTRUM_PARAMETERS, self.name)
        wrong = [key for key in ("moments", "vectors", "highest_frequency", "frequency_step") if complete[key] <= 0]
        if wrong:
            raise RecipeError("impossible spectrum", expected="numbers above zero", got=", ".join(wrong))
        return complete

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one sample; the interleaved random vectors and the springs dominate."""
        nodes = parameters["size"] ** 2
        return nodes * (600 + 24 * parameters["vectors"]), 8 * (parameters["moments"] + 2000)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """One network and its sampled spectrum."""
        network = _build(parameters, seed)
        spectrum = kernel_polynomial_dos(
            network.bonds,
            network.stiffness,
            network.node_count,
            moments=parameters["moments"],
            vectors=parameters["vectors"],
            seed=np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, _VECTOR_STREAM)),
            frequencies=_frequency_grid(parameters),
        )
        return _bulk_properties(network) | {
            "density_of_states": spectrum.density,
            "density_of_states_error": spectrum.standard_error,
            "chebyshev_moment": spectrum.moments,
            "spectral_bound": np.asarray(spectrum.spectral_bound),
            "resolution": spectrum.resolution,
            "node_count": np.asarray(network.node_count, dtype=np.int32),
            "coordination_fraction": np.bincount(network.coordination_number, minlength=1) / network.node_count,
        }

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the samples on their common frequency grid."""
        grid = _frequency_grid(parameters)
        dataset = _labelled(_pad_coordination(samples), parameters)
        resolution = np.max([sample["resolution"] for sample in samples], axis=0)
        dataset["resolution"] = (
            "frequency",
            resolution,
            {"units": FREQUENCY_UNIT, "long_name": "rms width of the Jackson kernel, largest over samples"},
        )
        dataset.attrs["resolution_note"] = (
            "Jackson kernel of the Chebyshev expansion; rms width as given by the variable resolution"
        )
        attributes = {"units": FREQUENCY_UNIT, "long_name": "angular frequency"}
        return dataset.assign_coords(frequency=("frequency", grid, attributes))


class NineNodeToy:
    """The 3 x 3 toy with one spring added, missing or weakened; dataset kind ``network-ensemble``."""

    name = "nine-node-toy"
    kind = "network-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters; the toy's own constructor refuses impossible ones."""
        complete = completed(parameters, {"change": "none", "stiffness": -1.0}, self.name)
        _toy(complete)
        return complete

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """The toy's nine modes with vectors; nothing in it is random."""
        network = _toy(parameters)
        everything = {"modes": "all", "participation": True, "eigenvectors": 9, "weight_bin": 0.0}
        return _bulk_properties(network) | {
            "coordination_number": network.coordination_number.astype(np.int16),
            "position": network.positions,
            "bond_node": network.bonds,
            "bond_stiffness": network.stiffness,
            **_modes(network, everything),
        }

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the nine nodes."""
        dataset = _labelled(samples, {"size": 3, "displacement": 0.0, "situation": 1, **parameters})
        return dataset.merge(_ragged_bonds(samples), combine_attrs="override")


STIFFNESS_TOLERANCE = 1e-7
"""Residual of the corrector problem; the stiffness itself is then good to about its square."""

_VECTOR_STREAM = 16
"""Stream of the random vectors, apart from those that build the network."""


def _one_of(parameters: Mapping[str, Any], key: str, allowed: Sequence[str]) -> None:
    if parameters[key] not in allowed:
        raise RecipeError(f"unknown value of {key}", expected=" or ".join(allowed), got=repr(parameters[key]))


def _build(parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> SpringNetwork:
    return SpringNetwork.build(seed=seed, **{key: parameters[key] for key in NETWORK_PARAMETERS})


def _toy(parameters: Mapping[str, Any]) -> SpringNetwork:
    stiffness = parameters["stiffness"]
    return nine_node_toy(parameters["change"], stiffness=None if stiffness < 0.0 else stiffness)


def _frequency_grid(parameters: Mapping[str, Any]) -> NDArray[np.float64]:
    step = parameters["frequency_step"]
    return np.asarray(step * np.arange(1, round(parameters["highest_frequency"] / step) + 1))


def _bulk_properties(network: SpringNetwork) -> dict[str, NDArray[Any]]:
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


def _modes(network: SpringNetwork, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    needs_vectors = parameters["participation"] or parameters["eigenvectors"] > 0 or parameters["weight_bin"] > 0.0
    nearest = parameters["modes"] == "nearest"
    frequencies, vectors = normal_modes(
        network.bonds,
        network.stiffness,
        network.node_count,
        which=parameters["modes"],
        count=parameters["mode_count"] if nearest else None,
        frequency=parameters["mode_frequency"] if nearest else None,
        vectors=needs_vectors,
    )
    arrays: dict[str, NDArray[Any]] = {"eigenfrequency": frequencies}
    if vectors is None:
        return arrays
    if parameters["participation"]:
        arrays["participation_ratio"] = (1.0 / (network.node_count * (vectors**4).sum(axis=1))).astype(np.float32)
    if parameters["eigenvectors"] > 0:
        kept = slice(0, parameters["eigenvectors"])
        arrays["eigenvector"] = vectors[kept].astype(np.float32)
        arrays["eigenvector_frequency"] = frequencies[kept]
    if parameters["weight_bin"] > 0.0:
        arrays["coordination_weight"] = _coordination_weight(network, frequencies, vectors, parameters["weight_bin"])
    return arrays


HIGHEST_COORDINATION = 12
"""Coordination numbers from 0 to this one have a weight of their own."""


def _coordination_weight(
    network: SpringNetwork, frequencies: NDArray[np.float64], vectors: NDArray[np.float64], width: float
) -> NDArray[np.float32]:
    """Weight of each bin's modes on the nodes of each coordination number, relative to their share."""
    member = network.coordination_number[:, None] == np.arange(HIGHEST_COORDINATION + 1)
    weight = vectors**2 @ member
    bins = np.floor(frequencies / width).astype(np.int64)
    count = np.bincount(bins).astype(np.float64)
    summed = np.stack([np.bincount(bins, column) for column in weight.T], axis=1)
    share = member.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(summed / count[:, None] / share, dtype=np.float32)


def _pad_coordination(samples: Sequence[Sample]) -> list[dict[str, NDArray[Any]]]:
    """Give every sample's coordination fractions the same length."""
    longest = max(len(sample["coordination_fraction"]) for sample in samples)

    def padded(sample: Sample) -> dict[str, NDArray[Any]]:
        fraction = sample["coordination_fraction"]
        return {**sample, "coordination_fraction": np.pad(fraction, (0, longest - len(fraction)))}

    return [padded(sample) for sample in samples]


def _stack(samples: Sequence[Sample], name: str) -> NDArray[Any]:
    """Stack one array of all samples; frequency bins beyond a sample's highest mode are NaN."""
    arrays = [np.asarray(sample[name]) for sample in samples]
    if name == "coordination_weight":
        longest = max(len(array) for array in arrays)
        arrays = [np.pad(array, ((0, longest - len(array)), (0, 0)), constant_values=np.nan) for array in arrays]
    return np.stack(arrays)


def _labelled(samples: Sequence[Sample], parameters: Mapping[str, Any]) -> xr.Dataset:
    variables = {
        name: (dimensions, _stack(samples, name), {"units": unit, "long_name": long_name})
        for name, (dimensions, unit, long_name) in _VARIABLES.items()
        if name in samples[0]
    }
    index = ("sample", np.arange(len(samples), dtype=np.int32), {"units": "1", "long_name": "sample index"})
    attributes = {
        "lattice_size": parameters["size"],
        "degrees_of_freedom": parameters["size"] ** 2,
        "displacement": parameters["displacement"],
        "situation": parameters["situation"],
        "parameters": json.dumps({key: _json_value(value) for key, value in parameters.items()}, sort_keys=True),
    }
    return xr.Dataset(variables, coords={"sample": index}, attrs=attributes)


def _json_value(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _ragged_bonds(samples: Sequence[Sample]) -> xr.Dataset:
    counts = np.array([len(sample["bond_node"]) for sample in samples], dtype=np.int32)
    return xr.Dataset(
        {
            "bond_count": (
                "sample",
                counts,
                {"units": "1", "long_name": "springs of each sample", "sample_dimension": "bond"},
            ),
            "bond_node": (
                ("bond", "end"),
                np.concatenate([sample["bond_node"] for sample in samples]).astype(np.int32),
                {"units": "1", "long_name": "the two nodes of each spring"},
            ),
            "bond_stiffness": (
                "bond",
                np.concatenate([sample["bond_stiffness"] for sample in samples]),
                {"units": "t0", "long_name": "spring constant"},
            ),
        }
    )
