"""Random modes of known extent: test data for claims about localisation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.generators.nulls.random_modes import random_participation_ratio
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, concatenated, owners, recorded
from bosonpeak.generators.sample_generators.parameters import Requirement


class RandomModes(LabelledGenerator):
    """Gaussian displacements with amplitudes exp(-r / localisation_length) about a random centre."""

    name = "random-modes"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "particles": 1000,
        "dimension": 3,
        "localisation_length": math.inf,
        "modes": 4,
        "samples_per_chain": 1,
    }
    labels: Mapping[str, Label] = {
        "eigenfrequency": (("sample", "mode"), "omega0", "frequency"),
        "participation_ratio": (("sample", "mode"), "1", "participation ratio of each mode"),
        "first_phonon": (("sample",), "omega0", "lowest transverse phonon"),
        "chain": (("sample",), "1", "independent chain of the sample"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require positive numbers."""
        return [(key, "above 0", value > 0) for key, value in parameters.items()]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Participation ratios of several samples, with frequencies at equal intervals below omega_0."""
        particles, length = parameters["particles"], parameters["localisation_length"]
        # Streams differ from size to size, so that sizes are independent.
        generator = np.random.default_rng(random_stream(seed, particles, int(math.isfinite(length))))
        shape = (parameters["samples_per_chain"], parameters["modes"])
        ratios = [
            random_participation_ratio(generator, particles, parameters["dimension"], length)
            for _ in range(math.prod(shape))
        ]
        return {
            "eigenfrequency": (np.arange(shape[1]) + generator.random(shape)) / shape[1],
            "participation_ratio": np.reshape(ratios, shape).astype(np.float32),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the modes of all chains."""
        chain = owners([parameters["samples_per_chain"]] * len(samples))
        modes = concatenated(samples, ("eigenfrequency", "participation_ratio"))
        return modes | {"first_phonon": np.ones(len(chain)), "chain": chain}

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size and parameters."""
        return {"particles": parameters["particles"], "parameters": recorded(parameters)}
