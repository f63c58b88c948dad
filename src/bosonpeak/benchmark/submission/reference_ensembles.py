"""Ensembles of the reference data, and the reference ensemble that corresponds to a card."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bosonpeak.benchmark.cards.card import ANY_GLASS, EnsembleCard
from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.opening import local_path

_KINDS = ("glass-ensemble", "network-ensemble", "spectrum")

_NETWORK = "spring-network"
_NETWORK_PARAMETERS = ("situation", "displacement")
_GLASS_PARAMETERS = ("particles", "density", "parent_temperature", "exponent", "taper", "cutoff", "truncation")

_OF_THE_RUN = frozenset(
    ("size", "situation", "displacement", "moments", "vectors", "highest_frequency", "frequency_step", "structure")
) | {"modes", "mode_count", "mode_frequency", "participation", "eigenvectors", "weight_bin", "weak_stiffness"}
"""Parameters of a network recipe that a card states, or that change what is kept of a network but not the network."""

_PLAIN_NETWORK: Mapping[str, Any] = {
    "cutoff_factor": 1.0,
    "bond_probability": 1.0,
    "weak_fraction": 0.0,
    "strength_shape": "inf",
}
"""The other parameters, where a network is one of the paper's situations and no control."""

_DIGITS = 9

Value = str | float


@dataclass(frozen=True)
class Regime:
    """An ensemble of the reference data that a third party can reproduce."""

    system: str
    dataset: str
    group: str  # with `dataset`: the ensemble used for comparison
    places: tuple[tuple[str, str], ...]  # (dataset, group) of all embedded ensembles of the regime
    dimension: int
    parameters: tuple[tuple[str, Value], ...]  # (name, value) pairs as on a card
    degrees_of_freedom: int  # of the reference ensemble, without translations for glasses

    @property
    def name(self) -> str:
        """Dataset and group in one word."""
        return f"{self.dataset}/{self.group}"

    def __str__(self) -> str:
        values = ", ".join(f"{key} {_shown(value)}" for key, value in self.parameters)
        return f"{self.system} in {self.dimension} dimensions, {values}"


@dataclass(frozen=True)
class _Stored:
    """A group of a stored file: its attributes, and the numbers of quantities and frequencies."""

    dataset: str
    group: str
    attributes: Mapping[str, Any]
    quantities: int
    frequencies: int


@functools.cache
def regimes() -> tuple[Regime, ...]:
    """List every reproducible ensemble of the embedded reference data, in the order of dataset and group."""
    # Data that need a download are left out: requirements on a submission must not depend on the network.
    found: dict[tuple[Any, ...], list[_Stored]] = {}
    for stored in _stored():
        key = _key(stored.attributes)
        if key is not None:
            found.setdefault(key, []).append(stored)
    listed = [_regime(key, same) for key, same in found.items()]
    return tuple(sorted((regime for regime in listed if regime is not None), key=lambda r: (r.dataset, r.group)))


def regime_of(card: EnsembleCard) -> Regime | None:
    """Regime stated by a card, or None if the reference data hold no such ensemble."""
    # The windows of a network's claims do not depend on its size, so the number of nodes is ignored.
    if card.system == ANY_GLASS or _has_other_pairs(card):
        return None
    stated = _stated(card)
    for regime in regimes():
        same = (regime.system, regime.dimension) == (card.system, card.dimension)
        if same and dict(regime.parameters) == {key: stated.get(key) for key, _ in regime.parameters}:
            return regime
    return None


def why_none(card: EnsembleCard) -> str:
    """Explain in a sentence how a card without a regime differs from the nearest regime."""
    of_system = [regime for regime in regimes() if regime.system == card.system]
    if not of_system:
        known = ", ".join(sorted({regime.system for regime in regimes()}))
        return f"the reference data hold no ensemble of {card.system}, only of {known}"
    nearest = min(of_system, key=lambda regime: _distance(regime, card))
    differences = "; ".join(_differences(nearest, card))
    return f"the reference data hold no such ensemble of {card.system}; nearest is {nearest.name}: {differences}"


def _stored() -> Iterator[_Stored]:
    from bosonpeak.datasets.storage import netcdf_codec

    for entry in list_datasets():
        if entry.kind not in _KINDS:
            continue
        found = []
        with netcdf_codec.opened(local_path(entry.name)) as file:
            for path in netcdf_codec.group_paths(file):
                node = file if path == "/" else file[path]
                if node.variables:
                    frequencies = node.variables.get("eigenfrequency")
                    count = 0 if frequencies is None else math.prod(frequencies.shape)
                    attributes = {name: node.getncattr(name) for name in node.ncattrs()}
                    of_samples = (each for each in node.variables.values() if each.dimensions == ("sample",))
                    quantities = sum(each.dtype.kind == "f" for each in of_samples)
                    found.append(_Stored(entry.name, path.strip("/"), attributes, quantities, count))
        yield from found


def _key(attributes: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """System, dimension and parameters of a stored ensemble; None if the ensemble is excluded."""
    if "situation" in attributes and "displacement" in attributes:
        if not _is_plain_network(attributes) or float(attributes["displacement"]) == 0.0:
            return None
        return _NETWORK, 2, tuple((name, _value(attributes[name])) for name in _NETWORK_PARAMETERS)
    if "system" in attributes and "parent_temperature" in attributes:
        known = json.loads(attributes.get("parameters", "{}")) | dict(attributes)
        parameters = tuple((name, _value(known[name])) for name in _GLASS_PARAMETERS if name in known)
        return str(attributes["system"]), int(attributes["dimension"]), parameters
    return None


def _is_plain_network(attributes: Mapping[str, Any]) -> bool:
    parameters: dict[str, Any] = json.loads(attributes.get("parameters", "{}"))
    others = {name: value for name, value in parameters.items() if name not in _OF_THE_RUN}
    return all(name in _PLAIN_NETWORK and value == _PLAIN_NETWORK[name] for name, value in others.items())


def _regime(key: tuple[Any, ...], same: list[_Stored]) -> Regime | None:
    with_modes = [stored for stored in same if stored.frequencies]
    if not with_modes:
        return None
    best = max(with_modes, key=lambda stored: (stored.quantities, stored.frequencies))
    system, dimension, parameters = key
    places = dict.fromkeys((each.dataset, each.group) for each in (best, *same) if _is_same(each, best))
    freedom = int(best.attributes["degrees_of_freedom"])
    return Regime(system, best.dataset, best.group, tuple(places), dimension, parameters, freedom)


def _is_same(stored: _Stored, other: _Stored) -> bool:
    """Test whether two groups have the same name, directly or below different parent names in their datasets."""
    if stored.group == other.group:
        return True
    return all(
        here.rpartition("/")[2] == there.rpartition("/")[2]
        for here, there in ((stored.dataset, other.dataset), (stored.group, other.group))
    )


def _stated(card: EnsembleCard) -> dict[str, Value]:
    stated = {name: _value(value) for name, value in card.parameters.items() if not isinstance(value, Mapping)}
    if card.system != _NETWORK:
        stated.setdefault("taper", "none")
    return stated


def _has_other_pairs(card: EnsembleCard) -> bool:
    """Test whether the card states diameters or cutoffs that no reference data have."""
    if card.is_network:
        return False
    reference_is_common = card.system == "soft-spheres"
    unshifted = card.system == "soft-spheres" and card.parameters.get("truncation") == "hard"
    return "diameters" in card.parameters or unshifted or card.has_common_cutoff != reference_is_common


def _value(value: Any) -> Value:
    """Normalise a value for comparison: text and infinities as text, other numbers to nine digits."""
    try:
        number = float(value)
    except ValueError:
        return str(value)
    return float(f"{number:.{_DIGITS}g}") if math.isfinite(number) else str(number)


def _distance(regime: Regime, card: EnsembleCard) -> tuple[int, float]:
    """Number of differing parameters, and the sum of their distances."""
    stated = _stated(card)
    pairs = [(value, stated.get(name)) for name, value in regime.parameters]
    different = sum(here != there for here, there in pairs) + (regime.dimension != card.dimension)
    return different, sum(_apart(here, there) for here, there in pairs)


def _apart(here: Value, there: Value | None) -> float:
    """Distance of two values: absolute logarithm of the ratio of numbers; infinite for other unequal values."""
    if isinstance(here, float) and isinstance(there, float):
        return abs(math.log((abs(here) + 1e-9) / (abs(there) + 1e-9)))
    return 0.0 if here == there else math.inf


def _differences(regime: Regime, card: EnsembleCard) -> Iterator[str]:
    stated = _stated(card)
    if _has_other_pairs(card):
        yield "the card states other diameters, or another end of the pair potential"
    if regime.dimension != card.dimension:
        yield f"dimension {regime.dimension} there, {card.dimension} on the card"
    for name, value in regime.parameters:
        if stated.get(name) != value:
            said = f"{_shown(stated[name])} on the card" if name in stated else "nothing on the card"
            yield f"{name} {_shown(value)} there, {said}"


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
