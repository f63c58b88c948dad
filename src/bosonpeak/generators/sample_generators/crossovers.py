"""Spectra with a crossover at a known frequency: test data for the crossover estimator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.nulls.crossover_law import crossover_quantile
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label
from bosonpeak.generators.sample_generators.parameters import Requirement

_BITS = 16


class RandomCrossover(LabelledGenerator):
    """Independent frequencies from omega^4 / (omega^2 + b^2), the law of the quasi-equilibrium theory (eq. 16)."""

    name = "random-crossover"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {"crossover": 0.1, "highest": 0.3, "modes": 200, "modulation_wavenumber": 0.1}
    labels: Mapping[str, Label] = {"eigenfrequency": (("sample", "mode"), "omega_D", "frequency, ascending")}

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require finite, non-negative numbers."""
        return [
            ("crossover", "0 or more", 0.0 <= parameters["crossover"] < math.inf),
            ("highest", "above 0", 0.0 < parameters["highest"] < math.inf),
            ("modes", "at least 1", parameters["modes"] >= 1),
            ("modulation_wavenumber", "0 or more", 0.0 <= parameters["modulation_wavenumber"] < math.inf),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw frequencies and sort them in ascending order."""
        uniform = np.random.default_rng(seed).random(parameters["modes"])
        frequency = crossover_quantile(uniform, parameters["crossover"], parameters["highest"])
        return {"eigenfrequency": rounded_to_bits(np.sort(frequency), _BITS)}
