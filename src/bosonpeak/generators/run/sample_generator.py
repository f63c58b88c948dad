"""Sample generators by name: of the package, or of an installed entry point of the group ``bosonpeak.generators``.

An entry point names an object, or a class without arguments: ``my-system = "my_package.my_module:MyGenerator"``.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bosonpeak.datasets.errors import RecipeError, did_you_mean

if TYPE_CHECKING:
    import xarray as xr
    from numpy.random import SeedSequence
    from numpy.typing import NDArray

ENTRY_POINT_GROUP = "bosonpeak.generators"

_FOLDER = "bosonpeak.generators.sample_generators"

_OWN_GENERATORS = {
    "spring-network": f"{_FOLDER}.spring_networks:SpringNetworkModes",
    "spring-network-spectrum": f"{_FOLDER}.spring_networks:SpringNetworkSpectrum",
    "nine-node-toy": f"{_FOLDER}.spring_networks:NineNodeToy",
    "glass": f"{_FOLDER}.glasses:SOFT_SPHERE_GLASSES",
    "lennard-jones-glass": f"{_FOLDER}.glasses:LENNARD_JONES_GLASSES",
    "stored-glass": f"{_FOLDER}.stored_glasses:StoredGlasses",
    "lennard-jones-relaxation": f"{_FOLDER}.relaxation:LENNARD_JONES_RELAXATION",
    "null-spectrum": f"{_FOLDER}.known_truth:NullSpectrum",
    "localised-top": f"{_FOLDER}.known_materials:LocalisedTop",
    "excess-modes": f"{_FOLDER}.known_materials:ExcessModes",
    "known-peak": f"{_FOLDER}.known_materials:KnownPeak",
    "relaxation": f"{_FOLDER}.relaxation:SOFT_SPHERE_RELAXATION",
    "random-levels": f"{_FOLDER}.known_truth:RandomLevels",
    "random-modes": f"{_FOLDER}.known_truth:RandomModes",
    "theory": f"{_FOLDER}.theory:TheorySpectrum",
    "random-crossover": f"{_FOLDER}.known_truth:RandomCrossover",
    "bent-spectrum": f"{_FOLDER}.known_truth:BentSpectrum",
    "elastic-medium": f"{_FOLDER}.media:ElasticMediumSpectrum",
    "spring-network-currents": f"{_FOLDER}.current_correlations:SpringNetworkCurrents",
    "elastic-medium-currents": f"{_FOLDER}.current_correlations:ElasticMediumCurrents",
    "glass-currents": f"{_FOLDER}.current_correlations:GlassCurrents",
    "elastic-medium-energies": f"{_FOLDER}.media:ElasticMediumEnergies",
    "material-glass": f"{_FOLDER}.materials:MaterialGlasses",
}


@runtime_checkable
class SampleGenerator(Protocol):
    """Stateless, picklable map from parameters and a random stream to samples, and from samples to a dataset."""

    name: str
    kind: str

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters completed with defaults.

        Raises
        ------
        RecipeError
            If the parameters are unknown, of the wrong type or impossible.
        """
        ...

    def sample(self, parameters: Mapping[str, Any], seed: SeedSequence) -> dict[str, NDArray[Any]]:
        """One sample as named arrays; all randomness comes from `seed`."""
        ...

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Mapping[str, NDArray[Any]]]) -> xr.Dataset:
        """Dataset of all samples, in their order, without provenance attributes."""
        ...


@runtime_checkable
class FootprintEstimator(Protocol):
    """Optional protocol of a generator that predicts the size of a sample."""

    def footprint(self, parameters: Mapping[str, Any]) -> tuple[int, int]:
        """Bytes of memory that one sample needs while it is made, and bytes on disk."""
        ...


def sample_generator(name: str) -> SampleGenerator:
    """Sample generator with the given name; `RecipeError` if the name is unknown or the object unsuitable."""
    if name in _OWN_GENERATORS:
        module, _, attribute = _OWN_GENERATORS[name].partition(":")
        return _instance(getattr(importlib.import_module(module), attribute), name)
    foreign = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}
    if name in foreign:
        return _instance(_loaded(foreign[name]), name)
    known = sorted({*_OWN_GENERATORS, *foreign})
    raise RecipeError(
        "unknown generator",
        expected=f"one of: {', '.join(known)}",
        got=repr(name),
        likely_cause=did_you_mean(name, known) or "the package that provides it is not installed",
    )


def _loaded(point: importlib.metadata.EntryPoint) -> object:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise RecipeError(
            "the generator cannot be loaded",
            got=str(error),
            where=f"entry point {point.name} = {point.value}",
            likely_cause="a mistake in the package that registers it",
        ) from error


def _instance(registered: object, name: str) -> SampleGenerator:
    generator = registered() if isinstance(registered, type) else registered
    if not isinstance(generator, SampleGenerator) or generator.name != name:
        raise RecipeError(
            "the object registered under this name is not a sample generator",
            expected=f"name = {name!r}, kind, check, sample and assemble",
            got=repr(generator),
            likely_cause=f"a mistake in the package that registers it in {ENTRY_POINT_GROUP}",
        )
    return generator
