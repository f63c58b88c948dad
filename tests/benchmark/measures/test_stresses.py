"""The tensor form's measures on a random packing of repulsive spheres."""

import json

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.registry import find_measure
from bosonpeak.datasets.errors import NotApplicableError

BOX = 6.0


@pytest.fixture(scope="module")
def packing():
    generator = np.random.default_rng(4)
    lattice = np.stack(np.meshgrid(*[np.arange(6.0)] * 3), axis=-1).reshape(-1, 3)
    position = np.mod(lattice + 0.02 * generator.standard_normal((12, 216, 3)), BOX)
    parameters = {"exponent": 12, "cutoff": 1.955, "taper": 2.0, "dimension": 3}
    return xr.Dataset(
        {
            "position": (("configuration", "particle", "axis"), position),
            "diameter": (("configuration", "particle"), np.ones((12, 216))),
            "box": ("axis", np.full(3, BOX)),
            "first_phonon": ("sample", np.full(12, 2.0)),
        },
        attrs={"parameters": json.dumps(parameters)},
    )


def test_compressed_pairs_hold_no_rotation_that_couples(packing):
    found = find_measure("stable-coupling")(lambda group: packing, "", regions="pairs")
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert 0.1 < find_measure("stable-coupling")(lambda group: packing, "", regions="particles").value < 0.9


def test_particles_have_no_small_coupling_at_small_stiffness(packing):
    # K = 0 needs one principal deviator to vanish, not the difference of the others: rho is finite there, s = 1.
    found = find_measure("tensor-exponent")(lambda group: packing, "", inertia=0.2)
    assert found.high - found.low < 4.0
    assert found.value == pytest.approx(1.0, abs=1.5)


def test_what_cannot_be_computed_is_named(packing):
    with pytest.raises(NotApplicableError, match="couples to strain"):
        find_measure("tensor-exponent")(lambda group: packing, "", inertia=1e9)
    with pytest.raises(NotApplicableError, match="potential"):
        find_measure("stable-coupling")(lambda group: packing.assign_attrs(parameters="{}"), "")
