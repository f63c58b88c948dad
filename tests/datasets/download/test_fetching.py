"""Released data by name: from a directory, the cache or the network, and the messages of each failure."""

import json
import subprocess
import sys
import time

import pytest
import xarray as xr

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import fetch, open_dataset, write
from bosonpeak.datasets import registry as registry_module
from bosonpeak.datasets.download import fetching
from bosonpeak.datasets.download.cache import cached_files, cached_path, clear_cache
from bosonpeak.datasets.errors import DataUnavailableError, DigestMismatchError, RegistryError, StoreError
from bosonpeak.datasets.manifest import update_manifest
from bosonpeak.datasets.registry import fetch_all, info
from bosonpeak.datasets.storage.digest import file_sha256


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetching, "PAUSE", 0.0)
    for variable in ("BOSONPEAK_MIRRORS", "BOSONPEAK_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def release(tmp_path, make_modes):
    """A directory with a data release of three blocks."""
    directory = tmp_path / "release"
    for family, count in (("limit/one", 2), ("limit/two", 1)):
        (directory / family).mkdir(parents=True)
        for block in range(count):
            write(make_modes(samples=40, modes=40, seed=block), directory / family / f"block-{block:02d}.nc")
    update_manifest(directory)
    return directory


@pytest.fixture
def registry(release, tmp_path, monkeypatch):
    """The package, had it an empty registry and that release's manifest."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "registry.toml").write_text("")
    (package / "manifest.json").write_bytes((release / "manifest.json").read_bytes())
    monkeypatch.setattr(registry_module, "EMBEDDED_REGISTRY", package / "registry.toml")
    monkeypatch.setattr(registry_module, "checkout_release", lambda: None)
    return package / "registry.toml"


NAME = "limit/one/block-00"


@pytest.mark.usefixtures("registry")
def test_a_name_of_the_release_is_fetched_once_and_opens(release, make_mirror, monkeypatch, make_modes, capfd):
    mirror = make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    xr.testing.assert_equal(open_dataset(NAME), make_modes(samples=40, modes=40, seed=0))
    reported = capfd.readouterr().err.splitlines()
    assert reported[0].startswith(f"{NAME}: fetching 0.0 MB from {mirror.address}")
    assert reported[1].startswith(f"{NAME}: stored as {cached_path(info(NAME))}")
    open_dataset(NAME)
    assert capfd.readouterr().err == ""
    assert mirror.requests == [f"/{NAME}.nc"]
    assert file_sha256(fetch(NAME)) == info(NAME).sha256


@pytest.mark.usefixtures("registry")
def test_mirrors_of_one_host_are_told_apart_and_passwords_kept(release, make_mirror, monkeypatch, capfd):
    mirror = make_mirror(release)
    secret = mirror.address.replace("http://", "http://me:secret@")
    monkeypatch.setenv("BOSONPEAK_MIRRORS", f"{secret}/old {mirror.address}")
    fetch(NAME)
    reported = capfd.readouterr().err
    assert f"{mirror.address}/old/{NAME}.nc: " in reported
    assert "secret" not in reported


@pytest.mark.usefixtures("registry")
def test_mirrors_that_all_fail_are_named_without_passwords(release, make_mirror, monkeypatch):
    mirror = make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address.replace("http://", "http://me:secret@") + "/old")
    with pytest.raises(DataUnavailableError) as caught:
        fetch(NAME)
    assert caught.value.where == f"{mirror.address}/old/{NAME}.nc"
    assert caught.value.got == f"{mirror.address}/old/{NAME}.nc: HTTP status 404 (Not Found)"


@pytest.mark.usefixtures("registry")
def test_one_error_names_every_server_with_its_reason(release, tmp_path, make_mirror, dead_address, monkeypatch):
    empty, wrong = make_mirror(tmp_path), make_mirror(release, flips=True)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", f"{dead_address} {empty.address} {wrong.address} s3://bucket/bosonpeak")
    with pytest.raises(DataUnavailableError) as caught:
        fetch(NAME, progress=False)
    reasons = dict(line.strip().split(".nc: ", 1) for line in caught.value.got.splitlines())
    assert "refused" in reasons[f"{dead_address}/{NAME}"]
    assert reasons[f"{empty.address}/{NAME}"] == "HTTP status 404 (Not Found)"
    assert reasons[f"{wrong.address}/{NAME}"].startswith("the file has the SHA-256 ")
    assert f"s3://bucket/bosonpeak/{NAME}" in reasons
    assert caught.value.done == "nothing was stored"
    assert cached_files(()) == ()


@pytest.mark.usefixtures("registry")
def test_a_directory_that_mirrors_is_used_where_it_lies(release, monkeypatch):
    for address in (str(release), release.as_uri()):
        monkeypatch.setenv("BOSONPEAK_MIRRORS", address)
        monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
        assert fetch(NAME) == release / f"{NAME}.nc"


@pytest.mark.usefixtures("registry")
def test_an_object_store_is_a_mirror(release, monkeypatch):
    import fsspec

    fsspec.filesystem("memory").put(str(release), "/a-store", recursive=True)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", "memory://a-store/")
    assert file_sha256(fetch(NAME, progress=False)) == info(NAME).sha256


@pytest.mark.usefixtures("registry")
def test_mirrors_are_asked_in_turn(release, tmp_path, make_mirror, dead_address, monkeypatch, capfd):
    empty, right = make_mirror(tmp_path), make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", f"{dead_address} {empty.address} {right.address}")
    assert file_sha256(fetch(NAME)) == info(NAME).sha256
    reported = capfd.readouterr().err
    assert f"{NAME}: {dead_address}/{NAME}.nc: the request failed: ConnectionRefusedError" in reported
    assert f"{NAME}: {empty.address}/{NAME}.nc: HTTP status 404" in reported


@pytest.mark.usefixtures("registry")
def test_the_addresses_of_the_manifest_are_asked_too(release, registry, make_mirror):
    mirror = make_mirror(release)
    document = json.loads((registry.parent / "manifest.json").read_text())
    for item in document["files"]:
        item["urls"] = [f"{mirror.address}/{item['file']}"]
    (registry.parent / "manifest.json").write_text(json.dumps(document))
    assert file_sha256(fetch(NAME, progress=False)) == info(NAME).sha256


@pytest.mark.usefixtures("registry", "release")
def test_without_a_mirror_it_says_how_to_name_one():
    with pytest.raises(DataUnavailableError) as caught:
        open_dataset(NAME)
    assert "BOSONPEAK_MIRRORS" in caught.value.likely_cause
    assert NAME in caught.value.what


@pytest.mark.usefixtures("registry")
def test_offline_asks_nobody(release, make_mirror, monkeypatch):
    mirror = make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
    with pytest.raises(DataUnavailableError, match="BOSONPEAK_OFFLINE is set"):
        open_dataset(NAME)
    assert mirror.requests == []
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "0")
    fetch(NAME, progress=False)
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
    assert len(open_dataset(NAME)["sample"]) == 40


@pytest.mark.usefixtures("registry")
def test_a_wrong_file_is_told_with_both_digests(release, make_mirror, monkeypatch, tmp_path):
    mirror = make_mirror(release, flips=True)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    with pytest.raises(DigestMismatchError) as caught:
        fetch(NAME, progress=False)
    error = caught.value
    content = (release / f"{NAME}.nc").read_bytes()
    (tmp_path / "wrong").write_bytes(content[:100] + bytes([content[100] ^ 1]) + content[101:])
    assert "SHA-256" in error.what
    assert (error.expected, error.got) == (info(NAME).sha256, file_sha256(tmp_path / "wrong"))
    assert error.where == f"{mirror.address}/{NAME}.nc"
    assert " or " in error.likely_cause
    assert "deleted" in error.done
    assert not [file for file in cached_files(()) if file.path.exists()]


@pytest.mark.usefixtures("registry")
def test_a_spoilt_file_of_a_directory_is_not_used(release, monkeypatch):
    (release / f"{NAME}.nc").write_bytes(b"something else")
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(release))
    with pytest.raises(DigestMismatchError) as caught:
        fetch(NAME)
    assert caught.value.where == str(release / f"{NAME}.nc")


@pytest.mark.usefixtures("registry")
def test_a_spoilt_file_of_the_cache_is_fetched_again(release, make_mirror, monkeypatch):
    monkeypatch.setenv("BOSONPEAK_MIRRORS", make_mirror(release).address)
    file = fetch(NAME, progress=False)
    file.write_bytes(b"something else")
    assert file_sha256(fetch(NAME, progress=False)) == info(NAME).sha256


@pytest.mark.usefixtures("registry")
def test_a_cut_download_leaves_nothing(release, make_mirror, monkeypatch):
    mirror = make_mirror(release, cut_after=[3000] * fetching.ROUNDS)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    with pytest.raises(DataUnavailableError, match="IncompleteRead"):
        fetch(NAME, progress=False)
    assert cached_files([info(NAME)]) == ()
    assert file_sha256(fetch(NAME, progress=False)) == info(NAME).sha256


def test_a_killed_download_leaves_no_file_under_the_final_name(release, registry, make_mirror, monkeypatch):
    mirror = make_mirror(release, silent=30.0)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    code = "import sys, pathlib, bosonpeak.datasets as d; d.fetch(sys.argv[1], registry=pathlib.Path(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", code, NAME, str(registry)], stderr=subprocess.DEVNULL)
    while not mirror.requests and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not cached_path(info(NAME)).exists()
    assert not any(file.complete for file in cached_files(()))
    mirror.silent = 0.0
    assert file_sha256(fetch(NAME, progress=False)) == info(NAME).sha256
    assert [file.complete for file in cached_files(())] == [True]


@pytest.mark.usefixtures("registry")
def test_a_full_disk_is_told(release, make_mirror, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("BOSONPEAK_MIRRORS", make_mirror(release).address)
    monkeypatch.setattr(fetching, "require_space", full)
    with pytest.raises(StoreError, match="the disk is full"):
        fetch(NAME, progress=False)


def test_two_processes_download_once(release, registry, make_mirror, tmp_path, monkeypatch):
    mirror = make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    code = "import sys, pathlib, bosonpeak.datasets as d; d.fetch(sys.argv[1], registry=pathlib.Path(sys.argv[2]))"
    command = [sys.executable, "-c", code, NAME, str(registry)]
    running = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(timeout=300) for process in running] == [0, 0, 0]
    assert mirror.requests == [f"/{NAME}.nc"]


@pytest.mark.usefixtures("registry")
def test_families_and_everything(release, monkeypatch, tmp_path):
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(release))
    assert list(fetch_all(["limit/one"])) == ["limit/one/block-00", "limit/one/block-01"]
    assert len(fetch_all()) == 3
    with pytest.raises(RegistryError, match="family of 2"):
        info("limit/one")
    with pytest.raises(RegistryError, match="limit/one/block-01"):
        fetch_all(["limit/one/block-07"])
    assert fetch(NAME, directory=tmp_path) == tmp_path / "limit-one-block-00.nc"


@pytest.mark.usefixtures("registry")
def test_a_whole_ensemble_fetches_the_blocks_that_are_missing(release, make_mirror, monkeypatch, make_modes):
    mirror = make_mirror(release)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", mirror.address)
    fetch("limit/one/block-01", progress=False)
    with open_dataset("limit/one") as whole:
        assert sorted(mirror.requests) == ["/limit/one/block-00.nc", "/limit/one/block-01.nc"]
        parts = [make_modes(samples=40, modes=40, seed=block)["eigenfrequency"].values for block in range(2)]
        assert (whole["eigenfrequency"].values[:40] == parts[0]).all()
        assert (whole["eigenfrequency"].sel(sample=slice(40, None)).values == parts[1]).all()


@pytest.mark.usefixtures("registry")
def test_the_commands(release, make_mirror, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("BOSONPEAK_MIRRORS", make_mirror(release).address)
    assert main(["datasets", "fetch", "limit/one", "--quiet"]) == 0
    paths = capsys.readouterr().out.split()
    assert [file_sha256(path) for path in paths] == [info(f"limit/one/block-0{block}").sha256 for block in (0, 1)]
    assert main(["datasets", "fetch", "--all", "-q", "-o", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.split()) == 3
    assert main(["datasets", "cache"]) == 0
    shown = capsys.readouterr()
    assert [line.split("\t")[2] for line in shown.out.splitlines()].count(NAME) == 1
    assert str(tmp_path / "cache") in shown.err
    assert main(["datasets", "list", "--json"]) == 0
    assert {row["where"] for row in json.loads(capsys.readouterr().out)} == {"released"}
    assert main(["datasets", "cache", "--clear"]) == 0
    assert cached_files(()) == ()
    assert clear_cache() == 0
    assert main(["datasets", "fetch"]) == 2
    assert main(["datasets", "fetch", "x", "--all"]) == 2
