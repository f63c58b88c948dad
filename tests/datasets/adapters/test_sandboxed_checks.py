"""A copy of a registered file is recognised by its digest, and the registered file is read in its place."""

import shutil

import pytest

from bosonpeak.datasets import open_dataset, write
from bosonpeak.datasets.adapters import sandboxed_checks
from bosonpeak.datasets.registry import fetch


@pytest.fixture
def exchanged(tmp_path, monkeypatch):
    """Copy of a registered file that is replaced as soon as its digest was taken."""
    copy, hostile = tmp_path / "copy.nc", tmp_path / "hostile.nc"
    shutil.copy(fetch("network/nine-node"), copy)
    write(open_dataset("network/nine-node", group="lattice").assign_attrs(title="exchanged"), hostile)
    digest = sandboxed_checks.file_sha256

    def exchange(path):
        found = digest(path)
        shutil.copy(hostile, copy)
        return found

    monkeypatch.setattr(sandboxed_checks, "file_sha256", exchange)
    return str(copy)


def test_an_exchanged_copy_is_not_opened(exchanged):
    opened = sandboxed_checks.open_checked(exchanged)
    assert opened.attrs["title"] == open_dataset("network/nine-node").attrs["title"]
    assert set(opened.children) == {"lattice", "added", "missing", "weakened"}


def test_an_exchanged_copy_is_not_described_or_validated(exchanged):
    described = sandboxed_checks.describe_checked(exchanged)
    assert "/added" in [group.path for group in described.groups]
    assert (described.name, described.file) == (exchanged, exchanged)
    sandboxed_checks.validate_checked(exchanged)


def test_other_files_are_read_in_a_protected_process(tmp_path, monkeypatch):
    started = []

    class Counted(sandboxed_checks.ProtectedDecoder):
        def __init__(self, *arguments):
            started.append(1)
            super().__init__(*arguments)

    monkeypatch.setattr(sandboxed_checks, "ProtectedDecoder", Counted)
    file = tmp_path / "own.nc"
    write(open_dataset("network/nine-node", group="lattice").assign_attrs(title="own"), file)
    assert sandboxed_checks.open_checked(str(file)).attrs["title"] == "own"
    assert started == [1]
