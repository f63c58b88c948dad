"""Test data of known truth for claims about materials: localised modes, excess modes on few particles, boson peaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    led_by,
    recorded,
    stacked,
)

_BITS = 5
_SCATTER = 0.4
_COURSES = ("plateau", "waves")
_BEND = 0.6  # share of the spectrum where a plateau ends


class LocalisedTop(LabelledGenerator):
    """Spectra whose highest modes are localised, and whose diffusivity has a plateau or falls as omega^-2.

    The highest modes have a fixed number of atoms. Modes lie at equal distances up to omega_D. Extents and
    diffusivities scatter by a logarithmic normal distribution of width 0.4. A plateau ends at 0.6 omega_D, and falls
    linearly to zero at the localised modes.
    """

    name = "localised-top"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "particles": 216,
        "localised_share": 0.03,
        "localised_particles": 20.0,
        "extended_ratio": 0.5,
        "course": "plateau",
    }
    labels: Mapping[str, Label] = led_by(
        "sample",
        {
            "eigenfrequency": (("mode",), "omega_D", "frequency, ascending"),
            "participation_ratio": (("mode",), "1", "participation ratio of each mode"),
            "mode_diffusivity": (("mode",), "1", "diffusivity of each mode, relative to the plateau"),
        },
    )

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require shares of the spectrum and known courses."""
        p = parameters
        return [
            ("particles", "at least 70, for a mode in every half per cent", p["particles"] >= 70),
            ("localised_share", "0 to 0.3", 0.0 <= p["localised_share"] <= 0.3),
            ("localised_particles", "1 to particles", 1.0 <= p["localised_particles"] <= p["particles"]),
            ("extended_ratio", "0 to 1", 0.0 < p["extended_ratio"] <= 1.0),
            ("course", ", ".join(_COURSES), p["course"] in _COURSES),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Extents and diffusivities of one spectrum; every size has its own random stream."""
        p = parameters
        generator = np.random.default_rng(random_stream(seed, p["particles"]))
        modes = 3 * p["particles"] - 3
        omega, edge = (np.arange(modes) + 0.5) / modes, 1.0 - p["localised_share"]
        extent = np.where(omega > edge, p["localised_particles"] / p["particles"], p["extended_ratio"])
        plateau = np.clip((edge - omega) / (edge - _BEND), 0.0, 1.0)
        course = omega**-2.0 if p["course"] == "waves" else plateau
        scatter = np.exp(_SCATTER * generator.normal(size=(2, modes)) - 0.5 * _SCATTER**2)
        ratio = np.minimum(extent * scatter[0], 1.0).astype(np.float32)
        return {
            "eigenfrequency": rounded_to_bits(omega, 16),
            "participation_ratio": np.minimum(rounded_to_bits(ratio, _BITS), np.float32(1.0)),
            "mode_diffusivity": rounded_to_bits((course * scatter[1]).astype(np.float32), _BITS),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size and parameters."""
        modes = 3 * parameters["particles"] - 3
        return {
            "particles": parameters["particles"],
            "degrees_of_freedom": modes,
            "dimension": 3,
            "parameters": recorded(parameters),
        }


_VECTOR_BITS = 7


class ExcessModes(LabelledGenerator):
    """Random modes in excess of Debye's law, of which some are confined to a part of the particles."""

    name = "excess-modes"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "particles": 100,
        "modes": 32,
        "excess": 2.5,
        "confined_modes": 0,
        "confined_share": 0.05,
    }
    _OF_EACH: Mapping[str, Label] = {
        "eigenfrequency": (("mode",), "omega_D", "frequency, ascending"),
        "debye_level": ((), "1", "Debye density over omega^2, of a density normalised to one"),
    }
    labels: Mapping[str, Label] = {
        **led_by("sample", _OF_EACH),
        "lowest_eigenvector": (
            ("configuration", "low_mode", "particle", "axis"),
            "1",
            f"normalised eigenvectors of the lowest modes, rounded to {_VECTOR_BITS} significant bits",
        ),
        "configuration_index": (("configuration",), "1", "sample whose eigenvectors are stored"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require modes, and confined modes among them."""
        p = parameters
        return [
            ("particles", "at least 2", p["particles"] >= 2),
            ("modes", "at least 2", p["modes"] >= 2),
            ("excess", "above 0", p["excess"] > 0.0),
            ("confined_modes", "0 to modes", 0 <= p["confined_modes"] <= p["modes"]),
            ("confined_share", "0 to 1", 0.0 < p["confined_share"] <= 1.0),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Gaussian displacements of all or of the first particles; the last mode ends the counted range."""
        p = parameters
        vectors = np.random.default_rng(seed).normal(size=(p["modes"], p["particles"], 3))
        vectors[: p["confined_modes"], max(1, round(p["confined_share"] * p["particles"])) :] = 0.0
        vectors /= np.sqrt((vectors**2).sum(axis=(1, 2), keepdims=True))
        return {
            "eigenfrequency": np.linspace(0.5, 1.0, p["modes"]),
            "debye_level": np.asarray((p["modes"] - 1) / (p["excess"] * p["particles"])),
            "lowest_eigenvector": rounded_to_bits(vectors.astype(np.float32), _VECTOR_BITS),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Stack the samples; every sample has its eigenvectors."""
        index = np.arange(len(samples), dtype=np.int32)
        return {**stacked(samples, self.labels), "configuration_index": index}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size and parameters."""
        return {"particles": parameters["particles"], "dimension": 3, "parameters": recorded(parameters)}


class KnownPeak(LabelledGenerator):
    """Spectra whose reduced density g/omega^2 is a logarithmic normal distribution, with a stated Debye level."""

    name = "known-peak"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {"modes": 300, "width": 0.5, "height": 2.0}
    labels: Mapping[str, Label] = led_by(
        "sample",
        {
            "eigenfrequency": (("mode",), "1", "frequency, ascending"),
            "debye_level": ((), "1", "Debye density over omega^2, of a density normalised to one"),
        },
    )

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require positive numbers."""
        return [(key, "above 0", value > 0) for key, value in parameters.items()]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw frequencies in units of the peak, and take the Debye level from the height."""
        width = parameters["width"]
        uniform = np.sort(np.random.default_rng(seed).random(parameters["modes"]))
        # A density that is omega^2 times a logarithmic normal course about 1 is one about exp(3 width^2).
        modes = np.exp(width * ndtri(uniform) + 3.0 * width**2)
        top = np.exp(-4.5 * width**2) / (width * np.sqrt(2.0 * np.pi))
        return {
            "eigenfrequency": rounded_to_bits(modes, 16),
            "debye_level": np.asarray(top / parameters["height"]),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Number of modes and parameters."""
        return {"degrees_of_freedom": parameters["modes"], "dimension": 3, "parameters": recorded(parameters)}
