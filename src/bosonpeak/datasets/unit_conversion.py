"""Conversion from the scales of a model to units of a material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.schema.labels import PARAMETERS
from bosonpeak.datasets.schema.units import REDUCED, SYMBOLS, pint_expression

if TYPE_CHECKING:
    import xarray as xr


def to_physical_units(
    dataset: xr.Dataset, scales: Mapping[str, str], *, wanted: Mapping[str, str] | None = None
) -> xr.Dataset:
    """Convert a dataset from model units to the units of a material.

    Parameters
    ----------
    dataset : xarray.Dataset
        Every variable has the attribute ``units``.
    scales : mapping of str to str
        Value of each unit symbol, such as ``{"a": "0.34 nm", "epsilon": "0.0104 eV", "m": "40 u"}``; ``pint``
        (``pip install 'bosonpeak[units]'``) reads the values.
    wanted : mapping of str to str, optional
        Variable to unit, such as ``{"eigenfrequency": "rad * THz"}``. By default base units of the SI.

    Returns
    -------
    xarray.Dataset
        Variables with a scale in their units are multiplied and have units that ``udunits`` and ``pint`` read; other
        variables stay unchanged. Parameters, such as the parent temperature, are converted in the attributes too. The
        content digest is dropped, because the values differ.

    Raises
    ------
    NotApplicableError
        If the argument is not a dataset, ``pint`` or a scale is missing, or a scale or a wanted unit is invalid.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> glass = open_dataset("glass/sizes", group="N-500")
    >>> argon = to_physical_units(glass, {"a": "0.34 nm", "epsilon": "0.0104 eV", "m": "40 u"})
    >>> argon["eigenfrequency"].attrs["units"]
    's-1'
    """
    _require_kinds(dataset, scales, wanted)
    registry, dimension_error = _registry_of(scales)
    converted = dataset.copy()
    for name, variable in dataset.variables.items():
        expression = pint_expression(str(variable.attrs.get("units", "1")))
        if "reduced_" not in expression and name not in (wanted or {}):
            continue
        try:
            quantity = registry.parse_expression(expression)
            target = (wanted or {}).get(str(name))
            quantity = quantity.to(target) if target else quantity.to_base_units()
        except dimension_error as error:
            raise _refusal(str(name), str(variable.attrs.get("units", "1")), error) from error
        attributes = variable.attrs | {"units": target or _udunits(quantity)}
        attributes.pop("pint_units", None)
        converted[name] = (variable.dims, variable.values * quantity.magnitude, attributes)
    converted.attrs = {key: value for key, value in dataset.attrs.items() if key not in ("content_digest", "id")}
    for name in set(PARAMETERS) & set(converted.attrs) & set(converted.coords):
        if not converted[name].equals(dataset[name]):
            converted.attrs[name] = converted[name].item()
    return converted


def _require_kinds(dataset: Any, scales: Any, wanted: Any) -> None:
    if not hasattr(dataset, "data_vars"):
        raise NotApplicableError("not a dataset", expected="an xarray.Dataset", got=type(dataset).__name__)
    for name, given in (("scales", scales), ("wanted", {} if wanted is None else wanted)):
        if not isinstance(given, Mapping):
            raise NotApplicableError(
                f"{name}: not a mapping", expected='such as {"a": "0.34 nm"}', got=type(given).__name__
            )


def _registry_of(scales: Mapping[str, str]) -> tuple[Any, Any]:
    try:
        import pint
    except ImportError as error:
        raise NotApplicableError(
            "units cannot be converted without the package pint", likely_cause="pip install 'bosonpeak[units]'"
        ) from error
    unknown = set(scales) - set(REDUCED)
    if unknown:
        raise NotApplicableError(
            "not a scale of a model",
            expected="; ".join(f"{name}: {SYMBOLS[name]}" for name in REDUCED),
            got=", ".join(sorted(unknown)),
        )
    registry: Any = pint.UnitRegistry()
    failures = (pint.errors.PintError, ValueError, TypeError, AttributeError)
    for name, scale in scales.items():
        try:
            registry.define(f"reduced_{name} = {registry.Quantity(scale).to_base_units():~}")
        except failures as error:
            raise _refusal(name, scale, error) from error
    return registry, failures


def _udunits(quantity: Any) -> str:
    """Format the unit of a quantity for udunits: symbols with integer powers, such as ``m s-1``."""
    powers = {f"{quantity._REGISTRY.Unit(name):~}": power for name, power in quantity.unit_items()}
    return " ".join(f"{symbol}{'' if power == 1 else f'{power:g}'}" for symbol, power in powers.items()) or "1"


def _refusal(name: str, units: str, error: Exception) -> NotApplicableError:
    return NotApplicableError(
        f"the units of {name} cannot be converted",
        got=f"{units}: {error}",
        likely_cause="a scale that was not given, or a unit of another dimension",
    )
