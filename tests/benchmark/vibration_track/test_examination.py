"""Relations of a solid of springs in closed form, and the relation that each fault of a calculator breaks."""

import json
import math
import sys
import types

import numpy as np
import pytest
from scipy.optimize import minimize

from bosonpeak.benchmark.conformance.codes.ase_code import loaded_calculator, made_calculator
from bosonpeak.benchmark.vibration_track import kob_andersen
from bosonpeak.benchmark.vibration_track.examination import RELATIONS, Relation, examine, precision_relation
from bosonpeak.benchmark.vibration_track.structures import SHORT, load_structure, structure_names
from bosonpeak.benchmark.vibration_track.track import (
    StructureResult,
    _precisions,
    compared,
    earth_movers_distance,
    run_track,
    softening,
    table_of,
)
from bosonpeak.datasets.errors import ConvergenceError, ForeignInputError
from bosonpeak.generators import LennardJones
from bosonpeak.generators import minimise as inherent_structure
from bosonpeak.generators.materials.harmonic_material import GIGAPASCAL, RADIANS_PER_PICOSECOND

SIDE = 8.0
CELL = SIDE * np.eye(3)
SITES = np.array([[x, y, z] for x in range(4) for y in range(4) for z in range(4) if (x + y + z) % 2 == 0]) * 2.0
PAIRS = np.array(
    [
        (i, j)
        for i in range(len(SITES))
        for j in range(i)
        if abs(np.linalg.norm((SITES[i] - SITES[j] + 4.0) % SIDE - 4.0) - 2.0 * math.sqrt(2.0)) < 1e-9
    ]
)
STIFFNESS = np.random.default_rng(3).uniform(1.0, 3.0, len(PAIRS))


class Springs:
    """Atoms and calculator in one: 32 atoms of mass 20 with springs between neighbours of a cubic lattice."""

    def __init__(self, fault="", places=SITES, cell=CELL):
        self.fault, self.places, self.cell, self.calc = fault, np.array(places, dtype=float), np.array(cell), self
        self.random = np.random.default_rng(0)

    def __len__(self):
        return len(SITES)

    def copy(self):
        return Springs(self.fault, self.places, self.cell)

    def get_positions(self):
        return self.places

    def set_positions(self, places, apply_constraint=True):
        self.places = np.array(places, dtype=float)

    def get_masses(self):
        return np.full(len(SITES), 20.0)

    def get_cell(self):
        return self.cell

    def set_cell(self, cell, scale_atoms=False):
        if scale_atoms:
            self.places = self.places @ np.linalg.inv(self.cell) @ cell
        self.cell = np.array(cell)

    def bonds(self):
        vectors = self.places[PAIRS[:, 0]] - self.places[PAIRS[:, 1]]
        vectors -= np.rint(vectors @ np.linalg.inv(self.cell)) @ self.cell
        lengths = np.linalg.norm(vectors, axis=1)
        return vectors, lengths, lengths - 2.0 * math.sqrt(2.0)

    def get_potential_energy(self):
        _, _, stretch = self.bonds()
        energy = 0.5 * float((STIFFNESS * stretch**2).sum())
        if self.fault == "direction":
            energy += 5.0 * float((self.bonds()[0][:, 0] ** 2).sum())
        if self.fault == "field":
            energy += float((1.0 - np.cos(self.places[:, 0] * 2.0 * math.pi / 2.0)).sum())
        return energy

    def get_forces(self, apply_constraint=True):
        vectors, lengths, stretch = self.bonds()
        pull = (STIFFNESS * stretch / lengths)[:, None] * vectors
        if self.fault == "direction":
            pull[:, 0] += 10.0 * vectors[:, 0]
        forces = np.zeros_like(self.places)
        np.add.at(forces, PAIRS[:, 0], -pull)
        np.add.at(forces, PAIRS[:, 1], pull)
        if self.fault == "scale":
            forces *= 1.03
        if self.fault == "field":
            forces[:, 0] -= math.pi * np.sin(self.places[:, 0] * math.pi)
        if self.fault == "curl":
            shift = np.roll(self.places - SITES, 1, axis=0)
            forces += 0.3 * (shift - shift.mean(axis=0))
        if self.fault == "noise":
            forces += 2e-4 * self.random.standard_normal(forces.shape)
        if self.fault == "kink":
            moved = self.places - SITES
            forces -= 0.02 * np.tanh((moved - moved.mean(axis=0)) / 0.005)
        if self.fault == "single":
            forces = np.round(forces / 2e-3) * 2e-3
        if self.fault == "unstable":
            moved = self.places - SITES
            forces += 12.0 * (moved - moved.mean(axis=0))
        return forces

    def get_stress(self, voigt=True):
        if self.fault == "no stress":
            raise NotImplementedError("no stress")
        vectors, lengths, stretch = self.bonds()
        whole = np.einsum("b,bi,bj->ij", STIFFNESS * stretch / lengths, vectors, vectors) / np.linalg.det(self.cell)
        whole *= 2.0 if self.fault == "stress" else 1.0
        if self.fault == "one stress":
            whole[0, 1] *= 1.5
            whole[1, 0] *= 1.5
            whole[0, 0] *= 1.1
        return whole[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]


def at_rest(atoms, tolerance, steps):
    """Springs at their lengths are relaxed."""


def failing(found):
    return {each.name for each in found.relations if not each.holds}


@pytest.fixture(scope="module")
def sound():
    return examine(Springs(), at_rest)


def test_a_sound_calculator_obeys_every_relation(sound):
    assert not failing(sound)
    assert tuple(each.name for each in sound.relations) == RELATIONS


def test_modes_and_moduli_are_those_of_the_springs(sound):
    vectors, lengths, _ = Springs().bonds()
    unit = vectors / lengths[:, None]
    matrix = np.zeros((len(SITES), 3, len(SITES), 3))
    for (i, j), k, n in zip(PAIRS, STIFFNESS, unit, strict=True):
        block = k * np.outer(n, n)
        for a, b, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
            matrix[a, :, b] += sign * block
    values = np.linalg.eigvalsh(matrix.reshape(96, 96) / 20.0)[3:]
    np.testing.assert_allclose(sound.modes.frequencies, np.sqrt(values) * RADIANS_PER_PICOSECOND, rtol=1e-4)
    affine = np.einsum("b,bi,bj,bk,bl->ijkl", STIFFNESS * lengths**2, unit, unit, unit, unit) / SIDE**3
    bulk = np.einsum("iijj", affine) / 9.0
    assert 0.5 * bulk < sound.measured["bulk modulus (GPa)"] / GIGAPASCAL < bulk
    assert sound.measured["energy per atom (eV)"] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        ("scale", "forces are minus the gradient of the energy"),
        ("curl", "matrix is symmetric"),
        ("field", "translations cost nothing"),
        ("direction", "rotations cost nothing"),
        ("unstable", "minimum is stable"),
        ("stress", "stress is the derivative of the energy"),
        ("stress", "mixed derivatives of strain and position agree"),
        ("noise", "same positions, same forces"),
        ("kink", "matrix does not depend on the step"),
        ("one stress", "elastic constants are symmetric"),
        ("single", "rounding does not reach the matrix"),
        ("no stress", "stress is the derivative of the energy"),
    ],
)
def test_a_fault_breaks_its_relation(fault, broken):
    assert broken in failing(examine(Springs(fault), at_rest))


def test_a_missing_stress_leaves_the_modes_and_says_why():
    found = examine(Springs("no stress"), at_rest)
    assert failing(found) == {
        "stress is the derivative of the energy",
        "mixed derivatives of strain and position agree",
        "elastic constants are symmetric",
    }
    assert all("no stress" in each.failure for each in found.relations if not each.holds)
    assert math.isnan(found.measured["shear modulus (GPa)"])


def test_atoms_that_do_not_relax_are_refused():
    displaced = Springs(places=SITES + 0.1 * np.random.default_rng(1).standard_normal(SITES.shape))
    with pytest.raises(ConvergenceError, match="not relaxed"):
        examine(displaced, at_rest)


def test_a_displaced_solid_relaxes_back(sound):
    def descend(atoms, tolerance, steps):
        def value(places):
            atoms.set_positions(places.reshape(-1, 3))
            return atoms.get_potential_energy(), -atoms.get_forces().ravel()

        found = minimize(value, atoms.get_positions().ravel(), jac=True, method="L-BFGS-B", options={"gtol": 1e-7})
        atoms.set_positions(found.x.reshape(-1, 3))

    start = SITES + 0.05 * np.random.default_rng(1).standard_normal(SITES.shape)
    found = examine(Springs(places=start), descend)
    assert found.measured["displacement from the start (angstrom, rms)"] == pytest.approx(0.05 * math.sqrt(3), rel=0.3)
    np.testing.assert_allclose(found.modes.frequencies, sound.modes.frequencies, rtol=1e-4)


def example(**changed):
    values = {
        "structure": "silicon-64-0",
        "calculator": "my:calculator",
        "version": "my 1",
        "protocol": "of a test",
        "relations": (Relation("a", 0.1, 1.0), Relation("b", math.nan, 1.0, failure="ValueError: none")),
        "measured": {"shear modulus (GPa)": math.nan},
        "frequencies": (1.0, 2.0),
    }
    return StructureResult(**(values | changed))


def test_results_survive_their_file():
    result = example()
    again = StructureResult.from_json(result.to_json())
    assert again.relations[0] == result.relations[0]
    assert again.relations[1].failure == "ValueError: none"
    assert math.isnan(again.relations[1].error)
    assert again.holding == 1
    assert again.frequencies == result.frequencies
    assert "NaN" not in result.to_json()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": "2"}', '{"schema_version": "1", "relations": 3}'])
def test_other_files_are_refused(text):
    with pytest.raises(ForeignInputError, match="not a result"):
        StructureResult.from_json(text)


def test_unknown_relations_are_refused():
    changed = json.loads(example().to_json())
    changed["relations"][0]["colour"] = "red"
    with pytest.raises(ForeignInputError, match="not a result"):
        StructureResult.from_json(json.dumps(changed))


def test_structures_are_the_glasses_of_the_dataset():
    names = structure_names()
    assert len(names) == len(set(names)) == 13
    assert set(SHORT) <= set(names)
    structure = load_structure("silica-72-1")
    assert structure.material == "silica"
    assert structure.symbols.count("O") == 2 * structure.symbols.count("Si") == 48
    assert structure.positions.shape == (72, 3)
    assert len(structure.frequencies) == 3 * 72 - 3
    assert dict(zip(structure.symbols, structure.masses, strict=True)) == pytest.approx({"Si": 28.0855, "O": 15.9994})
    with pytest.raises(ForeignInputError, match="silica-72-1"):
        load_structure("silica-72-2")


def test_the_mixture_is_a_minimum_of_the_suite_in_units_of_the_track():
    structure = load_structure("kob-andersen-200-0")
    assert (structure.symbols.count("Ni"), structure.symbols.count("P")) == (160, 40)
    potential = LennardJones(2.5, "force-shifted", kob_andersen=True)
    scaled = structure.positions / kob_andersen.SIGMA
    diameters = np.repeat([1.0, 0.88], [160, 40])
    again = inherent_structure(scaled, diameters, kob_andersen.SIDE / kob_andersen.SIGMA, potential)
    np.testing.assert_allclose(again.positions, scaled, atol=1e-8)
    assert len(structure.frequencies) == 597
    assert structure.frequencies[0] > 0.5
    assert len(scaled) / (kob_andersen.SIDE / kob_andersen.SIGMA) ** 3 == pytest.approx(1.2)


def test_a_calculator_that_fails_when_it_is_made_is_reported(tmp_path, monkeypatch):
    module = types.ModuleType("broken_potential")

    def calculator():
        raise RuntimeError("no weights")

    module.calculator = calculator
    monkeypatch.setitem(sys.modules, "broken_potential", module)
    results = run_track("broken_potential:calculator", tmp_path, SHORT[:2])
    assert [each.problem for each in results] == ["RuntimeError: no weights"] * 2


def test_a_module_of_the_working_directory_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    (tmp_path / "potential_of_this_folder.py").write_text("def calculator():\n    return 'made'\n")
    found = loaded_calculator("potential_of_this_folder:calculator")
    assert made_calculator(found) == "made"
    sys.modules.pop("potential_of_this_folder")


def test_modes_are_compared_with_the_first_wave_of_the_shear_modulus():
    structure = load_structure("silicon-64-0")
    side = structure.cell[0, 0] * 1e-10  # metre
    density = 64 * 28.085 * 1.66053907e-27 / side**3
    first = math.sqrt(30e9 / density) / side / 1e12
    result = example(frequencies=(*(12 * (0.8 * first,)), *(177 * (10.0,))), measured={"shear modulus (GPa)": 30.0})
    found = compared(result)
    assert found["first transverse wave of the box, from the shear modulus (THz)"] == pytest.approx(first, rel=1e-4)
    assert found["twelve lowest modes over that wave"] == pytest.approx(0.8, rel=1e-4)
    assert math.isnan(
        compared(example(frequencies=result.frequencies, measured={}))["twelve lowest modes over that wave"]
    )


def test_precisions_are_compared():
    springs = Springs()
    assert precision_relation(springs, Springs()).holds
    rounded = precision_relation(springs, Springs("single"))
    assert not rounded.holds
    assert rounded.error > 0.01


def test_both_precisions_are_asked_of_a_calculator_that_has_them():
    def both(structure, precision="double"):
        return structure, precision

    assert [made_calculator(both, "a", **each) for each in _precisions(both)] == [("a", "double"), ("a", "single")]
    assert _precisions(lambda structure: structure) == [{}]


def test_comparisons_in_closed_form():
    assert softening([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]) == pytest.approx(0.5)
    assert earth_movers_distance([1.0, 2.0, 9.0], [1.5, 2.5, 8.0]) == pytest.approx(0.5)
    assert math.isnan(earth_movers_distance([4.0], [1.0]))
    reference = load_structure("silicon-64-0").frequencies
    same = compared(example(frequencies=tuple(reference)))
    assert list(same.values())[2:] == pytest.approx([1.0, 0.0])
    lines = list(table_of([example(frequencies=tuple(reference)), example(problem="ValueError: no carbon")]))
    assert any("FAILS  b: ValueError: none" in line for line in lines)
    assert any("no results: ValueError: no carbon" in line for line in lines)


def test_results_of_another_calculator_are_not_mixed(tmp_path):
    (tmp_path / "silicon-64-0.json").write_text(example().to_json(), encoding="utf-8")
    with pytest.raises(ForeignInputError, match="another calculator"):
        run_track("json:dumps", tmp_path, ["silicon-64-0"])
