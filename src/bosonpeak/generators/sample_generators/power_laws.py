"""Sample generator for spectra of known truth, with which claims about glasses are checked.

Its ensembles look like those of glasses: samples of Markov chains, modes below the first phonon, a histogram of
small stresses. Both power laws are put in by hand, so that what a test says of them is known beforehand.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.generators.glasses.quench import rounded_to_bits
from bosonpeak.generators.nulls.power_laws import PowerLaw, correlated_power_law_spectra
from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible

Sample = Mapping[str, NDArray[Any]]

PARAMETERS: dict[str, Any] = {
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
"""Parameters of `PowerLaw` in units of omega_0, the chain's length and memory, the exponent and number of stress
components of a sample, without which there is no histogram, and a number that sets ensembles of one law apart."""

STRESS_RANGE = (1e-9, 1e-6)
"""Stresses are drawn from this range, ten bins a decade as for glasses."""

_STRESS_BINS = 30
_BITS = 24


class NullSpectrum:
    """Power-law spectra with a phonon shell at omega_0 = 1; a recipe's sample is one Markov chain."""

    name = "null-spectrum"
    kind = "mode-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        _require_possible(complete)
        return complete

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """One chain of spectra, and the stress histogram of each; no two ensembles share their randomness."""
        key = (*seed.spawn_key, _number(parameters))
        spectra, stresses = (np.random.SeedSequence(seed.entropy, spawn_key=(*key, k)) for k in range(2))
        length = parameters["samples_per_chain"]
        frequency, _ = correlated_power_law_spectra(_law(parameters), 1, length, parameters["persistence"], spectra)
        arrays: dict[str, NDArray[Any]] = {"eigenfrequency": rounded_to_bits(frequency, _BITS)}
        if parameters["stress_components"]:
            share = _bin_shares(parameters["stress_exponent"])
            generator = np.random.default_rng(stresses)
            counts = generator.multinomial(parameters["stress_components"], share, size=length)
            arrays["stress_count"] = counts.astype(np.int32)
        return arrays

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Join the spectra of all chains; short rows end in NaN."""
        rows = [row for sample in samples for row in sample["eigenfrequency"]]
        count = np.array([np.count_nonzero(~np.isnan(row)) for row in rows], dtype=np.int32)
        frequency = np.full((len(rows), int(count.max())), np.nan)
        for place, row, length in zip(frequency, rows, count, strict=True):
            place[:length] = row[:length]
        chain = np.repeat(np.arange(len(samples), dtype=np.int32), [len(s["eigenfrequency"]) for s in samples])
        dataset = xr.Dataset(
            {
                "eigenfrequency": (("sample", "mode"), frequency, _named("frequency, ascending", "omega0")),
                "mode_count": ("sample", count, _named("number of modes of each sample")),
                "first_phonon": ("sample", np.ones(len(rows)), _named("lowest transverse phonon", "omega0")),
                "chain": ("sample", chain, _named("independent Markov chain that the sample comes from")),
            },
            attrs={"parameters": json.dumps(dict(parameters), sort_keys=True)},
        )
        if parameters["stress_components"]:
            counts = np.concatenate([sample["stress_count"] for sample in samples])
            dataset["stress_count"] = ("sample", "stress_bin"), counts, _named("stress components in each bin")
            dataset["stress_edge"] = "stress_bin_edge", _stress_edges(), _named("edges of the bins", "epsilon")
        return dataset


def _number(parameters: Mapping[str, Any]) -> int:
    text = json.dumps(dict(parameters), sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _law(parameters: Mapping[str, Any]) -> PowerLaw:
    names = ("exponent", "mean_count", "highest", "phonon_count", "phonon_width", "gap")
    return PowerLaw(**{name: parameters[name] for name in names})


def _require_possible(parameters: Mapping[str, Any]) -> None:
    requirements = [
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
    refuse_impossible(parameters, requirements, "null-spectrum")


def _stress_edges() -> NDArray[np.float64]:
    return np.geomspace(*STRESS_RANGE, _STRESS_BINS + 1)


def _bin_shares(exponent: float) -> NDArray[np.float64]:
    """Share of the components in each bin; bins of equal width in ln(sigma) make it a geometric sequence."""
    step = math.log(STRESS_RANGE[1] / STRESS_RANGE[0]) / _STRESS_BINS
    slope = (exponent + 1.0) * step * np.arange(_STRESS_BINS)
    weight = np.exp(slope - slope.max())
    return np.asarray(weight / weight.sum())


def _named(long_name: str, units: str = "1") -> dict[str, str]:
    return {"units": units, "long_name": long_name}
