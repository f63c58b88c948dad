"""Relaxation times of an equilibrated liquid under standard and under swap dynamics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.generators.liquids.relaxation_times import OVERLAP_LENGTH, WAVE_NUMBER, RelaxationRun, relaxation_run
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.diameters import METHODS
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
from bosonpeak.generators.sample_generators.particle_systems import (
    LennardJonesParticles,
    ParticleSystem,
    SoftSpheres,
    box_length,
)

_LIQUID: Mapping[str, Any] = {"particles": 500, "dimension": 3, "density": 1.0}

_RUNS: Mapping[str, Any] = {
    "diameters": "quantile",
    "temperature": 1.0,
    "equilibration_sweeps": 2000,
    "sweeps": 4000,
    "swap_sweeps": 4000,
    "intervals": 100,
    "swap_probability": 0.2,
    "displacement": 0.1,
    "overlap_length": OVERLAP_LENGTH,
    "wave_number": WAVE_NUMBER,
    "record_every": 500,
}
"""Parameters with the values of the glasses where they share them. `sweeps` are those of the standard dynamics. The
diameters are the quantiles of their distribution, so that samples differ in their disorder and not in their packing."""

_EQUILIBRATION_RECORDS = 20

_RUN_PARAMETERS = ("intervals", "displacement", "overlap_length", "wave_number", "record_every")

_RUN_VARIABLES: Mapping[str, Label] = {
    "relaxation_time": ((), "1", "Monte Carlo sweeps until the overlap falls below 1/e; NaN if it did not"),
    "relaxation_time_bound": ((), "1", "longest lag in sweeps, the lower bound of a relaxation time that is NaN"),
    "overlap": (("lag_number",), "1", "fraction of particles displaced by less than the overlap length"),
    "self_scattering": (("lag_number",), "1", "self-intermediate scattering function at the wave number"),
    "mean_energy": ((), "epsilon", "potential energy per particle, mean over the run"),
    "displacement_acceptance": ((), "1", "accepted fraction of displacements"),
    "swap_acceptance": ((), "1", "accepted fraction of swaps; NaN for the standard dynamics"),
    "energy_drift": ((), "epsilon", "largest error per particle of the running energy between two records"),
}
"""Dimensions beyond (sample, dynamics), unit and name of what every run gives."""


_LABELS: Mapping[str, Label] = {
    **led_by("sample", led_by("dynamics", _RUN_VARIABLES)),
    "swap_probability": (("dynamics",), "1", "fraction of swaps among the moves; 0 for the standard dynamics"),
    "lag": (("dynamics", "lag_number"), "1", "Monte Carlo sweeps between two records"),
    "origin_count": (("dynamics", "lag_number"), "1", "time origins of each lag"),
    "equilibration_energy": (("sample", "record"), "epsilon", "potential energy per particle along the equilibration"),
    "equilibration_sweep": (("record",), "1", "sweeps after which the energy was recorded"),
}


class RelaxationEnsemble(LabelledGenerator):
    """Independent liquids of one system at one temperature; one sample of the recipe is one replica."""

    kind = "relaxation"
    labels = _LABELS

    def __init__(self, system: ParticleSystem) -> None:
        self.system = system
        self.name = f"{system.prefix}relaxation"
        self.defaults = {**_LIQUID, **system.defaults, **_RUNS}

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Requirements on the parameters of the liquid, the runs and the interaction."""
        p, intervals, length = parameters, parameters["intervals"], box_length(parameters)
        finite = [key for key, value in p.items() if isinstance(value, float) and key != "taper"]
        return [
            *((key, "a positive finite number", 0 < p[key] < math.inf) for key in finite),
            *(
                (key, "a multiple of intervals, above zero", intervals > 0 and p[key] > 0 == p[key] % intervals)
                for key in ("sweeps", "swap_sweeps")
            ),
            ("intervals", "at least 4", intervals >= 4),
            ("swap_probability", "at most 1", p["swap_probability"] <= 1),
            ("dimension", "2 or 3", p["dimension"] in (2, 3)),
            ("particles", "at least 10", p["particles"] >= 10),
            ("diameters", " or ".join(METHODS), p["diameters"] in METHODS),
            ("equilibration_sweeps", "at least 1", p["equilibration_sweeps"] >= 1),
            ("record_every", "at least 1", p["record_every"] >= 1),
            ("density", "a box of at least two cutoffs", 2 * self.system.interaction_range(p) <= length),
            *self.system.requirements(p),
        ]

    def refuse(self, parameters: Mapping[str, Any]) -> None:
        """Raise the errors of the potential for its parameters."""
        self.system.refuse(parameters)

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one replica; the recorded trajectory dominates the memory."""
        coordinates = parameters["particles"] * parameters["dimension"]
        return 8 * coordinates * 6 * parameters["intervals"], 20_000

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Equilibrate one replica with swaps, then run it twice from that state, without and with swaps."""
        potential = self.system.potential(parameters)
        positions, diameters, box = random_configuration(
            parameters["particles"],
            parameters["dimension"],
            potential,
            seed=random_stream(seed, 0),
            density=parameters["density"],
            diameters=self.system.given_diameters(parameters),
            diameter_method=parameters["diameters"],
        )
        start = swap_monte_carlo(
            positions,
            diameters,
            box,
            potential,
            parameters["temperature"],
            sweeps=parameters["equilibration_sweeps"],
            seed=random_stream(seed, 1),
            swap_probability=parameters["swap_probability"],
            displacement=parameters["displacement"],
            record_every=_equilibration_interval(parameters),
        )
        runs = [
            relaxation_run(
                start.positions,
                start.diameters,
                box,
                potential,
                parameters["temperature"],
                sweeps=sweeps,
                seed=random_stream(seed, number),
                swap_probability=probability,
                **{key: parameters[key] for key in _RUN_PARAMETERS},
            )
            for number, (probability, sweeps) in enumerate(_dynamics(parameters), start=2)
        ]
        return {
            **_padded(runs),
            "equilibration_energy": start.energies[1:],
            "equilibration_sweep": start.recorded_sweeps[1:].astype(np.int32),
        }

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the replicas; only the relaxation curves differ between replicas."""
        return {
            **stacked(samples, _RUN_VARIABLES),
            "swap_probability": np.array([probability for probability, _ in _dynamics(parameters)]),
            **{name: samples[0][name] for name in ("lag", "origin_count")},
            **stacked(samples, ("equilibration_energy",)),
            "equilibration_sweep": samples[0]["equilibration_sweep"],
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the dataset that describe the system and the liquid."""
        system = self.system.attributes(parameters)
        liquid = ("particles", "dimension", "density", "temperature", "cutoff")
        runs = ("equilibration_sweeps", "overlap_length", "wave_number", "displacement")
        return {
            "system": system.pop("system"),
            **{key: parameters[key] for key in (*liquid, *runs)},
            "taper": system.pop("taper"),
            "parameters": recorded(parameters),
            **system,
        }


SOFT_SPHERE_RELAXATION = RelaxationEnsemble(SoftSpheres())
LENNARD_JONES_RELAXATION = RelaxationEnsemble(LennardJonesParticles())


def _dynamics(parameters: Mapping[str, Any]) -> tuple[tuple[float, int], ...]:
    """Swap probability and length of both runs."""
    return (0.0, parameters["sweeps"]), (parameters["swap_probability"], parameters["swap_sweeps"])


def _equilibration_interval(parameters: Mapping[str, Any]) -> int:
    return max(1, int(parameters["equilibration_sweeps"]) // _EQUILIBRATION_RECORDS)


def _padded(runs: Sequence[RelaxationRun]) -> dict[str, NDArray[Any]]:
    """Arrays of both runs; the shorter list of lags is padded with NaN, its number of origins with 0."""
    longest = max(len(run.lags) for run in runs)

    def filled(values: NDArray[Any]) -> FloatArray:
        return np.pad(values.astype(np.float64), (0, longest - len(values)), constant_values=np.nan)

    return {
        "relaxation_time": np.array([run.relaxation_time for run in runs]),
        "relaxation_time_bound": np.array([float(run.lags[-1]) for run in runs]),
        "lag": np.stack([filled(run.lags) for run in runs]),
        "origin_count": np.stack([np.pad(run.origins, (0, longest - len(run.origins))) for run in runs]).astype(
            np.int32
        ),
        "overlap": np.stack([filled(run.overlap) for run in runs]),
        "self_scattering": np.stack([filled(run.self_scattering) for run in runs]),
        "mean_energy": np.array([run.energy for run in runs]),
        "displacement_acceptance": np.array([run.displacement_acceptance for run in runs]),
        "swap_acceptance": np.array([run.swap_acceptance for run in runs]),
        "energy_drift": np.array([run.energy_drift for run in runs]),
    }
