"""Spectra with a frequency-dependent exponent: test data for claims about the exponent as omega goes to 0."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.storage.rounding import rounded_to_bits
from bosonpeak.generators.nulls.bent_spectra import BentPowerLaw, bent_spectra
from bosonpeak.generators.random_streams import random_stream
from bosonpeak.generators.sample_generators.labelled_generator import LabelledGenerator
from bosonpeak.generators.sample_generators.labels import Label, Sample, owners, recorded
from bosonpeak.generators.sample_generators.parameters import Requirement

_BITS = 24
_LAW = ("exponent", "bend", "sharpness", "modes_per_particle", "reference", "repelling", "steepens", "chain_scatter")


class BentSpectrum(LabelledGenerator):
    """Spectra of a bent power law for one box size, with equal numbers of modes per particle at every size.

    Parameters: the ones of `BentPowerLaw`, the size, omega_0 of a box of 1000 particles (omega_0 falls with the size),
    the end of the spectrum in units of omega_0, and a number that separates the random streams of ensembles with one
    law.
    """

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
    return BentPowerLaw(**{name: parameters[name] for name in _LAW}, highest=highest)
