"""The conformance track: right codes pass, planted errors are caught, and answers from disk are handled with care."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance.cases import QUANTITIES, case_names, load_case, load_cases, probe_vectors
from bosonpeak.benchmark.conformance.codes.ase_code import calculator_code
from bosonpeak.benchmark.conformance.codes.own_code import OwnCode
from bosonpeak.benchmark.conformance.digits import MOST_DIGITS, compared, matching_digits, score_answers, score_code
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.problem_potential import potential_of
from bosonpeak.benchmark.conformance.simulation_code import (
    SimulationCode,
    difference_hessian,
    simulation_code,
)
from bosonpeak.datasets.adapters.readers import read_configurations
from bosonpeak.datasets.errors import ForeignInputError, NotApplicableError, StoreError
from bosonpeak.generators.glasses.inherent_structure import minimise

QUICK = "soft-2d-2"


@pytest.fixture(scope="module")
def own():
    return score_code(OwnCode())


class TestCases:
    """What is stored makes sense."""

    def test_the_list_of_the_issue_is_covered(self):
        assert len(case_names()) >= 20
        forms = {case.problem.interaction["form"] for case in load_cases()}
        assert forms == {"inverse-power", "lennard-jones", "harmonic", "scalar-springs"}

    @pytest.mark.parametrize("name", case_names())
    def test_every_tolerance_lies_between_a_wrong_formula_and_double_precision(self, name):
        case = load_case(name)
        assert set(case.references) <= set(QUANTITIES)
        for quantity, reference in case.references.items():
            if quantity == "contacts":
                continue
            assert reference.wrong + 0.5 < reference.required < reference.correct - 1.0, quantity

    def test_the_nine_nodes_have_whole_eigenvalues(self):
        found = load_case("network-nine-nodes").references["eigenvalues"].value
        assert sorted(set(np.round(found, 12))) == [0.0, 3.0, 4.0, 6.0, 7.0]

    def test_the_crystal_is_cubic_and_degenerate(self):
        case = load_case("crystal")
        stiffness = case.references["stiffness"].value
        assert stiffness[0, 0] == pytest.approx(stiffness[1, 1], rel=1e-14)
        assert stiffness[3, 3] == pytest.approx(stiffness[5, 5], rel=1e-14)
        assert np.abs(stiffness[:3, 3:]).max() < 1e-13
        assert np.abs(case.references["forces"].value).max() < 1e-13
        assert len(np.unique(np.round(case.references["eigenvalues"].value, 9))) < 40

    def test_the_rattler_has_zero_modes_of_its_own(self):
        case = load_case("harmonic-rattler")
        eigenvalues = case.references["eigenvalues"].value
        free = int(np.count_nonzero(case.references["contacts"].value == 0))
        assert free >= 1
        assert np.count_nonzero(np.abs(eigenvalues) < 1e-13 * eigenvalues.max()) == 2 * (1 + free)

    def test_the_marginal_state_is_near_zero_and_stable(self):
        case = load_case("marginal-state")
        lowest = float(case.references["lowest_eigenvalue"].value)
        assert 0 < lowest < 1e-5 * case.references["eigenvalues"].value.max()

    def test_the_unstable_box_is_stable_inside(self):
        case = load_case("shear-unstable-box")
        stiffness, stress = (case.references[name].value for name in ("stiffness", "stress"))
        pressure = -np.trace(stress) / 2
        pure = 0.25 * (stiffness[0, 0] + stiffness[1, 1] - 2 * stiffness[0, 1])
        mixed = 0.5 * (stiffness[0, 2] - stiffness[1, 2])
        shears = np.linalg.eigvalsh([[pure, mixed], [mixed, stiffness[2, 2]]]) - pressure
        assert shears[0] < -1e-3
        assert case.references["lowest_eigenvalue"].value > 0

    def test_jamming_is_isostatic(self):
        case = load_case("harmonic-at-jamming")
        contacts = case.references["contacts"].value
        caged = np.count_nonzero(contacts)
        assert abs(contacts.sum() / 2 - (2 * caged - 1)) <= 2

    def test_the_tilted_box_is_that_of_all_images(self):
        case = load_case("tilted-box")
        problem = case.problem
        assert np.abs(problem.tilt).min() > 0.3
        images = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3) @ problem.cell
        first, second = np.triu_indices(len(problem.positions), 1)
        shift = (problem.positions[first] - problem.positions[second])[:, None, :] - images
        distance = np.linalg.norm(shift, axis=2).min(axis=1)
        given, sizes = problem.interaction, 0.5 * (problem.diameters[first] + problem.diameters[second])
        x = distance / given["cutoff"]
        energy = (sizes / given["cutoff"]) ** given["n"] * (x ** -given["n"] - 1.0) * (1.0 - x**2) ** given["taper"]
        assert energy[x < 1.0].sum() == pytest.approx(float(case.references["energy"].value), rel=1e-13)
        upright = dataclasses.replace(problem, tilt=np.empty(0))
        assert OwnCode().energy(upright) != pytest.approx(energy[x < 1.0].sum(), rel=1e-2)

    def test_the_barely_touching_disk_has_a_mode_that_rounding_holds(self):
        case = load_case("barely-touching")
        eigenvalues = np.linalg.eigvalsh(OwnCode().hessian(case.problem))
        assert np.count_nonzero(np.abs(eigenvalues) < 1e-12 * eigenvalues[-1]) == 3
        assert case.references["contacts"].value[-1] == 1

    def test_an_unknown_case_is_refused(self):
        with pytest.raises(ForeignInputError) as caught:
            load_case("soft-3d-22")
        assert "soft-3d-2" in caught.value.expected


class TestExtendedPrecision:
    """The recipe of the references, on pairs where the answer can be written down."""

    @pytest.fixture(autouse=True)
    def recipe(self):
        pytest.importorskip("mpmath")
        if np.finfo(np.longdouble).eps > 1e-18:
            pytest.skip("long double is double here")

    def test_two_spheres(self):
        from bosonpeak.benchmark.conformance.extended_precision import pair_terms, references

        case = load_case("pair-across-boundary")
        terms = pair_terms(case.problem)
        reach, sigma, r = 1.955, 1.0, float(terms.distance[0])
        assert r == pytest.approx(1.05, rel=1e-15)
        x = r / reach
        plain, taper = x**-12 - 1, (1 - x * x) ** 2
        slope = (-12 * x**-13 * taper + plain * 2 * (1 - x * x) * -2 * x) / reach
        amplitude = (sigma / reach) ** 12
        assert float(terms.energy[0]) == pytest.approx(amplitude * plain * taper, rel=1e-14)
        assert float(terms.first[0]) == pytest.approx(amplitude * slope, rel=1e-14)
        found = references(case.problem, terms, ("eigenvalues", "energy", "forces", "stress"))
        expected = np.sort([0.0, 0.0, 0.0, *[2 * amplitude * slope / r] * 2, 2 * float(terms.second[0])])
        np.testing.assert_allclose(found["eigenvalues"][0].astype(float), expected, rtol=1e-13, atol=1e-15)
        assert float(np.abs(found["forces"][0].sum(axis=0)).max()) < 1e-18
        assert float(np.trace(found["stress"][0])) == pytest.approx(amplitude * slope * r / 512, rel=1e-14)

    def test_stored_references_are_those_of_the_recipe(self):
        from bosonpeak.benchmark.conformance.extended_precision import pair_terms, references

        for name in ("pair-near-cutoff-inf", "soft-2d-2"):
            case = load_case(name)
            found = references(case.problem, pair_terms(case.problem), tuple(case.references))
            for quantity, reference in case.references.items():
                digits = matching_digits(found[quantity][0], reference.value, reference.scale)
                assert digits >= 14.5, (name, quantity)


def test_digits():
    assert matching_digits(1.0, 1.0, 1.0) == MOST_DIGITS
    assert matching_digits([1.0, 2.001], [1.0, 2.0], 1.0) == 3.0
    assert matching_digits(1.001, 1.0, 1000.0) == 6.0
    assert matching_digits(np.nan, 1.0, 1.0) == -math.inf
    assert matching_digits(-1.0, 1.0, 1.0) == -0.3


def test_probe_vectors_see_every_column():
    probes = probe_vectors(200)
    assert np.linalg.matrix_rank(probes) == 3
    assert (np.abs(probes).sum(axis=0) > 0).all()
    assert set(np.unique(probes)) <= set(range(-5, 6))


def test_this_package_passes_everything(own):
    assert own.exit_code == 0
    assert own.count("missing") == 0
    assert own.share == 1.0
    document = json.loads(own.to_json())
    assert document["matches"] == len(own.results)


class Altered(OwnCode):
    """A code with one planted error."""

    name = "altered"

    def __init__(self, quantity, change):
        setattr(self, quantity, lambda problem: change(getattr(OwnCode, quantity)(self, problem), problem))


def without_prestress(matrix, problem):
    """The Hessian of the same bonds without phi'/r: its blocks lose what lies across the bond."""
    dimension, count = problem.dimension, len(problem.positions)
    blocks = matrix.reshape(count, dimension, count, dimension).transpose(0, 2, 1, 3).copy()
    for i in range(count):
        blocks[i, i] = 0.0
        for j in range(count):
            shift = problem.positions[i] - problem.positions[j]
            shift -= problem.box * np.rint(shift / problem.box)
            if i != j:
                direction = shift / np.linalg.norm(shift)
                blocks[i, j] = (direction @ blocks[i, j] @ direction) * np.outer(direction, direction)
        blocks[i, i] = -blocks[i].sum(axis=0)
    return blocks.transpose(0, 2, 1, 3).reshape(matrix.shape)


PLANTED = {
    "energy counted twice": ("energy", lambda value, _: 2 * value, "half the value|twice the value"),
    "forces the wrong way": ("forces", lambda value, _: -value, "other sign"),
    "particles reversed": ("forces", lambda value, _: value[::-1], "another order"),
    "pressure for stress": ("stress", lambda value, _: -value, "other sign"),
    "stress times volume": ("stress", lambda value, problem: value * problem.volume, "errors above"),
    "no prestress": ("hessian", without_prestress, "errors above"),
    "a lost digit of pi": ("hessian", lambda value, _: value * (1 + 1e-5), "errors above"),
    "modulus without pressure": ("shear_modulus", lambda value, problem: value + 0.1, "errors above"),
    "one contact": ("contacts", lambda value, _: value + (np.arange(len(value)) < 2), "2 of 32 counts differ"),
    "not a number": ("energy", lambda value, _: math.nan, "errors above"),
}


@pytest.mark.parametrize("error", PLANTED)
def test_every_planted_error_is_caught_and_named(error):
    quantity, change, reason = PLANTED[error]
    # In a minimum forces vanish, whatever their sign and order.
    name = "soft-3d-unrelaxed" if quantity == "forces" else QUICK
    found = score_code(Altered(quantity, change), [load_case(name)])
    differing = {entry.quantity: entry for entry in found.results if entry.status == "differs"}
    assert quantity in differing
    assert found.exit_code == 1
    assert any(part in differing[quantity].reason for part in reason.split("|"))
    assert 0 <= differing[quantity].digits < differing[quantity].required or quantity == "contacts"


class OnlyThree:
    """The three methods of the protocol, the third left to differences."""

    name, version = "three methods", "1"

    def energy(self, problem):
        return OwnCode().energy(problem)

    def forces(self, problem):
        if problem.components != problem.dimension:
            raise NotApplicableError("no networks")
        return OwnCode().forces(problem)


def test_forces_are_enough_for_a_hessian():
    case = load_case(QUICK)
    found = {entry.quantity: entry for entry in score_code(OnlyThree(), [case]).results}
    assert found["hessian"].status == found["eigenvalues"].status == found["lowest_eigenvalue"].status == "matches"
    assert found["hessian"].digits > 8
    assert found["stress"].status == "missing"
    matrix = difference_hessian(OnlyThree().forces, case.problem)
    assert np.abs(matrix - OwnCode().hessian(case.problem)).max() < 1e-8 * np.abs(matrix).max()


def test_differences_pass_where_the_lowest_eigenvalue_nearly_vanishes():
    found = {entry.quantity: entry for entry in score_code(OnlyThree(), [load_case("marginal-state")]).results}
    assert found["lowest_eigenvalue"].status == "matches"
    assert found["lowest_eigenvalue"].digits < 9


def test_leaving_out_gains_nothing():
    cases = [load_case(QUICK), load_case("network-cutoff")]
    few, all_of_it = score_code(OnlyThree(), cases), score_code(OwnCode(), cases)
    assert few.share < all_of_it.share == 1.0
    assert len(few.results) >= len(all_of_it.results) - 1

    class Nothing:
        name, version = "nothing", ""

        def energy(self, problem):
            raise NotApplicableError("nothing")

        forces = energy

    empty = score_code(Nothing(), cases)
    assert (empty.share, empty.exit_code) == (0.0, 1)


def test_codes_are_found_by_name():
    assert isinstance(simulation_code("bosonpeak"), SimulationCode)
    with pytest.raises(ForeignInputError) as caught:
        simulation_code("bosonpaek")
    assert "did you mean 'bosonpeak'" in caught.value.likely_cause


class Point:
    """An entry point as another package would register it."""

    name, value = "theirs", "their_package:code"

    def __init__(self, registered):
        self._registered = registered

    def load(self):
        if isinstance(self._registered, Exception):
            raise self._registered
        return self._registered


@pytest.mark.parametrize(
    ("registered", "what"),
    [(OnlyThree, ""), (OnlyThree(), ""), (42, "is not a code"), (ImportError("gone"), "cannot be loaded")],
)
def test_registered_codes(monkeypatch, registered, what):
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point(registered)])
    if what:
        with pytest.raises(ForeignInputError, match=what):
            simulation_code("theirs")
    else:
        assert simulation_code("theirs").name == "three methods"


class TestAnswersFromDisk:
    """What a stranger does: export, compute, put files beside, score."""

    @pytest.fixture
    def folder(self, tmp_path):
        export(tmp_path / "cases", [load_case(QUICK), load_case("network-cutoff")])
        return tmp_path / "cases"

    @pytest.fixture
    def answered(self, folder):
        code = OwnCode()
        for name in (QUICK, "network-cutoff"):
            case = load_case(name)
            for quantity in case.references:
                if hasattr(code, quantity) and quantity != "hessian":
                    np.savetxt(folder / name / f"{quantity}.txt", np.atleast_1d(getattr(code, quantity)(case.problem)))
        matrix = code.hessian(load_case(QUICK).problem)
        np.save(folder / QUICK / "hessian.npy", matrix)
        matrix = code.hessian(load_case("network-cutoff").problem)
        sparse.save_npz(folder / "network-cutoff" / "hessian.npz", sparse.csr_array(matrix))
        return folder

    def test_right_answers_match(self, answered):
        found = score_answers(answered, code_name="mine", code_version="2")
        here = [entry for entry in found.results if entry.case in (QUICK, "network-cutoff")]
        assert {entry.status for entry in here} == {"matches"}
        assert found.count("missing") == len(found.results) - len(here)
        assert found.exit_code == 0
        assert (found.code_name, found.code_version) == ("mine", "2")

    def test_matrix_market_and_eigenvalues_do_as_well(self, answered):
        matrix = np.load(answered / QUICK / "hessian.npy")
        (answered / QUICK / "hessian.npy").unlink()
        np.savetxt(answered / QUICK / "eigenvalues.txt", np.linalg.eigvalsh(matrix))
        (answered / "network-cutoff" / "hessian.npz").unlink()
        network = OwnCode().hessian(load_case("network-cutoff").problem)
        scipy.io.mmwrite(answered / "network-cutoff" / "hessian.mtx", sparse.coo_array(network), precision=17)
        found = score_answers(answered)
        here = {(entry.case, entry.quantity): entry.status for entry in found.results}
        assert (QUICK, "hessian") not in here
        assert here[QUICK, "eigenvalues"] == here[QUICK, "lowest_eigenvalue"] == "matches"
        assert here["network-cutoff", "hessian"] == "matches"

    def test_the_files_can_be_read_by_anyone(self, folder):
        problem = load_case(QUICK).problem
        table = np.loadtxt(folder / QUICK / "configuration.txt")
        np.testing.assert_array_equal(table, np.column_stack([problem.positions, problem.diameters]))
        (found,) = read_configurations(folder / QUICK / "configuration.xyz")
        np.testing.assert_array_equal(found.positions, problem.positions)
        np.testing.assert_array_equal(found.diameters, problem.diameters)
        description = json.loads((folder / QUICK / "case.json").read_text())
        assert description["answers"]["hessian"]["shape"] == [64, 64]
        assert "references" not in description
        readme = (folder / "README.md").read_text()
        assert f"`{QUICK}`" in readme
        assert "{{" not in readme

    def test_nothing_is_overwritten(self, folder):
        with pytest.raises(StoreError, match="not empty"):
            export(folder)
        with pytest.raises(StoreError, match="cannot be made"):
            export(folder / "no" / "such" / "place")

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            ("nan", "not a finite number"),
            ("1.0 2.0", "wrong shape"),
            ("<script>alert(1)</script>", "no number|not a number|header"),
            ("", "empty"),
            (b"\x00\x01\x02", "unknown format"),
        ],
    )
    def test_damaged_answers_are_refused(self, answered, content, what):
        path = answered / QUICK / "energy.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(ForeignInputError) as caught:
            score_answers(answered)
        assert any(part in caught.value.what for part in what.split("|"))
        assert "energy.txt" in str(caught.value)

    def test_wrong_shapes_are_refused(self, answered):
        forces = np.loadtxt(answered / QUICK / "forces.txt")
        for wrong in (forces.T, forces[:-1], forces[:, :1]):
            np.savetxt(answered / QUICK / "forces.txt", wrong)
            with pytest.raises(ForeignInputError, match="wrong shape"):
                score_answers(answered)

    def test_pickles_and_infinities_are_refused(self, answered):
        np.save(answered / QUICK / "hessian.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
        with pytest.raises(ForeignInputError, match="Python objects"):
            score_answers(answered)
        np.save(answered / QUICK / "hessian.npy", np.full((64, 64), np.inf))
        with pytest.raises(ForeignInputError, match="not finite numbers"):
            score_answers(answered)

    def test_links_are_not_followed(self, answered, tmp_path):
        secret = tmp_path / "secret.txt"
        secret.write_text("1.0\n")
        (answered / QUICK / "energy.txt").unlink()
        (answered / QUICK / "energy.txt").symlink_to(secret)
        with pytest.raises(ForeignInputError, match="is a link"):
            score_answers(answered)

    def test_two_answers_for_one_question(self, answered):
        np.save(answered / QUICK / "energy.npy", np.array(1.0))
        with pytest.raises(ForeignInputError, match="two answers"):
            score_answers(answered)

    def test_a_directory_of_something_else(self, tmp_path):
        with pytest.raises(ForeignInputError, match="no cases in the directory"):
            score_answers(tmp_path)

    def test_the_command_line(self, answered, tmp_path, capsys):
        assert (
            main(["conformance", "score", str(answered), "--code", "m<b>ine", "--json", str(tmp_path / "r.json")]) == 0
        )
        assert "quantities match" in capsys.readouterr().out
        assert json.loads((tmp_path / "r.json").read_text())["code"]["name"] == "m<b>ine"
        assert main(["conformance", "score", str(answered), "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)["differs"] == 0
        np.savetxt(answered / QUICK / "energy.txt", [0.0])
        assert main(["conformance", "score", str(answered)]) == 1
        assert f"{QUICK}, energy: " in capsys.readouterr().out
        assert main(["conformance", "score", str(tmp_path / "nowhere")]) == 2
        assert main(["conformance", "list"]) == 0
        assert QUICK in capsys.readouterr().out
        assert main(["conformance", "run", "no-such-code"]) == 2

    @pytest.mark.parametrize("base", [".", "answers"])
    def test_archives_of_answers(self, answered, tmp_path, base):
        folder = answered.rename(tmp_path / "answers")
        root = folder if base == "." else tmp_path
        archive = shutil.make_archive(str(tmp_path / "packed"), "zip", root, base)
        results = []
        for path in (folder, archive):
            assert main(["conformance", "score", str(path), "--json", str(tmp_path / "r.json")]) == 0
            results.append((tmp_path / "r.json").read_bytes())
        assert results[0] == results[1]


def test_an_ase_calculator_through_the_protocol():
    pytest.importorskip("ase", reason="pip install bosonpeak[ase]")
    shifted = load_case("lennard-jones-shifted")
    asked = {name: shifted.references[name] for name in ("energy", "forces", "stress", "contacts")}
    shifted = dataclasses.replace(shifted, references=asked)
    found = score_code(simulation_code("ase-lennard-jones"), [shifted, load_case(QUICK)])
    statuses = {(entry.case, entry.quantity): entry.status for entry in found.results}
    for quantity in ("energy", "forces", "stress"):
        assert statuses[shifted.name, quantity] == "matches"
    assert statuses[shifted.name, "contacts"] == "missing"
    assert statuses[QUICK, "energy"] == "missing"


def test_a_problem_is_what_a_code_sees():
    problem = load_case(QUICK).problem
    assert (problem.dimension, problem.components, problem.degrees_of_freedom) == (2, 2, 64)
    assert load_case("network-cutoff").problem.components == 1
    assert dataclasses.replace(problem, name="other").volume == pytest.approx(32.0)


class TestWhatRealCodesFailAt:
    """Rounding is called rounding, contacts that barely are do not refuse moduli, and any calculator can be asked."""

    @pytest.mark.parametrize("quantity", ["forces", "energy", "eigenvalues", "stress", "shear_modulus"])
    def test_single_precision_is_named_and_is_not_twice_the_value(self, quantity):
        case = load_case(QUICK)
        reference = case.references[quantity]
        generator = np.random.default_rng(1)
        signs = np.sign(generator.standard_normal(reference.value.shape))
        noise = 10.0 ** -min(reference.required - 0.2, 6.5) * reference.scale * signs
        (found,) = [one for one in compared(case, {quantity: reference.value + noise}) if one.status == "differs"]
        assert "single precision" in found.reason

    def test_numbers_stored_in_single_precision_are_recognised(self):
        case = load_case(QUICK)
        reference = case.references["hessian"]
        stored = (reference.value + 3e-5 * reference.scale).astype(np.float32).astype(np.float64)
        (found,) = [one for one in compared(case, {"hessian": stored}) if one.status == "differs"]
        assert "single precision" in found.reason

    def test_what_is_twice_the_value_still_is(self):
        case = load_case("soft-3d-unrelaxed")
        (found,) = [
            one for one in compared(case, {"forces": 2.0 * case.references["forces"].value}) if one.digits is not None
        ]
        assert found.reason == "it has twice the value"

    @pytest.mark.parametrize("overlap", [7e-15, 1e-13])
    def test_a_contact_that_barely_is_leaves_the_moduli(self, overlap):
        problem = load_case("harmonic-rattler").problem
        alone = int(np.argmin(OwnCode().contacts(problem)))
        shift = problem.positions - problem.positions[alone]
        shift -= problem.box * np.rint(shift / problem.box)
        gap = np.linalg.norm(shift, axis=1) - 0.5 * (problem.diameters + problem.diameters[alone])
        gap[alone] = np.inf
        other = int(np.argmin(gap))
        step = (gap[other] + overlap) * shift[other] / np.linalg.norm(shift[other])
        positions = problem.positions.copy()
        positions[alone] += step
        touching = dataclasses.replace(problem, positions=positions)
        assert OwnCode().contacts(touching)[alone] == 1
        for name in ("shear_modulus", "bulk_modulus"):
            assert getattr(OwnCode(), name)(touching) == pytest.approx(getattr(OwnCode(), name)(problem), rel=1e-9)

    @pytest.mark.parametrize("residual", [1e-3, 1e-6, 1e-9])
    def test_a_minimiser_that_stops_early_is_named(self, residual):
        case = load_case("relaxation-2d")
        minimum = case.references["relaxed_positions"].value
        aside = np.random.default_rng(1).standard_normal(minimum.shape)
        pushed = OwnCode().forces(dataclasses.replace(case.problem, positions=minimum + 1e-6 * aside))
        places = minimum + 1e-6 * aside * residual / np.linalg.norm(pushed, axis=1).max()
        energy = np.array(OwnCode().energy(dataclasses.replace(case.problem, positions=places)))
        given = {"relaxed_positions": places, "relaxed_energy": energy}
        found = {one.quantity: one for one in compared(case, given)}
        assert found["relaxed_positions"].status == "differs"
        assert f"stopped early: a residual force of {residual:.1e}" in found["relaxed_positions"].reason
        assert found["relaxed_energy"].status == ("differs" if residual > 1e-4 else "matches")
        assert ("stopped early" in found["relaxed_energy"].reason) == (residual > 1e-4)

    def test_another_minimum_is_told_from_one_that_was_not_reached(self):
        case = load_case("relaxation-2d")
        start = case.problem
        elsewhere = np.random.default_rng(1).random(start.positions.shape) * start.box
        other = minimise(elsewhere, start.diameters, start.box, potential_of(start), tolerance=1e-11).positions
        (found,) = [one for one in compared(case, {"relaxed_positions": other}) if one.status == "differs"]
        assert "another place" in found.reason
        assert found.digits == 0.0

    def test_where_the_whole_drifts_and_leaves_the_box_does_not_matter(self):
        case = load_case("relaxation-2d")
        moved = case.references["relaxed_positions"].value + np.array([0.6, -1.4]) * case.problem.box
        (found,) = [one for one in compared(case, {"relaxed_positions": moved}) if one.digits is not None]
        assert found.status == "matches"

    def test_any_calculator_of_ase_is_asked_by_its_name(self, tmp_path, monkeypatch, capsys):
        pytest.importorskip("ase")
        (tmp_path / "their_calculators.py").write_text(
            "from ase.calculators.lj import LennardJones\n"
            "plain = LennardJones(sigma=1.0, epsilon=1.0, rc=2.0, smooth=False)\n"
            "def chosen(problem):\n"
            "    return plain if problem.interaction.get('truncation') == 'shifted' else None\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        case = load_case("lennard-jones-shifted")
        for name in ("plain", "chosen"):
            result = score_code(calculator_code(f"their_calculators:{name}"), [case])
            assert {one.quantity for one in result.results if one.status == "matches"} >= {"energy", "forces", "stress"}
        assert {
            one.status for one in score_code(calculator_code("their_calculators:chosen"), [load_case(QUICK)]).results
        } == {"missing"}
        for wrong in ("their_calculators", "no_such_module:x", "their_calculators:missing", "math:pi"):
            with pytest.raises(ForeignInputError):
                calculator_code(wrong)
        assert main(["conformance", "run"]) == 2
        assert "--ase" in capsys.readouterr().err

    def test_one_relaxation_says_where_the_minimum_is_and_how_deep(self):
        case = load_case("relaxation-2d")
        relaxations = []

        class Counting(OwnCode):
            def relaxed_positions(self, problem):
                relaxations.append(problem.name)
                return super().relaxed_positions(problem)

        found = {one.quantity: one for one in score_code(Counting(), [case]).results}
        assert "relaxed_energy" in found
        assert {one.status for one in found.values()} == {"matches"}
        assert relaxations == ["relaxation-2d"]
