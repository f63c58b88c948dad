"""Stored glasses measured again: the same glasses under the same ids, with forces, stresses and eigenvectors."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset, select_subset, validate
from bosonpeak.datasets.errors import RecipeError, SchemaError
from bosonpeak.datasets.periodic_box import nearest_image
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators import InversePower, pair_stresses
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import evaluate
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.sample_generators.stored_glasses import StoredGlasses
from bosonpeak.validators.levels.participation import participation_ratio

GENERATOR = StoredGlasses()
RECIPE = load_recipe("glass/taper-2-particles")
POTENTIAL = InversePower(taper=2)
NAME = "glass/taper-2/T-0.20"


@pytest.fixture(scope="module")
def stored():
    return open_dataset(NAME)


@pytest.fixture(scope="module")
def parameters():
    (ensemble,) = (each for each in RECIPE.ensembles if each.group == "T-0.20")
    return GENERATOR.check(ensemble.parameters)


@pytest.fixture(scope="module")
def made(parameters):
    samples = [GENERATOR.sample(parameters, sample_seed(RECIPE, index)) for index in (1, 2)]
    attributes = provenance_attributes(
        kind="glass-ensemble", title="t", summary="", created="2026-01-31", licence="CC0-1.0", source="none",
        recipe="", seed=11,
    )  # fmt: skip
    return GENERATOR.assemble(parameters, samples).assign_attrs(attributes)


def pairs_of(made, place):
    count = int(made["pair_count"][place])
    particle, force = made["pair_particle"].values[place, :count], made["pair_force"].values[place, :count]
    points = made["position"].values[place]
    separation = nearest_image(points[particle[:, 0]] - points[particle[:, 1]], made["box"].values)
    return particle, force, separation


def test_the_glasses_are_the_stored_glasses_under_their_ids(made, stored):
    assert made["sample"].values.tolist() == [12, 24] == made["configuration"].values.tolist()
    assert made["chain"].values.tolist() == [1, 2]
    places = [stored["configuration_index"].values.tolist().index(sample) for sample in (12, 24)]
    for name in ("position", "diameter", "contact_number"):
        np.testing.assert_array_equal(made[name].values, stored[name].values[places])
    for name in ("inherent_structure_energy", "pressure", "shear_modulus", "first_phonon", "mean_contact_number"):
        np.testing.assert_allclose(made[name].values, stored[name].values[[12, 24]], rtol=1e-10)
    for name in ("stress_count", "sweep", "chain", "zero_mode_count"):
        np.testing.assert_array_equal(made[name].values, stored[name].values[[12, 24]])


def test_frequencies_and_participation_are_the_stored_ones(made, stored):
    np.testing.assert_allclose(made["eigenfrequency"], stored["eigenfrequency"].values[[12, 24], :20], rtol=1e-11)
    kept = stored["participation_ratio"].values[[12, 24], :20]
    np.testing.assert_allclose(made["participation_ratio"], kept, rtol=1e-5)
    vectors = made["eigenvector"].values.astype(np.float64)
    np.testing.assert_allclose(participation_ratio(vectors), kept, rtol=1e-4)


def test_eigenvectors_are_orthonormal_and_free_of_translations_up_to_their_rounding(made):
    rounding = 2.0**-16
    for modes in made["eigenvector"].values.astype(np.float64):
        rows = modes.reshape(20, -1)
        np.testing.assert_allclose(rows @ rows.T, np.eye(20), rtol=0, atol=2.1 * rounding)
        assert np.all(np.abs(modes.sum(axis=1)) <= 1.1 * rounding * np.abs(modes).sum(axis=1))


def test_eigenvectors_agree_with_the_stored_lowest_ones(made, stored):
    place = stored["configuration_index"].values.tolist().index(24)
    old, new = stored["eigenvector"].values[place], made["eigenvector"].values[1, :8]
    overlap = np.einsum("kia,kia->k", old.astype(np.float64), new.astype(np.float64))
    np.testing.assert_allclose(np.abs(overlap), 1.0, atol=1e-4)


def test_pair_forces_add_up_to_minus_the_gradient_of_the_energy(made):
    particle, force, separation = pairs_of(made, 0)
    pushes = (force / np.linalg.norm(separation, axis=1))[:, None] * separation
    total = np.zeros((1000, 3))
    np.add.at(total, particle[:, 0], pushes)
    np.add.at(total, particle[:, 1], -pushes)
    configuration = [made[name].values[0] for name in ("position", "diameter")]
    _, forces = energy_and_forces(*configuration, made["box"].values, POTENTIAL)
    np.testing.assert_allclose(total, forces, rtol=0, atol=1e-11)
    assert np.linalg.norm(total, axis=1).max() <= 1.01e-10


def test_a_pair_force_is_the_slope_of_the_pair_energy(made):
    particle, force, separation = pairs_of(made, 1)
    distance, sizes = np.linalg.norm(separation, axis=1), made["diameter"].values[1][particle].T
    step = 1e-5
    above, below = (evaluate(POTENTIAL, distance + sign * step, *sizes)[0] for sign in (1, -1))
    np.testing.assert_allclose(-(above - below) / (2 * step), force, rtol=1e-6, atol=1e-8)
    assert np.all(force > 0.0)


def test_the_pair_virial_is_the_stored_pressure_and_particle_stresses_share_it(made, stored):
    volume = float(np.prod(made["box"].values))
    for place, sample in enumerate((12, 24)):
        _, force, separation = pairs_of(made, place)
        distance = np.linalg.norm(separation, axis=1)
        pressure = float(np.sum(force * distance)) / (3 * volume)
        assert pressure == pytest.approx(float(stored["pressure"][sample]), rel=1e-11)
        tensor = -np.einsum("k,ka,kb->ab", force / distance, separation, separation)
        shared = made["particle_stress"].values[place].astype(np.float64).sum(axis=0)
        np.testing.assert_allclose(shared, tensor, atol=1e-4)
        assert -np.trace(shared) / (3 * volume) == pytest.approx(pressure, rel=1e-7)


def test_stress_tensors_of_pairs_follow_from_the_forces(made):
    particle, force, separation = pairs_of(made, 1)
    tensors = -(force / np.linalg.norm(separation, axis=1))[:, None, None] * np.einsum(
        "ka,kb->kab", separation, separation
    )
    expected = pair_stresses(made["position"].values[1], made["diameter"].values[1], made["box"].values, POTENTIAL)
    np.testing.assert_array_equal(expected.pairs, particle)
    np.testing.assert_allclose(tensors, expected.stress, rtol=1e-12, atol=1e-14)


def test_coordination_numbers_are_counted_up_to_one_distance(made, stored):
    distance = float(made["coordination_distance"])
    assert 1.3 < distance < 1.45
    for place in range(2):
        points, sizes = made["position"].values[place], made["diameter"].values[place]
        separation = nearest_image(points[:, None] - points[None], made["box"].values)
        near = np.linalg.norm(separation, axis=2) < 0.5 * distance * (sizes[:, None] + sizes[None])
        np.testing.assert_array_equal(made["coordination_number"].values[place], near.sum(axis=1) - 1)
    assert float(made["coordination_number"].coords["coordination_distance"]) == distance
    assert made["coordination_number"].mean() < made["contact_number"].mean()


def test_the_dataset_obeys_its_schema_and_joins_the_stored_one_by_label(made, stored):
    validate(made)
    assert made["axis"].values.tolist() == ["x", "y", "z"]
    chosen = select_subset(made, "configuration")
    np.testing.assert_array_equal(chosen["sample"], [12, 24])
    joined = xr.merge([chosen["particle_stress"], stored["pressure"]], join="inner", compat="no_conflicts")
    assert joined.sizes["sample"] == 2
    trace = -sum(joined["particle_stress"].sum("particle").sel(axis=name, axis2=name) for name in "xyz")
    np.testing.assert_allclose(trace / 3000, joined["pressure"], rtol=1e-6)


def test_shorter_rows_are_padded(made):
    counts = made["pair_count"].values
    assert counts.min() < counts.max() == made.sizes["pair"]
    shorter = int(counts.argmin())
    assert np.isnan(made["pair_force"].values[shorter, counts.min() :]).all()
    assert (made["pair_particle"].values[shorter, counts.min() :] == -1).all()
    np.testing.assert_array_equal(made["contact_number"].values.sum(axis=1), 2 * counts)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("pair_particle", 1000, "names a particle that does not exist"),
        ("pair_force", np.nan, "NaN below pair_count"),
        ("pair_count", 3, "not half the sum of the contact numbers"),
    ],
)
def test_contradictory_pairs_are_refused(made, variable, value, said):
    wrong = made.copy(deep=True)
    wrong[variable][(0,) * wrong[variable].ndim] = value
    with pytest.raises(SchemaError, match=said):
        validate(wrong)


def test_pairs_without_their_forces_are_refused(made):
    with pytest.raises(SchemaError, match="belong together"):
        validate(made.drop_vars("pair_force"))


def test_a_chain_too_many_is_refused(parameters):
    with pytest.raises(RecipeError, match="too few chains") as raised:
        GENERATOR.sample(parameters, sample_seed(RECIPE, 25))
    assert NAME in str(raised.value)


@pytest.mark.parametrize("name", ["glass/sizes/N-500", "network/nine-node/added"])
def test_an_ensemble_without_particles_is_refused(parameters, name):
    with pytest.raises(RecipeError, match="cannot be measured again"):
        GENERATOR.sample(parameters | {"dataset": name}, sample_seed(RECIPE, 0))


def test_a_configuration_that_is_no_minimum_at_this_tolerance_is_refused(parameters):
    with pytest.raises(RecipeError, match="force tolerance not reached"):
        GENERATOR.sample(parameters | {"force_tolerance": 1e-300}, sample_seed(RECIPE, 0))
