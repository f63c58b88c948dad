"""A small release to publish."""

import pytest

from bosonpeak.datasets import registry as registry_module
from bosonpeak.datasets import write
from bosonpeak.datasets.manifest import update_manifest
from bosonpeak.datasets.registry import update_entry


@pytest.fixture
def registry(tmp_path, monkeypatch, make_modes, collection):
    """The package, had it one embedded dataset and a data release of two blocks in a directory of this machine."""
    package = tmp_path / "package" / "datasets"
    (package / "reference").mkdir(parents=True)
    write(collection, package / "reference" / "modes.nc")
    update_entry(package / "reference" / "modes.nc", name="modes", registry=package / "registry.toml")
    release = tmp_path / "data-release" / "limit" / "one"
    release.mkdir(parents=True)
    for block in range(2):
        write(make_modes(seed=block), release / f"block-{block:02d}.nc")
    update_manifest(tmp_path / "data-release")
    (package / "manifest.json").write_bytes((tmp_path / "data-release" / "manifest.json").read_bytes())
    monkeypatch.setattr(registry_module, "EMBEDDED_REGISTRY", package / "registry.toml")
    monkeypatch.setattr(registry_module, "checkout_release", lambda: None)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(tmp_path / "data-release"))
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    return package / "registry.toml"
