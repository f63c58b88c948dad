"""The registry: names, digests, embedded and downloaded files, and entries that refresh deterministically."""

import tomllib

import pytest
import xarray as xr

from bosonpeak.datasets import fetch, list_datasets, open_dataset, write
from bosonpeak.datasets.errors import DigestMismatchError, RegistryError, SchemaError, StoreError
from bosonpeak.datasets.opening import is_name
from bosonpeak.datasets.registry import EMBEDDED_REGISTRY, info, update_entry
from bosonpeak.datasets.storage.digest import file_sha256


@pytest.fixture
def registry(tmp_path, collection, make_modes):
    """A registry like the one in the package, with two embedded files."""
    room = tmp_path / "package" / "datasets"
    (room / "reference").mkdir(parents=True)
    (tmp_path / "package" / "recipe.toml").write_text("[recipe]\n")
    path = room / "registry.toml"
    write(collection, room / "reference" / "network-paper.nc")
    write(make_modes(), room / "reference" / "modes.nc")
    update_entry(room / "reference" / "network-paper.nc", name="network/paper", recipe="recipe.toml", registry=path)
    update_entry(room / "reference" / "modes.nc", name="modes", description='One "line" \u00e9\x7f', registry=path)
    return path


def refusal(function, *arguments, error=RegistryError, **options):
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    return caught.value


def test_every_file_of_the_package_is_the_registered_one_and_opens_offline():
    entries = list_datasets()
    files = {path.name for path in (EMBEDDED_REGISTRY.parent / "reference").glob("*.nc")}
    assert files == {entry.file for entry in entries}
    for entry in entries:
        assert fetch(entry.name).stat().st_size == entry.size
        assert not entry.recipe or (EMBEDDED_REGISTRY.parent.parent / entry.recipe).is_file()


def test_entries_say_what_is_registered(registry):
    entries = list_datasets(registry=registry)
    assert [entry.name for entry in entries] == ["modes", "network/paper"]
    paper = info("network/paper", registry=registry)
    file = registry.parent / "reference" / "network-paper.nc"
    assert (paper.sha256, paper.size) == (file_sha256(file), file.stat().st_size)
    assert paper.content_digest == open_dataset("network/paper", registry=registry).attrs["content_digest"]
    assert (paper.kind, paper.licence, paper.recipe) == ("mode-ensemble", "CC0-1.0", "recipe.toml")
    assert paper.description == "A small dataset"
    assert entries[0].description == 'One "line" \u00e9\x7f'
    assert set(tomllib.loads(registry.read_text(encoding="utf-8"))["dataset"]) == {"modes", "network/paper"}


def test_refreshing_changes_nothing_if_nothing_changed(registry):
    before = registry.read_bytes()
    file = registry.parent / "reference" / "modes.nc"
    update_entry(file, name="modes", description=info("modes", registry=registry).description, registry=registry)
    assert registry.read_bytes() == before


def test_other_content_under_a_name_is_another_version(registry, make_modes):
    file = registry.parent / "reference" / "modes.nc"
    assert info("modes", registry=registry).version == 1
    write(make_modes(seed=4), file)
    assert update_entry(file, name="modes", registry=registry).version == 2
    assert update_entry(file, name="modes", registry=registry).version == 2
    assert info("modes", registry=registry).version == 2


def test_a_name_opens_from_the_package(registry, collection):
    tree = open_dataset("network/paper", registry=registry)
    assert isinstance(tree, xr.DataTree)
    leaf = open_dataset("network/paper", group="situation-2/delta-0.1", registry=registry)
    xr.testing.assert_equal(leaf, collection["situation-2/delta-0.1"].to_dataset())
    with open_dataset("network/paper", chunks={}, verify=True, registry=registry) as lazy:
        xr.testing.assert_identical(lazy.compute(), tree)


def test_a_path_opens_too_and_a_path_object_is_never_a_name(registry, tmp_path, monkeypatch, make_modes):
    write(make_modes(seed=3), tmp_path / "modes")
    monkeypatch.chdir(tmp_path)
    named, by_path = open_dataset("modes", registry=registry), open_dataset(tmp_path / "modes", registry=registry)
    assert named.attrs["content_digest"] != by_path.attrs["content_digest"]
    assert not is_name(tmp_path / "modes", registry=registry)


def test_unknown_names_offer_similar_ones(registry):
    for function in (info, fetch, open_dataset):
        error = refusal(function, "network/papper", registry=registry)
        assert error.expected == "network/paper"
        assert error.got == "network/papper"
    assert refusal(info, "zzz", registry=registry).expected == "modes, network/paper"


def test_an_empty_registry(tmp_path):
    (tmp_path / "registry.toml").write_text("")
    assert list_datasets(registry=tmp_path / "registry.toml") == ()
    assert "empty" in refusal(info, "x", registry=tmp_path / "registry.toml").expected


def test_a_changed_file_is_refused_with_both_digests(registry):
    file = registry.parent / "reference" / "modes.nc"
    file.write_bytes(file.read_bytes() + b"\0")
    error = refusal(open_dataset, "modes", registry=registry, error=DigestMismatchError)
    assert "SHA-256" in error.what
    assert error.expected == info("modes", registry=registry).sha256
    assert error.got == file_sha256(file)
    assert error.where == str(file)
    assert error.likely_cause
    assert error.done


def test_a_missing_file_is_an_incomplete_installation(registry):
    (registry.parent / "reference" / "modes.nc").unlink()
    assert "incomplete installation" in refusal(fetch, "modes", registry=registry).likely_cause


def test_an_embedded_file_is_used_in_place_or_copied(registry, tmp_path):
    assert fetch("modes", registry=registry) == registry.parent / "reference" / "modes.nc"
    copy = fetch("modes", directory=tmp_path, registry=registry)
    assert copy == tmp_path / "modes.nc"
    assert file_sha256(copy) == info("modes", registry=registry).sha256
    refusal(fetch, "modes", directory=tmp_path / "none", registry=registry, error=StoreError)


@pytest.mark.parametrize(
    "text",
    [
        "dataset = 3",
        "[dataset.x]\nfile = 1",
        "[dataset.x]\nsurprise = 1",
        "[",
        '[dataset.x]\nfile = "../../etc/passwd"\nsize = 1\n'
        + "".join(f'{key} = ""\n' for key in ("sha256", "licence", "recipe", "description", "kind")),
    ],
)
def test_a_damaged_registry_is_named(tmp_path, text):
    path = tmp_path / "registry.toml"
    path.write_text(text)
    assert refusal(list_datasets, registry=path).where == str(path)


def test_what_cannot_be_registered(registry, make_modes, tmp_path):
    write(make_modes(), tmp_path / "elsewhere.nc")
    assert "not in the folder" in refusal(update_entry, tmp_path / "elsewhere.nc", name="x", registry=registry).what
    inside = registry.parent / "reference" / "modes.nc"
    assert "recipe" in refusal(update_entry, inside, name="x", recipe="none.toml", registry=registry).what
    before = registry.read_bytes()
    broken = registry.parent / "reference" / "broken.nc"
    make_modes().drop_attrs(deep=False).to_netcdf(broken)
    with pytest.raises((SchemaError, StoreError)):
        update_entry(broken, name="x", registry=registry)
    assert registry.read_bytes() == before


def test_a_group_may_follow_the_name():
    assert open_dataset("network/nine-node/lattice").identical(open_dataset("network/nine-node", group="lattice"))
    with pytest.raises(StoreError, match="no such group"):
        open_dataset("network/nine-node/latice")
    with pytest.raises(RegistryError, match="network/nine-node"):
        open_dataset("network/nine-nodes/lattice")
