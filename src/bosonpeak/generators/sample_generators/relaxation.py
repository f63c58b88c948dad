"""Sample generator for relaxation times: one equilibrated liquid, followed under standard and under swap dynamics."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.generators.liquids.relaxation_times import OVERLAP_LENGTH, WAVE_NUMBER, RelaxationRun, relaxation_run
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.diameters import METHODS
from bosonpeak.generators.particles.potentials import PairPotential
from bosonpeak.generators.sample_generators.parameters import Requirement, completed, refuse_impossible
from bosonpeak.generators.sample_generators.soft_spheres import (
    box_length,
    named_taper,
    random_stream,
    soft_sphere_potential,
)

Sample = Mapping[str, NDArray[Any]]

PARAMETERS: dict[str, Any] = {
    "particles": 500,
    "dimension": 3,
    "density": 1.0,
    "exponent": 12,
    "cutoff": 1.955,
    "taper": 2.0,
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

_LAG_DIMENSIONS = ("dynamics", "lag_number")

_RUN_VARIABLES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "relaxation_time": ((), "1", "Monte Carlo sweeps until the overlap falls below 1/e; NaN if it did not"),
    "relaxation_time_bound": ((), "1", "longest lag in sweeps; the relaxation time is above it where that is NaN"),
    "overlap": (("lag_number",), "1", "share of particles within the overlap length of where they were"),
    "self_scattering": (("lag_number",), "1", "self-intermediate scattering function at the wave number"),
    "mean_energy": ((), "epsilon", "potential energy a particle, mean over the run"),
    "displacement_acceptance": ((), "1", "accepted fraction of displacements"),
    "swap_acceptance": ((), "1", "accepted fraction of swaps; NaN for the standard dynamics"),
    "energy_drift": ((), "epsilon", "largest error of the running energy between two records, a particle"),
}
"""Dimensions beyond (sample, dynamics), unit and name of what every run gives."""


class RelaxationEnsemble:
    """Independent liquids at one temperature; a sample is one replica, dataset kind ``relaxation``."""

    name = "relaxation"
    kind = "relaxation"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        refuse_impossible(complete, relaxation_requirements(complete, complete["cutoff"]), self.name)
        self.potential(complete)
        return complete

    def potential(self, parameters: Mapping[str, Any]) -> PairPotential:
        """Potential of the liquid."""
        return soft_sphere_potential(parameters)

    def given_diameters(self, parameters: Mapping[str, Any]) -> NDArray[np.float64] | None:
        """Diameters of the particles, if they are not drawn from the distribution."""
        return None

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the dataset says of its liquid."""
        return relaxation_attributes(parameters, "soft-spheres", named_taper(parameters["taper"]))

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory and of disk for one replica; the recorded trajectory dominates the memory."""
        coordinates = parameters["particles"] * parameters["dimension"]
        return 8 * coordinates * 6 * parameters["intervals"], 20_000

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """One replica: equilibrated with swaps, then followed twice from there, without and with them."""
        potential = self.potential(parameters)
        positions, diameters, box = random_configuration(
            parameters["particles"],
            parameters["dimension"],
            potential,
            seed=random_stream(seed, 0),
            density=parameters["density"],
            diameters=self.given_diameters(parameters),
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

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Label the replicas; everything but their own curves is common to all of them."""
        variables: dict[str, Any] = {
            name: (("sample", "dynamics", *dimensions), np.stack([sample[name] for sample in samples]), _named(*label))
            for name, (dimensions, *label) in _RUN_VARIABLES.items()
        }
        variables |= {
            "swap_probability": (
                "dynamics",
                np.array([probability for probability, _ in _dynamics(parameters)]),
                _named("1", "share of swaps among the moves; 0 is the standard dynamics"),
            ),
            "lag": (_LAG_DIMENSIONS, samples[0]["lag"], _named("1", "Monte Carlo sweeps between two records")),
            "origin_count": (_LAG_DIMENSIONS, samples[0]["origin_count"], _named("1", "time origins of each lag")),
            "equilibration_energy": (
                ("sample", "record"),
                np.stack([sample["equilibration_energy"] for sample in samples]),
                _named("epsilon", "potential energy a particle along the equilibration"),
            ),
            "equilibration_sweep": (
                "record",
                samples[0]["equilibration_sweep"],
                _named("1", "sweeps after which the energy was recorded"),
            ),
        }
        return xr.Dataset(variables, attrs=self.attributes(parameters))


def relaxation_requirements(parameters: Mapping[str, Any], interaction_range: float) -> list[Requirement]:
    """What the parameters of a liquid and of its runs must fulfil, whatever the interaction.

    Parameters
    ----------
    parameters : mapping
        Complete.
    interaction_range : float
        Largest distance at which two particles interact.

    Returns
    -------
    list of tuple
        As `refuse_impossible` takes them.
    """
    intervals = parameters["intervals"]
    finite = [key for key, value in parameters.items() if isinstance(value, float) and key != "taper"]
    requirements = [(key, "a positive finite number", 0 < parameters[key] < math.inf) for key in finite]
    requirements += [
        (
            key,
            "a multiple of intervals, above zero",
            intervals > 0 and parameters[key] > 0 == parameters[key] % intervals,
        )
        for key in ("sweeps", "swap_sweeps")
    ]
    requirements += [
        ("intervals", "at least 4", intervals >= 4),
        ("swap_probability", "at most 1", parameters["swap_probability"] <= 1),
        ("dimension", "2 or 3", parameters["dimension"] in (2, 3)),
        ("particles", "at least 10", parameters["particles"] >= 10),
        ("diameters", " or ".join(METHODS), parameters["diameters"] in METHODS),
        ("equilibration_sweeps", "at least 1", parameters["equilibration_sweeps"] >= 1),
        ("record_every", "at least 1", parameters["record_every"] >= 1),
        ("density", "a box of at least two cutoffs", 2 * interaction_range <= box_length(parameters)),
    ]
    return requirements


def _dynamics(parameters: Mapping[str, Any]) -> tuple[tuple[float, int], ...]:
    """Swap probability and length of both runs."""
    return (0.0, parameters["sweeps"]), (parameters["swap_probability"], parameters["swap_sweeps"])


def _equilibration_interval(parameters: Mapping[str, Any]) -> int:
    return max(1, int(parameters["equilibration_sweeps"]) // _EQUILIBRATION_RECORDS)


def _padded(runs: Sequence[RelaxationRun]) -> dict[str, NDArray[Any]]:
    """Arrays of both runs; the shorter list of lags ends in NaN, and in no origins."""
    longest = max(len(run.lags) for run in runs)

    def filled(values: NDArray[Any]) -> NDArray[np.float64]:
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


def _named(unit: str, long_name: str) -> dict[str, Any]:
    return {"units": unit, "long_name": long_name}


def relaxation_attributes(parameters: Mapping[str, Any], system: str, taper: str) -> dict[str, Any]:
    """Attributes of relaxation runs of any interaction with a cutoff."""
    json_parameters = {
        key: str(value) if isinstance(value, float) and math.isinf(value) else value
        for key, value in parameters.items()
    }
    return {
        "system": system,
        **{key: parameters[key] for key in ("particles", "dimension", "density", "temperature", "cutoff")},
        **{key: parameters[key] for key in ("equilibration_sweeps", "overlap_length", "wave_number", "displacement")},
        "taper": taper,
        "parameters": json.dumps(json_parameters, sort_keys=True),
    }
