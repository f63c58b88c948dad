import numpy as np
import pytest
import scipy.sparse as sparse
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.glasses.mechanical_soundness import mechanics, mechanics_of_sample, unsound

DIMENSION = 2
PARTICLES = 9


def spring_hessian(free=0, prestress=0.0):
    """Hessian of springs between all pairs of particles but the free ones, random directions."""
    generator = np.random.default_rng(0)
    matrix = np.zeros((PARTICLES, DIMENSION, PARTICLES, DIMENSION))
    for i in range(PARTICLES - free):
        for j in range(i):
            direction = generator.standard_normal(DIMENSION)
            direction /= np.linalg.norm(direction)
            block = np.outer(direction, direction) - prestress * np.eye(DIMENSION)
            matrix[i, :, i] += block
            matrix[j, :, j] += block
            matrix[i, :, j] -= block
            matrix[j, :, i] -= block
    return matrix.reshape(PARTICLES * DIMENSION, -1)


def measured(hessian, **options):
    values, vectors = np.linalg.eigh(hessian)
    return mechanics_of_sample(hessian, values, vectors, dimension=DIMENSION, **options)


def test_a_sound_sample_passes_dense_and_sparse():
    hessian = spring_hessian()
    values, vectors = np.linalg.eigh(hessian)
    for matrix in (hessian, sparse.csr_array(hessian)):
        found = mechanics_of_sample(matrix, values, vectors, dimension=DIMENSION, forces=np.zeros((PARTICLES, 2)))
        assert unsound(found) == ()
        assert found.zero_mode_surplus.value == 0.0
        assert found.smallest_eigenvalue.value == pytest.approx(values[DIMENSION])


def test_free_particles_bring_zero_modes_of_their_own():
    hessian = spring_hessian(free=2)
    assert measured(hessian).zero_mode_surplus.value == 2 * DIMENSION
    assert measured(hessian, free_particles=2).zero_mode_surplus.value == 0.0


def test_too_much_prestress_makes_the_smallest_eigenvalue_negative():
    found = measured(spring_hessian(prestress=0.6))
    assert found.smallest_eigenvalue.value < 0.0
    assert unsound(found) == ("smallest_eigenvalue",)


def test_each_broken_invariant_is_named():
    hessian = spring_hessian()
    values, vectors = np.linalg.eigh(hessian)
    forces = np.zeros((PARTICLES, 2))

    def broken(matrix=hessian, vectors=vectors, forces=forces):
        return set(unsound(mechanics_of_sample(matrix, values, vectors, dimension=DIMENSION, forces=forces)))

    assert broken(forces=forces + 1e-6) == {"force_balance"}
    asymmetric = hessian.copy()
    asymmetric[0, 5] += 0.1
    assert "asymmetry" in broken(matrix=asymmetric)
    pinned = hessian.copy()
    pinned[0, 0] += 0.1
    assert {"translation_residual", "residual"} <= broken(matrix=pinned)
    assert "orthonormality" in broken(vectors=vectors * 1.01)


def test_a_part_of_the_modes_says_nothing_about_zero_modes():
    hessian = spring_hessian()
    values, vectors = np.linalg.eigh(hessian)
    found = mechanics_of_sample(hessian, values[2:6], vectors[:, 2:6], dimension=DIMENSION)
    assert found.zero_mode_surplus is None
    assert found.force_balance is None


def ensemble(**changes):
    variables = {
        "residual_force": np.array([1e-12, 3e-11, 2e-12]),
        "zero_mode_count": np.array([3, 3, 3]),
        "rattler_count": np.array([0, 2, 1]),
        "smallest_eigenvalue": np.array([0.2, 0.05, 0.1]),
    }
    variables.update(changes)
    return xr.Dataset({name: ("sample", values) for name, values in variables.items()}, attrs={"dimension": 3})


def test_the_worst_sample_counts():
    found = mechanics(ensemble())
    assert (found.force_balance.value, found.force_balance.details["sample"]) == (3e-11, 1)
    assert (found.smallest_eigenvalue.value, found.smallest_eigenvalue.details["sample"]) == (0.05, 1)
    assert found.rattlers.value == 2
    assert found.residual is None
    assert unsound(found) == ()


def test_recorded_faults_are_named():
    assert unsound(mechanics(ensemble(zero_mode_count=np.array([3, 4, 3])))) == ("zero_mode_surplus",)
    assert unsound(mechanics(ensemble(smallest_eigenvalue=np.array([0.2, np.nan, 0.1])))) == ("smallest_eigenvalue",)
    assert unsound(mechanics(ensemble(residual_force=np.array([1e-12, 1e-3, 1e-12])))) == ("force_balance",)


def test_the_sign_of_the_lowest_frequency_stands_in_for_the_eigenvalue():
    data = ensemble().drop_vars("smallest_eigenvalue")
    data["eigenfrequency"] = (("sample", "mode"), np.array([[0.5, 1.0], [-0.1, 1.0], [0.3, 1.0]]))
    assert mechanics(data).smallest_eigenvalue.value == pytest.approx(-0.01)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(NotApplicableError, match="nothing mechanical"):
        mechanics(xr.Dataset())
    with pytest.raises(NotApplicableError, match="zero modes cannot be judged"):
        mechanics(ensemble().drop_attrs())
    with pytest.raises(NotApplicableError, match="do not fit each other"):
        mechanics_of_sample(np.eye(4), np.ones(3), np.eye(4), dimension=2)
