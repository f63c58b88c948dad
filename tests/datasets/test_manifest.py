"""The manifest of a data release: what it says, that it only grows, and that nothing in it is believed."""

import json

import pytest

from bosonpeak.datasets import write
from bosonpeak.datasets.errors import DigestMismatchError, RegistryError, StoreError
from bosonpeak.datasets.manifest import describe_file, manifest_text, parse_manifest, read_manifest, update_manifest
from bosonpeak.datasets.storage.digest import file_sha256


@pytest.fixture
def release(tmp_path, make_modes):
    (tmp_path / "family").mkdir()
    write(make_modes(), tmp_path / "family" / "block-00.nc")
    update_manifest(tmp_path)
    return tmp_path


def test_it_says_what_a_file_says(release, make_modes):
    (entry,) = read_manifest(release / "manifest.json")
    file = release / "family" / "block-00.nc"
    assert (entry.name, entry.file) == ("family/block-00", "family/block-00.nc")
    assert (entry.sha256, entry.size) == (file_sha256(file), file.stat().st_size)
    assert (entry.kind, entry.licence, entry.source, entry.version) == ("mode-ensemble", "CC0-1.0", "none", 1)
    assert entry.content_digest == write(make_modes(), release / "again")
    assert not entry.embedded


@pytest.mark.parametrize(
    ("file", "recipe"),
    [
        ("glass/taper-2-particles.nc", "glass/taper-2-particles"),
        ("limit/cold/block-00.nc", "limit/cold"),
        ("a/b.nc", ""),
    ],
)
def test_the_recipe_is_the_one_of_the_file_or_of_its_family(release, file, recipe):
    entry = describe_file(release / "family" / "block-00.nc", file)
    assert entry.name == file.removesuffix(".nc")
    assert entry.recipe == (f"generators/recipes/{recipe}.toml" if recipe else "")


def test_a_new_block_joins_and_the_others_stay(release, make_modes):
    before = json.loads((release / "manifest.json").read_text())["files"]
    write(make_modes(seed=1), release / "family" / "block-01.nc")
    assert [entry.name for entry in update_manifest(release)] == ["family/block-00", "family/block-01"]
    text = (release / "manifest.json").read_bytes()
    assert json.loads(text)["files"][:1] == before
    update_manifest(release)
    assert (release / "manifest.json").read_bytes() == text == manifest_text(parse_manifest(text))


def test_a_block_is_never_replaced_nor_lost(release, make_modes):
    file = release / "family" / "block-00.nc"
    text = (release / "manifest.json").read_bytes()
    write(make_modes(seed=1), file)
    with pytest.raises(DigestMismatchError, match="new name"):
        update_manifest(release)
    file.unlink()
    with pytest.raises(RegistryError, match="are missing"):
        update_manifest(release)
    assert (release / "manifest.json").read_bytes() == text


def test_a_file_of_another_kind_is_refused(release):
    (release / "family" / "notes.nc").write_bytes(b"no netCDF")
    with pytest.raises(StoreError, match="notes"):
        update_manifest(release)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../outside.nc"},
        {"name": "../../outside"},
        {"name": "/etc/passwd"},
        {"name": "family/./block"},
        {"name": "family\\..\\x"},
        {"name": "family/x\n"},
        {"file": "family/\0.nc"},
        {"file": "/etc/passwd"},
        {"file": "C:/x.nc"},
        {"file": "family\\x.nc"},
        {"sha256": "abc"},
        {"size": "12"},
        {"urls": [1]},
        {"surprise": 1},
    ],
)
def test_nothing_in_it_is_believed(release, change):
    document = json.loads((release / "manifest.json").read_text())
    document["files"][0] |= change
    (release / "manifest.json").write_text(json.dumps(document))
    with pytest.raises(RegistryError) as caught:
        read_manifest(release / "manifest.json")
    assert caught.value.where == str(release / "manifest.json")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"manifest_version": "2", "files": []}', '{"manifest_version": "1"}']
)
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(RegistryError, match="cannot be read"):
        read_manifest(tmp_path / "manifest.json")


def test_no_name_and_no_file_stands_twice(release):
    document = json.loads((release / "manifest.json").read_text())
    document["files"] *= 2
    with pytest.raises(ValueError, match="twice"):
        parse_manifest(json.dumps(document).encode())


def test_a_million_entries_are_refused_before_they_are_parsed(release, monkeypatch):
    file = release / "manifest.json"
    (entry,) = json.loads(file.read_text())["files"]
    many = b'{"manifest_version": "1", "files": [' + b",".join([json.dumps(entry).encode()] * 1_000_000) + b"]}"
    monkeypatch.setattr(json, "loads", lambda text: pytest.fail("a manifest beyond the limit was parsed"))
    with pytest.raises(ValueError, match="more than 8,388,608 bytes"):
        parse_manifest(many)
    file.write_bytes(many[: 9 << 20])
    with pytest.raises(RegistryError, match="more than 8,388,608 bytes"):
        read_manifest(file)


def test_a_manifest_of_nested_lists_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("[" * 1_000_000)
    with pytest.raises(RegistryError, match="RecursionError"):
        read_manifest(tmp_path / "manifest.json")
