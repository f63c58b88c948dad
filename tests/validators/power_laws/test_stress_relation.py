import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.power_laws.small_stresses import (
    exponent_from_stresses,
    resonant_stresses,
    stress_distribution,
    stress_relation,
)

EDGES = np.geomspace(1e-6, 1.0, 61)


def test_resonant_stresses_are_inertia_times_frequency_squared():
    data = xr.Dataset({"first_phonon": ("sample", np.full(3, 2.0))}, attrs={"cutoff": 1.955})
    low, high = resonant_stresses(data, (0.3, 0.6))
    # m r^2 / 2 for r = 1 and r = r_c.
    assert low == pytest.approx(0.5 * 0.36)
    assert high == pytest.approx(0.5 * 1.955**2 * 1.44)
    with pytest.raises(NotApplicableError, match="cutoff"):
        resonant_stresses(data.drop_attrs(), (0.3, 0.6))


@pytest.mark.parametrize("alpha", [-1.0, -0.5, 0.0])
def test_a_power_law_of_stresses_predicts_its_exponent(alpha):
    counts = np.diff(EDGES ** (alpha + 1.0)) if alpha > -1.0 else np.diff(np.log(EDGES))
    data = xr.Dataset(
        {"stress_count": (("sample", "stress_bin"), np.tile(counts, (5, 1))), "stress_edge": ("stress_bin_edge", EDGES)}
    )
    found = exponent_from_stresses(data, low=1e-4, high=1e-2)
    assert found.value == pytest.approx(5.0 + 2.0 * alpha, abs=1e-9)
    assert found.n == 5
    with pytest.raises(NotApplicableError, match="not in the histogram"):
        exponent_from_stresses(data, low=1e-9, high=1e-8)


def test_stresses_counted_over_chains_say_the_same_as_those_of_their_samples():
    null = open_dataset("null/power-laws")["many/s-4"].to_dataset()
    chain = null["chain"].values
    counts = np.stack([null["stress_count"].values[chain == label].sum(axis=0) for label in np.unique(chain)])
    together = null.drop_vars(["stress_count", "stress_count_below", "stress_count_above"], errors="ignore")
    together = together.assign(chain_stress_count=(("independent_chain", "stress_bin"), counts))
    for validator in (stress_relation, lambda data, **window: stress_distribution(data, **window).exponent):
        by_sample, by_chain = (validator(data, low=1e-9, high=1e-7) for data in (null, together))
        assert by_chain.value == pytest.approx(by_sample.value, abs=1e-12)
        assert (by_chain.low, by_chain.high) == pytest.approx((by_sample.low, by_sample.high), abs=1e-9)
