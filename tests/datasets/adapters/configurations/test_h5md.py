"""H5MD: what h5py writes by the specification is read as it was written, and what cannot be a glass is refused."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.adapters.readers import read_configuration_dataset, read_configurations
from bosonpeak.datasets.errors import ForeignInputError

COUNT, FRAMES = 30, 2
BOX = np.array([4.0, 5.0, 6.0])
SIZES = {"sizes": "diameters"}


def places(dimension=3):
    return np.random.default_rng(3).random((FRAMES, COUNT, dimension)) * BOX[:dimension]


def write(path, *, dimension=3, edges=None, boundary="periodic", moving=True, dtype="f8", groups=("all",)):
    values = places(dimension)
    with h5py.File(path, "w") as file:
        file.create_group("h5md").attrs["version"] = np.array([1, 1])
        file["h5md"].create_group("author").attrs["name"] = "a stranger"
        for name in groups:
            particles = file.create_group(f"particles/{name}")
            box = particles.create_group("box")
            box.attrs["dimension"] = dimension
            box.attrs["boundary"] = np.array([boundary.encode()] * dimension)
            box["edges"] = BOX[:dimension] if edges is None else edges
            if moving:
                position = particles.create_group("position")
                position["step"] = np.arange(FRAMES)
                position["value"] = values.astype(dtype)
            else:
                particles["position"] = values[0].astype(dtype)
            particles["species"] = np.arange(COUNT) % 2
            particles["mass"] = np.ones(COUNT)
            particles["diameter"] = np.linspace(0.5, 0.7, COUNT)
    return path


@pytest.mark.parametrize("dimension", [2, 3])
def test_every_frame_is_a_configuration(tmp_path, dimension):
    found = read_configurations(write(tmp_path / "run.h5", dimension=dimension), SIZES | {"dimension": dimension})
    assert len(found) == FRAMES
    for frame, written in zip(found, places(dimension), strict=True):
        np.testing.assert_allclose(frame.positions, written, atol=1e-15)
        np.testing.assert_array_equal(frame.box, BOX[:dimension])
        assert frame.species[:2] == ("0", "1")
        assert frame.diameters[-1] == 0.7
        assert frame.notes == ()


def test_one_frame_single_precision_and_a_box_of_vectors(tmp_path):
    path = write(tmp_path / "run.h5", moving=False, dtype="f4", edges=np.diag(BOX))
    (found,) = read_configurations(path, SIZES)
    np.testing.assert_allclose(found.positions, places()[0], atol=1e-6)
    assert any("single precision" in note for note in found.notes)


def test_it_is_told_by_content_and_read_by_the_protected_process(tmp_path):
    path = write(tmp_path / "run.any")
    here = read_configuration_dataset(path, SIZES)
    with opened(path) as (content, decoder):
        there = read_configuration_dataset(Path(content), SIZES, decoder=decoder)
    assert dict(here.sizes) == {"sample": FRAMES, "particle": COUNT, "axis": 3}
    assert here["position"].identical(there["position"])


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"boundary": "none"}, "not periodic"),
        ({"edges": np.ones((3, 3))}, "impossible box"),
        ({"edges": -BOX}, "impossible box"),
        ({"edges": np.array([1.0, 2.0])}, "edges of the box"),
        ({"groups": ("a", "b")}, "several groups of particles"),
    ],
)
def test_what_is_refused(tmp_path, options, what):
    with pytest.raises(ForeignInputError, match=what):
        read_configurations(write(tmp_path / "run.h5", **options), SIZES)


def test_a_group_is_named_by_the_card(tmp_path):
    path = write(tmp_path / "run.h5", groups=("a", "b"))
    assert len(read_configurations(path, SIZES | {"group": "b"})) == FRAMES
    with pytest.raises(ForeignInputError, match="several groups of particles"):
        read_configurations(path, {"group": "c"})


@pytest.mark.parametrize("name", ["species", "mass"])
def test_what_does_not_fit_the_positions_is_refused(tmp_path, name):
    path = write(tmp_path / "run.h5")
    with h5py.File(path, "a") as file:
        del file[f"particles/all/{name}"]
        file[f"particles/all/{name}"] = np.ones(COUNT - 1)
    with pytest.raises(ForeignInputError, match=f"{name} does not fit"):
        read_configurations(path, SIZES)


def test_a_truncated_file_is_refused(tmp_path):
    path = write(tmp_path / "run.h5")
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ForeignInputError):
        read_configurations(path, SIZES)
