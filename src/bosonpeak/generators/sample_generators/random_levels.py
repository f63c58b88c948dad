"""Sample generator for levels of random matrices, and for levels that do not repel each other.

They are what level statistics of glasses are held against, and the controls of the claims about them. The highest
levels of the orthogonal ensemble are its lowest ones mirrored, and are not made.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import eigvalsh_tridiagonal

from bosonpeak.generators.glasses.quench import rounded_to_bits
from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible

Sample = Mapping[str, NDArray[Any]]
FloatArray = NDArray[np.float64]

ENSEMBLES = ("goe", "poisson")

PARTS = ("all", "lowest", "middle")

PARAMETERS: dict[str, Any] = {
    "ensemble": "goe",
    "order": 200,
    "part": "all",
    "count": 50,
    "samples_per_chain": 1,
    "modes_below_phonon": 0.0,
    "exponent": 4.0,
}
"""Which levels: `count` of the lowest or middle ones, or all. With `modes_below_phonon` they are unfolded and mapped to
g(omega) ~ omega^exponent with that many modes below omega_0 = 1, whether they repel each other or not."""

_BITS = 28
_MARGIN = 5


class RandomLevels:
    """Levels of matrices of the Gaussian orthogonal ensemble, or Poisson levels; a recipe's sample is one chain."""

    name = "random-levels"
    kind = "mode-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        _require_possible(complete)
        return complete

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Levels of several matrices, ascending along a row."""
        place = (ENSEMBLES.index(parameters["ensemble"]), PARTS.index(parameters["part"]), parameters["order"])
        generator = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *place)))
        make = _frequencies if parameters["modes_below_phonon"] else _levels
        rows = [make(generator, parameters) for _ in range(parameters["samples_per_chain"])]
        return {"eigenfrequency": rounded_to_bits(np.stack(rows), _BITS)}

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Join the levels of all chains."""
        chain = np.repeat(np.arange(len(samples), dtype=np.int32), parameters["samples_per_chain"])
        unit = "omega0" if parameters["modes_below_phonon"] else "1"
        dataset = xr.Dataset(
            {
                "eigenfrequency": (
                    ("sample", "mode"),
                    np.concatenate([sample["eigenfrequency"] for sample in samples]),
                    {"units": unit, "long_name": "level, moved above zero, ascending"},
                ),
                "chain": ("sample", chain, {"units": "1", "long_name": "independent chain of the sample"}),
            },
            attrs={
                "degrees_of_freedom": parameters["order"],
                "parameters": json.dumps(dict(parameters), sort_keys=True),
            },
        )
        if parameters["modes_below_phonon"]:
            attributes = {"units": unit, "long_name": "lowest transverse phonon"}
            dataset["first_phonon"] = ("sample", np.ones(len(chain)), attributes)
        return dataset


def _require_possible(parameters: Mapping[str, Any]) -> None:
    mapped = parameters["modes_below_phonon"] > 0.0
    most = parameters["order"] - 2 * _MARGIN
    requirements = [
        ("ensemble", " or ".join(ENSEMBLES), parameters["ensemble"] in ENSEMBLES),
        ("part", " or ".join(PARTS), parameters["part"] in PARTS),
        ("order", f"above {3 + 2 * _MARGIN}", parameters["order"] > 3 + 2 * _MARGIN),
        ("count", f"3 to {most}", 3 <= parameters["count"] <= most),
        ("samples_per_chain", "at least 1", parameters["samples_per_chain"] >= 1),
        ("modes_below_phonon", "0 or more", 0.0 <= parameters["modes_below_phonon"] < math.inf),
        ("exponent", "above -1", -1.0 < parameters["exponent"] < math.inf),
        ("part", "middle, where levels are mapped to frequencies", not mapped or parameters["part"] == "middle"),
    ]
    refuse_impossible(parameters, requirements, "random-levels")


def _levels(generator: np.random.Generator, parameters: Mapping[str, Any]) -> FloatArray:
    order, part = parameters["order"], parameters["part"]
    count = order if part == "all" else parameters["count"]
    if parameters["ensemble"] == "poisson":
        return _poisson(generator, count)
    first = (order - count) // 2 if part == "middle" else 0
    return _orthogonal(generator, order, first, count) + _lift(order)


def _frequencies(generator: np.random.Generator, parameters: Mapping[str, Any]) -> FloatArray:
    """Levels of mean spacing 1 from a fixed point of the spectrum on, mapped to the power law."""
    order, count = parameters["order"], parameters["count"]
    if parameters["ensemble"] == "poisson":
        unfolded = _poisson(generator, count)
    else:
        first = (order - count) // 2 - _MARGIN
        levels = _orthogonal(generator, order, first, count + 2 * _MARGIN)
        staircase = _semicircle_staircase(levels, order) - (first + _MARGIN)
        unfolded = staircase[staircase > 0.0][:count]
    return np.asarray((unfolded / parameters["modes_below_phonon"]) ** (1.0 / (parameters["exponent"] + 1.0)))


def _poisson(generator: np.random.Generator, count: int) -> FloatArray:
    return np.asarray(generator.standard_exponential(count).cumsum())


def _orthogonal(generator: np.random.Generator, order: int, first: int, count: int) -> FloatArray:
    """Levels first, first + 1, ... of a tridiagonal matrix (Dumitriu and Edelman, J. Math. Phys. 43, 5830, 2002).

    Off-diagonal elements of the full matrix have variance 1. The lowest levels live on a corner of the tridiagonal
    one: up to the turning point of the last, and a tail.
    """
    corner = order
    if first == 0:
        turning_point = (1.5 * math.pi * count) ** (2.0 / 3.0) * order ** (1.0 / 3.0)
        corner = min(order, math.ceil(turning_point + 10.0 * order ** (1.0 / 3.0)))
    diagonal = math.sqrt(2.0) * generator.standard_normal(corner)
    beside = np.sqrt(generator.chisquare(np.arange(order - 1, order - corner, -1)))
    wanted = (first, first + count - 1)
    return np.asarray(eigvalsh_tridiagonal(diagonal, beside, select="i", select_range=wanted))


def _lift(order: int) -> float:
    """What takes the lowest level above zero: the radius of the semicircle and ten widths of its edge."""
    return 2.0 * math.sqrt(order) + 10.0 * math.pow(order, -1.0 / 6.0)


def _semicircle_staircase(levels: FloatArray, order: int) -> FloatArray:
    """Mean number of levels below each."""
    radius = 2.0 * math.sqrt(order)
    place = np.clip(levels / radius, -1.0, 1.0)
    return np.asarray(order * (0.5 + (place * np.sqrt(1.0 - place**2) + np.arcsin(place)) / math.pi))
