"""Blocks of an ensemble opened as a whole."""

import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset, write
from bosonpeak.datasets import registry as registry_module
from bosonpeak.datasets.ensembles.blocks import joined_blocks
from bosonpeak.datasets.errors import NotApplicableError, RegistryError
from bosonpeak.datasets.manifest import update_manifest


def block(seed, samples=4, scale=1.0):
    """Chains of two samples, two samples with particles, and one quench that failed."""
    rng = np.random.default_rng(seed)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.sort(rng.random((samples, 3)), axis=1)),
            "chain": ("sample", np.arange(samples) // 2),
            "position": (("configuration", "particle", "axis"), rng.random((2, 5, 2))),
            "configuration_index": ("configuration", [0, samples - 1]),
            "liquid_energy": (("independent_chain", "record"), rng.random((samples // 2, 3))),
            "quench_outcome": ("quench", [0] * samples + [1]),
            "quench_chain": ("quench", [0] * (samples + 1)),
            "box": ("axis", [2.0 * scale, 2.0]),
        },
        attrs={"kind": "glass-ensemble", "seed": seed, "particles": 5, "content_digest": f"sha256:{seed}"},
    )


def test_samples_chains_and_quenches_are_counted_on():
    parts = [block(1), block(2, samples=6), block(3)]
    whole = joined_blocks(parts)
    assert whole.sizes == {**parts[0].sizes, "sample": 14, "configuration": 6, "independent_chain": 7, "quench": 17}
    assert whole["sample"].values.tolist() == list(range(14))
    assert whole["configuration"].values.tolist() == [0, 3, 4, 9, 10, 13]
    assert whole["configuration_index"].values.tolist() == [0, 3, 4, 9, 10, 13]
    assert whole["chain"].values.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert whole["quench_sample"].values.tolist() == [0, 1, 2, 3, -1, *range(4, 10), -1, 10, 11, 12, 13, -1]
    assert whole["box"].values.tolist() == [2.0, 2.0]
    assert (whole.attrs["particles"], whole["particles"].item()) == (5, 5)
    assert not {"seed", "content_digest"} & set(whole.attrs)
    start = {"sample": 0, "configuration": 0, "independent_chain": 0}
    for part in parts:
        for name, dimension in (
            ("eigenfrequency", "sample"),
            ("position", "configuration"),
            ("liquid_energy", "independent_chain"),
        ):
            rows = slice(start[dimension], start[dimension] + part.sizes[dimension])
            assert np.array_equal(whole[name][rows], part[name])
            start[dimension] = rows.stop


def test_chains_are_counted_on_where_nothing_else_is_stored_of_them():
    parts = [each.drop_dims("independent_chain") for each in (block(1), block(2))]
    assert joined_blocks(parts)["chain"].values.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_configuration_keeps_its_sample():
    parts = [block(1), block(2)]
    whole = joined_blocks(parts)
    chosen = whole.sel(sample=7, configuration=7)
    assert np.array_equal(chosen["eigenfrequency"], parts[1]["eigenfrequency"][3])
    assert np.array_equal(chosen["position"], parts[1]["position"][1])


def test_blocks_of_other_ensembles_are_refused():
    with pytest.raises(NotApplicableError, match="different values of box"):
        joined_blocks([block(1), block(2, scale=1.1)])
    assert joined_blocks([block(1), block(2, scale=1.0 + 1e-15)])["box"].values.tolist() == [2.0, 2.0]
    with pytest.raises(NotApplicableError, match="same variables"):
        joined_blocks([block(1), block(2).drop_vars("box")])


@pytest.fixture
def release(tmp_path, make_modes, monkeypatch):
    """A package with an empty registry and the manifest of a release of three blocks of two ensembles."""
    directory, package = tmp_path / "release", tmp_path / "package"
    (directory / "limit/one").mkdir(parents=True)
    (directory / "limit/plain").mkdir()
    package.mkdir()
    for number in range(2):
        parts = {f"/T-{t}": make_modes(seed=10 * number + k) for k, t in enumerate((1, 2))}
        root = xr.Dataset(attrs=dict(parts["/T-1"].attrs))
        write(xr.DataTree.from_dict({"/": root, **parts}), directory / f"limit/one/block-{number:02d}.nc")
    write(make_modes(seed=5), directory / "limit/plain/block-00.nc")
    update_manifest(directory)
    (package / "registry.toml").write_text("")
    (package / "manifest.json").write_bytes((directory / "manifest.json").read_bytes())
    monkeypatch.setattr(registry_module, "EMBEDDED_REGISTRY", package / "registry.toml")
    monkeypatch.setattr(registry_module, "checkout_release", lambda: None)
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(directory))
    monkeypatch.setenv("BOSONPEAK_CACHE", str(tmp_path / "cache"))
    return directory


@pytest.mark.usefixtures("release")
def test_the_name_of_an_ensemble_opens_its_blocks(make_modes):
    with open_dataset("limit/one") as whole:
        assert [leaf.path for leaf in whole.leaves] == ["/T-1", "/T-2"]
        assert whole.attrs["blocks"] == "block-00, block-01"
        frequency = whole["T-2"]["eigenfrequency"]
        assert frequency.chunks is not None
        rows = [make_modes(seed=10 * number + 1)["eigenfrequency"].values for number in range(2)]
        assert np.array_equal(frequency.values, np.concatenate(rows))
    with open_dataset("limit/one/T-2") as ensemble:
        assert ensemble["eigenfrequency"].equals(frequency)
    with open_dataset("limit/plain", blocks=True) as plain:
        assert plain["eigenfrequency"].equals(open_dataset("limit/plain/block-00")["eigenfrequency"])


@pytest.mark.usefixtures("release")
def test_names_without_blocks_are_refused():
    with pytest.raises(RegistryError, match="no blocks of that name") as caught:
        open_dataset("limit/on", blocks=True)
    assert caught.value.expected.split(", ")[0] == "limit/one"
    with pytest.raises(RegistryError, match="not a dataset but a family of 2"):
        open_dataset(Path("limit/one"))


def test_an_embedded_ensemble_names_its_released_variables(data_release):
    embedded = open_dataset("limit/taper-2/T-0.20")
    said = re.fullmatch(
        r"open_dataset\('(.+)', blocks=True\) joins (\d+) released files", embedded.attrs["more_variables"]
    )
    with open_dataset(said[1], blocks=True) as whole:
        assert len(whole.attrs["blocks"].split(", ")) == int(said[2])
        assert "more_variables" not in whole.attrs
        assert set(whole["T-0.20"].data_vars) > set(embedded.data_vars)
    assert "more_variables" not in open_dataset("glass/taper-2/T-0.20").attrs


def test_the_blocks_are_those_behind_the_embedded_ensemble(data_release):
    """All glasses of the package, with frequencies rounded to 28 bits there, and with more variables."""
    embedded = open_dataset("limit/taper-2/T-0.20")
    with open_dataset("limit/taper-2/T-0.20", blocks=True) as whole:
        assert np.array_equal(whole["chain"], embedded["chain"])
        assert np.array_equal(whole["first_phonon"], embedded["first_phonon"])
        assert whole["eigenfrequency"].values == pytest.approx(embedded["eigenfrequency"].values, rel=2.0**-28)
        assert {"shear_modulus", "position", "eigenvector"} <= set(whole.data_vars) - set(embedded.data_vars)
        sample = whole["configuration"].values
        assert np.unique(whole["chain"].values[sample]).size == sample.size / 2
