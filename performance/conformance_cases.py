"""Make the conformance cases and their references: ``python performance/conformance_cases.py [NAME...]``.

Configurations are made with the generators and stored; another machine's minimiser may end a last digit elsewhere, so
that an existing configuration is kept, and only its references are computed again, unless ``--remake`` is given. The
references are those of the stored digits, in extended precision, whatever made them.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bosonpeak.benchmark.conformance as package
from bosonpeak.benchmark.conformance import extended_precision as extended
from bosonpeak.benchmark.conformance.cases import (
    QUANTITIES,
    Case,
    Problem,
    Reference,
    case_of_document,
    document_of_case,
)
from bosonpeak.benchmark.conformance.codes.own_code import OwnCode
from bosonpeak.benchmark.conformance.digits import matching_digits
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.benchmark.conformance.random_problems import drawn_problem
from bosonpeak.benchmark.conformance.relaxation import ANSWERS, ENERGY, PLACES, TOLERANCE, relaxed_references
from bosonpeak.benchmark.conformance.simulation_code import answers_of
from bosonpeak.datasets.errors import ConvergenceError
from bosonpeak.generators.glasses.elastic_moduli import elastic_moduli
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.networks.spring_network import SpringNetwork
from bosonpeak.generators.networks.toy_network import nine_node_toy
from bosonpeak.generators.particles.diameters import sample_diameters

FOLDER = Path(package.__file__).parent / "cases_data"
HIGHEST_REQUIRED = 8.0
SPRINGS = ("eigenvalues", "hessian", "lowest_eigenvalue", "contacts")
STATIC = ("energy", "forces", "stress", "hessian", "eigenvalues", "contacts")
MINIMUM = (*STATIC[:5], "lowest_eigenvalue", "stiffness", "shear_modulus", "bulk_modulus", "contacts")

SOFT = {"form": "inverse-power", "n": 12, "cutoff": 1.955}
LJ = {"form": "lennard-jones", "cutoff": 2.0, "truncation": "shifted"}
HARMONIC = {"form": "harmonic"}


def problem(name, positions, diameters, box, interaction, bonds=()) -> Problem:
    points, lengths = np.asarray(positions, dtype=float), np.asarray(box, dtype=float)
    points = points - lengths * np.floor(points / lengths)
    sizes = np.ones(len(points)) if diameters is None else np.asarray(diameters, dtype=float)
    return Problem(name, points, sizes, lengths, interaction, np.array(bonds, dtype=np.int64).reshape(-1, 2))


def relaxed(start: Problem, **options: Any) -> Problem:
    found = minimise(start.positions, start.diameters, start.box, potential_of(start), method="l-bfgs", **options)
    return dataclasses.replace(start, positions=found.positions)


def random_particles(name, count, dimension, density, interaction, seed, diameters=None) -> Problem:
    rng = np.random.default_rng(seed)
    box = np.full(dimension, (count / density) ** (1 / dimension))
    sizes = sample_diameters(count, rng, method="quantile") if diameters is None else diameters(rng, count)
    soft = problem(name, rng.random((count, dimension)) * box, sizes, box, HARMONIC)
    return dataclasses.replace(relaxed(soft, tolerance=1e-3), interaction=interaction)


def glass(name, count, dimension, density, interaction, seed, diameters=None) -> Problem:
    return relaxed(random_particles(name, count, dimension, density, interaction, seed, diameters))


def equal(_rng, count):
    return np.ones(count)


def two_sizes(rng, count):
    return rng.permutation(np.where(np.arange(count) < count // 2, 1.0, 1.4))


def kob_andersen(rng, count):
    return rng.permutation(np.where(np.arange(count) < count // 5, 0.88, 1.0))


def pressure(state: Problem) -> float:
    return -float(np.trace(OwnCode().stress(state))) / state.dimension


def attempt(start: Problem) -> Problem | None:
    """Relaxed, or None where contacts open so that no minimum is found."""
    try:
        return relaxed(start)
    except ConvergenceError:
        return None


def decompressed(name, count, dimension, target, seed) -> Problem:
    """A harmonic packing brought to a pressure by growing its box, from above jamming."""
    state = glass(name, count, dimension, 0.8 if dimension == 2 else 0.75, HARMONIC, seed, two_sizes)
    step = 1e-2
    while pressure(state) > target:
        larger = dataclasses.replace(state, positions=state.positions * (1 + step), box=state.box * (1 + step))
        trial = attempt(larger)
        if trial is None or pressure(trial) < 0.5 * target:
            step *= 0.5
            continue
        state = trial
        step = min(step, 0.3 * pressure(state) + 0.1 * step)
    return state


def rattler() -> Problem:
    for seed in range(50):
        state = decompressed("harmonic-rattler", 24, 2, 1e-3, seed)
        contacts = OwnCode().contacts(state)
        if (contacts == 0).any() and contacts[contacts > 0].min() >= 3:
            return state
    raise RuntimeError("no packing with a rattler")


def is_shear_unstable(state: Problem) -> bool:
    found = elastic_moduli(state.positions, state.diameters, state.box, potential_of(state))
    c, p = found.stiffness, found.pressure
    pure, mixed = 0.25 * (c[0, 0] + c[1, 1] - 2 * c[0, 1]), 0.5 * (c[0, 2] - c[1, 2])
    return bool(np.linalg.eigvalsh(np.array([[pure, mixed], [mixed, c[2, 2]]]))[0] < p - 1e-3)


def shear_unstable() -> Problem:
    for seed in range(300):
        state = decompressed("shear-unstable-box", 16, 2, 1e-3, seed)
        if (OwnCode().contacts(state) >= 3).all() and is_shear_unstable(state):
            return state
    raise RuntimeError("every box is stable")


def marginal() -> Problem:
    """Pure shear up to the edge of a rearrangement, where the lowest eigenvalue goes to zero."""
    state = glass("marginal-state", 32, 2, 1.0, SOFT | {"taper": 2}, 5)

    def lowest(candidate: Problem) -> float:
        return float(np.linalg.eigvalsh(OwnCode().hessian(candidate))[2])

    step = 1e-2
    while lowest(state) > 1e-4 and step > 1e-14:
        stretch = np.array([1 + step, 1 / (1 + step)])
        trial = relaxed(dataclasses.replace(state, positions=state.positions * stretch, box=state.box * stretch))
        moved = trial.positions - state.positions * stretch
        moved -= trial.box * np.rint(moved / trial.box)
        if np.abs(moved).max() > 0.1 or lowest(trial) < 1e-6:
            step *= 0.5
        else:
            state = trial
    return state


def crystal() -> Problem:
    cells, corner = 3, np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2
    grid = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    edge = 1.5625  # a dyadic number, so that the lattice is exact in binary
    positions = ((grid + corner).reshape(-1, 3) + 0.25) * edge
    return problem("crystal", positions, None, np.full(3, cells * edge), SOFT | {"taper": 2})


def pair(name, distance, taper) -> Problem:
    box = np.array([8.0, 8.0, 8.0])
    direction = np.array([0.6, 0.64, 0.48])
    first = np.array([7.75, 4.0, 0.25])
    return problem(name, [first, first + distance * direction], [1.1, 0.9], box, SOFT | {"taper": taper})


def network(name, situation) -> Problem:
    made = SpringNetwork.build(6, displacement=0.2, situation=situation, seed=11)
    strength = "1" if situation == 3 else "1/r"
    cutoff = None if situation == 1 else 1.2
    return problem(
        name,
        made.positions,
        None,
        made.box,
        {"form": "scalar-springs", "cutoff": cutoff, "strength": strength},
        made.bonds if situation == 1 else (),
    )


def drawn(name, kind) -> Problem:
    """What a seed draws, as a practice case."""
    return dataclasses.replace(drawn_problem(kind, 2026)[0], name=name)


def toy() -> Problem:
    made = nine_node_toy("added")
    interaction = {"form": "scalar-springs", "cutoff": None, "strength": "1"}
    return problem("network-nine-nodes", made.positions, None, made.box, interaction, made.bonds)


CASES: dict[str, tuple[str, str, tuple[str, ...], Callable[[], Problem]]] = {
    "pair-across-boundary": (
        "two soft spheres, m = 2, nearest images across the edge of the box",
        "minimum image, sign of forces and of stress, phi'/r in the Hessian",
        STATIC,
        lambda: pair("pair-across-boundary", 1.05, 2),
    ),
    "pair-near-cutoff-2": (
        "two soft spheres, m = 2, at 0.999 of the cutoff",
        "x^-n - 1 without cancellation, order of the taper",
        STATIC,
        lambda: pair("pair-near-cutoff-2", 0.999 * 1.955, 2),
    ),
    "pair-near-cutoff-inf": (
        "two soft spheres, m = inf, at 0.9 of the cutoff",
        "the exponential taper and its derivatives",
        STATIC,
        lambda: pair("pair-near-cutoff-inf", 0.9 * 1.955, "inf"),
    ),
    "network-nine-nodes": (
        "periodic 3 x 3 lattice with a spring from centre to corner",
        "eigenvalues 0, 3, 6, 4 and 7 exactly",
        SPRINGS,
        toy,
    ),
    "network-strengths": (
        "36 nodes, lattice springs, t = 1/r",
        "springs by the displaced distance",
        SPRINGS,
        lambda: network("network-strengths", 1),
    ),
    "network-cutoff": (
        "36 nodes, all springs up to 1.2, t = 1/r",
        "which pairs are springs",
        SPRINGS,
        lambda: network("network-cutoff", 2),
    ),
    "network-equal": (
        "36 nodes, all springs up to 1.2, t = 1",
        "strength apart from coordination",
        SPRINGS,
        lambda: network("network-equal", 3),
    ),
    "soft-2d-2": (
        "32 soft spheres, d = 2, m = 2, relaxed",
        "everything, in the plane",
        MINIMUM,
        lambda: glass("soft-2d-2", 32, 2, 1.0, SOFT | {"taper": 2}, 1),
    ),
    "soft-2d-inf": (
        "32 soft spheres, d = 2, m = inf, relaxed",
        "everything, in the plane",
        MINIMUM,
        lambda: glass("soft-2d-inf", 32, 2, 1.0, SOFT | {"taper": "inf"}, 2),
    ),
    "soft-3d-2": (
        "64 soft spheres, d = 3, m = 2, relaxed",
        "everything",
        MINIMUM,
        lambda: glass("soft-3d-2", 64, 3, 1.0, SOFT | {"taper": 2}, 3),
    ),
    "soft-3d-3": (
        "64 soft spheres, d = 3, m = 3, relaxed",
        "order of the taper",
        MINIMUM,
        lambda: glass("soft-3d-3", 64, 3, 1.0, SOFT | {"taper": 3}, 4),
    ),
    "soft-3d-inf": (
        "64 soft spheres, d = 3, m = inf, relaxed",
        "the exponential taper",
        MINIMUM,
        lambda: glass("soft-3d-inf", 64, 3, 1.0, SOFT | {"taper": "inf"}, 3),
    ),
    "soft-3d-unrelaxed": (
        "64 soft spheres, d = 3, m = 2, not relaxed",
        "forces that do not vanish",
        STATIC,
        lambda: random_particles("soft-3d-unrelaxed", 64, 3, 1.0, SOFT | {"taper": 2}, 6),
    ),
    "lennard-jones-hard": (
        "64 Lennard-Jones particles, d = 3, cut at 2, not shifted",
        "energy at the cutoff",
        STATIC,
        lambda: dataclasses.replace(
            glass("lennard-jones-hard", 64, 3, 0.95, LJ | {"truncation": "force-shifted"}, 7, equal),
            interaction=LJ | {"truncation": "hard"},
        ),
    ),
    "lennard-jones-shifted": (
        "64 Lennard-Jones particles, d = 3, cut at 2 and shifted to zero there",
        "energy shifted, forces not",
        STATIC,
        lambda: dataclasses.replace(
            glass("lennard-jones-shifted", 64, 3, 0.95, LJ | {"truncation": "force-shifted"}, 8, equal), interaction=LJ
        ),
    ),
    "lennard-jones-tapered": (
        "36 Lennard-Jones particles, d = 2, m = 2 taper at 2.5, relaxed",
        "shift before the taper",
        MINIMUM,
        lambda: glass(
            "lennard-jones-tapered", 36, 2, 0.95, LJ | {"truncation": "tapered", "taper": 2, "cutoff": 2.5}, 9, equal
        ),
    ),
    "kob-andersen": (
        "160 particles of the Kob-Andersen mixture, force-shifted at 2.5, relaxed",
        "non-additive lengths and energies",
        STATIC,
        lambda: glass(
            "kob-andersen",
            160,
            3,
            1.2,
            LJ | {"truncation": "force-shifted", "cutoff": 2.5, "mixture": "kob-andersen"},
            10,
            kob_andersen,
        ),
    ),
    "harmonic-2d": (
        "32 harmonic disks above jamming",
        "contacts, prestress",
        MINIMUM,
        lambda: glass("harmonic-2d", 32, 2, 0.8, HARMONIC, 11, two_sizes),
    ),
    "harmonic-3d": (
        "64 harmonic spheres above jamming",
        "contacts, prestress",
        MINIMUM,
        lambda: glass("harmonic-3d", 64, 3, 0.75, HARMONIC, 12, two_sizes),
    ),
    "harmonic-at-jamming": (
        "32 harmonic disks just above jamming, p = 1e-4",
        "contacts that barely touch",
        MINIMUM,
        lambda: decompressed("harmonic-at-jamming", 32, 2, 1e-4, 13),
    ),
    "harmonic-rattler": ("24 harmonic disks with a rattler", "zero modes beyond the translations", MINIMUM, rattler),
    "marginal-state": (
        "32 soft disks sheared to the edge of a rearrangement",
        "the lowest eigenvalue, near zero",
        MINIMUM,
        marginal,
    ),
    "crystal": (
        "108 equal soft spheres, m = 2, face-centred cubic",
        "degenerate eigenvalues, cubic stiffness",
        MINIMUM,
        crystal,
    ),
    "shear-unstable-box": (
        "16 harmonic disks, stable at fixed box, unstable against a shear of it",
        "pressure in the moduli",
        MINIMUM,
        shear_unstable,
    ),
    "relaxation-2d": (
        "36 soft disks beside a minimum, to be relaxed to a residual force of 1e-10",
        "minimisers that stop early",
        ANSWERS,
        lambda: drawn("relaxation-2d", "fresh-relaxation"),
    ),
    "tilted-box": (
        "64 soft spheres, d = 3, m = 2, not relaxed, in a box with tilted edges",
        "nearest images where edges are not perpendicular",
        STATIC,
        lambda: drawn("tilted-box", "fresh-tilted-box"),
    ),
    "barely-touching": (
        "36 harmonic disks, the smallest of which overlaps one other by 1e-14",
        "moduli where a mode has no restoring force but rounding",
        ("energy", "forces", "stress", "stiffness", "shear_modulus", "bulk_modulus", "contacts"),
        lambda: drawn("barely-touching", "fresh-barely-touching"),
    ),
}


def wrong_formulas(given: Problem, terms: extended.PairTerms) -> dict[str, Any]:
    """Terms as wrong formulas have them; each shows in some of the quantities."""
    wrong: dict[str, extended.PairTerms] = {"phi'/r forgotten in the Hessian": extended.without_prestress(terms)}
    form, interaction = given.interaction["form"], given.interaction
    altered: dict[str, Problem] = {}
    if form == "scalar-springs":
        other = "1" if interaction["strength"] == "1/r" else "1/r"
        altered["strengths of the other kind"] = dataclasses.replace(
            given, interaction={**interaction, "strength": other}
        )
        return {
            text: extended.spring_terms(state) for text, state in altered.items() if given.name != "network-nine-nodes"
        } | {"one spring missing": dataclasses.replace(terms, second=terms.second * (np.arange(len(terms.second)) > 0))}
    if interaction.get("taper"):
        other_taper = 3 if interaction["taper"] == 2 else 2
        altered["taper of another order"] = dataclasses.replace(
            given, interaction={**interaction, "taper": other_taper}
        )
    if form == "lennard-jones":
        for truncation in ("hard", "shifted", "force-shifted"):
            if truncation != interaction["truncation"]:
                altered[f"{truncation} cutoff"] = dataclasses.replace(
                    given, interaction={**interaction, "truncation": truncation}
                )
    if interaction.get("mixture"):
        altered["additive lengths"] = dataclasses.replace(given, interaction={**interaction, "mixture": None})
    altered["sizes wrong by 1e-4"] = dataclasses.replace(given, diameters=given.diameters * 1.0001)
    wrong |= {text: extended.pair_terms(state) for text, state in altered.items()}
    return wrong


def wrong_moduli(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if "stiffness" not in found:
        return {}
    shear, bulk = extended.moduli(found["stiffness"][0], 0 * found["stress"][0])
    return {"moduli without the pressure": {"shear_modulus": shear, "bulk_modulus": bulk}}


def relaxation(given: Problem, title: str, tests: str) -> Case:
    """Between what a minimiser that stops at 1e-3 has, as many do by default, and this package's."""
    (right, scale), (places, _) = relaxed_references(given).values()
    early = minimise(given.positions, given.diameters, given.box, potential_of(given), tolerance=1e-3, method="l-bfgs")
    correct = matching_digits(OwnCode().relaxed_energy(given), right, scale)
    worst = matching_digits(early.energy, right, scale)
    required = math.floor(10 * (worst + (correct - worst) / 3)) / 10
    closest = "a minimiser that stops at 1e-3"
    energy = Reference(right, scale, required, correct, worst, closest)
    at_rest = Reference(places, 1.0, 10.0, -math.log10(TOLERANCE), round(-math.log10(early.residual_force), 1), closest)
    return Case(given, title, tests, {ENERGY: energy, PLACES: at_rest})


def judged(given: Problem, title: str, tests: str, wanted: tuple[str, ...]) -> Case:
    if wanted == ANSWERS:
        return relaxation(given, title, tests)
    terms = extended.spring_terms(given) if given.components == 1 else extended.pair_terms(given)
    ordered = tuple(name for name in QUANTITIES if name in wanted)
    found = extended.references(given, terms, ordered)
    ours = answers_of(OwnCode(), given, ordered)
    wrong: dict[str, dict[str, float]] = {name: {} for name in ordered}

    def note(text: str, name: str, value: Any) -> None:
        digits = matching_digits(value, found[name][0], found[name][1])
        # A formula that does not touch a quantity is not wrong there.
        if digits < HIGHEST_REQUIRED - 1:
            wrong[name][text] = max(digits, 0.0)

    for text, bad in wrong_formulas(given, terms).items():
        for name, (value, _) in extended.references(given, bad, ordered).items():
            note(text, name, value)
    for text, values in wrong_moduli(found).items():
        for name, value in values.items():
            note(text, name, value)
    for name in ("forces", "stress"):
        if name in ordered:
            note("the other sign", name, -found[name][0])
    references = {}
    for name in ordered:
        value, scale = found[name]
        answer = ours[name]
        if name == "lowest_eigenvalue":
            answer = answer[int(np.argmin(np.abs(found["eigenvalues"][0] - value)))]
        correct = matching_digits(answer, value, scale)
        closest = max(wrong[name], key=wrong[name].__getitem__) if wrong[name] else "none"
        worst = wrong[name].get(closest, 0.0)
        # A third of the way up: finite differences of forces pass, no wrong formula does.
        required = min(HIGHEST_REQUIRED, math.floor(10 * (worst + (correct - worst) / 3)) / 10)
        if name == "contacts":
            assert correct == 15.0
            required = 0.0
        else:
            assert required > worst + 0.5, (given.name, name, required, wrong[name])
        references[name] = Reference(np.asarray(value, dtype=float), scale, required, correct, worst, closest)
    return Case(given, title, tests, references)


def main(arguments: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    remake = "--remake" in arguments
    names = [name for name in arguments if name != "--remake"] or list(CASES)
    for name in names:
        title, tests, wanted, make = CASES[name]
        path = FOLDER / f"{name}.json"
        stored = path.exists() and not remake
        given = case_of_document(json.loads(path.read_text())).problem if stored else make()
        case = judged(given, title, tests, wanted)
        path.write_text(json.dumps(document_of_case(case)) + "\n", encoding="utf-8")
        print(name, {q: (r.correct, r.required, r.wrong, r.closest) for q, r in case.references.items()}, flush=True)
    (FOLDER / "order.json").write_text(
        json.dumps([n for n in CASES if (FOLDER / f"{n}.json").exists()], indent=1) + "\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
