"""Results that are kept: returned while nothing has changed, and never otherwise."""

import os

import pytest

from bosonpeak.benchmark.judging import reference_verdicts
from bosonpeak.benchmark.judging.verification import verify
from bosonpeak.benchmark.scorecards import results_cache
from bosonpeak.benchmark.scorecards.results_cache import (
    FOLDER_VARIABLE,
    digest_of_everything,
    keep_scorecard,
    kept_scorecard,
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "results"))
    return tmp_path / "results"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one module, one claim and one file of data."""
    root = tmp_path / "package"
    (root / "claims").mkdir(parents=True)
    for name, text in (
        ("__init__.py", ""),
        ("claims/A.toml", "id = 1"),
        ("data.nc", "1234"),
        ("page.j2", ""),
        ("notes.txt", ""),
    ):
        (root / name).write_text(text)
    monkeypatch.setattr(results_cache.bosonpeak, "__file__", str(root / "__init__.py"))
    return root


def test_whatever_a_result_follows_from_changes_its_digest(package):
    def digest(environment=("python", "3.11"), asked=("quick", "A")):
        return digest_of_everything(dict([environment]), asked)

    first = digest()
    assert digest() == first
    assert digest(environment=("python", "3.12")) != first
    assert digest(asked=("quick", "A", "B")) != first
    assert digest(asked=("quick", "AB")) != digest(asked=("quickA", "B"))
    (package / "notes.txt").write_text("of no consequence")
    assert digest() == first
    for name, text in (
        ("__init__.py", "x = 1"),
        ("claims/A.toml", "id = 2"),
        ("data.nc", "12345"),
        ("page.j2", "{{ x }}"),
    ):
        before = digest()
        (package / name).write_text(text)
        assert digest() != before, name
    before, reported = digest(), (package / "data.nc").stat()
    (package / "data.nc").write_text("54321")
    os.utime(package / "data.nc", ns=(reported.st_atime_ns, reported.st_mtime_ns))
    assert digest() != before, "altered data of the same size and time"
    before = digest()
    (package / "claims" / "A.toml").rename(package / "claims" / "B.toml")
    assert digest() != before


def test_what_is_kept_is_returned_and_damage_counts_as_none(scorecard, folder):
    assert kept_scorecard("one") is None
    keep_scorecard("one", scorecard)
    assert kept_scorecard("one") == scorecard
    assert kept_scorecard("two") is None
    (folder / "one.json").write_text("{")
    assert kept_scorecard("one") is None


def test_a_result_under_the_digest_of_other_inputs_is_not_returned(scorecard, folder):
    keep_scorecard("one", scorecard)
    (folder / "two.json").write_bytes((folder / "one.json").read_bytes())
    assert kept_scorecard("two") is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no owners of files")
@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_that_others_can_write_is_not_trusted(scorecard, folder, mode):
    keep_scorecard("one", scorecard)
    folder.chmod(mode)
    assert kept_scorecard("one") is None


def test_nothing_is_taken_from_the_cache_in_ci(scorecard, monkeypatch):
    keep_scorecard("one", scorecard)
    monkeypatch.setenv("CI", "true")
    assert kept_scorecard("one") is None


def test_a_folder_that_cannot_be_written_is_no_failure(scorecard, tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "a file"))
    keep_scorecard("one", scorecard)
    assert kept_scorecard("one") is None


def test_claims_are_judged_once_unless_asked_again(monkeypatch):
    judged = []
    of_old = reference_verdicts.judged

    def counted(suite, chosen, *rest):
        judged.append([claim.id for claim in chosen])
        return of_old(suite, chosen, *rest)

    monkeypatch.setattr(reference_verdicts, "judged", counted)
    first = verify(claims=["NET-6"], kept=True)
    assert verify(claims=["net-6"], kept=True) == first
    assert judged == [["NET-6"]]
    verify(claims=["NET-6"])
    verify(claims=["NET-5"], keep=True)
    verify(claims=["NET-5"], kept=True)
    assert judged == [["NET-6"], ["NET-6"], ["NET-5"]]
