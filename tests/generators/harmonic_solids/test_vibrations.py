"""Vibrations of foreign systems against plain diagonalisation, and what the dataset reports about its input."""

import math

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from bosonpeak.datasets import read, validate, write
from bosonpeak.datasets.errors import CardError, ForeignInputError, NotApplicableError
from bosonpeak.generators import Harmonic, InversePower, hessian, minimise, random_configuration
from bosonpeak.generators.harmonic_solids.mode_datasets import vibrations
from bosonpeak.generators.particles.configuration import Configuration

PARTICLES = 60


@pytest.fixture(scope="module")
def glass():
    """A two-dimensional glass: positions, diameters, box and potential."""
    potential = InversePower()
    positions, diameters, box = random_configuration(PARTICLES, 2, potential, seed=4)
    found = minimise(positions, diameters, box, potential)
    return found.positions, diameters, box, potential


@pytest.fixture(scope="module")
def matrix(glass):
    return hessian(*glass).toarray()


def plain(matrix, dimension, masses=1.0):
    """Frequencies and participation ratios by eigh, zero modes first."""
    roots = np.sqrt(np.repeat(np.broadcast_to(masses, len(matrix) // dimension), dimension))
    values, vectors = scipy.linalg.eigh(matrix / roots[:, None] / roots)
    weight = np.sum(vectors.T.reshape(len(values), -1, dimension) ** 2, axis=2)
    return np.sqrt(np.maximum(values, 0.0)), 1.0 / (weight.shape[1] * np.sum(weight**2, axis=1)), vectors


FORMS = {
    "array": np.asarray,
    "sparse": sparse.csr_array,
    "coo matrix": sparse.coo_matrix,
    "LinearOperator": aslinearoperator,
    "matvec": lambda values: LinearOperator(values.shape, matvec=lambda vector: values @ vector, dtype=float),
    "rows per particle": lambda values: values.reshape(len(values), -1, 2),
    "blocks": lambda values: values.reshape(PARTICLES, 2, PARTICLES, 2).transpose(0, 2, 1, 3),
    "lists": lambda values: values.tolist(),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_modes_of_plain_diagonalisation(form, glass, matrix):
    found = vibrations(FORMS[form](matrix), glass[0])
    frequencies, participation, _ = plain(matrix, 2)
    np.testing.assert_allclose(found["eigenfrequency"].values[0, 2:], frequencies[2:], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found["participation_ratio"].values[0, 2:], participation[2:], rtol=0, atol=1e-6)
    assert found["eigenfrequency"].values[0, :2].tolist() == [0.0, 0.0]
    assert found["zero_mode_count"].item() == 2
    assert found["zero_mode_frequency"].item() < 1e-5
    assert found.attrs["zero_modes"] == "included"
    assert (found.attrs["particles"], found.attrs["dimension"]) == (PARTICLES, 2)
    validate(found, "mode-ensemble")


def test_masses_and_eigenvectors(matrix):
    masses = np.random.default_rng(0).uniform(1.0, 4.0, PARTICLES)
    found = vibrations(matrix, masses=masses, dimension=2, eigenvectors=True)
    frequencies, participation, vectors = plain(matrix, 2, masses)
    np.testing.assert_allclose(found["eigenfrequency"].values[0, 2:], frequencies[2:], rtol=0, atol=1e-8)
    np.testing.assert_allclose(found["participation_ratio"].values[0, 2:], participation[2:], rtol=0, atol=1e-6)
    overlap = np.abs(np.einsum("mi,im->m", found["eigenvector"].values[0].reshape(-1, 2 * PARTICLES), vectors))
    np.testing.assert_allclose(overlap[2:], 1.0, atol=1e-6)
    roots = np.repeat(np.sqrt(masses), 2)
    weighted = matrix / roots[:, None] / roots
    for more in ({"masses": masses}, {}):
        again = vibrations(weighted, dimension=2, mass_weighted=True, **more)
        np.testing.assert_allclose(again["eigenfrequency"].values, found["eigenfrequency"].values, rtol=0, atol=1e-8)
        assert again["zero_mode_count"].item() == 2
    operator = vibrations(aslinearoperator(matrix), masses=masses)
    np.testing.assert_allclose(operator["eigenfrequency"].values, found["eigenfrequency"].values, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    ("form", "project"),
    [
        ("array", False),
        ("sparse", True),
        ("LinearOperator", False),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("array", True), ("sparse", False), ("LinearOperator", True))
        ),
    ],
)
def test_lowest_modes_of_a_larger_solid(form, project):
    potential = Harmonic()
    generator = np.random.default_rng(2)
    side = 22
    lattice = np.stack(np.meshgrid(*2 * [np.arange(side) + 0.5], indexing="ij"), axis=-1).reshape(-1, 2)
    positions = lattice + generator.normal(0.0, 0.05, lattice.shape)
    values = hessian(positions, np.full(side**2, 1.6), float(side), potential).toarray()
    values += 0.05 * hessian(positions, np.full(side**2, 2.4), float(side), potential).toarray()
    expected = scipy.linalg.eigvalsh(values)
    found = vibrations(FORMS[form](values), positions, box=side, modes=12, project_translations=project)
    stable = expected[expected > 1e-10]
    row = found["eigenfrequency"].values[0]
    np.testing.assert_allclose(row[-12:], np.sqrt(stable[:12]), rtol=0, atol=1e-8)
    assert len(row) == (12 if project else 14)
    assert found["zero_mode_count"].item() == 2
    assert found.attrs["zero_modes"] == ("removed" if project else "included")
    assert ("projected out" in found.attrs["input_warnings"]) == project


def noisy(matrix, size, seed=3):
    """The matrix with symmetric noise, which gives translations a cost of either sign."""
    noise = np.random.default_rng(seed).standard_normal(matrix.shape)
    return matrix + size * np.abs(matrix).max() * (noise + noise.T)


def test_zero_modes_are_recognised_by_the_gap_above_them():
    """Modes at +-0.05 below 9.5 are zero modes, not an instability."""
    shifts = np.kron(np.full((50, 1), 50**-0.5), np.eye(3))
    rest = scipy.linalg.null_space(shifts.T)
    values = np.concatenate([[-0.0025, 0.0025, -0.0025], np.linspace(9.5, 40.0, 147) ** 2])
    basis = np.hstack([shifts, rest])
    found = vibrations((basis * values) @ basis.T, dimension=3, largest_translation_cost=1e-3)
    assert found["zero_mode_count"].item() == 3
    assert found["zero_mode_frequency"].item() == pytest.approx(0.05, rel=1e-6)
    assert found["eigenfrequency"].values[0, :3].tolist() == [0.0, 0.0, 0.0]
    assert found["eigenfrequency"].values[0, 3] == pytest.approx(9.5, rel=1e-12)
    assert "unstable_frequency" not in found
    assert found["translation_cost"].item() > 0.0


def test_soft_modes_that_move_no_whole_are_no_zero_modes():
    """Two soft modes beside two translations with a gap above: the gap counts for the translations alone."""
    shifts = np.kron(np.full((40, 1), 40**-0.5), np.eye(2))
    rest = scipy.linalg.null_space(shifts.T)
    values = np.concatenate([[0.0, 0.0, 1e-6, -1e-6], np.linspace(4.0, 9.0, 76)])
    found = vibrations((np.hstack([shifts, rest]) * values) @ np.hstack([shifts, rest]).T, dimension=2)
    assert found["zero_mode_count"].item() == 2
    assert found["unstable_frequency"].values[0].tolist() == pytest.approx([-1e-3], rel=1e-5)
    assert found["eigenfrequency"].values[0, 2] == pytest.approx(1e-3, rel=1e-5)


def test_noise_is_reported_and_projection_removes_it(glass, matrix):
    loud = noisy(matrix, 1e-6)
    found = vibrations(loud, glass[0])
    assert found["zero_mode_count"].item() == 2
    assert 1e-6 < found["translation_cost"].item() < 1e-4
    projected = vibrations(loud, glass[0], project_translations=True)
    assert projected.sizes["mode"] == 2 * PARTICLES - 2
    assert projected["zero_mode_count"].item() == 2
    np.testing.assert_allclose(
        projected["eigenfrequency"].values[0], found["eigenfrequency"].values[0, 2:], rtol=0, atol=1e-3
    )


def test_asymmetry_is_reported_up_to_a_limit(glass, matrix):
    skew = matrix.copy()
    skew[0, 5] += 1e-5 * np.abs(matrix).max()
    found = vibrations(skew, glass[0])
    assert found["asymmetry"].item() == pytest.approx(1e-5, rel=1e-6)
    expected = plain(0.5 * (skew + skew.T), 2)[0]
    np.testing.assert_allclose(found["eigenfrequency"].values[0, 2:], expected[2:], rtol=0, atol=1e-8)
    skew[0, 5] += 1e-2 * np.abs(matrix).max()
    with pytest.raises(ForeignInputError, match=r"not symmetric[\s\S]*shape \(120, 120\)"):
        vibrations(skew, glass[0])
    assert vibrations(skew, glass[0], largest_asymmetry=0.1, largest_translation_cost=0.1)["asymmetry"].item() > 0.01


def test_unstable_modes_are_reported_up_to_a_limit(matrix):
    values, vectors = np.linalg.eigh(matrix)
    values[[10, 30]] *= -1.0
    found = vibrations((vectors * values) @ vectors.T, dimension=2)
    expected = -np.sqrt(-np.sort(values[[10, 30]]))
    np.testing.assert_allclose(found["unstable_frequency"].values[0], expected, atol=1e-8)
    assert found.sizes["mode"] == 2 * PARTICLES - 2
    with pytest.raises(ForeignInputError, match="many eigenvalues are negative"):
        vibrations(-matrix, dimension=2)


def test_free_clusters_rotate():
    """Three particles of unit springs in a plane, without a box: three zero modes, three vibrations."""
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, math.sqrt(0.75)]])
    values = np.zeros((6, 6))
    for i, j in ((0, 1), (1, 2), (0, 2)):
        bond = np.zeros(6)
        bond[2 * i : 2 * i + 2], bond[2 * j : 2 * j + 2] = corners[i] - corners[j], corners[j] - corners[i]
        values += np.outer(bond, bond)
    found = vibrations(values, corners)
    assert found["zero_mode_count"].item() == 3
    np.testing.assert_allclose(found["eigenfrequency"].values[0, 3:], np.sqrt([1.5, 1.5, 3.0]), rtol=1e-12)
    assert found["rotation_cost"].item() < 1e-12
    assert "rotation_cost" not in vibrations(values, corners, box=9.0)


def test_a_configuration_gives_moduli_first_phonon_and_debye_level(glass):
    configuration = Configuration.checked(*glass)
    found = vibrations(configuration)
    matrix = hessian(*glass).toarray()
    np.testing.assert_allclose(found["eigenfrequency"].values[0, 2:], plain(matrix, 2)[0][2:], rtol=0, atol=1e-8)
    assert found["residual_force"].item() < 1e-9
    assert found["eigenfrequency"].attrs["units"] == "sqrt(epsilon/(m a^2))"
    length, shear, bulk = configuration.box[0], found["shear_modulus"].item(), found["bulk_modulus"].item()
    density = PARTICLES / length**2
    speeds = math.sqrt(shear / density), math.sqrt((bulk + shear) / density)
    assert found["transverse_velocity"].item() == pytest.approx(speeds[0])
    assert found["first_phonon"].item() == pytest.approx(2.0 * math.pi * speeds[0] / length)
    # As many plane waves below the Debye frequency as there are modes.
    waves = length**2 / (4.0 * math.pi) * (speeds[0] ** -2 + speeds[1] ** -2)
    assert waves * found["debye_frequency"].item() ** 2 == pytest.approx(2 * PARTICLES)
    assert found["debye_level"].item() * found["debye_frequency"].item() ** 2 == pytest.approx(2.0)
    stated = vibrations(matrix, glass[0], box=length, shear_modulus=shear, bulk_modulus=bulk)
    assert stated["first_phonon"].item() == pytest.approx(found["first_phonon"].item())
    assert stated["position"].shape == (1, PARTICLES, 2)
    assert stated["box"].values.tolist() == [[length, length]]


def test_several_samples_are_an_ensemble(tmp_path, matrix):
    soft = noisy(matrix, 1e-7, seed=9)
    found = vibrations([matrix, soft], dimension=2)
    alone = [vibrations(each, dimension=2) for each in (matrix, soft)]
    for sample, one in enumerate(alone):
        np.testing.assert_array_equal(found["eigenfrequency"].values[sample], one["eigenfrequency"].values[0])
    write(found, tmp_path / "modes.nc")
    assert read(tmp_path / "modes.nc")["eigenfrequency"].equals(found["eigenfrequency"])
    with pytest.raises(ForeignInputError, match="sample 1 is of another kind"):
        vibrations([matrix, matrix[:40, :40]], dimension=2, largest_translation_cost=2.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"positions": np.zeros((7, 2))}, r"positions: they do not match the particles[\s\S]*shape \(7, 2\)"),
        ({"masses": [1.0, 2.0], "dimension": 2}, r"masses: not one per particle[\s\S]*shape \(2,\)"),
        ({"masses": -1.0, "dimension": 2}, "not all of them positive"),
        ({"dimension": 7}, "coordinates per particle is not known"),
        ({"modes": 0}, "not a number of modes"),
        ({"modes": "lowest"}, "not a number of modes"),
        ({"modes": 1000, "dimension": 2}, "not so many modes"),
        ({"shear_modulus": 3.0}, "not two moduli"),
        ({"shear_modulus": 3.0, "bulk_modulus": 9.0}, "box= with the moduli"),
        ({"box": [[1.0, 1.0], [0.0, 1.0]], "dimension": 2}, "edges in another orientation"),
        ({"box": -1.0, "dimension": 2}, "the box cannot be used"),
        ({"box": "big", "dimension": 2}, r"box: not numbers[\s\S]*'big'"),
        ({"positions": "abc"}, "positions: not real numbers"),
        (
            {"positions": np.zeros((PARTICLES, 2), dtype=complex)},
            r"not real numbers[\s\S]*complex128 of shape \(60, 2\)",
        ),
        ({"positions": np.zeros((PARTICLES, 3))}, r"positions: they do not match the particles[\s\S]*shape \(60, 3\)"),
        ({"mass_weighted": "false"}, r"mass_weighted: neither True nor False[\s\S]*'false'"),
        ({"eigenvectors": "yes"}, "eigenvectors: neither True nor False"),
        ({"units": "furlong"}, r"units: not a unit of known symbols[\s\S]*'furlong'"),
        ({"dimension": "2"}, r"coordinates per particle is not known[\s\S]*dimension '2'"),
        ({"largest_asymmetry": "big"}, "largest_asymmetry is not a single number"),
        ({"card": {"mass_weighted": True}}, "card: facts about a file"),
    ],
)
def test_bad_input_is_named(arguments, message, matrix):
    with pytest.raises((ForeignInputError, NotApplicableError), match=message):
        vibrations(matrix, **arguments)


def test_positions_of_several_samples(glass, matrix):
    """One array for all, one per sample in a list or an array, or one too few."""
    positions = glass[0]
    moved = positions + 0.25
    for given in ([positions, moved], np.stack([positions, moved]), (positions.tolist(), moved.tolist())):
        found = vibrations([matrix, matrix], given, box=glass[2])
        np.testing.assert_array_equal(found["position"], np.stack([positions, moved]))
    for given in (positions, positions.tolist()):
        shared = vibrations([matrix, matrix], given, box=glass[2])
        np.testing.assert_array_equal(shared["position"], np.stack([positions, positions]))
    with pytest.raises(ForeignInputError, match=r"not one array per sample[\s\S]*first of shape \(60, 2\)"):
        vibrations([matrix, matrix], [positions])
    with pytest.raises(ForeignInputError, match=r"positions: they do not match the particles[\s\S]*sample 1 of 2"):
        vibrations([matrix, matrix], [positions, positions[:, :1]])
    with pytest.raises(ForeignInputError, match=r"rows of different lengths[\s\S]*2 rows of 1 and 2 numbers"):
        vibrations([[1.0, 2.0], [3.0]])


def test_a_weighted_matrix_without_the_statement_is_explained(matrix):
    masses = np.random.default_rng(0).uniform(1.0, 4.0, PARTICLES)
    roots = np.repeat(np.sqrt(masses), 2)
    with pytest.raises(ForeignInputError, match=r"translation costs energy[\s\S]*mass_weighted=True"):
        vibrations(matrix / roots[:, None] / roots, dimension=2)
    with pytest.raises(ForeignInputError, match="known from the system"):
        vibrations(Configuration.checked([[0.0, 0.0], [0.8, 0.0]], [1.0, 1.0], 4.0, Harmonic()), box=4.0)


class TestFiles:
    """Matrices in files: read as by the readers, with modes."""

    def test_a_saved_matrix(self, tmp_path, matrix):
        np.save(tmp_path / "hessian.npy", matrix)
        found = vibrations(tmp_path / "hessian.npy", dimension=2, masses=1.0)
        np.testing.assert_allclose(found["eigenfrequency"].values[0, 2:], plain(matrix, 2)[0][2:], rtol=0, atol=1e-8)
        assert found.attrs["source_file"] == "hessian.npy"
        with pytest.raises(CardError, match="mass_weighted = true or mass_weighted = false"):
            vibrations(tmp_path / "hessian.npy", dimension=2)
        with pytest.raises(ForeignInputError, match="stated twice"):
            vibrations(tmp_path / "hessian.npy", dimension=2, card={"dimension": 3})

    def test_frequencies_stay_what_they_are(self, tmp_path):
        np.savetxt(tmp_path / "omega.txt", [0.5, 1.5, 2.5])
        assert vibrations(tmp_path / "omega.txt")["eigenfrequency"].values.tolist() == [[0.5, 1.5, 2.5]]

    def test_positions_alone_are_refused(self, tmp_path):
        header = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3 pbc="T T T"'
        (tmp_path / "pair.xyz").write_text("\n".join(["2", header, "A 0.0 0.0 0.0", "B 1.0 2.0 3.0", ""]))
        with pytest.raises(ForeignInputError, match="positions alone give no vibrations"):
            vibrations(tmp_path / "pair.xyz")


class Chain:
    """Atoms and calculator in one: a ring of 8 particles of mass 2 along x, with springs of 3 eV/angstrom^2."""

    def __init__(self, positions=None):
        self.points = np.zeros((8, 3)) if positions is None else positions
        self.calc = self

    def __len__(self):
        return 8

    def copy(self):
        return Chain(self.points.copy())

    def get_positions(self):
        return self.points

    def set_positions(self, points, apply_constraint=True):
        self.points = points.copy()

    def get_masses(self):
        return np.full(8, 2.0)

    def get_cell(self):
        return np.diag([8.0, 5.0, 5.0])

    def get_pbc(self):
        return np.array([True, True, True])

    def get_chemical_formula(self):
        return "X8"

    def get_forces(self, apply_constraint=True):
        return 3.0 * (np.roll(self.points, 1, axis=0) + np.roll(self.points, -1, axis=0) - 2.0 * self.points)


def test_a_calculator_is_displaced():
    found = vibrations(Chain(), step=0.02)
    wave = 2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(8) / 8.0)
    expected = np.sort(np.repeat(np.sqrt(9648.533212331 * 1.5 * wave), 3))
    np.testing.assert_allclose(found["eigenfrequency"].values[0], expected, rtol=1e-9, atol=1e-9)
    assert found["eigenfrequency"].attrs["units"] == "rad/ps"
    assert found.attrs["finite_difference_step"] == 0.02
    assert found["residual_force"].item() == 0.0
    idle = Chain()
    idle.calc = None
    with pytest.raises(ForeignInputError, match="the atoms have no calculator"):
        vibrations(idle)
