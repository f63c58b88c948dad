"""Fresh random problems drawn from a seed; only relaxed positions, which depend on the processor, are stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.datasets.periodic_box import folded, nearest_image
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.particles.diameters import sample_diameters

Interaction = Mapping[str, Any]

ATTEMPTS = 20
"""Draws of one kind before none is expected to relax."""

_DISPLACED = 0.12
_KICK = 0.02
_BARELY = 1e-14
_APART = 1e-3
_FREE = 1e-9
_TRIALS = 20000
_FORM: dict[str, Interaction] = {
    "soft": {"form": "inverse-power"},
    "lennard-jones": {"form": "lennard-jones"},
    "harmonic": {"form": "harmonic"},
}


@dataclass(frozen=True)
class Kind:
    """Type of fresh case."""

    template: str  # practice case with the same quantities and required digits
    draw: Callable[[np.random.Generator, str], Problem]  # from generator and name to a start
    is_relaxed: bool = False  # use the minimum reached from the start
    finish: Callable[[Problem, np.random.Generator], Problem | None] | None = None
    is_start: bool = False  # the result is the start of a minimisation and not at rest


def drawn_start(name: str, seed: int, attempt: int) -> Problem:
    """Draw the unrelaxed start of a kind from a seed and attempt number."""
    return KINDS[name].draw(_stream(name, seed, attempt), name)


def drawn_problem(name: str, seed: int) -> tuple[Problem, int]:
    """Draw a problem of a kind and its attempt; `NotApplicableError` if no start relaxes (use another seed)."""
    for attempt in range(ATTEMPTS):
        start = drawn_start(name, seed, attempt)
        if not KINDS[name].is_relaxed:
            return start, attempt
        try:
            found = minimise(start.positions, start.diameters, start.box, potential_of(start), method="l-bfgs")
        except ConvergenceError:
            continue
        relaxed: Problem | None = dataclasses.replace(start, positions=found.positions)
        if (finish := KINDS[name].finish) is not None and relaxed is not None:
            relaxed = finish(relaxed, _stream(name, seed, attempt, 1))
        if relaxed is not None:
            return relaxed, attempt
    raise NotApplicableError("no start of this kind relaxed", got=f"{ATTEMPTS} attempts", where=f"{name}, seed {seed}")


def _stream(name: str, seed: int, attempt: int, *further: int) -> np.random.Generator:
    key = (list(KINDS).index(name), attempt, *further)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _grid(random: np.random.Generator, side: int, dimension: int, density: float) -> tuple[FloatArray, FloatArray]:
    """Positions near the points of a grid, shape (side^dimension, dimension), and the box lengths."""
    places = np.stack(np.meshgrid(*[np.arange(side)] * dimension, indexing="ij"), axis=-1).reshape(-1, dimension) + 0.5
    length = round(float((len(places) / density) ** (1.0 / dimension)), 6)
    moved = places + _DISPLACED * random.uniform(-1.0, 1.0, places.shape)
    return np.round(moved * length / side, 12), np.full(dimension, length)


def _particles(
    random: np.random.Generator,
    name: str,
    dimension: int,
    density: float,
    interaction: Interaction,
    diameters: Callable[[int], FloatArray],
) -> Problem:
    positions, box = _grid(random, 6 if dimension == 2 else 4, dimension, density)
    sizes = np.round(diameters(len(positions)), 12)
    return Problem(name, positions, sizes, box, interaction, np.empty((0, 2), dtype=np.int64))


def _soft(dimension: int, taper: int | str | None = None) -> Callable[[np.random.Generator, str], Problem]:
    def draw(random: np.random.Generator, name: str) -> Problem:
        interaction = {
            **_FORM["soft"],
            "n": int(random.choice([10, 12, 14])),
            "cutoff": round(float(random.uniform(1.7, 1.95)), 4),
            "taper": int(random.choice([2, 3, 4])) if taper is None else taper,
        }
        density = round(float(random.uniform(0.97, 1.03)), 4)
        return _particles(random, name, dimension, density, interaction, lambda count: sample_diameters(count, random))

    return draw


def _lennard_jones(dimension: int, truncation: str) -> Callable[[np.random.Generator, str], Problem]:
    def draw(random: np.random.Generator, name: str) -> Problem:
        taper = {"taper": 2} if truncation == "tapered" else {}
        interaction = {
            **_FORM["lennard-jones"],
            "cutoff": round(float(random.uniform(1.7, 1.95)), 4),
            "truncation": truncation,
            **taper,
        }
        return _particles(random, name, dimension, round(float(random.uniform(0.88, 0.96)), 4), interaction, np.ones)

    return draw


def _kob_andersen(random: np.random.Generator, name: str) -> Problem:
    interaction = {
        **_FORM["lennard-jones"],
        "cutoff": round(float(random.uniform(1.6, 1.8)), 4),
        "truncation": "force-shifted",
        "mixture": "kob-andersen",
    }
    return _particles(
        random,
        name,
        3,
        1.2,
        interaction,
        lambda count: random.permutation(np.where(np.arange(count) < count // 5, 0.88, 1.0)),
    )


def _harmonic(dimension: int, density: float) -> Callable[[np.random.Generator, str], Problem]:
    def draw(random: np.random.Generator, name: str) -> Problem:
        return _particles(
            random,
            name,
            dimension,
            density,
            _FORM["harmonic"],
            lambda count: random.permutation(np.where(np.arange(count) < count // 2, 1.0, 1.4)),
        )

    return draw


def _pair(random: np.random.Generator, name: str) -> Problem:
    box = np.full(3, 8.0)
    direction = random.standard_normal(3)
    first = np.round(random.uniform(0.0, 8.0, 3), 6)
    distance = random.uniform(0.95, 1.3)
    second = np.round((first + distance * direction / np.linalg.norm(direction)) % 8.0, 9)
    interaction = {**_FORM["soft"], "n": 12, "cutoff": round(float(random.uniform(1.7, 1.95)), 4), "taper": 2}
    sizes = np.round(random.uniform(0.8, 1.2, 2), 6)
    return Problem(name, np.stack([first, second]), sizes, box, interaction, np.empty((0, 2), dtype=np.int64))


def _network(situation: int) -> Callable[[np.random.Generator, str], Problem]:
    def draw(random: np.random.Generator, name: str) -> Problem:
        displacement = round(float(random.uniform(0.1, 0.3)), 3)
        made = SpringNetwork.build(
            6, displacement=displacement, situation=situation, seed=int(random.integers(1 << 62))
        )
        cutoff = None if situation == 1 else round(1.0 + displacement, 3)
        interaction = {"form": "scalar-springs", "cutoff": cutoff, "strength": "1" if situation == 3 else "1/r"}
        bonds = np.asarray(made.bonds if situation == 1 else np.empty((0, 2)), dtype=np.int64)
        return Problem(name, np.round(made.positions, 12), np.ones(36), made.box, interaction, bonds)

    return draw


def _tilted(random: np.random.Generator, name: str) -> Problem:
    """Soft spheres in a box tilted by up to a fifth of its length, with a cutoff below half the face distance."""
    upright = _soft(3, 2)(random, name)
    tilt = np.round(upright.box[0] * random.choice([-1.0, 1.0], 3) * random.uniform(0.1, 0.2, 3), 6)
    leaning = dataclasses.replace(
        upright, tilt=tilt, interaction={**upright.interaction, "cutoff": round(float(random.uniform(1.65, 1.8)), 4)}
    )
    return dataclasses.replace(leaning, positions=np.round(upright.positions / upright.box @ leaning.cell, 12))


def _with_a_speck(random: np.random.Generator, name: str) -> Problem:
    """Disks above jamming, the last so small that a gap between the others contains the disk."""
    disks = _harmonic(2, 0.9)(random, name)
    sizes = disks.diameters.copy()
    sizes[-1] = round(float(random.uniform(0.06, 0.1)), 6)
    return dataclasses.replace(disks, diameters=sizes)


def touching(relaxed: Problem, random: np.random.Generator) -> Problem | None:
    """Move the free last particle of a harmonic minimum into a contact of relative overlap 1e-14, or return None."""
    sizes, box = relaxed.diameters, relaxed.box
    contact = 0.5 * (sizes[:-1] + sizes[-1])

    def gaps(place: FloatArray) -> FloatArray:
        return np.asarray(np.linalg.norm(nearest_image(place - relaxed.positions[:-1], box), axis=1) - contact)

    if gaps(relaxed.positions[-1]).min() < -_FREE:
        return None
    for _ in range(_TRIALS):
        partner = int(random.integers(len(contact)))
        direction = random.standard_normal(relaxed.dimension)
        direction /= np.linalg.norm(direction)
        place = relaxed.positions[partner] + direction * (contact[partner] * (1.0 - _BARELY))
        others = np.delete(gaps(place), partner)
        inside = ((place >= 0.0) & (place < box)).all()
        if (
            inside
            and others.min() > _APART
            and 0.5 * _BARELY < -gaps(place)[partner] / contact[partner] < 2.0 * _BARELY
        ):
            return dataclasses.replace(relaxed, positions=np.vstack([relaxed.positions[:-1], place]))
    return None


def _kicked(relaxed: Problem, random: np.random.Generator) -> Problem:
    """Displace a minimum so slightly that every descent leads back to the same minimum."""
    kick = _KICK * random.uniform(-1.0, 1.0, relaxed.positions.shape) / np.sqrt(relaxed.dimension)
    return dataclasses.replace(relaxed, positions=folded(relaxed.positions + kick, relaxed.box))


KINDS: dict[str, Kind] = {
    "fresh-pair": Kind("pair-across-boundary", _pair),
    "fresh-network-strengths": Kind("network-strengths", _network(1)),
    "fresh-network-cutoff": Kind("network-cutoff", _network(2)),
    "fresh-network-equal": Kind("network-equal", _network(3)),
    "fresh-soft-2d": Kind("soft-2d-2", _soft(2), is_relaxed=True),
    "fresh-soft-3d": Kind("soft-3d-2", _soft(3), is_relaxed=True),
    "fresh-soft-3d-inf": Kind("soft-3d-inf", _soft(3, "inf"), is_relaxed=True),
    "fresh-soft-unrelaxed": Kind("soft-3d-unrelaxed", _soft(3)),
    "fresh-lennard-jones-hard": Kind("lennard-jones-hard", _lennard_jones(3, "hard")),
    "fresh-lennard-jones-shifted": Kind("lennard-jones-shifted", _lennard_jones(3, "shifted")),
    "fresh-lennard-jones-tapered": Kind("lennard-jones-tapered", _lennard_jones(2, "tapered"), is_relaxed=True),
    "fresh-kob-andersen": Kind("kob-andersen", _kob_andersen),
    "fresh-harmonic-2d": Kind("harmonic-2d", _harmonic(2, 0.9), is_relaxed=True),
    "fresh-harmonic-3d": Kind("harmonic-3d", _harmonic(3, 0.85), is_relaxed=True),
    "fresh-relaxation": Kind("relaxation-2d", _soft(2), is_relaxed=True, finish=_kicked, is_start=True),
    "fresh-tilted-box": Kind("tilted-box", _tilted),
    "fresh-barely-touching": Kind("barely-touching", _with_a_speck, is_relaxed=True, finish=touching),
}
"""In the order in which they came: the place of a kind enters what its seed draws."""
"""Kinds in the order of reports; a kind that is added comes last, so that a seed goes on drawing what it drew."""
