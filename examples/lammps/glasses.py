"""Glasses with LAMMPS, in this process: liquids are equilibrated and brought to rest, force constants are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.codes.lammps_code import LammpsModel, loaded_problem, model_of
from bosonpeak.benchmark.conformance.codes.lammps_session import LammpsConfiguration
from bosonpeak.benchmark.conformance.codes.small_strains import SECOND_ORDER, relaxed_stiffness
from bosonpeak.benchmark.conformance.extended_precision import moduli
from bosonpeak.datasets.periodic_box import nearest_image

CUTOFF = 1.955
SMALLEST, LARGEST = 0.73, 1.62
SMOOTH_STEP, KINKED_STEP = 1e-5, 1e-7
"""Displacements and strains: where forces jump at the cutoff, the smaller one, which hardly any pair crosses it by."""

ABOVE_JUMPS = 1e-2
"""Force that minimisers reach without meeting kinks: the jump at the cutoff is 2.7e-3 at most."""

SLIDING = ((0.01, 0.5, 1000, 100), (0.003, 0.5, 2000, 4), (0.001, 2.0, 3000, 3), (0.0003, 5.0, 4000, 3))
"""Timestep, friction, steps of a look, looks at most. The friction is critical for the slowest modes, near 0.3."""

AT_REST_SLIDING = 2e-8
"""Speed; times the friction it is a force of 1e-8."""


@dataclass(frozen=True)
class Liquid:
    """What is quenched, and from where.

    Parameters
    ----------
    path : str
        Folder of the run.
    particles, dimension : int
    density, temperature : float
    interaction : mapping
        As the conformance cases state it; "form" may also be "cut-inverse-power".
    timestep : float
    hot, waiting : int
        Steps at twice the temperature, or at 2 where that is less, and at the temperature.
    between : int
        Steps between the glasses of a chain.
    chains, glasses : int
        Independent liquids, and glasses of each.
    card : str
        What the card says of the potential.
    """

    path: str
    particles: int
    dimension: int
    density: float
    temperature: float
    interaction: Mapping[str, Any]
    card: str
    timestep: float = 0.004
    hot: int = 400
    waiting: int = 2500
    between: int = 0
    chains: int = 10
    glasses: int = 1

    @property
    def box(self) -> float:
        """Length of the box."""
        return float((self.particles / self.density) ** (1.0 / self.dimension))

    @property
    def names(self) -> list[str]:
        """Of all glasses, chain by chain."""
        return [f"chain-{c:02d}-glass-{g}" for c in range(self.chains) for g in range(self.glasses)]


TAPERED = {"form": "inverse-power", "n": 12, "cutoff": CUTOFF, "taper": 2}
SPHERES = Liquid("soft-spheres", 1000, 3, 1.0, 1.0, TAPERED, "taper = 2\n")
DISCS = Liquid("soft-discs", 400, 2, 1.0, 1.0, TAPERED, "taper = 2\n")
MIXTURE = Liquid(
    "kob-andersen",
    1000,
    3,
    1.2,
    0.6,
    {"form": "lennard-jones", "cutoff": 2.5, "truncation": "shifted", "mixture": "kob-andersen"},
    'truncation = "shifted"\n',
    timestep=0.005,
    hot=2000,
    # 50 time units; the overlap, and the scattering function at its first peak, fall to 1/e in 12.
    waiting=10000,
    between=5000,
    chains=5,
    glasses=2,
)
UNSHIFTED = Liquid(
    "soft-spheres-unshifted",
    300,
    3,
    1.0,
    1.0,
    {"form": "cut-inverse-power", "n": 12, "cutoff": CUTOFF},
    'truncation = "hard"\n',
    chains=2,
)
LIQUIDS = {liquid.path: liquid for liquid in (SPHERES, DISCS, MIXTURE, UNSHIFTED)}

CARD = """
[[ensemble]]
path = "{path}"
system = "{system}"
dimension = {dimension}
particles = {particles}
density = {density}
parent_temperature = {temperature}
cutoff = {cutoff}
{potential}quantity = "eigenvalue"
samples_made = {samples}
independent_chains = {chains}
[ensemble.variables]
inherent_structure_energy = "{path}-energies.txt"
pressure = "{path}-pressures.txt"
"""
MODULI = """\
shear_modulus = "{path}-shear-moduli.txt"
bulk_modulus = "{path}-bulk-moduli.txt"
"""


def write_chain(run: Path, path: str, chain: int, seed: int) -> list[list[float]]:
    """Make the glasses of one liquid.

    Returns
    -------
    list of list of float
        Of each energy a particle and pressure, and shear and bulk modulus where the modes were computed.
    """
    liquid = LIQUIDS[path]
    random = np.random.default_rng([seed, sorted(LIQUIDS).index(path), chain])
    problem = start_of(liquid, random)
    model = _model(problem)
    loaded = loaded_problem(problem, model)
    kicked = int(random.integers(1, 1 << 30))
    hot = max(2.0, 2.0 * liquid.temperature)
    loaded.commands(
        "min_style fire",
        f"timestep {liquid.timestep}",
        "minimize 0.0 1.0e-2 500 1000",
        f"velocity all create {hot} {kicked} mom yes rot no",
        f"fix motion all nvt temp {hot} {hot} 0.2",
        *(["fix plane all enforce2d"] if liquid.dimension == 2 else []),
        f"run {liquid.hot}",
        "unfix motion",
    )
    rows = []
    for glass in range(liquid.glasses):
        steps = liquid.between if glass else liquid.waiting
        loaded.commands(f"fix motion all nvt temp {liquid.temperature} {liquid.temperature} 0.2", f"run {steps}")
        loaded.commands("unfix motion")
        warm = loaded.positions(), loaded.by_particle("v")
        rows.append(_glass(run / path / f"chain-{chain:02d}-glass-{glass}", liquid, problem, model, loaded))
        if glass + 1 < liquid.glasses:
            _put_back(loaded, *warm)
    loaded.close()
    return rows


def start_of(liquid: Liquid, random: np.random.Generator) -> Problem:
    """Particles on sites of a grid, in random order."""
    side = int(np.ceil(liquid.particles ** (1.0 / liquid.dimension)))
    sites = np.stack(np.meshgrid(*[np.arange(side)] * liquid.dimension), axis=-1).reshape(-1, liquid.dimension)
    chosen = random.permutation(len(sites))[: liquid.particles]
    count = liquid.particles
    if "mixture" in liquid.interaction:
        sizes = random.permutation(np.where(np.arange(count) < count // 5, 0.88, 1.0))
    else:
        ends = np.array([SMALLEST, LARGEST]) ** -2.0
        sizes = (ends[0] + random.random(count) * (ends[1] - ends[0])) ** -0.5
    box = np.full(liquid.dimension, liquid.box)
    places = (sites[chosen] + 0.5) * liquid.box / side
    return Problem(liquid.path, places, sizes, box, liquid.interaction, np.empty((0, 2), dtype=np.int64))


def _model(problem: Problem) -> LammpsModel:
    if problem.interaction["form"] != "cut-inverse-power":
        return model_of(problem)
    power, cutoff = problem.interaction["n"], problem.interaction["cutoff"]
    reach = float(cutoff * problem.diameters.max())
    formula = f"(s/r)^{power}*step({cutoff}*s-r);s=radi+radj"
    commands = (f"pair_style lepton/sphere {reach!r}", f'pair_coeff * * "{formula}"')
    return LammpsModel(commands, np.ones(len(problem.positions), dtype=np.int64), diameters=problem.diameters)


def _glass(
    file: Path, liquid: Liquid, problem: Problem, model: LammpsModel, loaded: LammpsConfiguration
) -> list[float]:
    sticking = liquid.interaction["form"] == "cut-inverse-power"
    _come_to_rest_sticking(loaded, liquid) if sticking else loaded.come_to_rest(liquid.timestep)
    loaded.commands(f"write_data {file}.data nocoeff")
    said = [loaded.energy() / liquid.particles, -float(np.trace(loaded.stress())) / liquid.dimension]
    if sticking:
        return said
    step = SMOOTH_STEP if model.smooth else KINKED_STEP
    matrix = loaded.coloured_matrix(loaded.pairs(), step)
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    moved = (vectors.reshape(liquid.particles, liquid.dimension, -1) ** 2).sum(axis=1)
    participation = 1.0 / (liquid.particles * (moved**2).sum(axis=0))
    resting = Problem(
        problem.name, loaded.positions(), problem.diameters, problem.box, problem.interaction, problem.bonds
    )

    def response(deformation: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        strained = loaded_problem(resting, model, deformation)
        try:
            return strained.stress(), strained.forces()
        finally:
            strained.close()

    volume = liquid.box**liquid.dimension
    stiffness = relaxed_stiffness(
        response, (values, vectors), volume, dimension=liquid.dimension, step=step, differences=SECOND_ORDER
    )
    shear, bulk = moduli(stiffness.astype(np.longdouble), loaded.stress().astype(np.longdouble))
    np.savez(f"{file}.npz", eigenvalue=values[None], participation_ratio=participation[None])
    return [*said, float(shear), float(bulk)]


def _come_to_rest_sticking(loaded: LammpsConfiguration, liquid: Liquid) -> None:
    """FIRE down to forces that are still large beside the jump, then damped motion.

    Pairs that come to lie at a cutoff where the force jumps rattle across it, by the jump times the step squared.
    Minimisers make ever smaller steps there and stop; damped motion slides on, and smaller steps still the rattling.
    How fast it slides is told by the way between two looks, in which the rattling averages out. It does not end after
    a number of steps: a glass that leaves a saddle does so slowly, and seems at rest for tens of time units.
    """
    loaded.come_to_rest(liquid.timestep, ABOVE_JUMPS)
    loaded.commands("velocity all set 0.0 0.0 0.0")
    for timestep, friction, count, most in SLIDING:
        loaded.commands(f"timestep {timestep}", f"fix friction all viscous {friction}", "fix motion all nve")
        for _ in range(most):
            before = loaded.positions()
            loaded.commands(f"run {count}")
            moved = nearest_image(loaded.positions() - before, np.full(liquid.dimension, liquid.box))
            if np.abs(moved).max() < AT_REST_SLIDING * timestep * count:
                break
        loaded.commands("unfix motion", "unfix friction")


def _put_back(loaded: LammpsConfiguration, positions: Any, velocities: Any) -> None:
    order = loaded.session.numpy.extract_atom("id")[: loaded.count] - 1
    loaded.session.numpy.extract_atom("x")[: loaded.count, : loaded.dimension] = positions[order]
    loaded.session.numpy.extract_atom("v")[: loaded.count] = velocities[order]


def card(run: Path, path: str, rows: list[list[float]]) -> str:
    """What the card says of an ensemble; the numbers of its glasses are written beside it."""
    liquid = LIQUIDS[path]
    names = ("energies", "pressures", "shear-moduli", "bulk-moduli")
    for name, values in zip(names, zip(*rows, strict=True), strict=False):
        (run / f"{path}-{name}.txt").write_text("".join(f"{value!r}\n" for value in values))
    text = CARD.format(
        path=path,
        system="kob-andersen" if "mixture" in liquid.interaction else "soft-spheres",
        dimension=liquid.dimension,
        particles=liquid.particles,
        density=liquid.density,
        temperature=liquid.temperature,
        cutoff=liquid.interaction["cutoff"],
        potential=liquid.card,
        samples=len(rows),
        chains=liquid.chains,
    )
    return text + (MODULI.format(path=path) if len(rows[0]) == len(names) else "")
