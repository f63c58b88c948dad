"""Tilted boxes, as every program writes them: the same particles at the same distances, whatever the edges are."""

import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.adapters.conversion import convert
from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.adapters.readers import read_configuration_dataset, read_configurations
from bosonpeak.datasets.errors import ForeignInputError, SchemaError
from bosonpeak.datasets.periodic_box import tilted_cell
from bosonpeak.datasets.schema.configuration import cells
from bosonpeak.datasets.storage.store import read

FOREIGN = Path(__file__).parents[2] / "foreign_files"
CELL = np.array([[4.0, 0.0, 0.0], [1.5, 5.0, 0.0], [-1.0, 2.0, 6.0]])
COUNT = 12
SIZES = {"sizes": "diameters"}


def distances(positions, cell):
    """Of all pairs, to the nearest of all images."""
    turns = np.array(list(itertools.product(range(-6, 7), repeat=len(cell)))) @ cell
    apart = positions[:, None, None] - positions[None, :, None] - turns
    return np.linalg.norm(apart, axis=-1).min(axis=-1)


def written():
    """The particles of the file that LAMMPS wrote, by their ids."""
    lines = (FOREIGN / "lammps-tilted.data").read_text().splitlines()
    start = lines.index("Atoms # sphere") + 2
    rows = sorted((line.split() for line in lines[start : start + COUNT]), key=lambda row: int(row[0]))
    return np.array([[float(word) for word in row[4:7]] for row in rows])


def require_the_same(found, cell=CELL, positions=None):
    theirs = written() if positions is None else positions
    np.testing.assert_allclose(
        distances(found.positions, tilted_cell(found.box, found.tilt)), distances(theirs, cell), atol=1e-6
    )
    fractions = found.positions @ np.linalg.inv(tilted_cell(found.box, found.tilt))
    assert ((fractions > -1e-12) & (fractions < 1.0 + 1e-12)).all()


@pytest.mark.parametrize("name", ["lammps-tilted.data", "lammps-tilted.dump", "lammps-tilted-scaled.dump"])
def test_lammps_says_the_same_three_times(name):
    (found,) = read_configurations(FOREIGN / name, SIZES)
    np.testing.assert_allclose(found.box, [4.0, 5.0, 6.0], rtol=1e-15)
    np.testing.assert_allclose(found.tilt, [1.5, -1.0, 2.0], rtol=1e-15)
    np.testing.assert_allclose(distances(found.positions, CELL), distances(written(), CELL), atol=1e-13)
    assert "the box is tilted, xy, xz, yz = 1.5, -1, 2" in found.notes
    require_the_same(found)


def test_a_tilted_plane():
    (found,) = read_configurations(FOREIGN / "lammps-tilted-2d.dump", SIZES)
    np.testing.assert_allclose([*found.box, *found.tilt], [4.0, 5.0, 1.5], rtol=1e-15)
    rows = [line.split() for line in (FOREIGN / "lammps-tilted-2d.dump").read_text().splitlines()[9:]]
    theirs = np.array(sorted((int(row[0]), float(row[2]), float(row[3])) for row in rows))[:, 1:]
    require_the_same(found, CELL[:2, :2], theirs)


def test_a_dump_with_edges_in_any_directions(tmp_path):
    turned = CELL @ np.linalg.qr(np.random.default_rng(2).standard_normal((3, 3)))[0]
    head = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n12\nITEM: BOX BOUNDS abc origin pp pp pp\n"
    rows = "".join(" ".join(map(repr, [*map(float, row), 0.5])) + "\n" for row in turned)
    places = np.random.default_rng(3).random((COUNT, 3)) @ turned
    atoms = "".join(f"{k + 1} 1 " + " ".join(map(repr, (at + 0.5).tolist())) + "\n" for k, at in enumerate(places))
    path = tmp_path / "general.dump"
    path.write_text(head + rows + "ITEM: ATOMS id type x y z\n" + atoms)
    (found,) = read_configurations(path)
    np.testing.assert_allclose([*found.box, *found.tilt], [4.0, 5.0, 6.0, 1.5, -1.0, 2.0], rtol=1e-12)
    assert any("the box was turned" in note for note in found.notes)
    require_the_same(found, turned, places)


def as_extended_xyz(path, cell, places):
    lattice = " ".join(map(repr, np.asarray(cell, dtype=float).ravel().tolist()))
    lines = [str(len(places)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3 pbc="T T T"']
    path.write_text("\n".join([*lines, *("Ar " + " ".join(map(repr, at)) for at in places.tolist())]) + "\n")
    return path


@pytest.mark.parametrize("seed", range(4))
def test_a_turned_box_with_other_edges_of_the_same_lattice_is_the_rectangular_one(tmp_path, seed):
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.standard_normal((3, 3)))[0]
    edges = np.array([[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [-1.0, 3.0, 1.0]]) @ np.diag([4.0, 5.0, 6.0]) @ turn
    places = random.uniform(-9.0, 9.0, (COUNT, 3))
    (found,) = read_configurations(as_extended_xyz(tmp_path / "turned.xyz", edges, places))
    np.testing.assert_allclose(found.box, [4.0, 5.0, 6.0], rtol=1e-12)
    assert found.tilt.size == 0
    require_the_same(found, np.diag([4.0, 5.0, 6.0]) @ turn, places)


def test_ase_hoomd_and_h5md_write_the_same_box(tmp_path):
    ase, gsd = pytest.importorskip("ase"), pytest.importorskip("gsd.hoomd")
    from ase.io import write

    atoms = ase.Atoms(f"Ar{COUNT}", positions=written(), cell=CELL, pbc=True)
    write(tmp_path / "ase.traj", atoms)
    write(tmp_path / "ase.xyz", atoms, format="extxyz")
    frame = gsd.Frame()
    frame.particles.N = COUNT
    frame.particles.position = written() - [-2.0, 1.0, -1.0] - 0.5 * CELL.sum(axis=0)
    frame.configuration.box = [4.0, 5.0, 6.0, 1.5 / 5.0, -1.0 / 6.0, 2.0 / 6.0]
    with gsd.open(str(tmp_path / "hoomd.gsd"), "w") as file:
        file.append(frame)
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file.create_group("h5md").attrs["version"] = np.array([1, 1])
        particles = file.create_group("particles/all")
        box = particles.create_group("box")
        box.attrs["dimension"], box.attrs["boundary"] = 3, np.array([b"periodic"] * 3)
        box["edges"], particles["position"] = CELL, written()
    for name in ("ase.traj", "ase.xyz", "hoomd.gsd", "run.h5"):
        (found,) = read_configurations(tmp_path / name)
        np.testing.assert_allclose(found.tilt, [1.5, -1.0, 2.0], rtol=1e-6)
        require_the_same(found)


def test_it_is_kept_labelled_and_read_again(tmp_path):
    path = FOREIGN / "lammps-tilted.data"
    with opened(path) as (content, decoder):
        protected = read_configuration_dataset(Path(content), SIZES, decoder=decoder)
    here = read_configuration_dataset(path, SIZES)
    assert here["position"].identical(protected["position"])
    assert here.attrs["schema_version"] == "2"
    np.testing.assert_allclose(cells(here)[0], CELL, atol=1e-15)
    convert(path, tmp_path / "kept.nc", SIZES, trust_files=True)
    kept = read(tmp_path / "kept.nc")
    assert kept["box_tilt"].identical(here["box_tilt"])
    # Who does not know the tilt must not take the box for a rectangular one.
    for wrong, what in (
        (kept.assign_attrs(schema_version="1"), "schema_version is not 2"),
        (kept.assign(position=(kept["position"] + 3.0).assign_attrs(kept["position"].attrs)), "outside the box"),
        (kept.isel(tilt=slice(0, 2)), "not xy, or xy, xz and yz"),
    ):
        with pytest.raises(SchemaError, match=what):
            validate(wrong)


@pytest.mark.parametrize("edges", [np.ones((3, 3)), np.diag([4.0, 5.0, 0.0]), np.diag([4.0, 5.0, np.inf])])
def test_edges_without_a_volume_are_refused(tmp_path, edges):
    with pytest.raises(ForeignInputError, match=r"impossible box|not a finite number"):
        read_configurations(as_extended_xyz(tmp_path / "flat.xyz", edges, np.random.default_rng(1).random((4, 3))))


def test_a_plane_in_a_box_that_leans_out_of_it_is_refused(tmp_path):
    places = np.column_stack([np.random.default_rng(1).random((6, 2)) * 4.0, np.zeros(6)])
    leaning = np.array([[4.0, 0.0, 0.0], [0.0, 5.0, 0.0], [1.0, 0.0, 6.0]])
    with pytest.raises(ForeignInputError, match="tilted out of it"):
        read_configurations(as_extended_xyz(tmp_path / "plane.xyz", leaning, places))


@pytest.mark.parametrize("lengths", [[1.0, 1.0, 1e-5], [1e9, 1.0, 1.0]])
def test_a_flat_tilted_box_does_not_keep_the_reader_busy(tmp_path, lengths):
    flat = tilted_cell(np.array(lengths), 0.3 * np.array([lengths[0], 0.0, lengths[1]]))
    places = np.random.default_rng(1).random((6, 3)) @ flat
    with pytest.raises(ForeignInputError, match="too flat"):
        read_configurations(as_extended_xyz(tmp_path / "flat.xyz", flat, places), {"coordinates": "absolute"})
