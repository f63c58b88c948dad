"""Spectra of known truth in the form of glass ensembles, with prescribed power laws: test data for claims."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.nulls.power_laws import PowerLaw, correlated_power_law_spectra
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, concatenated, owners
from bosonpeak.generators.sample_generators.parameters import Requirement

STRESS_RANGE = (1e-9, 1e-6)
"""Stresses are drawn from this range, ten bins a decade as for glasses."""

_STRESS_BINS = 30
_BITS = 24
_LAW = ("exponent", "mean_count", "highest", "phonon_count", "phonon_width", "gap")


class NullSpectrum(LabelledGenerator):
    """Power-law spectra with a phonon shell at omega_0 = 1; one sample of the recipe is one Markov chain.

    Without stress components there is no stress histogram; `replica` separates ensembles with one law.
    """

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
