"""Glasses from chains: what is recorded agrees with what is measured anew, and nothing that failed disappears."""

import math

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators import InversePower, hessian, pair_stresses
from bosonpeak.generators.glasses.quench import ACCEPTED, NOT_CONVERGED, OUTCOMES
from bosonpeak.generators.particles.diameters import diameter_structure_factor
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.sample_generators.glasses import SOFT_SPHERE_GLASSES, stress_edges
from bosonpeak.validators.glasses import mechanics
from bosonpeak.validators.glasses.mechanical_soundness import unsound

SMALL = {
    "particles": 80,
    "temperature": 0.5,
    "equilibration_sweeps": 200,
    "sweeps_between": 60,
    "record_every": 20,
    "glasses": 3,
    "lowest_modes": 10,
    "highest_modes": 6,
    "full_spectra": 2,
    "configurations": 1,
    "eigenvectors": 4,
}
GENERATOR = SOFT_SPHERE_GLASSES


def seed(index=0):
    return np.random.SeedSequence(11, spawn_key=(3, index))


@pytest.fixture(scope="module")
def parameters():
    return GENERATOR.check(SMALL)


@pytest.fixture(scope="module")
def chains(parameters):
    return [GENERATOR.sample(parameters, seed(index)) for index in range(2)]


@pytest.fixture(scope="module")
def glasses(parameters, chains):
    attributes = provenance_attributes(
        kind="glass-ensemble", title="t", summary="", created="2026-01-31", licence="CC0-1.0", source="none",
        recipe="", seed=11,
    )  # fmt: skip
    return GENERATOR.assemble(parameters, chains).assign_attrs(attributes)


def test_the_ensemble_obeys_its_schema_and_knows_its_chains(glasses):
    validate(glasses)
    assert glasses["chain"].values.tolist() == [0, 0, 0, 1, 1, 1]
    assert glasses["sweep"].values.tolist() == [200, 260, 320] * 2
    assert glasses["full_sample_index"].values.tolist() == [0, 1, 3, 4]
    assert glasses["configuration_index"].values.tolist() == [0, 3]
    assert glasses["record_sweep"].values[-1] == 320
    assert glasses.sizes["record"] == 320 // 20


def test_every_glass_is_mechanically_sound(glasses):
    found = mechanics(glasses)
    assert unsound(found) == ()
    assert found.force_balance.value <= 1e-10
    assert found.zero_mode_surplus.value == 0


def test_a_stored_configuration_has_the_stored_energy_modes_and_stresses(glasses):
    for place, sample in enumerate(glasses["configuration_index"].values):
        glass = glasses.isel(sample=sample)
        positions = glasses["position"].values[place]
        configuration = (positions, glasses["diameter"].values[place], glasses["box"].values, InversePower(taper=2))
        energy, forces = energy_and_forces(*configuration)
        assert energy / 80 == pytest.approx(float(glass["inherent_structure_energy"]), rel=1e-12)
        assert np.linalg.norm(forces, axis=1).max() <= 1.01e-10
        values, vectors = np.linalg.eigh(hessian(*configuration).toarray())
        frequencies = np.sqrt(values[3:])
        np.testing.assert_allclose(glass["eigenfrequency"], frequencies[:10], rtol=1e-9)
        np.testing.assert_allclose(glass["highest_eigenfrequency"], frequencies[-6:], rtol=1e-9)
        overlap = glasses["eigenvector"].values[place].reshape(4, -1) @ vectors[:, 3:7]
        np.testing.assert_allclose(np.abs(np.diag(overlap)), 1.0, atol=1e-3)
        components = pair_stresses(*configuration).off_diagonal
        counted = int(glass["stress_count"].sum() + glass["stress_count_below"] + glass["stress_count_above"])
        assert counted == len(components)
        inside = (components >= 1e-4) & (components < 1e-3)
        bins = (glasses["stress_edge"].values[:-1] > 0.99e-4) & (glasses["stress_edge"].values[1:] < 1.01e-3)
        assert int(glass["stress_count"].values[bins].sum()) == np.count_nonzero(inside)


def test_full_spectra_hold_the_partial_ones(glasses):
    for place, sample in enumerate(glasses["full_sample_index"].values):
        full = glasses["full_eigenfrequency"].values[place]
        assert full.shape == (3 * 79,)
        np.testing.assert_allclose(full[:10], glasses["eigenfrequency"].values[sample], rtol=1e-9)
        np.testing.assert_allclose(full[-6:], glasses["highest_eigenfrequency"].values[sample], rtol=1e-9)


def test_first_phonon_is_that_of_the_shear_modulus(glasses):
    expected = 2 * math.pi * np.sqrt(glasses["shear_modulus"]) / 80 ** (1 / 3)
    np.testing.assert_allclose(glasses["first_phonon"], expected, rtol=1e-12)


def test_a_chain_is_reproduced_and_more_glasses_leave_the_first_as_they_were(parameters, chains):
    shorter = GENERATOR.sample(GENERATOR.check(SMALL | {"glasses": 2}), seed())
    for name in ("eigenfrequency", "stress_count", "inherent_structure_energy"):
        np.testing.assert_array_equal(shorter[name], chains[0][name][:2])
    assert not np.array_equal(chains[0]["eigenfrequency"], chains[1]["eigenfrequency"])


def test_stresses_of_a_chain_are_the_sums_over_its_glasses_and_the_liquid_is_kept(parameters, chains):
    lean = GENERATOR.check(SMALL | {"full_spectra": 0, "stresses_of": "chain", "final_liquid": True})
    made = GENERATOR.sample(lean, seed())
    for name in ("stress_count", "stress_count_below", "stress_count_above"):
        np.testing.assert_array_equal(made[f"chain_{name}"], chains[0][name].sum(axis=0))
        assert name not in made
    dataset = GENERATOR.assemble(lean, [made, GENERATOR.sample(lean, seed(1))])
    assert dataset["chain_stress_count"].dims == ("independent_chain", "stress_bin")
    assert "stress_count" not in dataset
    energy = energy_and_forces(
        *(dataset[name].values[0] for name in ("liquid_position", "liquid_diameter")),
        dataset["box"].values,
        InversePower(taper=2),
    )[0]
    assert energy / 80 == pytest.approx(float(dataset["liquid_energy"].values[0, -1]), rel=1e-6)


def test_the_four_minimisers_of_the_recipe_are_handed_the_same_liquids():
    recipe = load_recipe("limit/minimisers")
    groups = [ensemble.group for ensemble in recipe.ensembles]
    assert groups == ["l-bfgs", "descent", "fire", "conjugate-gradients"]
    assert groups == [ensemble.parameters["minimiser"] for ensemble in recipe.ensembles]
    small = {"particles": 120, "equilibration_sweeps": 100, "sweeps_between": 50, "record_every": 50, "glasses": 4}
    made = {}
    for ensemble in recipe.ensembles:
        complete = GENERATOR.check(dict(ensemble.parameters) | small)
        made[ensemble.group] = GENERATOR.sample(complete, sample_seed(recipe, 0))
    usual = made["l-bfgs"]
    for found in made.values():
        assert np.all(found["quench_outcome"] == ACCEPTED)
        for name in ("liquid_position", "liquid_diameter", "liquid_energy", "quench_sweep"):
            np.testing.assert_array_equal(found[name], usual[name])
    energies = np.array([found["inherent_structure_energy"] for found in made.values()])
    assert np.all(np.ptp(energies, axis=1) > 0.0)
    assert np.any(np.ptp(energies, axis=0) > 1e-9)


def test_segregation_is_said_of_every_glass_where_it_is_asked_for():
    lean = GENERATOR.check(SMALL | {"full_spectra": 0, "final_liquid": True, "segregation": True})
    made = GENERATOR.sample(lean, seed())
    last = diameter_structure_factor(made["liquid_position"], made["liquid_diameter"], (80) ** (1 / 3))
    assert made["diameter_structure_factor"].shape == (3,)
    assert made["diameter_structure_factor"][-1] == pytest.approx(last, rel=1e-5)
    assert "diameter_structure_factor" not in GENERATOR.sample(GENERATOR.check(SMALL | {"glasses": 2}), seed())


def test_pair_forces_and_full_precision_are_kept_where_they_are_asked_for(glasses):
    wanted = GENERATOR.check(
        SMALL | {"full_spectra": 0, "configurations": 2, "pair_forces": True, "eigenvector_bits": 24}
    )
    made = GENERATOR.assemble(wanted, [GENERATOR.sample(wanted, seed(index)) for index in range(2)])
    assert made["configuration_index"].values.tolist() == [0, 1, 3, 4]
    counts = made["pair_count"].values
    assert made.sizes["pair"] == counts.max() > counts.min()
    np.testing.assert_array_equal(made["pair_force"].notnull().sum("pair"), counts)
    np.testing.assert_array_equal(made["contact_number"].sum("particle"), 2 * counts)
    pressure = -made["particle_stress"].astype(np.float64).values.sum(axis=1).trace(axis1=1, axis2=2) / (3 * 80)
    np.testing.assert_allclose(pressure, made["pressure"].values[[0, 1, 3, 4]], rtol=1e-6)
    rows = made["eigenvector"].values.astype(np.float64).reshape(4, 4, -1)
    np.testing.assert_allclose(rows @ rows.transpose(0, 2, 1), np.broadcast_to(np.eye(4), (4, 4, 4)), atol=3e-7)
    assert "pair_force" not in glasses


def test_particles_are_kept_of_every_so_many_chains():
    some = GENERATOR.check(SMALL | {"full_spectra": 0, "glasses": 1, "configurations_every": 2})
    kept = ["position" in GENERATOR.sample(some, seed(index)) for index in range(3)]
    assert kept == [True, False, True]


def test_stress_bins_are_those_of_the_recipe():
    fine = GENERATOR.check(SMALL | {"smallest_stress": 1e-12, "largest_stress": 10.0, "stress_bins_per_decade": 20})
    edges = stress_edges(fine)
    assert len(edges) == 13 * 20 + 1
    np.testing.assert_allclose(edges[[0, -1]], [1e-12, 10.0])


def test_two_dimensions_and_no_taper_order():
    flat = SMALL | {"dimension": 2, "taper": math.inf, "glasses": 1, "full_spectra": 1}
    complete = GENERATOR.check(flat)
    made = GENERATOR.assemble(complete, [GENERATOR.sample(complete, seed())])
    assert made["position"].shape == (1, 80, 2)
    assert made.attrs["taper"] == "inf"
    assert made.attrs["degrees_of_freedom"] == 158
    assert made["shear_modulus"].attrs["units"] == "epsilon/a^2"
    assert unsound(mechanics(made)) == ()


def test_a_quench_that_fails_is_on_record_and_left_out(parameters, chains):
    hopeless = GENERATOR.check(
        SMALL | {"force_tolerance": 1e-300, "glasses": 2, "full_spectra": 0, "configurations": 0}
    )
    failed = GENERATOR.sample(hopeless, seed())
    assert failed["quench_outcome"].tolist() == [NOT_CONVERGED, NOT_CONVERGED]
    padded = failed | {name: chains[0][name] for name in ("liquid_energy", "record_sweep")}
    joined = GENERATOR.assemble(parameters, [padded, *chains])
    assert joined.sizes["sample"] == 6
    assert joined["chain"].values.tolist() == [1, 1, 1, 2, 2, 2]
    assert joined["quench_outcome"].values.tolist() == [NOT_CONVERGED] * 2 + [ACCEPTED] * 6
    assert joined["quench_outcome"].attrs["flag_meanings"].split() == list(OUTCOMES)
    assert joined["configuration_index"].values.tolist() == [0, 3]
    with pytest.raises(RecipeError, match="no quench gave"):
        GENERATOR.assemble(hopeless, [failed])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "temperature: a positive finite number"),
        ({"configurations_every": 0}, "configurations_every: at least 1"),
        ({"minimiser": "newton"}, "minimiser: l-bfgs or descent or fire or conjugate-gradients"),
        ({"stresses_of": "pair"}, "stresses_of: glass or chain"),
        ({"smallest_stress": 2e3}, "smallest_stress: below largest_stress"),
        ({"temperature": math.inf}, "temperature: a positive finite number"),
        ({"particles": 40}, "a box of at least two cutoffs"),
        ({"density": 20.0}, "a box of at least two cutoffs"),
        ({"dimension": 4}, "dimension: 2 or 3"),
        ({"glasses": 0}, "glasses: at least 1"),
        ({"full_spectra": 4}, "full_spectra: 0 to the number of glasses"),
        ({"eigenvectors": 11}, "eigenvectors: 0 to lowest_modes"),
        ({"diameters": "equal"}, "diameters: random or quantile"),
        ({"swap_probability": 1.5}, "swap_probability: between 0 and 1"),
        ({"cutoff": 1.5}, "less than the cutoff 1.5"),
        ({"taper": 1.0}, "taper"),
        ({"tapper": 2.0}, "unknown parameters"),
        ({"particles": 80.0}, "wrong type"),
        ({"glasses": True}, "wrong type"),
    ],
)
def test_impossible_parameters_are_refused(wrong, message):
    with pytest.raises(RecipeError) as caught:
        GENERATOR.check(SMALL | wrong)
    assert message in str(caught.value)


def test_pinned_glasses_have_higher_energies_and_the_unit_of_the_free_glasses():
    few = {"full_spectra": 0, "configurations": 0, "eigenvectors": 0, "highest_modes": 0, "glasses": 3}
    plain = GENERATOR.check(SMALL | few)
    free = GENERATOR.sample(plain, seed())
    held = GENERATOR.sample(plain | {"pinned_share": 0.3}, seed())
    assert np.array_equal(held["first_phonon"], free["first_phonon"])
    assert (held["inherent_structure_energy"] > free["inherent_structure_energy"]).all()
    assert (held["zero_mode_count"] == 0).all()
    assert held["eigenfrequency"].shape == free["eigenfrequency"].shape
    assert (held["residual_force"] < plain["force_tolerance"]).all()
    for wrong in ({"pinned_share": 1.0}, {"pinned_share": -0.1}, {"pinned_share": 0.1, "highest_modes": 1}):
        with pytest.raises(RecipeError, match="pinned_share"):
            GENERATOR.check(SMALL | few | wrong)


def test_zero_shear_measures_every_glass_again():
    plain = GENERATOR.check(SMALL | {"full_spectra": 0, "configurations": 0, "eigenvectors": 0, "glasses": 3})
    made = GENERATOR.sample(plain | {"zero_shear": True}, seed())
    before = GENERATOR.sample(plain, seed())
    assert np.array_equal(made["eigenfrequency"], before["eigenfrequency"])
    assert made["zero_shear_eigenfrequency"].shape == made["eigenfrequency"].shape
    assert (made["zero_shear_inherent_structure_energy"] < made["inherent_structure_energy"]).all()
    assert (made["zero_shear_shear_stress"] < 1e-8).all()
    assert (made["shear_stress"] > 1e-3).all()
    assert set(made["branch_is_elastic"]) <= {0, 1}
    assert not {name for name in before if name.startswith(("zero_shear", "branch"))}
