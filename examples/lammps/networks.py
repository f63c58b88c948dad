"""Spring networks with LAMMPS: displaced square lattices, their force constants, all modes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bosonpeak.benchmark.conformance.cases import Problem
from bosonpeak.benchmark.conformance.codes.lammps_code import loaded_problem, model_of

SIDE, DISPLACEMENT, SAMPLES = 60, 0.2, 10

CARD = """
[[ensemble]]
path = "{path}"
system = "spring-network"
dimension = 2
nodes = {nodes}
displacement = {displacement}
situation = {situation}
quantity = "eigenvalue"
samples_made = {samples}
chain = "one file one chain"
"""


def write_network(file: Path, situation: int, seed: int) -> None:
    """Displace a lattice, have LAMMPS say its force constants, and store eigenvalues, participation, coordination."""
    problem = displaced_lattice(situation, seed)
    model = model_of(problem)
    loaded = loaded_problem(problem, model)
    try:
        # Forces of springs of length zero are linear, and the two axes are copies: any displacement along one will do.
        matrix = loaded.coloured_matrix(model.bonds, 0.1, axes=[0])
    finally:
        loaded.close()
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    np.savez(
        file,
        eigenvalue=values[None],
        participation_ratio=(1.0 / (len(values) * (vectors**4).sum(axis=0)))[None],
        coordination_number=np.bincount(model.bonds.ravel(), minlength=len(values))[None],
    )


def displaced_lattice(situation: int, seed: int) -> Problem:
    """Every node at the same distance from its site, in a direction of its own."""
    random = np.random.default_rng([seed, situation])
    column, row = np.arange(SIDE**2) % SIDE, np.arange(SIDE**2) // SIDE
    angle = random.uniform(0.0, 2.0 * np.pi, SIDE**2)
    shift = DISPLACEMENT * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    right, above = (column + 1) % SIDE + SIDE * row, column + SIDE * ((row + 1) % SIDE)
    index = np.arange(SIDE**2)
    neighbours = np.concatenate([np.stack([index, right], axis=1), np.stack([index, above], axis=1)])
    return Problem(
        name=f"situation-{situation}",
        positions=np.mod(np.stack([column, row], axis=1) + shift, SIDE),
        diameters=np.ones(SIDE**2),
        box=np.full(2, float(SIDE)),
        interaction={
            "form": "scalar-springs",
            "cutoff": None if situation == 1 else 1.0 + DISPLACEMENT,
            "strength": "1/r",
        },
        bonds=neighbours if situation == 1 else np.empty((0, 2), dtype=np.int64),
    )


def card(path: str, situation: int) -> str:
    """What the card says of such an ensemble."""
    return CARD.format(path=path, nodes=SIDE**2, displacement=DISPLACEMENT, situation=situation, samples=SAMPLES)
