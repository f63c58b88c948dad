"""Provenance: nothing in it depends on the clock, and a commit is only claimed from a checkout of our own."""

import hashlib
import shutil
import subprocess

import pytest

import bosonpeak
from bosonpeak.datasets import provenance
from bosonpeak.datasets.errors import RecipeError

FACTS = {
    "kind": "mode-ensemble",
    "title": "t",
    "summary": "s",
    "created": "2026-01-31",
    "licence": "CC0-1.0",
    "source": "none",
}


@pytest.fixture(autouse=True)
def _no_epoch(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def test_it_holds_what_it_is_told():
    attributes = provenance.provenance_attributes(**FACTS, recipe="[recipe]\n", seed=3)
    assert {key: attributes[key] for key in FACTS} == FACTS
    assert attributes["recipe_digest"] == f"sha256:{hashlib.sha256(b'[recipe]' + bytes([10])).hexdigest()}"
    assert attributes["code_version"] == bosonpeak.__version__
    assert attributes["seed"] == 3
    assert (
        provenance.provenance_attributes(**FACTS, recipe_digest="sha256:0", recipe="x")["recipe_digest"] == "sha256:0"
    )


def test_foreign_data_have_neither_recipe_nor_seed():
    attributes = provenance.provenance_attributes(**FACTS)
    assert (attributes["recipe"], attributes["recipe_digest"], attributes["seed"]) == ("", "", "")


@pytest.mark.parametrize("seed", [2**63, 2**127, -(2**70)])
def test_a_seed_too_large_for_netcdf_becomes_text(seed):
    assert int(provenance.provenance_attributes(**FACTS, seed=seed)["seed"]) == seed


def test_the_epoch_replaces_the_date_of_the_recipe(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert provenance.provenance_attributes(**FACTS)["created"] == "1970-01-02"


@pytest.mark.parametrize("epoch", ["soon", "1e400", "9" * 30])
def test_an_epoch_that_is_no_number_is_refused(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(RecipeError, match="SOURCE_DATE_EPOCH"):
        provenance.provenance_attributes(**FACTS)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout that holds a package at src/bosonpeak, from which we pretend to run."""
    if shutil.which("git") is None:
        pytest.skip("no git here")
    package = tmp_path / "src" / "bosonpeak"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.setattr(bosonpeak, "__file__", str(package / "__init__.py"))
    return tmp_path


@pytest.mark.parametrize("commit", ["0123456789" * 4, "0123456789" * 4 + "+modified"])
def test_an_installed_package_names_the_commit_it_was_built_from(checkout, commit):
    shutil.rmtree(checkout / ".git")
    record = checkout / "src" / "bosonpeak" / "built_from.txt"
    record.write_text(commit + "\n")
    assert provenance.source_commit() == commit
    record.write_text("main, I think\n")
    assert provenance.source_commit() == ""
    record.write_bytes(b"\xff\xfe")
    assert provenance.source_commit() == ""


def test_the_commit_of_a_checkout_and_whether_it_was_modified(checkout):
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, check=True, capture_output=True, text=True)
    assert provenance.source_commit() == head.stdout.strip()
    (checkout / "src" / "bosonpeak" / "__init__.py").write_text("changed = True\n")
    assert provenance.source_commit() == f"{head.stdout.strip()}+modified"


def test_an_installed_package_does_not_borrow_the_commit_around_it(checkout, monkeypatch):
    installed = checkout / "venv" / "site-packages" / "bosonpeak"
    installed.mkdir(parents=True)
    monkeypatch.setattr(bosonpeak, "__file__", str(installed / "__init__.py"))
    assert provenance.source_commit() == ""


def test_without_git_there_is_no_commit(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.source_commit() == ""
