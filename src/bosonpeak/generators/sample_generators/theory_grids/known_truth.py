"""Spectra and dampings of known truth on the grids of heterogeneous-elasticity theory: controls of its claims."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.sample_generators.labelled_generator import Label, Requirement, ascending
from bosonpeak.generators.sample_generators.theory_grids.finite_samples import edge_grid

_DISTANCE = "distance_to_instability"
_RATIO = "shear_to_bulk_ratio"
_CELL = (_RATIO, _DISTANCE)
_GRID = (*_CELL, "frequency")
_EDGE_CELL = ("box_length", _DISTANCE)
_EDGE_GRID = (*_EDGE_CELL, "frequency")
_WIDTH = 0.5


class KnownSpectrumGrid:
    """g = ratio omega^s times a bump at omega_p ~ distance^p, over Debye's omega^2, and a damping ~ omega^q."""

    name = "known-spectrum"
    equations = "none: power laws put in by hand"
    defaults: Mapping[str, Any] = {
        _DISTANCE: [0.0, 0.1],
        "exponent": 2.0,
        "ratio": 1.0,
        "peak_height": 2.0,
        "peak_exponent": 0.25,
        "attenuation_exponent": 4.0,
        "lowest_frequency": 1e-4,
        "highest_frequency": 1.0,
        "frequencies": 160,
    }
    labels: Mapping[str, Label] = {
        "frequency": (("frequency",), "1", "angular frequency"),
        _RATIO: ((_RATIO,), "1", "unused dimension of the theory's grids"),
        _DISTANCE: ((_DISTANCE,), "1", "parameter that moves the peak"),
        "density_of_states": (_GRID, "1", "density of states"),
        "reduced_density_of_states": (_GRID, "1", "density of states over omega^2"),
        "attenuation": (_GRID, "1", "damping rate"),
        "debye_level": (_CELL, "1", "1"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require finite numbers."""
        positive = ("ratio", "peak_height", "lowest_frequency")
        return [
            (_DISTANCE, "numbers from 0 to 1, ascending", ascending(parameters[_DISTANCE], 0.0, 1.0)),
            *((name, "above 0", 0.0 < parameters[name] < math.inf) for name in positive),
            ("highest_frequency", "above the lowest", parameters["lowest_frequency"] < parameters["highest_frequency"]),
            ("frequencies", "at least 4", parameters["frequencies"] >= 4),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(parameters[_DISTANCE]) * parameters["frequencies"]
        return 80 * points, 24 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Evaluate the laws; without a bump at distance 0."""
        low, high = parameters["lowest_frequency"], parameters["highest_frequency"]
        frequency = np.geomspace(low, high, parameters["frequencies"])
        distance = np.array(parameters[_DISTANCE], dtype=np.float64)
        place = 0.3 * np.where(distance > 0.0, distance, 1.0) ** parameters["peak_exponent"]
        bump = np.exp(-0.5 * (np.log(frequency[None, :] / place[:, None]) / _WIDTH) ** 2) * (distance > 0.0)[:, None]
        reduced = parameters["ratio"] * frequency ** (parameters["exponent"] - 2.0)
        reduced = (reduced[None, :] * (1.0 + (parameters["peak_height"] - 1.0) * bump))[None]
        damping = np.broadcast_to(frequency ** parameters["attenuation_exponent"], reduced.shape)
        return {
            "frequency": frequency,
            _RATIO: np.zeros(1),
            _DISTANCE: distance,
            "density_of_states": reduced * frequency**2,
            "reduced_density_of_states": reduced,
            "attenuation": np.ascontiguousarray(damping),
            "debye_level": np.ones((1, len(distance))),
        }


class KnownEdgeGrid:
    """Eigenvalue densities floor + (lambda - lambda_c)^e above an edge that moves with a parameter."""

    name = "known-edge"
    equations = "none: power laws put in by hand"
    defaults: Mapping[str, Any] = {
        _DISTANCE: [0.01, 0.1],
        "edge_exponent": 0.5,
        "floor": 0.0,
        "below_edge": 20,
        "above_edge": 60,
        "nearest": 1e-5,
        "farthest": 3.0,
    }
    labels: Mapping[str, Label] = {
        "frequency": (("frequency",), "1", "angular frequency over the frequency of the edge"),
        "box_length": (("box_length",), "1", "unused dimension of the theory's grids"),
        _DISTANCE: ((_DISTANCE,), "1", "parameter that moves the edge"),
        "angular_frequency": (_EDGE_GRID, "1", "angular frequency"),
        "density_of_states": (_EDGE_GRID, "1", "density of states"),
        "edge_eigenvalue": (_EDGE_CELL, "1", "lambda_c"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements of the finite samples of the theory."""
        return [
            (_DISTANCE, "ascending, between 0 and 1", ascending(parameters[_DISTANCE], 1e-12, 1.0)),
            ("floor", "0 or more", 0.0 <= parameters["floor"] < math.inf),
            ("below_edge", "at least 2", parameters["below_edge"] >= 2),
            ("above_edge", "at least 4", parameters["above_edge"] >= 4),
            ("nearest", "above 0, below farthest", 0.0 < parameters["nearest"] < parameters["farthest"]),
        ]

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk."""
        points = len(parameters[_DISTANCE]) * (parameters["below_edge"] + parameters["above_edge"])
        return 80 * points, 16 * points

    def arrays(self, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Evaluate the density with one edge per distance."""
        relative = edge_grid(parameters)
        edge = np.array(parameters[_DISTANCE], dtype=np.float64)
        omega = (np.sqrt(edge)[:, None] * relative)[None]
        above = np.maximum(relative**2 - 1.0, 0.0) ** parameters["edge_exponent"] * (relative > 1.0)
        return {
            "frequency": relative,
            "box_length": np.ones(1),
            _DISTANCE: edge,
            "angular_frequency": omega,
            "density_of_states": omega * (above + parameters["floor"]),
            "edge_eigenvalue": edge[None],
        }
