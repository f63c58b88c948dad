"""The grids of the elasticity theories as datasets."""

import numpy as np
import pytest
from numpy.random import SeedSequence

from bosonpeak.datasets import validate
from bosonpeak.datasets.errors import RecipeError
from bosonpeak.datasets.provenance import provenance_attributes
from bosonpeak.generators.sample_generators.theory import TheorySpectrum
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.generators.theories.heterogeneous_elasticity.self_consistent_born import heterogeneous_elasticity

SMALL = {
    "heterogeneous-elasticity": {"frequencies_per_decade": 8, "linear_frequencies": 12},
    "heterogeneous-elasticity-finite": {"box_length": [10.0], "below_edge": 5, "above_edge": 12},
    "heterogeneous-elasticity-finite-with-stresses": {"box_length": [10.0], "frequencies_per_decade": 8},
    "generalised-heterogeneous-elasticity": {"lowest_frequency": 1e-5, "frequencies_per_decade": 5},
    "heterogeneous-elasticity-unstable": {"frequencies": 60},
    "known-spectrum": {"frequencies": 20},
    "known-edge": {"below_edge": 5, "above_edge": 12},
}


def grid(theory, **changes):
    generator = TheorySpectrum()
    parameters = generator.check({"theory": theory, **SMALL[theory], **changes})
    assert min(generator.footprint(parameters)) > 0
    return generator.assemble(parameters, [generator.sample(parameters, SeedSequence(0))])


@pytest.mark.parametrize("theory", SMALL)
def test_every_grid_obeys_the_schema(theory):
    data = grid(theory)
    provenance = provenance_attributes(
        kind="theory-spectrum",
        title="A small grid",
        summary="",
        created="2026-01-31",
        licence="CC0-1.0",
        source="none",
        recipe="[recipe]\n",
        seed=7,
    )
    validate(data.assign_attrs(provenance | data.attrs), "theory-spectrum")


def test_a_ratio_of_zero_is_incompressible():
    data = grid("heterogeneous-elasticity")
    assert float(data["critical_disorder"].sel(shear_to_bulk_ratio=0.0)) == 0.25
    assert float(data["critical_disorder"].sel(shear_to_bulk_ratio=1.0)) == critical_disorder(1.0).disorder
    np.testing.assert_allclose(data["disorder"].sel(distance_to_instability=0.5), 0.5 * data["critical_disorder"])
    low = data["reduced_density_of_states"].isel(frequency=0)
    np.testing.assert_allclose(low.isel(distance_to_instability=0), data["critical_excess"], rtol=1e-3)
    np.testing.assert_allclose(low.isel(distance_to_instability=1), 1.0, rtol=1e-5)


def test_the_frequencies_of_a_finite_sample_begin_at_its_edge():
    data = grid("heterogeneous-elasticity-finite")
    edge = np.sqrt(data["edge_eigenvalue"])
    np.testing.assert_allclose(data["angular_frequency"], edge * data["frequency"], rtol=1e-8)
    inside = data["frequency"] < 1.0
    assert float(data["density_of_states"].where(inside, 0.0).max()) == 0.0
    assert bool((data["density_of_states"].where(~inside, 1.0) > 0.0).all())


@pytest.mark.parametrize("dimension", [2, 3])
def test_unstable_modes_keep_the_number_and_the_mean_of_all_levels(dimension):
    data = grid("heterogeneous-elasticity-unstable", dimension=dimension, frequencies=200)
    stable, unstable = (data[name] for name in ("density_of_states", "unstable_density_of_states"))
    np.testing.assert_allclose(stable.integrate("frequency") + data["unstable_share"], 1.0, atol=3e-3)
    # Fluctuations of the modulus do not change its mean: <q^2> = d/(d + 2) in the unit ball, d - 1 branches with
    # modulus 1 and a longitudinal branch with K + 2 - 2/d.
    mean = ((stable - unstable) * data["frequency"] ** 2).integrate("frequency")
    longitudinal = 1.0 / data["shear_to_bulk_ratio"] + 2.0 - 2.0 / dimension
    expected = (dimension - 1.0 + longitudinal) / (dimension + 2.0)
    np.testing.assert_allclose(mean, expected.broadcast_like(mean), rtol=5e-3)
    share = data["unstable_share"]
    assert bool((share.sel(relative_disorder=slice(0.0, 1.0)) == 0.0).all())
    assert bool((share.sel(relative_disorder=slice(1.1, None)) > 0.01).all())
    assert bool((share.diff("relative_disorder") >= 0.0).all())


def test_below_the_critical_disorder_the_stable_modes_are_those_of_the_stable_theory():
    data = grid("heterogeneous-elasticity-unstable").sel(shear_to_bulk_ratio=1.0, relative_disorder=0.9)
    spectrum = heterogeneous_elasticity(float(data["disorder"]), 1.0, data["frequency"].values)
    np.testing.assert_allclose(data["density_of_states"], spectrum.density_of_states, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("inverse_taper_order", "exponent"), [(0.5, 4.0), (0.0, 3.0)])
def test_deep_in_the_gap_stresses_make_their_own_exponent(inverse_taper_order, exponent):
    data = grid(
        "heterogeneous-elasticity-finite-with-stresses",
        distance_to_instability=[0.9],
        stress_coupling=[1e-6],
        inverse_taper_order=inverse_taper_order,
        lowest_frequency=0.01,
        highest_frequency=0.1,
    )
    density = data["density_of_states"].squeeze()
    slope = np.polyfit(np.log(data["frequency"]), np.log(density), 1)[0]
    assert slope == pytest.approx(exponent, abs=0.02)
    assert bool((data["stress_share"] < 1.0).all())
    assert 0.5 < data["edge_frequency"].item() < 1.0


def test_lennard_jones_cutoffs_differ_where_they_should():
    hard = grid("generalised-heterogeneous-elasticity", potential="lennard-jones", cutoff=2.5, truncation="hard")
    tapered = grid("generalised-heterogeneous-elasticity", potential="lennard-jones", cutoff=2.5)
    assert float(hard["asymptotic_exponent"][0]) == 5.0
    assert float(tapered["asymptotic_exponent"][0]) == 4.0
    for data in (hard, tapered):
        low = data["local_exponent"].sel(frequency=1e-4, method="nearest")
        np.testing.assert_allclose(low, data["asymptotic_exponent"], atol=0.01)
    assert float(hard["asymptote_ends"][0]) > 1e-3


def test_known_laws_are_what_they_say():
    data = grid("known-spectrum", exponent=3.0, ratio=2.0, attenuation_exponent=5.0)
    first = data.isel(shear_to_bulk_ratio=0, distance_to_instability=0)
    np.testing.assert_allclose(first["density_of_states"], 2.0 * first["frequency"] ** 3)
    np.testing.assert_allclose(first["attenuation"], first["frequency"] ** 5)
    edge = grid("known-edge", edge_exponent=1.0).isel(box_length=0, distance_to_instability=1)
    density = (edge["density_of_states"] / edge["angular_frequency"]).values
    np.testing.assert_allclose(density, np.maximum(edge["frequency"].values ** 2 - 1.0, 0.0))


@pytest.mark.parametrize(
    ("theory", "changes"),
    [
        ("heterogeneous-elasticity", {"distance_to_instability": [0.5, 0.1]}),
        ("heterogeneous-elasticity", {"shear_to_bulk_ratio": [-1.0]}),
        ("heterogeneous-elasticity-unstable", {"shear_to_bulk_ratio": [0.0, 1.0]}),
        ("heterogeneous-elasticity-unstable", {"dimension": 4}),
        ("heterogeneous-elasticity-finite", {"box_length": [5.0]}),
        ("heterogeneous-elasticity-finite", {"distance_to_instability": [0.0]}),
        ("heterogeneous-elasticity-finite-with-stresses", {"law": "none"}),
        ("heterogeneous-elasticity-finite-with-stresses", {"stress_coupling": [0.0]}),
        ("heterogeneous-elasticity-finite-with-stresses", {"inverse_taper_order": 0.4}),
        ("generalised-heterogeneous-elasticity", {"inverse_taper_order": [0.4]}),
        ("generalised-heterogeneous-elasticity", {"potential": "morse"}),
        ("known-edge", {"floor": -1.0}),
    ],
)
def test_impossible_grids_are_refused(theory, changes):
    with pytest.raises(RecipeError, match="impossible"):
        grid(theory, **changes)
