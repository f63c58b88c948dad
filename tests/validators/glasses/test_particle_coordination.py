"""Neighbours of particles in known structures, in a glass against a count over all pairs, and their distribution."""

import itertools

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.stored_coordination import particle_coordination
from bosonpeak.validators.spectra.network_structure import coordination_distribution

# Basis of a cube of edge 2 / sqrt(n) with nearest neighbours at distance 1, and the neighbours in the first shell. The
# body-centred cubic second shell is 15 % further away than the first and joins it: 8 + 6.
CRYSTALS = {
    "simple cubic": (1.0, [[0, 0, 0]], 6),
    "body-centred cubic": (2 / 3**0.5, [[0, 0, 0], [0.5, 0.5, 0.5]], 14),
    "face-centred cubic": (2**0.5, [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], 12),
}


def crystal(name, seed=1):
    """Positions with thermal noise, and the box."""
    edge, basis, _ = CRYSTALS[name]
    cells = np.array(list(itertools.product(range(7), repeat=3)))
    places = edge * (cells[:, None] + np.array(basis)).reshape(-1, 3)
    return places + 0.03 * np.random.default_rng(seed).standard_normal(places.shape), 7 * edge


def particles(positions, box, diameters=1.0, **further):
    sizes = np.broadcast_to(diameters, positions.shape[:2])
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), positions),
            "diameter": (("configuration", "particle"), sizes),
            "box": ("axis", np.broadcast_to(box, 3)),
            **further,
        }
    )


@pytest.mark.parametrize("name", CRYSTALS)
def test_crystals_have_known_neighbours(name):
    positions, box = crystal(name)
    found = particle_coordination(positions, diameters=1.0, box=box)
    assert found.dims == ("configuration", "particle")
    assert np.mean(found.values == CRYSTALS[name][2]) > 0.98
    assert 1.0 < found["coordination_distance"].item() < 1.6
    scaled = particle_coordination(2.5 * positions, diameters=np.full(len(positions), 2.5), box=2.5 * box)
    assert np.array_equal(scaled, found)


def test_the_first_of_two_shells_by_a_given_distance():
    positions, box = crystal("body-centred cubic")
    near = particle_coordination(positions, diameters=1.0, box=box, distance=1.08)
    assert near.values.mean() == pytest.approx(8.0, abs=0.4)


def test_a_glass_against_a_count_over_all_pairs():
    glasses = open_dataset("glass/taper-2/T-0.20").isel(configuration=slice(4))
    found = particle_coordination(glasses)
    distance = found["coordination_distance"].item()
    assert 1.2 < distance < 1.6
    for index in range(2):
        places, sizes = glasses["position"].values[index], glasses["diameter"].values[index]
        separation = places[:, None] - places[None]
        separation -= glasses["box"].values * np.rint(separation / glasses["box"].values)
        ratio = np.linalg.norm(separation, axis=-1) / (0.5 * (sizes[:, None] + sizes[None]))
        np.fill_diagonal(ratio, np.inf)
        assert np.array_equal(found[index], (ratio < distance).sum(axis=1))
    # A dense packing of spheres has 12 to 14 neighbours; the interaction reaches 31 on average.
    assert 12.0 < found.values.mean() < 14.0
    assert glasses["contact_number"].values.mean() > 28.0


def test_stored_numbers_are_returned_unless_a_distance_is_given():
    positions, box = crystal("simple cubic")
    stored = np.full((1, len(positions)), 5, dtype=np.int16)
    data = particles(positions[None], box, coordination_number=(("configuration", "particle"), stored))
    data["coordination_distance"] = 1.3
    assert (particle_coordination(data) == 5).all()
    assert particle_coordination(data)["coordination_distance"].item() == 1.3
    assert float(particle_coordination(data, distance=1.2).mean()) == 6.0


def test_the_distribution_of_particles_is_taken_over_chains():
    positions = np.stack([crystal("face-centred cubic", seed)[0] for seed in range(6)])
    box = crystal("face-centred cubic")[1]
    data = particles(positions, box, chain=("sample", [0, 0, 1, 1, 2, 2])).assign_coords(
        sample=np.arange(6), configuration=np.arange(6)
    )
    found = coordination_distribution(data)
    assert found.mean.value == pytest.approx(12.0, abs=0.02)
    assert (found.most_probable.value, found.mean.n) == (12.0, 3)
    assert found.fraction.shape[0] == 6
    unlabelled = coordination_distribution(data.drop_vars("chain"))
    assert (unlabelled.mean.value, unlabelled.mean.n) == (pytest.approx(found.mean.value), 6)


def test_networks_keep_their_coordination_numbers():
    network = open_dataset("network/paper/situation-2/delta-0.2")
    found = coordination_distribution(network)
    assert found.mean.value == pytest.approx(float(network["coordination_number"].mean()))
    assert found.mean.method == "mean over samples; Student-t interval"


def test_data_without_neighbours_name_the_right_call():
    contacts = xr.Dataset({"contact_number": (("configuration", "particle"), np.full((3, 10), 31))})
    with pytest.raises(NotApplicableError, match="no coordination numbers") as caught:
        coordination_distribution(contacts)
    assert "particle_coordination" in caught.value.likely_cause
    with pytest.raises(NotApplicableError) as caught:
        coordination_distribution("glass/sizes/N-500")
    assert caught.value.likely_cause == "glasses without stored configurations"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "diameters in a box"),
        ({"diameters": 1.0}, "diameters in a box"),
        ({"diameters": np.ones(3), "box": 7.0}, "diameters do not fit"),
        ({"diameters": 1.0, "box": -1.0}, "the box cannot be used"),
        ({"diameters": 1.0, "box": 7.0, "distance": 0.0}, "distance is out of range"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(given, message):
    with pytest.raises(NotApplicableError, match=message):
        particle_coordination(crystal("simple cubic")[0], **given)


def test_boxes_that_cannot_be_used_are_refused():
    positions, box = crystal("simple cubic")
    data = particles(positions[None], box)
    with pytest.raises(NotApplicableError, match="tilted"):
        particle_coordination(data.assign(box_tilt=("tilt", [0.1, 0.0, 0.0])))
    two = particles(np.stack([positions, positions]), box)
    boxes = xr.DataArray(np.array([[box] * 3, [2 * box] * 3]), dims=("configuration", "axis"))
    with pytest.raises(NotApplicableError, match="boxes of the configurations differ"):
        particle_coordination(two.assign(box=boxes))
    with pytest.raises(NotApplicableError, match="own diameters and box"):
        particle_coordination(data, box=7.0)
