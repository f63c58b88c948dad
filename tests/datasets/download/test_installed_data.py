"""Data that an installed distribution provides, found through its entry point, with no server and no variable."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import bosonpeak
from bosonpeak.datasets import fetch, open_dataset, write
from bosonpeak.datasets import registry as registry_module
from bosonpeak.datasets.download import cache
from bosonpeak.datasets.errors import DataUnavailableError
from bosonpeak.datasets.manifest import update_manifest

ROOT = Path(__file__).resolve().parents[3]
NAME = "limit/one/block-00"


@pytest.fixture
def release(tmp_path, make_modes, monkeypatch):
    """A release of one block, an empty package that lists it, and no mirror, no checkout, no cache."""
    directory, package = tmp_path / "release", tmp_path / "package"
    (directory / "limit/one").mkdir(parents=True)
    package.mkdir()
    write(make_modes(seed=3), directory / f"{NAME}.nc")
    update_manifest(directory)
    (package / "registry.toml").write_text("")
    (package / "manifest.json").write_bytes((directory / "manifest.json").read_bytes())
    monkeypatch.setattr(registry_module, "EMBEDDED_REGISTRY", package / "registry.toml")
    for module in (registry_module, cache):
        monkeypatch.setattr(module, "checkout_release", lambda: None)
    monkeypatch.delenv("BOSONPEAK_MIRRORS", raising=False)
    monkeypatch.setenv("BOSONPEAK_OFFLINE", "1")
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    return directory


def installed(site, name, release=None):
    """Write a distribution with the entry point of the data into a folder of installed packages."""
    record = site / f"{name}-1.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (record / "entry_points.txt").write_text(f"[bosonpeak.data]\nrelease = {name}\n")
    if release is not None:
        shutil.copytree(release, site / name)
        (site / name / "__init__.py").write_text("raise RuntimeError('imported')\n")


def test_installed_data_are_used_in_place(release, tmp_path, monkeypatch, make_modes):
    with pytest.raises(DataUnavailableError):
        fetch(NAME)
    installed(tmp_path / "site", "some_data", release)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert cache.installed_releases() == (tmp_path / "site" / "some_data",)
    assert fetch(NAME) == tmp_path / "site" / "some_data" / f"{NAME}.nc"
    assert open_dataset(NAME)["eigenfrequency"].equals(open_dataset(release / f"{NAME}.nc")["eigenfrequency"])
    assert "some_data" not in sys.modules


@pytest.mark.usefixtures("release")
def test_an_entry_point_without_its_package_is_passed_over(tmp_path, monkeypatch):
    installed(tmp_path / "site", "gone_data")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert cache.installed_releases() == ()
    with pytest.raises(DataUnavailableError, match="dataset 'limit/one/block-00'"):
        fetch(NAME)


def test_a_checkout_finds_its_own_release_without_a_variable():
    code = "from bosonpeak.datasets import fetch; print(fetch('limit/taper-2/block-00'))"
    environment = {key: value for key, value in os.environ.items() if key != "BOSONPEAK_MIRRORS"}
    environment |= {"BOSONPEAK_OFFLINE": "1", "PYTHONPATH": str(ROOT / "src")}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120, check=True
    )
    assert found.stdout.strip() == str(ROOT / "data-release" / "limit" / "taper-2" / "block-00.nc")


@pytest.mark.slow
def test_the_distribution_builds_installs_and_is_found(tmp_path):
    """pip builds and installs ``data-release`` into an environment with a copy of the package without the checkout."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    source = tmp_path / "data-release"
    shutil.copytree(ROOT / "data-release", source)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", str(source)], check=True, timeout=600)
    code = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    purelib = Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    package = Path(bosonpeak.__file__).parent
    shutil.copytree(package, purelib / "bosonpeak", ignore=shutil.ignore_patterns("reference", "__pycache__"))
    shutil.copy(source / "manifest.json", purelib / "bosonpeak" / "datasets" / "manifest.json")
    (purelib / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n")
    code = (
        "import bosonpeak, bosonpeak.datasets as d\n"
        "assert '__editable__' not in bosonpeak.__file__ and 'env' in bosonpeak.__file__, bosonpeak.__file__\n"
        "print(d.fetch('limit/taper-2/block-00'))\n"
        "print(bosonpeak.open('limit/taper-2/block-00/T-0.20').sizes['sample'])\n"
    )
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("BOSONPEAK_", "PYTHON"))}
    clean |= {"BOSONPEAK_OFFLINE": "1", "BOSONPEAK_CACHE": str(tmp_path / "cache")}
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, env=clean, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    file, samples = done.stdout.split()
    assert file == str(purelib / "bosonpeak_data" / "limit" / "taper-2" / "block-00.nc")
    assert samples == "400"
