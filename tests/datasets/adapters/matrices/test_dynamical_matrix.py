"""Foreign matrices of second derivatives: every layout gives the same frequencies, and doubt is refused."""

import io
import stat
import zipfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import scipy.io
import scipy.sparse as sparse

from bosonpeak.datasets import convert, read, read_frequencies, validate
from bosonpeak.datasets.errors import CardError, ForeignInputError

FOREIGN = Path(__file__).parents[2] / "foreign_files"
MASSES = [3.0, 5.0]
STRENGTH = 2.0
SQUARE = STRENGTH * (1 / MASSES[0] + 1 / MASSES[1])


def spring(masses=(1.0, 1.0), strength=STRENGTH):
    """Two particles on a spring along x: one mode, omega^2 = k (1/m1 + 1/m2), and five of none."""
    matrix = np.zeros((6, 6))
    matrix[0, 0] = matrix[3, 3] = strength
    matrix[0, 3] = matrix[3, 0] = -strength
    roots = np.sqrt(np.repeat(masses, 3))
    return matrix / roots[:, None] / roots[None, :]


def put(tmp_path, content, name="matrix.any"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def saved(writer, *arguments, **options):
    stream = io.BytesIO()
    writer(stream, *arguments, **options)
    return stream.getvalue()


def force_constants_text(matrix):
    atoms = len(matrix) // 3
    lines = [f"{atoms:4d} {atoms:4d}"]
    for i in range(atoms):
        for j in range(atoms):
            lines.append(f"{i + 1} {j + 1}")
            lines += [" ".join(f"{x:22.15f}" for x in row) for row in matrix[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]]
    return "\n".join(lines) + "\n"


def frequencies(path, card):
    found = read_frequencies(path, card)
    validate(found, "mode-ensemble")
    assert found["zero_mode_count"].values.tolist() == [5]
    assert (found["eigenfrequency"].values[0, :5] == 0).all()
    return float(found["eigenfrequency"].values[0, 5]), found


def layouts(matrix):
    stiff = sparse.csr_array(matrix)
    symmetric = sparse.coo_array(matrix)
    return {
        "raw doubles": matrix.tobytes(),
        "three columns": saved(np.savetxt, matrix.reshape(-1, 3), fmt="%.17g"),
        "square text": saved(np.savetxt, matrix, fmt="%.17g"),
        "npy": saved(np.save, matrix),
        "npz": saved(np.savez, hessian=matrix, other=np.zeros(3)),
        "csr": saved(sparse.save_npz, stiff),
        "csc": saved(sparse.save_npz, stiff.tocsc(), compressed=False),
        "coo": saved(sparse.save_npz, stiff.tocoo()),
        "market symmetric": saved(scipy.io.mmwrite, symmetric, symmetry="symmetric", precision=17),
        "market general": saved(scipy.io.mmwrite, symmetric, symmetry="general", precision=17),
        "market array": saved(scipy.io.mmwrite, matrix, symmetry="general", precision=17),
        "market symmetric array": saved(scipy.io.mmwrite, matrix, symmetry="symmetric", precision=17),
    }


@pytest.mark.parametrize("layout", layouts(spring()))
def test_every_layout_says_the_same(tmp_path, layout):
    card = {"mass_weighted": True, "units": "sqrt(t0/m)"}
    matrix = spring(MASSES)
    found, dataset = frequencies(put(tmp_path, layouts(matrix)[layout]), card)
    assert found == pytest.approx(np.sqrt(SQUARE), rel=1e-14)
    assert dataset["eigenfrequency"].attrs["units"] == "sqrt(t0/m)"
    plain = {"mass_weighted": False, "masses": MASSES}
    assert frequencies(put(tmp_path, layouts(spring())[layout]), plain)[0] == pytest.approx(np.sqrt(SQUARE), rel=1e-14)


# SciPy 1.18 wants to be told which class to give, which 1.15 cannot be.
@pytest.mark.filterwarnings("ignore:The default value for .spmatrix.:DeprecationWarning")
def test_scipy_reads_what_this_reader_reads(tmp_path):
    """The layouts above came from SciPy; here one that does not: indices counted from one, comments, blank lines."""
    text = "%%MatrixMarket matrix coordinate real symmetric\n% by hand\n\n6 6 3\n1 1 2.0\n4 1 -2.0\n4 4 2.0\n"
    path = put(tmp_path, text)
    assert frequencies(path, {"masses": 1.0})[0] == pytest.approx(2.0, rel=1e-14)
    assert np.array_equal(scipy.io.mmread(path).toarray(), spring())


RIGIDITY = 4.0 * (1 / 3 + 1 / 5)
EXPECTED = {
    ("real", "regular"): 418.4 * RIGIDITY,
    ("real", "eskm"): 418.4 * RIGIDITY,
    ("metal", "regular"): 9648.533212331 * RIGIDITY,
    ("metal", "eskm"): 9648.5 * RIGIDITY,
}


class TestLammps:
    """Files that LAMMPS wrote: two atoms of masses 3 and 5 on a spring, E = k (r - 1)^2 with k = 2."""

    @pytest.mark.parametrize("form", ["txt", "bin"])
    @pytest.mark.parametrize(("units", "style"), EXPECTED)
    def test_units_are_those_measured(self, units, style, form):
        path = FOREIGN / f"two-atoms-{units}-{style}.{form}"
        card = {"lammps_units": units, "style": style, "masses": MASSES, "particles": 2}
        found, dataset = frequencies(path, card)
        assert found**2 == pytest.approx(EXPECTED[units, style], rel=1e-7 if form == "txt" else 1e-9)
        assert dataset["eigenfrequency"].attrs["units"] == "rad/ps"
        assert ("8 decimals" in dataset.attrs["input_warnings"]) == (form == "txt")

    def test_reduced_units_have_one_style(self):
        path = FOREIGN / "two-atoms-metal-regular.bin"
        assert frequencies(path, {"lammps_units": "lj"})[0] ** 2 == pytest.approx(RIGIDITY, rel=1e-9)
        assert frequencies(path, {"mass_weighted": True})[0] ** 2 == pytest.approx(RIGIDITY, rel=1e-9)

    def test_what_the_file_does_not_say_the_card_must(self):
        path = FOREIGN / "two-atoms-real-eskm.bin"
        with pytest.raises(CardError, match="leave the style ambiguous") as caught:
            read_frequencies(path, {"lammps_units": "real"})
        assert caught.value.expected == 'style = "regular" or style = "eskm"'
        with pytest.raises(CardError, match="unknown lammps_units"):
            read_frequencies(path, {"lammps_units": "si", "style": "eskm"})
        with pytest.raises(CardError, match="contradicts the data on the style"):
            read_frequencies(path, {"lammps_units": "lj", "style": "eskm"})

    @pytest.mark.parametrize("units", ["real", "metal"])
    @pytest.mark.parametrize(("style", "other"), [("regular", "eskm"), ("eskm", "regular")])
    def test_the_trace_tells_the_style(self, units, style, other):
        """Two factors for one file: the mean of omega^2, known from the spring and the masses, leaves one."""
        path = FOREIGN / f"two-atoms-{units}-{style}.bin"
        card = {"lammps_units": units, "masses": MASSES, "mean_square_units": "rad/ps"}
        card["mean_square_frequency"] = EXPECTED[units, style] / 6.0
        found, dataset = frequencies(path, card)
        assert found**2 == pytest.approx(EXPECTED[units, style], rel=1e-9)
        assert dataset["eigenfrequency"].attrs["units"] == "rad/ps"
        with pytest.raises(CardError, match="contradicts the data on the style"):
            read_frequencies(path, card | {"style": other})
        with pytest.raises(ForeignInputError, match="no known reading of the style"):
            read_frequencies(path, card | {"mean_square_frequency": 1.0})

    def test_masses_of_shuffled_atoms_are_noticed(self):
        path = FOREIGN / "two-atoms-real-eskm.bin"
        with pytest.raises(ForeignInputError, match="no known reading of the mass_weighted"):
            read_frequencies(path, {"lammps_units": "real", "style": "eskm", "masses": MASSES[::-1]})

    def test_a_truncated_file_is_refused(self, tmp_path):
        whole = (FOREIGN / "two-atoms-real-eskm.bin").read_bytes()
        with pytest.raises(ForeignInputError, match="unknown binary format") as caught:
            read_frequencies(put(tmp_path, whole[:-24]), {})
        assert "truncated" in caught.value.likely_cause
        with pytest.raises(ForeignInputError, match="do not make a square matrix"):
            read_frequencies(put(tmp_path, whole[:-24]), {"content": "matrix"})
        with pytest.raises(ForeignInputError, match="do not make a square matrix"):
            read_frequencies(put(tmp_path, whole[:-3]), {"content": "matrix"})
        text = (FOREIGN / "two-atoms-real-eskm.txt").read_text().splitlines()
        with pytest.raises(ForeignInputError, match="do not make a square matrix"):
            read_frequencies(put(tmp_path, "\n".join(text[:-1])), {"content": "matrix"})

    def test_the_wrong_number_of_particles_is_refused(self):
        card = {"lammps_units": "lj", "particles": 3}
        with pytest.raises(ForeignInputError, match="does not fit the number of particles"):
            read_frequencies(FOREIGN / "two-atoms-metal-regular.bin", card)


class TestPhonopy:
    """Force constants of a pair, eV/angstrom^2, with masses in u."""

    def test_text_and_array_agree(self, tmp_path):
        text = put(tmp_path, force_constants_text(spring()))
        with netCDF4.Dataset(tmp_path / "force_constants.hdf5", "w") as file:
            for name, length in (("a", 2), ("b", 2), ("x", 3), ("y", 3)):
                file.createDimension(name, length)
            variable = file.createVariable("force_constants", "f8", ("a", "b", "x", "y"))
            variable[:] = spring().reshape(2, 3, 2, 3).transpose(0, 2, 1, 3)
        for path in (text, tmp_path / "force_constants.hdf5"):
            found, dataset = frequencies(path, {"masses": MASSES})
            assert found**2 == pytest.approx(SQUARE * 9648.533212331, rel=1e-12)
            assert dataset["eigenfrequency"].attrs["units"] == "rad/ps"

    def test_a_file_that_phonopy_wrote(self):
        found, _ = frequencies(FOREIGN / "phonopy-force-constants.txt", {"masses": MASSES})
        assert found**2 == pytest.approx(SQUARE * 9648.533212331, rel=1e-12)

    def test_a_file_that_h5py_wrote(self):
        found, _ = frequencies(FOREIGN / "phonopy-force-constants.hdf5", {"masses": MASSES})
        assert found**2 == pytest.approx(SQUARE * 9648.533212331, rel=1e-12)

    def test_yaml_that_phonopy_wrote_has_the_masses(self):
        found, dataset = frequencies(FOREIGN / "phonopy-params.yaml", {})
        assert found**2 == pytest.approx(SQUARE * 9648.533212331, rel=1e-12)
        assert dataset["eigenfrequency"].attrs["units"] == "rad/ps"
        assert frequencies(FOREIGN / "phonopy-params.yaml", {"masses": MASSES})[0] == found
        with pytest.raises(CardError, match="contradicts the file on masses"):
            read_frequencies(FOREIGN / "phonopy-params.yaml", {"masses": 1.0})

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda text: text[: text.index("force_constants:\n")], "holds no force constants"),
            (lambda text: "\n".join(text.splitlines()[:-1]), "incomplete"),
            (lambda text: text.replace("shape: [ 2, 2 ]", "shape: [ 1, 2 ]"), "incomplete"),
            (lambda text: text.replace("shape: [ 2, 2 ]", "shape: [ 9000000, 9000000 ]"), "too large"),
            (lambda text: text.replace("shape: [ 2, 2 ]", "shape: 2"), "no shape"),
            (lambda text: text.replace("2.000000000000000", "nan", 1), "not a finite number"),
            (lambda text: text.replace("mass: 5", "mass: -5"), "masses do not fit"),
            (lambda text: text.replace("mass: 5", "weight: 5"), "masses do not fit"),
            (lambda text: text.replace("eV/angstrom^2", "Ry/au^2"), "units of another calculator"),
        ],
    )
    def test_yaml_that_is_damaged_or_of_others(self, tmp_path, change, what):
        text = (FOREIGN / "phonopy-params.yaml").read_text()
        assert change(text) != text
        with pytest.raises(ForeignInputError, match=what):
            read_frequencies(put(tmp_path, change(text)), {})

    def test_masses_are_needed(self, tmp_path):
        with pytest.raises(CardError, match="without masses"):
            read_frequencies(put(tmp_path, force_constants_text(spring())), {})

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (lambda text: "".join(text.splitlines(keepends=True)[:-2]), "ends too early"),
            (lambda text: text.replace("   2    2", "2 9000000", 1), "compact"),
            (lambda text: text.replace("   2    2", "3000", 1), "ends too early"),
            (lambda text: text.replace("   2    2", "90000000", 1), "too large"),
            (lambda text: text.replace("2 1\n", "1 1\n", 1), "pairs of atoms are missing"),
            (lambda text: text.replace("2 1\n", "2 7\n", 1), "not a pair of atoms"),
            (lambda text: text.replace("2.000", "nan", 1), "not a finite number"),
        ],
    )
    def test_damage_is_refused(self, tmp_path, change, what):
        with pytest.raises(ForeignInputError, match=what):
            read_frequencies(put(tmp_path, change(force_constants_text(spring()))), {"masses": 1.0})


class TestDoubt:
    """Where two readings remain, the card must speak; where none remains, nothing helps."""

    def test_equal_masses_leave_two_readings(self, tmp_path):
        path = put(tmp_path, saved(np.save, spring()))
        with pytest.raises(CardError, match="leave the mass_weighted ambiguous") as caught:
            read_frequencies(path, {})
        assert caught.value.expected == "mass_weighted = true or mass_weighted = false"
        assert frequencies(path, {"masses": 1.0})[0] == pytest.approx(2.0)
        assert frequencies(path, {"mass_weighted": True})[0] == pytest.approx(2.0)
        assert frequencies(path, {"mass_weighted": False, "masses": 4.0})[0] == pytest.approx(1.0)
        with pytest.raises(CardError, match="without masses"):
            read_frequencies(path, {"mass_weighted": False})

    def test_unequal_masses_show_in_the_matrix(self, tmp_path):
        path = put(tmp_path, saved(np.save, spring(MASSES)))
        assert frequencies(path, {})[0] == pytest.approx(np.sqrt(SQUARE))
        with pytest.raises(CardError, match="contradicts the data on the mass_weighted"):
            read_frequencies(path, {"mass_weighted": False, "masses": MASSES})

    def test_a_matrix_that_is_not_symmetric_is_refused(self, tmp_path):
        matrix = spring()
        matrix[[0, 3]] = matrix[[3, 0]]
        matrix[0, 1] = 0.5
        with pytest.raises(ForeignInputError, match="no known reading of the symmetry"):
            read_frequencies(put(tmp_path, saved(np.save, matrix)), {"content": "matrix", "masses": 1.0})

    def test_differences_of_forces_are_symmetrised_and_said(self, tmp_path):
        rng = np.random.default_rng(1)
        path = put(tmp_path, saved(np.save, spring() + 1e-10 * rng.standard_normal((6, 6))))
        _, dataset = frequencies(path, {"masses": 1.0})
        assert "symmetrised" in dataset.attrs["input_warnings"]

    def test_a_matrix_of_the_other_sign_is_refused(self, tmp_path):
        path = put(tmp_path, saved(np.save, -spring()))
        with pytest.raises(ForeignInputError, match="negative eigenvalues"):
            read_frequencies(path, {"masses": 1.0})

    def test_the_quantity_of_spectra_does_not_concern_a_matrix(self, tmp_path):
        path = put(tmp_path, saved(np.save, spring()))
        for quantity in ("frequency", "eigenvalue"):
            assert frequencies(path, {"masses": 1.0, "quantity": quantity})[0] == pytest.approx(2.0)

    def test_half_a_matrix_is_refused(self, tmp_path):
        path = put(tmp_path, saved(np.save, np.triu(spring())))
        with pytest.raises(ForeignInputError, match="the matrix is a triangle"):
            read_frequencies(path, {"content": "matrix", "masses": 1.0})

    def test_square_tables_of_spectra_stay_spectra(self, tmp_path):
        path = put(tmp_path, saved(np.save, np.array([[0.0, 1.0], [1.0, 2.0]])))
        assert read_frequencies(path, {})["eigenfrequency"].shape == (2, 2)
        with pytest.raises(ForeignInputError, match="no known reading"):
            read_frequencies(path, {"content": "matrix", "masses": 1.0, "dimension": 1})

    @pytest.mark.parametrize(
        "card",
        [
            {"content": "hessian"},
            {"masses": [1.0]},
            {"masses": -1.0},
            {"masses": "heavy"},
            {"dimension": 4},
            {"dimension": True},
            {"masses": 1.0, "quantity": "frequency_over_2pi"},
        ],
    )
    def test_cards_that_make_no_sense(self, tmp_path, card):
        with pytest.raises(CardError):
            read_frequencies(put(tmp_path, saved(np.save, spring())), card)


class TestNoisyForces:
    """Matrices of learned potentials: asymmetric, in single precision, and with a cost of translations."""

    @pytest.fixture
    def exact(self):
        """Chain of twelve particles in three dimensions, springs 1, 2, 3 along x, y, z: three zero modes."""
        ring = 2.0 * np.eye(12) - np.roll(np.eye(12), 1, axis=0) - np.roll(np.eye(12), -1, axis=0)
        return np.kron(ring, np.diag([1.0, 2.0, 3.0]))

    @pytest.fixture
    def noisy(self, exact):
        noise = 0.01 * np.random.default_rng(7).standard_normal(exact.shape)
        return exact + noise * (exact != 0.0)

    def test_they_are_read_with_their_errors_as_numbers(self, tmp_path, exact, noisy):
        path = put(tmp_path, saved(np.save, noisy.astype(np.float32)))
        found = read_frequencies(path, {"masses": 4.0, "mass_weighted": False})
        validate(found, "mode-ensemble")
        largest = np.abs(noisy).max()
        assert found["asymmetry"].values[0] == pytest.approx(np.abs(noisy - noisy.T).max() / largest, rel=1e-5)
        moved = 0.5 * (noisy + noisy.T) @ np.kron(np.ones((12, 1)), np.eye(3))
        assert found["translation_cost"].values[0] == pytest.approx(np.abs(moved).max() / largest, rel=1e-5)
        for words in ("single precision", "symmetrised", "translations cost", "were projected out"):
            assert words in found.attrs["input_warnings"]
        expected = np.sqrt(np.linalg.eigvalsh(exact)[3:] / 4.0)
        np.testing.assert_allclose(found["eigenfrequency"].values[0, 3:], expected, rtol=0.03)
        assert found["zero_mode_count"].values.tolist() == [3]

    def test_exact_matrices_have_these_numbers_too(self, tmp_path, exact):
        found = read_frequencies(put(tmp_path, saved(np.save, exact)), {"masses": 4.0, "mass_weighted": False})
        assert found["asymmetry"].values.tolist() == found["translation_cost"].values.tolist() == [0.0]
        assert "projected" not in found.attrs["input_warnings"]

    def test_the_card_must_say_the_weighting_and_cannot_contradict(self, tmp_path, noisy):
        masses = np.linspace(1.0, 30.0, 12)
        path = put(tmp_path, saved(np.save, noisy))
        with pytest.raises(CardError, match="contradicts the data on the mass_weighted"):
            read_frequencies(path, {"masses": masses.tolist(), "mass_weighted": True})
        with pytest.raises(CardError, match="leave the mass_weighted ambiguous"):
            read_frequencies(path, {"masses": 4.0})

    def test_a_bound_solid_is_no_free_solid(self, tmp_path, exact):
        path = put(tmp_path, saved(np.save, exact + np.diag(np.full(36, 2.0))))
        with pytest.raises(ForeignInputError, match="no known reading of the mass_weighted"):
            read_frequencies(path, {"masses": 4.0, "mass_weighted": False})


class TestHostileInput:
    """Headers that promise more than there is, and indices that point elsewhere."""

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("shape", np.array([10**6, 10**6])),
            ("shape", np.array([6, 7])),
            ("indptr", np.array([0, 1])),
            ("indptr", np.array([0, 2, 1, 2, 4, 4, 4])),
            ("indices", np.array([0, 3, 0, 77])),
            ("indices", np.array([0, -3, 0, 3])),
            ("data", np.array([2.0, np.nan, -2.0, 2.0])),
            ("format", np.array("dia")),
        ],
    )
    def test_sparse_archives(self, tmp_path, name, value):
        stiff = sparse.csr_array(spring())
        arrays = {"indices": stiff.indices, "indptr": stiff.indptr, "data": stiff.data}
        arrays |= {"format": np.array("csr"), "shape": np.array([6, 6])}
        path = put(tmp_path, saved(np.savez, **(arrays | {name: value})))
        with pytest.raises(ForeignInputError):
            read_frequencies(path, {"masses": 1.0})

    @pytest.mark.parametrize(
        "text",
        [
            "%%MatrixMarket matrix coordinate complex general\n1 1 1\n1 1 1 0\n",
            "%%MatrixMarket matrix coordinate real general\n",
            "%%MatrixMarket matrix coordinate real general\n6 6 9999999999999\n1 1 2.0\n",
            "%%MatrixMarket matrix array real general\n999999999 999999999\n1.0\n",
            "%%MatrixMarket matrix coordinate real general\n6 5 1\n1 1 2.0\n",
            "%%MatrixMarket matrix coordinate real general\n6 6 1\n7 1 2.0\n",
            "%%MatrixMarket matrix coordinate real general\n6 6 1\n1 1 inf\n",
            "%%MatrixMarket matrix coordinate real general\n6 6 1\n1 1 <b>2</b>\n",
        ],
    )
    def test_matrix_market(self, tmp_path, text):
        with pytest.raises(ForeignInputError):
            read_frequencies(put(tmp_path, text), {"masses": 1.0})

    def test_archives_with_links(self, tmp_path):
        path = tmp_path / "link.npz"
        with zipfile.ZipFile(path, "w") as archive:
            link = zipfile.ZipInfo("hessian.npy")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, "/etc/hostname")
        with pytest.raises(ForeignInputError, match="is a link"):
            read_frequencies(path, {})

    def test_a_sparse_file_of_ten_gigabytes_is_not_read(self, tmp_path):
        path = tmp_path / "huge.bin"
        with open(path, "wb") as stream:
            stream.truncate(10 * 1024**3)
        with pytest.raises(ForeignInputError, match="too large"):
            read_frequencies(path, {})

    def test_doubles_that_are_not_finite(self, tmp_path):
        matrix = spring()
        matrix[2, 2] = np.inf
        with pytest.raises(ForeignInputError, match="not finite"):
            read_frequencies(put(tmp_path, matrix.tobytes()), {"content": "matrix"})


def test_convert_writes_a_file_of_this_package(tmp_path):
    path = put(tmp_path, spring(MASSES).tobytes())
    digest = convert(path, tmp_path / "modes.nc", {"units": "sqrt(epsilon/m)/sigma"})
    found = read(tmp_path / "modes.nc", verify=True)
    assert found.attrs["content_digest"] == digest
    assert found.attrs["source_layout"] == "raw doubles, 2 particles"
    assert "a translation costs" in found.attrs["input_warnings"]
