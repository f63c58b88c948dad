"""Sample generator for random modes of known extent, with which claims about localisation are checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible

Sample = Mapping[str, NDArray[Any]]

PARAMETERS: dict[str, Any] = {
    "particles": 1000,
    "dimension": 3,
    "localisation_length": math.inf,
    "modes": 4,
    "samples_per_chain": 1,
}
"""Amplitudes fall off as exp(-r / localisation_length) about a random centre; infinite for extended modes."""


class RandomModes:
    """Gaussian displacements of particles at random places, under an envelope; a recipe's sample is one chain."""

    name = "random-modes"
    kind = "mode-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        refuse_impossible(complete, [(key, "above 0", value > 0) for key, value in complete.items()], self.name)
        return complete

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Participation ratios of several samples; frequencies one in each of equal intervals below omega_0."""
        generator = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=_place(seed, parameters)))
        shape = (parameters["samples_per_chain"], parameters["modes"])
        ratios = [_participation_ratio(generator, parameters) for _ in range(math.prod(shape))]
        return {
            "eigenfrequency": (np.arange(shape[1]) + generator.random(shape)) / shape[1],
            "participation_ratio": np.reshape(ratios, shape).astype(np.float32),
        }

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Join the modes of all chains."""
        chain = np.repeat(np.arange(len(samples), dtype=np.int32), parameters["samples_per_chain"])
        joined = {name: np.concatenate([sample[name] for sample in samples]) for name in samples[0]}
        length = parameters["localisation_length"]
        recorded = dict(parameters) | {"localisation_length": length if math.isfinite(length) else str(length)}
        return xr.Dataset(
            {
                "eigenfrequency": (("sample", "mode"), joined["eigenfrequency"], _named("frequency", "omega0")),
                "participation_ratio": (
                    ("sample", "mode"),
                    joined["participation_ratio"],
                    _named("participation ratio of each mode"),
                ),
                "first_phonon": ("sample", np.ones(len(chain)), _named("lowest transverse phonon", "omega0")),
                "chain": ("sample", chain, _named("independent chain of the sample")),
            },
            attrs={"particles": parameters["particles"], "parameters": json.dumps(recorded, sort_keys=True)},
        )


def _place(seed: np.random.SeedSequence, parameters: Mapping[str, Any]) -> tuple[int, ...]:
    """Streams differ from size to size, so that sizes are independent."""
    return (*seed.spawn_key, parameters["particles"], int(math.isfinite(parameters["localisation_length"])))


def _participation_ratio(generator: np.random.Generator, parameters: Mapping[str, Any]) -> float:
    """[N sum_i (psi_i . psi_i)^2]^-1 of one mode at density 1."""
    particles, dimension = parameters["particles"], parameters["dimension"]
    box = particles ** (1.0 / dimension)
    from_centre = box * (generator.random((particles, dimension)) - 0.5)
    distance = np.sqrt((from_centre**2).sum(axis=1))
    weight = (generator.standard_normal((particles, dimension)) ** 2).sum(axis=1)
    weight *= np.exp(-2.0 * distance / parameters["localisation_length"])
    return float(weight.sum() ** 2 / (particles * (weight**2).sum()))


def _named(long_name: str, units: str = "1") -> dict[str, str]:
    return {"units": units, "long_name": long_name}
