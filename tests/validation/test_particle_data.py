"""Released forces, stresses and eigenvectors: the stored ensembles, mechanics and orthonormality, cell by cell."""

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.generators import InversePower, hessian
from bosonpeak.validators import participation_ratio
from bosonpeak.validators.glasses import pair_stress_tensors

CELLS = [
    f"glass/taper-{taper}-particles/T-{temperature}"
    for taper in ("2", "inf")
    for temperature in ("1.00", "0.20", "0.15")
]
LARGE = [f"glass/eigenvectors-1600/T-{temperature}" for temperature in ("1.00", "0.20")]
NETWORKS = [f"situation-{situation}/delta-{delta}" for situation in (1, 2, 3) for delta in ("0.0", "0.1", "0.2", "0.3")]
ROUNDING = 2.0**-16
pytestmark = pytest.mark.usefixtures("data_release")


@pytest.fixture(scope="module", params=CELLS)
def glasses(request, data_release):
    return open_dataset(request.param)


def orthonormal(vectors):
    """Largest deviation of e.e from the unit matrix, over samples; vectors (samples, modes, ...)."""
    rows = np.asarray(vectors, dtype=np.float64).reshape(*vectors.shape[:2], -1)
    return np.abs(rows @ rows.transpose(0, 2, 1) - np.eye(rows.shape[1])).max()


def test_glasses_are_the_ones_of_the_stored_ensemble(glasses):
    source = glasses.attrs["source_dataset"].replace("glass/taper-inf/", "glass/taper-inf-with-eigenvectors/")
    stored = open_dataset(source)
    assert stored.attrs["recipe_digest"] == glasses.attrs["source_recipe_digest"]
    assert glasses.sizes["sample"] == 20 == len(np.unique(glasses["chain"]))
    same = stored.sel(sample=glasses["sample"], mode=glasses["mode"])
    np.testing.assert_allclose(glasses["eigenfrequency"], same["eigenfrequency"], rtol=1e-10)
    np.testing.assert_allclose(glasses["participation_ratio"], same["participation_ratio"], rtol=1e-5)
    for name in ("pressure", "shear_modulus", "inherent_structure_energy", "mean_contact_number"):
        np.testing.assert_allclose(glasses[name], same[name], rtol=1e-10)
    place = stored.sel(configuration=glasses["configuration"])
    for name in ("position", "diameter", "contact_number"):
        np.testing.assert_array_equal(glasses[name], place[name])


def test_eigenvectors_are_orthonormal_and_have_the_recorded_participation(glasses):
    assert orthonormal(glasses["eigenvector"].values) < 2.1 * ROUNDING
    found = participation_ratio(glasses["eigenvector"].astype("float64"))
    np.testing.assert_allclose(found, glasses["participation_ratio"], rtol=1e-3)


def test_pair_forces_balance_and_their_virial_is_the_pressure(glasses):
    tensors = pair_stress_tensors(glasses)
    virial = tensors.sum("pair") / glasses["box"].prod()
    pressure = -sum(virial.sel(axis=axis, axis2=axis) for axis in "xyz") / 3
    np.testing.assert_allclose(pressure, glasses["pressure"], rtol=1e-10)
    shared = glasses["particle_stress"].astype("float64").sum("particle") / glasses["box"].prod()
    np.testing.assert_allclose(shared, virial, rtol=0, atol=1e-5)
    box = glasses["box"].values
    for place in range(0, 20, 5):
        count = int(glasses["pair_count"][place])
        ends, force = glasses["pair_particle"].values[place, :count], glasses["pair_force"].values[place, :count]
        points = glasses["position"].values[place]
        separation = points[ends[:, 0]] - points[ends[:, 1]]
        separation -= box * np.rint(separation / box)
        pushes = (force / np.linalg.norm(separation, axis=1))[:, None] * separation
        total = np.zeros_like(points)
        np.add.at(total, ends[:, 0], pushes)
        np.add.at(total, ends[:, 1], -pushes)
        assert np.linalg.norm(total, axis=1).max() <= 1.05e-10


def test_particles_have_about_twelve_neighbours_below_the_first_minimum(glasses):
    assert 1.3 < float(glasses["coordination_distance"]) < 1.45
    assert 12 < float(glasses["coordination_number"].mean()) < 13.5
    np.testing.assert_array_equal(glasses["contact_number"].sum("particle"), 2 * glasses["pair_count"])


@pytest.mark.parametrize("name", LARGE)
def test_modes_of_1600_particles_solve_their_hessian(name):
    glasses = open_dataset(name)
    assert glasses.sizes["configuration"] == 5 == len(np.unique(glasses["chain"]))
    assert orthonormal(glasses["eigenvector"].values) < 2.1 * ROUNDING
    configuration = [glasses[name].values[0] for name in ("position", "diameter")]
    matrix = hessian(*configuration, glasses["box"].values, InversePower(taper=2))
    vectors = glasses["eigenvector"].values[0].astype(np.float64).reshape(20, -1)
    quotient = np.einsum("ki,ki->k", vectors, (matrix @ vectors.T).T)
    np.testing.assert_allclose(quotient, glasses["eigenfrequency"].values[0] ** 2, rtol=0, atol=1e-4)


@pytest.mark.parametrize("group", NETWORKS)
def test_eigenvectors_of_networks_belong_to_the_networks_of_the_paper(group):
    networks = open_dataset("network/eigenvectors", group=group)
    stored = open_dataset("network/paper", group=group).sel(sample=networks["sample"])
    np.testing.assert_array_equal(networks["coordination_number"], stored["coordination_number"])
    np.testing.assert_allclose(networks["eigenfrequency"], stored["eigenfrequency"][:, :10], rtol=0, atol=1e-7)
    assert orthonormal(networks["eigenvector"].values) < 2.1 * ROUNDING
    if float(networks["displacement"]) > 0:
        found = 1.0 / (3600 * (networks["eigenvector"].astype("float64") ** 4).sum("node"))
        np.testing.assert_allclose(found, stored["participation_ratio"][:, :10], rtol=1e-3)
