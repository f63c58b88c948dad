"""Configurations that LAMMPS, ASE and HOOMD wrote, the same numbers by hand, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from bosonpeak.datasets.adapters.readers import read_configurations
from bosonpeak.datasets.errors import CardError, ForeignInputError

FOREIGN = Path(__file__).parents[2] / "foreign_files"
BOX = np.array([4.0, 5.0, 6.0])
FIRST = np.array([1.4969753339138832, 0.45426356752128916, 3.963000404567369])


def put(tmp_path, text):
    path = tmp_path / "configuration.any"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def changed(tmp_path, name, *replacements):
    text = (FOREIGN / name).read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return put(tmp_path, text)


@pytest.fixture(scope="module")
def reference():
    """The particles in the order of their ids, from the data file."""
    lines = (FOREIGN / "lammps-atomic.data").read_text().splitlines()
    start = lines.index("Atoms # atomic") + 2
    rows = sorted((line.split() for line in lines[start : start + 12]), key=lambda row: int(row[0]))
    return np.array([[float(x) for x in row[2:5]] for row in rows]), [row[1] for row in rows]


@pytest.mark.parametrize("name", ["lammps-atomic.data", "lammps-absolute.dump", "lammps-scaled.dump"])
def test_lammps_says_the_same_three_times(reference, name):
    (found,) = read_configurations(FOREIGN / name, {"particles": 12})
    np.testing.assert_allclose(found.positions, reference[0], rtol=0, atol=1e-15 * 6)
    assert list(found.species) == reference[1]
    np.testing.assert_array_equal(found.box, BOX)
    assert any("sorted" in note for note in found.notes) == (name != "lammps-scaled.dump")
    if name != "lammps-absolute.dump":
        np.testing.assert_array_equal(found.masses, [5.0] * 4 + [3.0] * 8)
        assert "unit style real" in found.notes
        with pytest.raises(CardError, match="disagree on units"):
            read_configurations(FOREIGN / name, {"lammps_units": "metal"})


@pytest.mark.parametrize(
    ("name", "card"), [("lammps-sphere-2d.data", {}), ("lammps-radius-2d.dump", {"sizes": "radii"})]
)
def test_a_plane_with_diameters_or_radii(name, card):
    (found,) = read_configurations(FOREIGN / name, card)
    np.testing.assert_allclose(found.diameters, 0.8 + 0.05 * np.arange(1, 13), rtol=1e-15)
    assert found.positions.shape == (12, 2)
    assert found.box.tolist() == [4.0, 5.0]
    with pytest.raises(CardError, match="dimension"):
        read_configurations(FOREIGN / name, card | {"dimension": 3})


def test_ase_writes_eight_decimals_and_that_is_said():
    frames = read_configurations(FOREIGN / "ase-configuration.xyz", {"sizes": "diameters"})
    assert len(frames) == 2
    np.testing.assert_allclose(frames[0].diameters, np.linspace(0.8, 1.2, 12), atol=1e-8)
    assert (frames[0].positions >= 0).all()
    assert (frames[0].positions < BOX).all()
    assert frames[0].species[::11] == ("Ar", "Kr")
    assert "rounded to 8 decimal places" in frames[0].notes[-1]


def test_an_ase_trajectory():
    pytest.importorskip("ase", reason="pip install bosonpeak[ase]")
    (found,) = read_configurations(FOREIGN / "ase-trajectory.traj")
    assert found.diameters is None
    text, _ = read_configurations(FOREIGN / "ase-configuration.xyz")
    np.testing.assert_allclose(found.positions, text.positions, atol=1e-8)


def test_gsd_is_read_with_a_warning():
    pytest.importorskip("gsd.hoomd", reason="pip install bosonpeak[gsd]")
    (found,) = read_configurations(FOREIGN / "hoomd-configuration.gsd")
    text, _ = read_configurations(FOREIGN / "ase-configuration.xyz")
    apart = found.positions - text.positions
    assert np.abs(apart - BOX * np.rint(apart / BOX)).max() < 1e-6
    assert found.species[::11] == ("A", "B")
    assert any("too coarse for an inherent structure" in note for note in found.notes)


def test_gsd_of_schema_2_in_double_precision_is_no_single_precision():
    pytest.importorskip("gsd.hoomd", reason="pip install bosonpeak[gsd]")
    (found,) = read_configurations(FOREIGN / "hoomd-double.gsd")
    written = np.random.default_rng(1).random((10, 3))
    np.testing.assert_allclose(found.positions, written, atol=1e-15)
    assert not any("positions are in single precision" in note for note in found.notes)
    assert any("lengths of the box in single precision" in note for note in found.notes)


def test_formats_that_need_a_package_say_which(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr("bosonpeak.datasets.adapters.configurations.optional_readers.importlib.import_module", missing)
    for name, extra in (("ase-trajectory.traj", "ase"), ("hoomd-configuration.gsd", "gsd")):
        with pytest.raises(ForeignInputError) as caught:
            read_configurations(FOREIGN / name)
        assert caught.value.expected == f"pip install 'bosonpeak[{extra}]'"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("12 atoms", "13 atoms"), "another number of columns|ends too early"),
        (("12 atoms", "9999999999999 atoms"), "impossible number of particles"),
        (("12 atoms", "0 atoms"), "impossible number of particles"),
        (("0 4 xlo xhi", "0 -4 xlo xhi"), "impossible box"),
        (("0 4 xlo xhi", "0 nan xlo xhi"), "not a finite number"),
        (("0 5 ylo yhi", ""), "header is incomplete"),
        (("0 6 zlo zhi", "0 6 zlo zhi\n0.1 0 xy xz yz"), "header is incomplete"),
        (("6 1 2.78", "7 1 2.78"), "same id"),
        (("6 1 2.78", "66 1 2.78"), "ids are missing"),
        (("6 1 2.78", "6 1 inf"), "not a finite number"),
        (("6 1 2.78", "6 <script> 2.78"), "has no mass"),
        (("1 3\n", "1 -3\n"), "impossible mass"),
        (("Atoms # atomic", "Bodies"), "no section Atoms"),
    ],
)
def test_damaged_data_files(tmp_path, change, what):
    with pytest.raises(ForeignInputError, match=what):
        read_configurations(changed(tmp_path, "lammps-atomic.data", change))


def test_columns_that_nobody_named(tmp_path):
    path = changed(tmp_path, "lammps-atomic.data", ("Atoms # atomic", "Atoms"))
    with pytest.raises(CardError, match="columns of the section Atoms"):
        read_configurations(path)
    assert len(read_configurations(path, {"atom_style": "atomic"})[0].positions) == 12
    with pytest.raises(CardError, match="contradicts the file on atom_style"):
        read_configurations(FOREIGN / "lammps-atomic.data", {"atom_style": "charge"})


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("\n12\n", "\n13\n"), "ends too early"),
        (("\n12\n", "\n11\n"), "not a line of a dump"),
        (("\n12\n", "\n-1\n"), "not a whole number"),
        (("BOX BOUNDS pp", "BOX BOUNDS ff"), ""),
        (("BOX BOUNDS pp", "BOX BOUNDS xy xz yz pp"), "box is incomplete"),
        (("4.0000000000000000e+00\n", "4.0 0.3\n"), "box is incomplete"),
        (("x y z", "vx vy vz"), "no positions"),
        (("ITEM: BOX", "ITEM: BAX"), "not a line of a dump"),
        (("\n11 ", "\n6 "), "same id"),
        (("2.3286", "NaN"), "not a finite number|another number"),
    ],
)
def test_damaged_dumps(tmp_path, change, what):
    path = changed(tmp_path, "lammps-absolute.dump", change)
    if not what:
        assert len(read_configurations(path)[0].positions) == 12
        return
    with pytest.raises(ForeignInputError, match=what):
        read_configurations(path)


def test_a_dump_that_ends_before_its_atoms(tmp_path):
    head = (FOREIGN / "lammps-absolute.dump").read_text().split("ITEM: ATOMS")[0]
    with pytest.raises(ForeignInputError, match="last frame is incomplete"):
        read_configurations(put(tmp_path, head))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("12\n", "13\n"), ForeignInputError),
        (("12\n", "99999999999\n"), ForeignInputError),
        (('Lattice="4.0 0.0 0.0 0.0 5.0', 'Lattice="4.0 0.0 0.0 1.0 0.0'), ForeignInputError),
        (('Lattice="4.0 0.0 ', 'Lattice="4.0 '), ForeignInputError),
        (("Lattice", "Box"), ForeignInputError),
        (("pos:R:3", "pos:R:2"), ForeignInputError),
        (("diameter:R:1", "diameter:Q:1"), ForeignInputError),
        (("diameter:R:1", "pos:R:1"), ForeignInputError),
        (('pbc="T T T"', 'pbc="F F F"'), ForeignInputError),
        (("Ar ", "<b>Ar</b> "), ForeignInputError),
        (("4.34259667", "nan"), ForeignInputError),
        (("0.83636364", "-0.8"), ForeignInputError),
    ],
)
def test_damaged_xyz(tmp_path, change, error):
    with pytest.raises(error):
        read_configurations(changed(tmp_path, "ase-configuration.xyz", change))


def crystal(spacing=1.0, cells=4):
    grid = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    return (grid + 0.25) * spacing, np.full(3, cells * spacing)


def xyz(positions, box, **columns):
    names = "".join(f":{name}:R:1" for name in columns)
    lattice = " ".join(repr(x) for x in np.diag(box).ravel().tolist())
    lines = [str(len(positions)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3{names}']
    for index, row in enumerate(positions.tolist()):
        lines.append(" ".join(["A", *map(repr, row), *(repr(float(values[index])) for values in columns.values())]))
    return "\n".join(lines) + "\n"


class TestConventions:
    """Planted errors: what a wrong convention does to the numbers is seen."""

    def test_fractions_where_lengths_belong(self, tmp_path):
        positions, box = crystal(1.7)
        path = put(tmp_path, xyz(positions / box, box))
        (found,) = read_configurations(path)
        np.testing.assert_allclose(found.positions, positions)
        assert "fractional" in str(found.findings[0])
        with pytest.raises(CardError, match="contradicts the data on the coordinates"):
            read_configurations(path, {"coordinates": "absolute"})

    def test_a_few_particles_leave_it_open(self, tmp_path):
        path = put(tmp_path, xyz(np.array([[0.1, 0.2, 0.3], [0.6, 0.7, 0.9]]), np.full(3, 2.0)))
        with pytest.raises(CardError, match="leave the coordinates ambiguous"):
            read_configurations(path)
        (found,) = read_configurations(path, {"coordinates": "fractional"})
        assert found.positions[1].tolist() == [1.2, 1.4, 1.8]

    def test_radii_in_a_column_of_diameters(self, tmp_path):
        positions, box = crystal()
        path = put(tmp_path, xyz(positions, box, diameter=np.full(64, 0.5)))
        with pytest.raises(CardError, match="contradicts the data on the sizes"):
            read_configurations(path)
        (found,) = read_configurations(path, {"sizes": "radii"})
        np.testing.assert_array_equal(found.diameters, 1.0)

    def test_a_dilute_system_needs_a_word(self, tmp_path):
        positions, box = crystal(5.0)
        unnamed = xyz(positions, box, diameter=np.full(64, 1.0))
        (found,) = read_configurations(put(tmp_path, unnamed))
        np.testing.assert_array_equal(found.diameters, 1.0)
        assert not found.findings[-1].decided


def test_what_is_no_configuration_is_refused(tmp_path):
    with pytest.raises(ForeignInputError, match="no configuration in a known format"):
        read_configurations(put(tmp_path, "0.1\n0.2\n"))
    with pytest.raises(ForeignInputError, match="does not exist"):
        read_configurations(tmp_path / "nothing")
    path = put(tmp_path, (FOREIGN / "hoomd-configuration.gsd").read_bytes()[:300])
    pytest.importorskip("gsd.hoomd", reason="pip install bosonpeak[gsd]")
    with pytest.raises(ForeignInputError, match="damaged"):
        read_configurations(path)
    whole = bytearray((FOREIGN / "hoomd-configuration.gsd").read_bytes())
    whole[24:32] = bytes(8)
    with pytest.raises(ForeignInputError, match="damaged"):
        read_configurations(put(tmp_path, bytes(whole)))
