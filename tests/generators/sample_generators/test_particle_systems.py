"""Glasses and liquids of Lennard-Jones particles: at rest where forces jump, and recorded as others are."""

import json

import numpy as np
import pytest

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import ConvergenceError, RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators import LennardJones
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.glasses.quench import ACCEPTED
from bosonpeak.generators.liquids.swap_monte_carlo import random_configuration, swap_monte_carlo
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.run.recipe import load_recipe
from bosonpeak.generators.run.sample_generator import sample_generator
from bosonpeak.generators.sample_generators.glasses import LENNARD_JONES_GLASSES, SOFT_SPHERE_GLASSES
from bosonpeak.generators.sample_generators.particle_systems import smooth_forces
from bosonpeak.generators.sample_generators.relaxation import LENNARD_JONES_RELAXATION, SOFT_SPHERE_RELAXATION
from bosonpeak.validators.glasses import mechanics
from bosonpeak.validators.glasses.mechanical_soundness import unsound

GENERATOR = LENNARD_JONES_GLASSES
SMALL = {
    "particles": 150,
    "density": 0.9,
    "cutoff": 1.6,
    "temperature": 1.2,
    "diameters": "quantile",
    "equilibration_sweeps": 150,
    "sweeps_between": 50,
    "record_every": 50,
    "glasses": 2,
    "lowest_modes": 8,
    "highest_modes": 6,
    "configurations": 1,
    "eigenvectors": 2,
}
MIXTURE = {"kob_andersen": True, "truncation": "shifted", "density": 1.2, "cutoff": 2.0, "swap_probability": 0.0}


def glasses(**changes):
    complete = GENERATOR.check(SMALL | changes)
    samples = [GENERATOR.sample(complete, np.random.SeedSequence(5, spawn_key=(n,))) for n in range(2)]
    provenance = provenance_attributes(
        kind="glass-ensemble", title="t", summary="", created="2026-01-31", licence="CC0-1.0", source="none",
        recipe="", seed=5,
    )  # fmt: skip
    return complete, GENERATOR.assemble(complete, samples).assign_attrs(provenance)


@pytest.mark.parametrize(
    ("changes", "system", "taper"),
    [
        ({"truncation": "hard"}, "lennard-jones", "none"),
        ({"truncation": "tapered", "taper": 2.0}, "lennard-jones", "2"),
        (MIXTURE, "kob-andersen", "none"),
    ],
)
def test_glasses_obey_the_schema_and_are_minima_of_what_they_say(changes, system, taper):
    complete, found = glasses(**changes)
    validate(found)
    assert (found.attrs["system"], found.attrs["taper"]) == (system, taper)
    assert found.attrs["truncation"] == complete["truncation"]
    assert json.loads(found.attrs["parameters"]) == complete
    assert set(found["quench_outcome"].values.tolist()) == {ACCEPTED}
    assert unsound(mechanics(found)) == ()
    sample = int(found["configuration_index"][0])
    potential = GENERATOR.system.quench_potential(complete)
    energy, forces = energy_and_forces(
        found["position"].values[0], found["diameter"].values[0], found["box"].values, potential
    )
    assert energy / 150 == pytest.approx(float(found["inherent_structure_energy"][sample]), rel=1e-12)
    assert np.linalg.norm(forces, axis=1).max() <= 1.01e-10


def test_the_shifted_potential_has_the_forces_of_the_cut_one_and_no_steps():
    """A minimiser of the energy itself halts at a step long before the forces vanish."""
    cut = LennardJones(1.6, "hard")
    start = random_configuration(150, 3, cut, seed=3, density=0.9, diameter_method="quantile")
    liquid = swap_monte_carlo(*start, cut, 1.2, sweeps=100, seed=1)
    configuration = (liquid.positions, liquid.diameters, start[2])
    forces = [energy_and_forces(*configuration, potential)[1] for potential in (cut, smooth_forces(cut))]
    np.testing.assert_allclose(forces[0], forces[1], atol=1e-10)
    assert minimise(*configuration, smooth_forces(cut)).residual_force <= 1e-10
    with pytest.raises(ConvergenceError, match="not reached"):
        minimise(*configuration, cut)
    assert smooth_forces(LennardJones()) == LennardJones()


def test_the_mixture_has_four_large_particles_to_a_small_one():
    diameters = GENERATOR.system.given_diameters(GENERATOR.check(SMALL | MIXTURE))
    assert np.unique(diameters, return_counts=True)[1].tolist() == [30, 120]
    assert GENERATOR.system.given_diameters(GENERATOR.check(SMALL)) is None


def test_relaxation_runs_make_a_valid_dataset():
    generator = LENNARD_JONES_RELAXATION
    complete = generator.check(
        {"particles": 150, "density": 0.9, "cutoff": 1.6, "temperature": 4.0, "equilibration_sweeps": 20, "sweeps": 200,
         "swap_sweeps": 200, "intervals": 20, "displacement": 0.15, "truncation": "tapered"}
    )  # fmt: skip
    found = generator.assemble(complete, [generator.sample(complete, np.random.SeedSequence(2))])
    provenance = provenance_attributes(
        kind=generator.kind, title="x", summary="x", created="2026-01-31", licence="CC0-1.0", source="none", recipe="",
        seed=2,
    )  # fmt: skip
    validate(found.assign_attrs(provenance))
    assert (found.attrs["system"], found.attrs["taper"]) == ("lennard-jones", "2")
    assert np.isfinite(found["relaxation_time"].values).all()


@pytest.mark.parametrize("generator", [GENERATOR, LENNARD_JONES_RELAXATION], ids=lambda generator: generator.name)
@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"exponent": 12}, "unknown parameters"),
        ({"truncation": "smooth"}, "hard or shifted"),
        ({"truncation": "tapered", "taper": 1.0}, "taper"),
        ({"kob_andersen": 1}, "wrong type"),
        ({"particles": 150}, "two cutoffs"),
        ({"kob_andersen": True, "minority_fraction": 1.0}, "minority_fraction"),
    ],
)
def test_impossible_parameters_are_refused(generator, changes, text):
    with pytest.raises(RecipeError, match=text):
        generator.check({"particles": 1000, "density": 0.9} | changes)


@pytest.mark.parametrize("name", ["glass/lennard-jones-arrest", "glass/kob-andersen", "glass/lennard-jones"])
def test_the_recipes_can_be_followed(name):
    recipe = load_recipe(name)
    generator = sample_generator(recipe.generator)
    assert generator.kind == recipe.kind
    followed = [generator.check(ensemble.parameters) for ensemble in recipe.ensembles]
    assert {parameters["density"] for parameters in followed} == {1.2 if "kob" in name else 0.9}


@pytest.mark.parametrize(
    "generator", [SOFT_SPHERE_GLASSES, SOFT_SPHERE_RELAXATION], ids=lambda generator: generator.name
)
def test_soft_spheres_larger_than_the_cutoff_are_refused_before_a_sample_is_made(generator):
    with pytest.raises(RecipeError, match="less than the cutoff"):
        generator.check({"cutoff": 1.5})
