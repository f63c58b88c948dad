"""Base of all measures: openers of ensembles, conversion of validators to measures, potential of an ensemble."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

if TYPE_CHECKING:
    from bosonpeak.generators.particles.potentials import InversePower, LennardJones


Measure = Callable[..., Estimate]

Made = tuple[Callable[..., Any], str, str, str]
"""Key of a measurement: function, dataset, group and parameters."""


class OpenEnsemble(Protocol):
    """Opener of one ensemble in memory, used by all judgements, figures and comparisons."""

    def __call__(self, dataset: str, group: str, /) -> xr.Dataset:
        """The ensemble of a dataset that is called by its group."""
        ...


class OpenCell(Protocol):
    """Opens one ensemble of the dataset at hand, or of another one."""

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """The ensemble, in memory."""
        ...


@dataclass(frozen=True)
class AtHome:
    """Opener of the ensembles of one dataset for a measure, with a cache of measurements shared by several measures."""

    dataset: str
    open_ensemble: OpenEnsemble
    kept: dict[Made, Any] = field(default_factory=dict)

    def __call__(self, group: str, dataset: str | None = None, /) -> xr.Dataset:
        """The ensemble, in memory."""
        return self.open_ensemble(dataset or self.dataset, group)


def of_ensemble(validator: Callable[..., Any]) -> Callable[..., Any]:
    """Measurement of one ensemble: the claim's parameters are the validator's keywords."""

    def apply(open_cell: OpenCell, cell: str, **parameters: Any) -> Any:
        return validator(open_cell(cell), **parameters)

    return _signed(apply, validator)


def over_sizes(validator: Callable[..., Any]) -> Callable[..., Any]:
    """Measurement of several sizes: the ensemble at hand, and ``other_cells`` of the same or of another dataset."""

    def apply(
        open_cell: OpenCell,
        cell: str,
        *,
        other_dataset: str | None = None,
        other_cells: Sequence[str] = (),
        **parameters: Any,
    ) -> Any:
        return validator(sizes(open_cell, cell, other_dataset, other_cells), **parameters)

    return _signed(apply, validator)


def sizes(open_cell: OpenCell, cell: str, other_dataset: str | None, other_cells: Sequence[str]) -> list[xr.Dataset]:
    """The ensemble at hand and the ensembles of other sizes."""
    return [open_cell(cell), *(open_cell(other, other_dataset) for other in other_cells)]


def _signed(apply: Callable[..., Any], validator: Callable[..., Any]) -> Callable[..., Any]:
    """Give a binding the description of its validator, and the validator's keywords beside its own parameters."""
    own = [each for each in inspect.signature(apply).parameters.values() if each.kind is not each.VAR_KEYWORD]
    keywords = [each for each in inspect.signature(validator).parameters.values() if each.kind is each.KEYWORD_ONLY]
    for name in ("__doc__", "__module__", "__qualname__"):
        setattr(apply, name, getattr(validator, name))
    apply.__signature__ = inspect.Signature([*own, *keywords])  # type: ignore[attr-defined]
    return apply


def part(measurement: Callable[..., Any], feature: str) -> Measure:
    """Feature of a measurement with several features; `NotApplicableError` if the measurement lacks it."""

    @functools.wraps(measurement)
    def apply(open_cell: OpenCell, cell: str, **parameters: Any) -> Estimate:
        found: Estimate | None = getattr(_kept(measurement, open_cell, cell, parameters), feature)
        if found is None:
            raise NotApplicableError(f"the ensemble does not tell its {feature.replace('_', ' ')}")
        return found

    return apply


def _kept(measurement: Callable[..., Any], open_cell: OpenCell, cell: str, parameters: Mapping[str, Any]) -> Any:
    """The measurement, made once for all of its features where the opener keeps it."""
    if not isinstance(open_cell, AtHome):
        return measurement(open_cell, cell, **parameters)
    key = (measurement, open_cell.dataset, cell, json.dumps(parameters, sort_keys=True))
    if key not in open_cell.kept:
        open_cell.kept[key] = measurement(open_cell, cell, **parameters)
    return open_cell.kept[key]


_SOFT_SPHERES = ("exponent", "cutoff", "taper")
_LENNARD_JONES = ("truncation", "cutoff", "taper", "kob_andersen")


def potential_of(dataset: xr.Dataset) -> InversePower | LennardJones:
    """Potential of an ensemble's particles from its recorded parameters; `NotApplicableError` if not recorded."""
    from bosonpeak.generators.sample_generators.particle_systems import lennard_jones_potential, soft_sphere_potential

    parameters = json.loads(dataset.attrs.get("parameters", "{}"))
    if parameters.keys() >= set(_LENNARD_JONES):
        return lennard_jones_potential(parameters)
    if parameters.keys() >= set(_SOFT_SPHERES):
        return soft_sphere_potential(parameters)
    raise NotApplicableError(
        "the potential is unknown",
        expected=f"{', '.join(_SOFT_SPHERES)}, or {', '.join(_LENNARD_JONES)}, in the parameters",
    )
