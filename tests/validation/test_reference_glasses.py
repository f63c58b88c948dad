"""Embedded glasses measured again from their own particles.

A Monte Carlo chain is not the same on another processor: its sums are taken in another order, and chains are chaotic.
The inherent structure is what everything else follows from, so it is the stored particles that must give back, to
round-off, whatever is stored of that glass. Chains are made again in the slow test and compared as distributions.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.generators.glasses.quench import ACCEPTED, GlassRequest, quenched_glass
from bosonpeak.generators.run.recipe import load_recipe, sample_seed
from bosonpeak.generators.run.sample_generator import sample_generator

RELEASED = "glass/taper-inf-with-eigenvectors"
RELEASE = Path(__file__).parents[2] / "data-release"
needs_release = pytest.mark.skipif(not RELEASE.exists(), reason="a source distribution without data release")
TEMPERATURES = ("T-1.00", "T-0.20", "T-0.15")
CASES = [("glass/taper-2", group) for group in TEMPERATURES]
CASES += [("glass/modes-3d", "m-inf/T-0.20"), ("glass/modes-2d", "m-2/T-0.15")]
CASES += [("glass/lennard-jones-pairs", end) for end in ("hard", "force-shifted", "tapered")]
TO_ROUND_OFF = {
    "inherent_structure_energy": 1e-12,
    "eigenfrequency": 1e-8,
    "highest_eigenfrequency": 1e-10,
    "full_eigenfrequency": 1e-8,
    "participation_ratio": 1e-5,
    "highest_participation_ratio": 1e-5,
    "shear_modulus": 1e-8,
    "bulk_modulus": 1e-9,
    "pressure": 1e-10,
    "first_phonon": 1e-8,
    "smallest_eigenvalue": 1e-8,
}
EMBEDDED = [
    f"glass/{n}"
    for n in (
        *("taper-2", "taper-inf", "level-statistics", "sizes", "modes-3d", "modes-2d", "arrest"),
        *("lennard-jones", "lennard-jones-pairs", "kob-andersen"),
        *("tapers-between", "currents", "currents-large"),
    )
] + ["limit/relaxation"]
EXACTLY = ("rattler_count", "free_particle_count", "zero_mode_count", "mean_contact_number")


@pytest.fixture(autouse=True)
def _data_of_this_checkout(monkeypatch):
    monkeypatch.setenv("BOSONPEAK_MIRRORS", str(RELEASE))


@pytest.mark.parametrize(
    ("name", "group"),
    [
        *(pytest.param(name, group, id=f"{name}/{group}") for name, group in CASES),
        *(pytest.param(RELEASED, group, id=f"{RELEASED}/{group}", marks=needs_release) for group in TEMPERATURES),
    ],
)
def test_a_stored_configuration_gives_back_what_is_stored_of_it(name, group):
    stored = open_dataset(name, group=group)
    place = stored.sizes["configuration"] - 1
    sample = int(stored["configuration_index"].values[place])
    glass = stored.isel(sample=sample)
    generator = sample_generator(load_recipe(name.removesuffix("-with-eigenvectors")).generator)
    request = GlassRequest(
        1e-10,
        stored.sizes["mode"],
        stored.sizes.get("high_mode", 0),
        False,
        stored.sizes["low_mode"],
        stored["stress_edge"].values,
    )
    outcome, again = quenched_glass(
        stored["position"].values[place],
        stored["diameter"].values[place],
        stored["box"].values,
        generator.system.quench_potential(json.loads(stored.attrs["parameters"])),
        request,
    )
    assert outcome == ACCEPTED
    for variable, tolerance in TO_ROUND_OFF.items():
        if variable in again:
            np.testing.assert_allclose(again[variable], glass[variable].values, rtol=tolerance, err_msg=variable)
    for variable in EXACTLY:
        assert again[variable] == glass[variable].values, variable
    counted, before = again["stress_count"].astype(int), glass["stress_count"].values.astype(int)
    assert np.abs(counted - before).sum() <= 2  # a component at the edge of a bin may fall on either side
    vectors = stored["eigenvector"].values[place].reshape(stored.sizes["low_mode"], -1)
    overlap = np.sum(vectors * again["eigenvector"].reshape(len(vectors), -1), axis=1)
    gaps = np.diff(glass["eigenfrequency"].values[: len(vectors) + 1])
    np.testing.assert_allclose(np.abs(overlap)[gaps > 1e-4], 1.0, atol=1e-3)


@needs_release
@pytest.mark.parametrize("group", TEMPERATURES)
def test_what_is_embedded_is_what_is_released_without_particles_and_eigenvectors(group):
    released, embedded = open_dataset(RELEASED, group=group), open_dataset("glass/taper-inf", group=group)
    assert released.drop_vars(["eigenvector", "low_mode", "position", "diameter"]).equals(embedded)


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_recipe_beside_the_glasses_is_the_one_they_were_made_from(name):
    assert open_dataset(name).attrs["recipe_digest"] == load_recipe(name).digest


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("glass/arrest", "taper-2/T-1.00"),
        pytest.param("glass/arrest", "taper-inf/T-1.00", marks=pytest.mark.slow),
        pytest.param("limit/relaxation", "taper-3/T-0.20", marks=pytest.mark.slow),
    ],
)
def test_a_liquid_made_again_relaxes_like_the_others(name, group, data_release):
    stored = np.log(open_dataset(name, group=group)["relaxation_time"].values)
    followed = np.isfinite(stored).all(axis=0)
    assert followed[1]
    recipe = load_recipe(name)
    generator = sample_generator(recipe.generator)
    parameters = generator.check(next(entry for entry in recipe.ensembles if entry.group == group).parameters)
    made = generator.assemble(parameters, [generator.sample(parameters, sample_seed(recipe, 0))])
    scatter = stored.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(stored))
    apart = np.abs(np.log(made["relaxation_time"].values[0]) - stored.mean(axis=0))
    assert (apart <= 6 * scatter)[followed].all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "group"),
    [("glass/taper-2", "T-1.00"), ("glass/taper-inf", "T-1.00"), ("glass/tapers-between", "m-3/T-0.20")],
)
def test_a_chain_made_again_has_energies_and_moduli_like_the_others(name, group):
    stored = open_dataset(name, group=group)
    recipe = load_recipe(name)
    generator = sample_generator(recipe.generator)
    ensemble = next(entry for entry in recipe.ensembles if entry.group == group)
    parameters = generator.check(dict(ensemble.parameters) | {"full_spectra": 0, "configurations": 0})
    chain = generator.sample(parameters, sample_seed(recipe, 0))
    for variable in ("inherent_structure_energy", "shear_modulus", "bulk_modulus"):
        means = [stored[variable].values[stored["chain"].values == number].mean() for number in range(25)]
        made = chain[variable].mean()
        assert abs(made - np.mean(means)) <= 4 * np.std(means, ddof=1), variable


@pytest.mark.slow
def test_a_large_glass_made_again_carries_waves_like_the_others():
    stored = open_dataset("glass/currents", group="m-2/T-1.00")
    recipe = load_recipe("glass/currents")
    generator = sample_generator(recipe.generator)
    parameters = generator.check(next(each for each in recipe.ensembles if each.group == "m-2/T-1.00").parameters)
    made = generator.sample(parameters, sample_seed(recipe, 0))
    np.testing.assert_allclose(made["shear_modulus"], stored["shear_modulus"].values.mean(), rtol=0.1)
    for variable in ("current_correlation", "longitudinal_current_correlation"):
        again, before = (np.cumsum(each, axis=1) for each in (made[variable], stored[variable].values.mean(axis=0)))
        assert np.abs(again / again[:, -1:] - before / before[:, -1:]).max() < 0.05, variable
