"""Glasses of a stored ensemble, measured again without a quench, under their sample ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.opening import open_dataset
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.generators.glasses.quench import ACCEPTED, OUTCOMES, VECTOR_BITS, GlassRequest, stored_glass
from bosonpeak.generators.particles.configuration import Configuration
from bosonpeak.generators.run.recipe import sample_index
from bosonpeak.generators.sample_generators.glass_labels import GLASS_LABELS, OF_EACH_GLASS, PADDING
from bosonpeak.generators.sample_generators.glasses import coordination, stress_edges
from bosonpeak.generators.sample_generators.labelled_generator import (
    Label,
    LabelledGenerator,
    Requirement,
    Sample,
    padded,
    recorded,
    stacked,
)
from bosonpeak.generators.sample_generators.particle_systems import LennardJonesParticles, ParticleSystem, SoftSpheres

_LENNARD_JONES = LennardJonesParticles()
_SYSTEMS: Mapping[str, ParticleSystem] = {
    "soft-spheres": SoftSpheres(),
    "lennard-jones": _LENNARD_JONES,
    "kob-andersen": _LENNARD_JONES,
}
"""Particle systems by the attribute `system` of a dataset."""

_ATTRIBUTES = ("system", "particles", "dimension", "degrees_of_freedom", "density", "parent_temperature", "cutoff")
_OF_SOME_SYSTEMS = ("taper", "truncation")

_LABELS: Mapping[str, Label] = {
    **GLASS_LABELS,
    "sample": (("sample",), "1", "sample of {dataset}"),
    "configuration": (("configuration",), "1", "sample that the configuration belongs to"),
}


_WITH_PARTICLES = {"glass/taper-inf": "glass/taper-inf-with-eigenvectors"}
"""Datasets of the release with the particles that the package leaves out of the same ensembles."""


class StoredGlasses(LabelledGenerator):
    """The first stored glass of each chain of an ensemble, measured again; dataset kind ``glass-ensemble``."""

    name = "stored-glass"
    kind = "glass-ensemble"
    labels = _LABELS
    defaults: Mapping[str, Any] = {
        "dataset": "glass/taper-2/T-0.20",
        "force_tolerance": 1e-10,
        "lowest_modes": 20,
        "highest_modes": 0,
        "eigenvectors": 20,
        "eigenvector_bits": VECTOR_BITS,
        "pair_forces": False,
        "coordination": False,
        "smallest_stress": 1e-9,
        "largest_stress": 1e3,
        "stress_bins_per_decade": 10,
    }
    """`dataset`: name of an ensemble with positions and its group."""

    def requirements(self, parameters: Mapping[str, Any]) -> list[Requirement]:
        """Require possible numbers of modes and bits."""
        p = parameters
        return [
            ("force_tolerance", "above zero", p["force_tolerance"] > 0.0),
            ("lowest_modes", "at least 1", p["lowest_modes"] >= 1),
            ("highest_modes", "at least 0", p["highest_modes"] >= 0),
            ("eigenvectors", "0 to lowest_modes", 0 <= p["eigenvectors"] <= p["lowest_modes"]),
            ("eigenvector_bits", "4 to 24", 4 <= p["eigenvector_bits"] <= 24),
            (
                "smallest_stress",
                "above zero and below largest_stress",
                0.0 < p["smallest_stress"] < p["largest_stress"],
            ),
            ("stress_bins_per_decade", "at least 1", p["stress_bins_per_decade"] >= 1),
        ]

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Measure the glass of one chain; deterministic."""
        source = _source(parameters)
        place = _place(source, sample_index(seed), parameters["dataset"])
        row = rows_of(source, "configuration")[place]
        solid = Configuration.checked(
            source["position"].values[place],
            source["diameter"].values[place],
            source["box"].values,
            _SYSTEMS[source.attrs["system"]].quench_potential(_recorded_parameters(source)),
        )
        keys = ("force_tolerance", "lowest_modes", "highest_modes", "eigenvectors", "eigenvector_bits", "pair_forces")
        request = GlassRequest(
            full_spectrum=False, stress_edges=stress_edges(parameters), **{key: parameters[key] for key in keys}
        )
        outcome, glass = stored_glass(solid, request)
        sample = source["sample"].values[row]
        if outcome != ACCEPTED:
            raise RecipeError(
                "a stored configuration is not a glass",
                expected=f"a minimum, stable against shear, with forces up to {parameters['force_tolerance']:.3g}",
                got=OUTCOMES[outcome].replace("_", " "),
                where=f"sample {sample} of {parameters['dataset']}",
            )
        return glass | {name: source[name].values[row] for name in ("sweep", "chain")} | {"sample": sample}

    def joined(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> dict[str, NDArray[Any]]:
        """Join the glasses under the sample ids of the stored ensemble."""
        ids = np.array([sample["sample"] for sample in samples], dtype=np.int32)
        glasses = stacked(padded(samples, PADDING), (*OF_EACH_GLASS, "chain"))
        return {
            "sample": ids,
            **glasses,
            "configuration": ids,
            "stress_edge": stress_edges(parameters),
            "box": (box := _source(parameters)["box"].values),
            **(coordination(glasses["position"], glasses["diameter"], box) if parameters["coordination"] else {}),
        }

    def labels_for(self, parameters: Mapping[str, Any]) -> Mapping[str, Label]:
        """Labels with the dimension of the stored ensemble in the units."""
        dimension = str(_source(parameters).attrs["dimension"])
        return {
            name: (dimensions, units.replace("{dimension}", dimension), *texts)
            for name, (dimensions, units, *texts) in self.labels.items()
        }

    def attributes(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes of the stored ensemble, and its name and recipe digest."""
        source = _source(parameters)
        kept = (*_ATTRIBUTES, *(name for name in _OF_SOME_SYSTEMS if name in source.attrs))
        return {
            **{name: source.attrs[name] for name in kept},
            "parameters": recorded({**_recorded_parameters(source), **parameters}),
            "source_dataset": parameters["dataset"],
            "source_recipe_digest": source.attrs["recipe_digest"],
        }


def _source(parameters: Mapping[str, Any]) -> xr.Dataset:
    """Stored ensemble with particles and their box; raise `RecipeError` for other data."""
    name = parameters["dataset"]
    embedded = next((each for each in _WITH_PARTICLES if name.startswith(f"{each}/")), "")
    source = open_dataset(name.replace(embedded, _WITH_PARTICLES[embedded], 1) if embedded else name)
    needed = ("position", "diameter", "box", "chain", "sweep")
    whole = all(variable in source for variable in needed)
    if not isinstance(source, xr.Dataset) or not whole or source.attrs.get("system") not in _SYSTEMS:
        raise RecipeError(
            "the stored dataset cannot be measured again",
            expected=f"one ensemble of glasses with {', '.join(needed)}",
            got=", ".join(map(str, source)) or "no variable",
            where=name,
            likely_cause="a name without a group, or an ensemble without configurations",
        )
    return source


def _recorded_parameters(source: xr.Dataset) -> dict[str, Any]:
    """Parameters of the recipe that made the ensemble."""
    found: dict[str, Any] = json.loads(source.attrs["parameters"])
    return found


def _place(source: xr.Dataset, index: int, name: str) -> int:
    """Place of the first configuration of chain number `index` among the chains with configurations."""
    chains = source["chain"].values[rows_of(source, "configuration")]
    _, first = np.unique(chains, return_index=True)
    if index >= len(first):
        raise RecipeError(
            "the stored ensemble has too few chains",
            expected=f"at most {len(first)} samples",
            got=str(index + 1),
            where=name,
        )
    return int(first[index])
