"""Cases of a seed: drawn alike everywhere, answered by who computes, refused where they were touched."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance import extended_precision
from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import case_names, load_case
from bosonpeak.benchmark.conformance.codes.own_code import OwnCode
from bosonpeak.benchmark.conformance.digits import matching_digits, score_answers
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.extended_precision import pair_terms, references, spring_terms
from bosonpeak.benchmark.conformance.fresh_cases import MANIFEST, _with_references, fresh_cases_in
from bosonpeak.benchmark.conformance.random_problems import KINDS, drawn_start
from bosonpeak.benchmark.scoring.conformance_axis import conformance_items
from bosonpeak.datasets.errors import ForeignInputError

QUICK = ("fresh-pair", "fresh-network-cutoff", "fresh-soft-2d", "fresh-relaxation", "fresh-barely-touching")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A few of the cases of a seed, without answers."""
    folder = tmp_path_factory.mktemp("fresh") / "cases"
    export(folder, seed=7)
    for name in set(KINDS) - set(QUICK):
        shutil.rmtree(folder / name)
    return folder


@pytest.fixture(scope="module")
def answered(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("answered") / "cases"
    shutil.copytree(drawn, folder)
    write_answers(OwnCode(), folder)
    return folder


@pytest.fixture
def touched(drawn, tmp_path):
    return shutil.copytree(drawn, tmp_path / "cases")


def test_references_are_computed_once_and_not_by_who_answers(drawn, tmp_path, monkeypatch):
    computed = []

    def counted(problem, *others):
        computed.append(problem.name)
        return references(problem, *others)

    monkeypatch.setattr(extended_precision, "references", counted)
    folder = shutil.copytree(drawn, tmp_path / "cases")
    for name in set(QUICK) - {"fresh-pair"}:
        shutil.rmtree(folder / name)
    _with_references.cache_clear()
    write_answers(OwnCode(), folder)
    assert computed == []
    for _ in range(2):
        assert score_answers(folder).count("differs") == 0
    assert len(computed) == 1


def test_who_computes_is_right(answered):
    found = score_answers(answered)
    assert {result.case for result in found.results} == set(QUICK)
    assert {result.status for result in found.results} == {"matches"}
    assert all(result.digits > result.required + 1 for result in found.results if result.quantity != "contacts")
    assert {"relaxed_energy", "relaxed_positions", "bulk_modulus"} <= {result.quantity for result in found.results}
    items, notes = conformance_items(answered)
    assert {item.outcome for item in items if item.where in QUICK} == {"met"}
    assert {item.outcome for item in items if item.where not in QUICK} == {"missing"}
    assert notes == []


def test_answers_of_another_seed_are_wrong(answered, touched):
    export(touched.parent / "other", seed=8)
    for name in QUICK:
        for path in (answered / name).iterdir():
            if path.stem in load_case(KINDS[name].template).references:
                shutil.copy(path, touched.parent / "other" / name)
    for name in set(KINDS) - set(QUICK):
        shutil.rmtree(touched.parent / "other" / name)
    found = score_answers(touched.parent / "other")
    wrong = {(result.case, result.quantity) for result in found.results if result.status == "differs"}
    asked = {name: list(load_case(KINDS[name].template).references) for name in QUICK}
    assert {(name, "eigenvalues") for name in QUICK if "eigenvalues" in asked[name]} <= wrong
    assert ("fresh-relaxation", "relaxed_positions") in wrong
    assert ("fresh-barely-touching", "stiffness") in wrong
    assert found.exit_code == 1


def test_what_was_exported_before_a_case_was_asked_is_not_called_taken_out(answered, tmp_path):
    shutil.copytree(answered, tmp_path / "cases")
    stated = json.loads((answered / MANIFEST).read_text())
    del stated["attempts"]["fresh-tilted-box"]
    (tmp_path / "cases" / MANIFEST).write_text(json.dumps(stated))
    items, _ = conformance_items(tmp_path / "cases")
    said = {item.where: item.evidence for item in items if item.outcome == "missing"}
    assert said["fresh-tilted-box"] == "these cases were drawn before this one was asked"
    assert said["fresh-harmonic-3d"] == "the case was taken out"


def test_a_seed_draws_the_same_again_and_another_seed_does_not():
    for name in KINDS:
        first, again, other = (drawn_start(name, seed, 0) for seed in (7, 7, 8))
        assert first.interaction == again.interaction
        np.testing.assert_array_equal(first.positions, again.positions)
        assert np.abs(first.positions - other.positions).max() > 1e-6
        assert set(load_case(KINDS[name].template).references)
    assert not set(KINDS) & set(case_names())


def test_the_files_state_no_answer(drawn):
    description = json.loads((drawn / "fresh-soft-2d" / "case.json").read_text())
    assert "error_relative_to" not in description["answers"]["energy"]
    assert description["answers"]["forces"]["shape"] == [36, 2]
    readme = (drawn / "README.md").read_text()
    assert "drawn from a seed" in readme
    assert "{{" not in readme


def test_practice_cases_say_so(tmp_path):
    export(tmp_path / "cases", [load_case("soft-2d-2")])
    assert "practice cases" in (tmp_path / "cases" / "README.md").read_text()


def test_a_file_that_was_touched_is_refused(touched):
    path = touched / "fresh-pair" / "configuration.txt"
    path.write_text(path.read_text().replace("1", "2", 1))
    with pytest.raises(ForeignInputError, match="not the one that was drawn"):
        score_answers(touched)


@pytest.mark.parametrize("name", ["fresh-pair", "fresh-soft-2d"])
def test_a_case_of_ones_own_with_a_digest_of_ones_own_is_refused(touched, name):
    path = touched / name / "configuration.txt"
    rows = np.loadtxt(path)
    rows[0, -1] *= 1.01
    path.write_text("# x y diameter\n" + "".join(" ".join(map(repr, row)) + "\n" for row in rows.tolist()))
    stated = json.loads((touched / MANIFEST).read_text())
    stated["sha256"][f"{name}/configuration.txt"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (touched / MANIFEST).write_text(json.dumps(stated))
    with pytest.raises(ForeignInputError, match="differs from the case that its seed draws"):
        score_answers(touched)


def test_another_seed_than_was_asked_for_is_refused(drawn):
    with pytest.raises(ForeignInputError, match="another seed"):
        fresh_cases_in(drawn, seed=8)


@pytest.mark.parametrize("content", ["", "[]", '{"seed": -1, "attempts": {}, "sha256": {}}', '{"seed": 7}'])
def test_a_damaged_manifest_is_refused(touched, content):
    (touched / MANIFEST).write_text(content)
    with pytest.raises(ForeignInputError, match="manifest"):
        score_answers(touched)


@pytest.mark.parametrize("name", ["pair-near-cutoff-inf", "network-strengths", "soft-2d-2"])
def test_references_need_no_long_double(name, monkeypatch):
    monkeypatch.setattr(extended_precision, "has_long_double", lambda: False)
    case = load_case(name)
    terms = (spring_terms if case.problem.components == 1 else pair_terms)(case.problem)
    found = references(case.problem, terms, tuple(case.references))
    assert found["eigenvalues"][0].dtype == object
    for quantity, reference in case.references.items():
        assert matching_digits(found[quantity][0], reference.value, reference.scale) > 14.0


def test_the_command_line_draws_and_scores(tmp_path, monkeypatch, capsys):
    assert main(["conformance", "export", str(tmp_path / "cases"), "--seed", "7"]) == 0
    for name in set(KINDS) - {"fresh-pair"}:
        shutil.rmtree(tmp_path / "cases" / name)
    write_answers(OwnCode(), tmp_path / "cases")
    assert main(["conformance", "score", str(tmp_path / "cases")]) == 0
    assert "6 of 6 quantities match" in capsys.readouterr().out
    assert main(["conformance", "run", "bosonpeak", "--seed", "7"]) == 2
