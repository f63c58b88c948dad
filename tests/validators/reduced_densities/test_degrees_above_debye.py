"""Share of degrees of freedom in the excess, for excess modes on all particles and on a few."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.reduced_densities.degrees_above_debye import excess_participation

PARTICLES, MODES, EXCESS = 400, 31, 2.5


def solids(generator, *, confined=0, samples=6):
    """Solids with EXCESS times Debye's number of modes, of which `confined` live on a twentieth of the particles."""
    vectors = np.zeros((samples, MODES + 1, PARTICLES, 3))
    for sample in range(samples):
        for mode in range(MODES + 1):
            count = PARTICLES // 20 if mode < confined else PARTICLES
            vectors[sample, mode, :count] = generator.normal(size=(count, 3))
    vectors /= np.sqrt((vectors**2).sum(axis=(2, 3), keepdims=True))
    frequency = np.linspace(0.5, 1.0, MODES + 1)
    level = 3.0 * MODES / (EXCESS * 3 * PARTICLES)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), np.tile(frequency, (samples, 1))),
            "eigenvector": (("configuration", "low_mode", "particle", "axis"), vectors),
            "configuration_index": ("configuration", np.arange(samples)),
            "debye_level": ("sample", np.full(samples, level)),
        },
        attrs={"particles": PARTICLES, "dimension": 3},
    )


def test_random_modes_reach_the_share_of_random_vectors():
    found = excess_participation(solids(np.random.default_rng(1)))
    assert found.details["excess"] == pytest.approx(EXCESS)
    assert found.details["random_modes"] > 0.998
    assert found.value == pytest.approx(found.details["random_modes"], abs=5e-4)
    assert found.low <= found.details["random_modes"] <= found.high


def test_confined_excess_modes_leave_most_particles_at_the_debye_level():
    # As many extended modes as Debye's, and all others on a twentieth of the particles.
    found = excess_participation(solids(np.random.default_rng(2), confined=round(MODES * (1.0 - 1.0 / EXCESS))))
    assert 0.3 < found.value < 0.6
    assert found.high < 0.9


def test_an_unknown_debye_level_and_missing_eigenvectors_are_refused():
    data = solids(np.random.default_rng(3))
    with pytest.raises(NotApplicableError, match="Debye level"):
        excess_participation(data.drop_vars("debye_level"))
    with pytest.raises(NotApplicableError, match="eigenvector"):
        excess_participation(data.drop_vars("eigenvector"))
