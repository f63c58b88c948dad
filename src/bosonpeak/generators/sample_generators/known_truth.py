"""Test data of known truth for claims: power laws, bends, crossovers, random levels, modes of known extent."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.generators.nulls.spectra import (
    BentPowerLaw,
    PowerLaw,
    above_zero,
    bent_spectra,
    correlated_power_law_spectra,
    crossover_quantile,
    orthogonal_levels,
    random_participation_ratio,
    semicircle_staircase,
)
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    concatenated,
    owners,
    recorded,
)

STRESS_RANGE = (1e-9, 1e-6)
"""Stresses are drawn from this range, ten bins per decade as for glasses."""

_STRESS_BINS = 30
_BITS = 24
_LAW = ("exponent", "mean_count", "highest", "phonon_count", "phonon_width", "gap")


class NullSpectrum(LabelledGenerator):
    """Power-law spectra with a phonon shell at omega_0 = 1; one sample of the recipe is one Markov chain."""

    name = "null-spectrum"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "exponent": 4.0,
        "mean_count": 1.0,
        "highest": 0.85,
        "phonon_count": 12,
        "phonon_width": 0.05,
        "gap": 0.0,
        "samples_per_chain": 12,
        "persistence": 0.0,
        "stress_exponent": -0.5,
        "stress_components": 0,
        "replica": 0,
    }
    labels: Mapping[str, Label] = {
        "eigenfrequency": (("sample", "mode"), "omega0", "frequency, ascending"),
        "mode_count": (("sample",), "1", "number of modes of each sample"),
        "first_phonon": (("sample",), "omega0", "lowest transverse phonon"),
        "chain": (("sample",), "1", "independent Markov chain that the sample comes from"),
        "stress_count": (("sample", "stress_bin"), "1", "stress components in each bin"),
        "stress_edge": (("stress_bin_edge",), "epsilon", "edges of the bins"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a law that can be normalised and a chain with finite memory."""
        return [
            ("exponent", "above -1", -1.0 < parameters["exponent"] < math.inf),
            ("mean_count", "above 0", 0.0 < parameters["mean_count"] < math.inf),
            ("highest", "0.6 or more, since modes are counted below 0.6", 0.6 <= parameters["highest"] < math.inf),
            ("phonon_count", "at least 0", parameters["phonon_count"] >= 0),
            ("phonon_width", "0 or more", 0.0 <= parameters["phonon_width"] < math.inf),
            ("gap", "0 or more, below highest", 0.0 <= parameters["gap"] < parameters["highest"]),
            ("samples_per_chain", "at least 1", parameters["samples_per_chain"] >= 1),
            ("persistence", "from 0 to below 1", 0.0 <= parameters["persistence"] < 1.0),
            ("replica", "at least 0", parameters["replica"] >= 0),
            ("stress_exponent", "a finite number", math.isfinite(parameters["stress_exponent"])),
            ("stress_components", "at least 0", parameters["stress_components"] >= 0),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw one chain of spectra with a stress histogram per spectrum; ensembles never share random streams."""
        spectra, stresses = (random_stream(seed, _number(parameters), k) for k in range(2))
        length, law = parameters["samples_per_chain"], PowerLaw(**{name: parameters[name] for name in _LAW})
        frequency, _ = correlated_power_law_spectra(law, 1, length, parameters["persistence"], spectra)
        arrays: dict[str, NDArray[Any]] = {"eigenfrequency": rounded_to_bits(frequency, _BITS)}
        if parameters["stress_components"]:
            share = _bin_shares(parameters["stress_exponent"])
            generator = np.random.default_rng(stresses)
            counts = generator.multinomial(parameters["stress_components"], share, size=length)
            arrays["stress_count"] = counts.astype(np.int32)
        return arrays

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Stack the spectra of all chains; short rows end in NaN."""
        rows = [row for sample in samples for row in sample["eigenfrequency"]]
        count = np.array([np.count_nonzero(~np.isnan(row)) for row in rows], dtype=np.int32)
        frequency = np.full((len(rows), int(count.max())), np.nan)
        for place, row, length in zip(frequency, rows, count, strict=True):
            place[:length] = row[:length]
        arrays = {
            "eigenfrequency": frequency,
            "mode_count": count,
            "first_phonon": np.ones(len(rows)),
            "chain": owners([len(sample["eigenfrequency"]) for sample in samples]),
            **concatenated(samples, ("stress_count",)),
        }
        return arrays | ({"stress_edge": _stress_edges()} if parameters["stress_components"] else {})


def _number(parameters: Mapping[str, Any]) -> int:
    text = json.dumps(dict(parameters), sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _stress_edges() -> FloatArray:
    return np.geomspace(*STRESS_RANGE, _STRESS_BINS + 1)


def _bin_shares(exponent: float) -> FloatArray:
    """Share of the components in each bin: a geometric sequence, because the bins have equal width in ln(sigma)."""
    step = math.log(STRESS_RANGE[1] / STRESS_RANGE[0]) / _STRESS_BINS
    slope = (exponent + 1.0) * step * np.arange(_STRESS_BINS)
    weight = np.exp(slope - slope.max())
    return np.asarray(weight / weight.sum())


ENSEMBLES = ("goe", "poisson")

PARTS = ("all", "lowest", "middle")

_LEVEL_BITS = 28
_MARGIN = 5


class RandomLevels(LabelledGenerator):
    """Levels of Gaussian orthogonal matrices, or Poisson levels, or mapped to a power law; a sample is a chain."""

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
        return {"eigenfrequency": rounded_to_bits(np.stack(rows), _LEVEL_BITS)}

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


_BENT_LAW = (
    "exponent",
    "bend",
    "sharpness",
    "modes_per_particle",
    "reference",
    "repelling",
    "steepens",
    "chain_scatter",
)


class BentSpectrum(LabelledGenerator):
    """Spectra of a bent power law for one box size, with equal numbers of modes per particle at every size."""

    name = "bent-spectrum"
    kind = "mode-ensemble"
    defaults: Mapping[str, Any] = {
        "particles": 1000,
        "exponent": 4.0,
        "bend": math.inf,
        "sharpness": 2.0,
        "modes_per_particle": 4.8e-4,
        "reference": 0.5,
        "repelling": True,
        "steepens": False,
        "chain_scatter": 0.0,
        "first_phonon_of_1000": 1.45,
        "highest": 0.6,
        "samples_per_chain": 12,
        "replica": 0,
    }
    labels: Mapping[str, Label] = {
        "eigenfrequency": (("sample", "mode"), "1", "frequency, ascending, in the unit of the reference"),
        "mode_count": (("sample",), "1", "number of modes of each sample"),
        "first_phonon": (("sample",), "1", "lowest transverse phonon of a box of this size"),
        "chain": (("sample",), "1", "independent chain that the sample comes from"),
    }

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require a box with a phonon and a chain with samples; `BentPowerLaw` checks its own parameters."""
        return [
            ("particles", "at least 10", parameters["particles"] >= 10),
            ("first_phonon_of_1000", "above 0", 0.0 < parameters["first_phonon_of_1000"] < math.inf),
            ("highest", "above 0", 0.0 < parameters["highest"] < math.inf),
            ("samples_per_chain", "at least 1", parameters["samples_per_chain"] >= 1),
            ("replica", "at least 0", parameters["replica"] >= 0),
        ]

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of `BentPowerLaw` for its parameters."""
        _law(parameters)

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Draw one chain of spectra; every size and every replica has its own random stream."""
        stream = random_stream(seed, parameters["particles"], parameters["replica"])
        modes = bent_spectra(_law(parameters), parameters["particles"], 1, parameters["samples_per_chain"], stream)
        return {"eigenfrequency": rounded_to_bits(modes, _BITS)}

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Stack the spectra of all chains; every row ends in NaN to record that no mode below the end is missing."""
        rows = [sample["eigenfrequency"] for sample in samples]
        width = max(chain.shape[1] for chain in rows)
        padded = [np.pad(chain, ((0, 0), (0, width - chain.shape[1])), constant_values=np.nan) for chain in rows]
        frequency = np.concatenate(padded)
        return {
            "eigenfrequency": frequency,
            "mode_count": np.isfinite(frequency).sum(axis=1).astype(np.int32),
            "first_phonon": np.full(len(frequency), _first_phonon(parameters)),
            "chain": owners([len(chain) for chain in rows]),
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """System size and parameters."""
        return {"particles": parameters["particles"], "parameters": recorded(parameters)}


def _first_phonon(parameters: Mapping[str, Any]) -> float:
    return float(parameters["first_phonon_of_1000"] * (1000 / parameters["particles"]) ** (1 / 3))


def _law(parameters: Mapping[str, Any]) -> BentPowerLaw:
    highest = parameters["highest"] * _first_phonon(parameters)
    return BentPowerLaw(**{name: parameters[name] for name in _BENT_LAW}, highest=highest)


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


_CROSSOVER_BITS = 16


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
        return {"eigenfrequency": rounded_to_bits(np.sort(frequency), _CROSSOVER_BITS)}
