"""Random-matrix and Poisson levels: controls for level statistics; highest levels would mirror the lowest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.nulls.random_levels import above_zero, orthogonal_levels, semicircle_staircase
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, concatenated, owners, recorded
from bosonpeak.generators.sample_generators.parameters import Requirement

ENSEMBLES = ("goe", "poisson")

PARTS = ("all", "lowest", "middle")

_BITS = 28
_MARGIN = 5


class RandomLevels(LabelledGenerator):
    """Levels of Gaussian orthogonal matrices, or Poisson levels; one sample of the recipe is one chain.

    With `modes_below_phonon` the levels are unfolded and mapped to g(omega) ~ omega^exponent with the given number of
    modes below omega_0 = 1, with or without level repulsion.
    """

    name = "random-levels"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "ensemble": "goe",
        "order": 200,
        "part": "all",
        "count": 50,
        "samples_per_chain": 1,
        "modes_below_phonon": 0.0,
        "exponent": 4.0,
    }
    labels: Mapping[str, Label] = {
        "eigenfrequency": (("sample", "mode"), "1", "level, moved above zero, ascending"),
        "chain": (("sample",), "1", "independent chain of the sample"),
        "first_phonon": (("sample",), "omega0", "lowest transverse phonon"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require levels that the matrix has; only middle levels can be unfolded."""
        mapped = parameters["modes_below_phonon"] > 0.0
        most = parameters["order"] - 2 * _MARGIN
        return [
            ("ensemble", " or ".join(ENSEMBLES), parameters["ensemble"] in ENSEMBLES),
            ("part", " or ".join(PARTS), parameters["part"] in PARTS),
            ("order", f"above {3 + 2 * _MARGIN}", parameters["order"] > 3 + 2 * _MARGIN),
            ("count", f"3 to {most}", 3 <= parameters["count"] <= most),
            ("samples_per_chain", "at least 1", parameters["samples_per_chain"] >= 1),
            ("modes_below_phonon", "0 or more", 0.0 <= parameters["modes_below_phonon"] < math.inf),
            ("exponent", "above -1", -1.0 < parameters["exponent"] < math.inf),
            ("part", "middle, where levels are mapped to frequencies", not mapped or parameters["part"] == "middle"),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw the levels of several matrices, ascending along each row."""
        place = (ENSEMBLES.index(parameters["ensemble"]), PARTS.index(parameters["part"]), parameters["order"])
        generator = np.random.default_rng(random_stream(seed, *place))
        make = _frequencies if parameters["modes_below_phonon"] else _levels
        rows = [make(generator, parameters) for _ in range(parameters["samples_per_chain"])]
        return {"eigenfrequency": rounded_to_bits(np.stack(rows), _BITS)}

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the levels of all chains."""
        chain = owners([parameters["samples_per_chain"]] * len(samples))
        arrays = {**concatenated(samples, ("eigenfrequency",)), "chain": chain}
        return arrays | ({"first_phonon": np.ones(len(chain))} if parameters["modes_below_phonon"] else {})

    def labels_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Label]:
        """Labels of the arrays; levels mapped to frequencies have a unit."""
        if not parameters["modes_below_phonon"]:
            return self.labels
        frequency: Label = (("sample", "mode"), "omega0", "level, moved above zero, ascending")
        return {**self.labels, "eigenfrequency": frequency}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Order of the matrices and parameters."""
        return {"degrees_of_freedom": parameters["order"], "parameters": recorded(parameters)}


def _levels(generator: np.random.Generator, parameters: Mapping[str, Any]) -> FloatArray:
    order, part = parameters["order"], parameters["part"]
    count = order if part == "all" else parameters["count"]
    if parameters["ensemble"] == "poisson":
        return _poisson(generator, count)
    first = (order - count) // 2 if part == "middle" else 0
    return orthogonal_levels(generator, order, first, count) + above_zero(order)


def _frequencies(generator: np.random.Generator, parameters: Mapping[str, Any]) -> FloatArray:
    """Levels of mean spacing 1, counted from a fixed point of the spectrum and mapped to the power law."""
    order, count = parameters["order"], parameters["count"]
    if parameters["ensemble"] == "poisson":
        unfolded = _poisson(generator, count)
    else:
        first = (order - count) // 2 - _MARGIN
        levels = orthogonal_levels(generator, order, first, count + 2 * _MARGIN)
        staircase = semicircle_staircase(levels, order) - (first + _MARGIN)
        unfolded = staircase[staircase > 0.0][:count]
    return np.asarray((unfolded / parameters["modes_below_phonon"]) ** (1.0 / (parameters["exponent"] + 1.0)))


def _poisson(generator: np.random.Generator, count: int) -> FloatArray:
    return np.asarray(generator.standard_exponential(count).cumsum())
