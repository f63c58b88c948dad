"""Small stresses from the minimum or from the cutoff, on dimers whose distances are drawn."""

import json
import math
import re

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.registry import find_measure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.sample_generators.particle_systems import lennard_jones_potential

MINIMUM = 2.0 ** (1.0 / 6.0)


def dimers(lowest, highest, truncation, taper=2.0, configurations=4):
    """A thousand pairs a configuration, far from each other, at distances spread evenly over a range."""
    generator = np.random.default_rng(2)
    site = 6.0 * np.stack(np.meshgrid(*[np.arange(10.0)] * 3), axis=-1).reshape(-1, 3) + 1.0
    distance = generator.uniform(lowest, highest, (configurations, len(site), 1))
    position = np.concatenate(
        [np.broadcast_to(site, (configurations, *site.shape)), site + [1.0, 0.0, 0.0] * distance], 1
    )
    parameters = {"cutoff": 2.5, "truncation": truncation, "taper": taper, "kob_andersen": False}
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), position),
            "diameter": (("configuration", "particle"), np.ones(position.shape[:2])),
            "box": ("axis", np.full(3, 60.0)),
            "chain": ("sample", np.arange(2 * configurations) // 2),
            "configuration_index": ("configuration", 2 * np.arange(configurations)),
        },
        attrs={"parameters": json.dumps(parameters)},
    )


def measured(name, data, **window):
    return find_measure(name)(lambda group: data, "", **window)


def test_pairs_around_the_minimum_are_spread_evenly():
    data = dimers(MINIMUM - 0.01, MINIMUM + 0.01, "hard")
    assert measured("minimum-share", data, high=0.5).value == 1.0
    found = measured("pair-stress-exponent", data, low=1e-2, high=0.5)
    assert found.low < 0.0 < found.high
    assert found.high - found.low < 0.4


def test_pairs_at_a_tapered_cutoff_are_not():
    data = dimers(2.4, 2.5, "tapered")
    assert measured("minimum-share", data).value == 0.0
    found = measured("pair-stress-exponent", data, low=1e-6, high=1e-4)
    assert found.value == pytest.approx(-0.5, abs=0.1)


def test_both_together_count_as_they_are():
    # A hard cutoff leaves stresses of 0.1 and more at the end of the tail.
    near, far = dimers(MINIMUM - 1e-5, MINIMUM + 1e-5, "hard"), dimers(2.45, 2.5, "hard")
    both = xr.concat([near, far.isel(configuration=slice(1))], "configuration", data_vars="minimal")
    share = measured("minimum-share", both.drop_vars("chain"), high=0.2)
    assert share.value == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize(("truncation", "high"), [("tapered", 0.1), ("force-shifted", 0.3), ("hard", 0.1)])
def test_scattered_particles_give_the_volumes_of_the_shells(truncation, high):
    data = dimers(1.0, 1.1, truncation)
    data = data.assign(box=("axis", np.full(3, 13.0)), position=data["position"] % 13.0)
    potential = lennard_jones_potential(json.loads(data.attrs["parameters"]))
    distance = np.linspace(0.5, 2.5, 200_001)
    first, second = potential.derivatives(distance, 1.0, 1.0)
    shell = distance**2 * (np.abs(distance * first) < high)
    expected = (shell * (second > 0.0)).sum() / shell.sum()
    found = measured("minimum-share", data, high=high, scattered=True)
    pairs = int(re.search(r"of (\d+) in", found.method)[1])
    assert pairs > 100
    assert abs(found.value - expected) <= 4.0 * math.sqrt(expected * (1.0 - expected) / pairs)


def test_what_is_missing_is_named():
    data = dimers(1.2, 1.21, "hard")
    with pytest.raises(NotApplicableError, match="so small a stress"):
        measured("minimum-share", data, high=1e-9)
    with pytest.raises(NotApplicableError, match="so small a stress"):
        measured("pair-stress-exponent", data, low=1e-9, high=1e-7)
    with pytest.raises(NotApplicableError, match="potential"):
        measured("minimum-share", data.assign_attrs(parameters="{}"))
