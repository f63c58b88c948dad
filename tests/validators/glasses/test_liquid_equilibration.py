import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.glasses.liquid_equilibration import equilibration

CHAINS, GLASSES = 25, 12


def energies(correlation, seed, drift=0.0, chains=CHAINS, glasses=GLASSES):
    """Stationary AR(1) chains of unit deviation, each with a level of its own, and a linear drift."""
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((chains, glasses))
    walk = np.empty_like(noise)
    walk[:, 0] = noise[:, 0]
    for step in range(1, glasses):
        walk[:, step] = correlation * walk[:, step - 1] + math.sqrt(1.0 - correlation**2) * noise[:, step]
    return walk + 50.0 * generator.standard_normal((chains, 1)) + drift * np.arange(glasses) / glasses


def ensemble(values):
    chains, glasses = values.shape
    return xr.Dataset(
        {
            "inherent_structure_energy": ("sample", values.ravel()),
            "chain": ("sample", np.repeat(np.arange(chains), glasses)),
            "sweep": ("sample", np.tile(15_000 + 2500 * np.arange(glasses), chains)),
        }
    )


@pytest.mark.parametrize("correlation", [-0.3, 0.0, 0.5, 0.8])
@pytest.mark.parametrize("glasses", [5, 12])
def test_the_correlation_is_free_of_the_bias_of_short_chains(correlation, glasses):
    found = equilibration(ensemble(energies(correlation, 1, chains=3000, glasses=glasses))).autocorrelation
    assert found.value == pytest.approx(correlation, abs=0.05)


def test_intervals_cover_at_their_level():
    trials, hits = 60, {"drift": 0, "correlation": 0}
    for seed in range(trials):
        found = equilibration(ensemble(energies(0.4, seed, drift=0.6)))
        hits["drift"] += found.energy_drift.low <= 0.3 <= found.energy_drift.high
        hits["correlation"] += found.autocorrelation.low <= 0.4 <= found.autocorrelation.high
    for count in hits.values():
        assert abs(count / trials - 0.95) < 4.0 * math.sqrt(0.95 * 0.05 / trials)


def test_a_drift_is_found_in_units_of_the_deviation():
    found = equilibration(ensemble(energies(0.0, 2, drift=2.0, chains=400))).energy_drift
    assert found.low < 1.0 < found.high
    assert found.details["drift_in_deviations"] == pytest.approx(1.0 / math.sqrt(1.0 + 4.0 / 12.0), rel=0.1)


def test_independent_glasses_count_in_full_and_correlated_ones_do_not():
    correlation = 0.6
    found = equilibration(ensemble(energies(correlation, 3, chains=2000))).effective_glasses
    apart = np.abs(np.subtract.outer(np.arange(GLASSES), np.arange(GLASSES)))
    expected = 2000 * GLASSES**2 / (correlation**apart).sum()
    assert found.value == pytest.approx(expected, rel=0.1)
    assert found.low <= found.value <= found.high
    independent = equilibration(ensemble(energies(0.0, 4, chains=200))).effective_glasses
    assert 0.8 * 200 * GLASSES < independent.value <= 200 * GLASSES


def test_lost_glasses_leave_the_correlation_alone():
    data = ensemble(energies(0.7, 5, chains=400))
    kept = np.arange(data.sizes["sample"]) % 7 != 5
    found = equilibration(data.isel(sample=np.flatnonzero(kept))).autocorrelation
    assert found.value == pytest.approx(0.7, abs=0.08)


def test_neither_the_level_of_a_chain_nor_the_order_of_samples_matters():
    values = energies(0.3, 7)
    first = equilibration(ensemble(values))
    data = ensemble(values + 1e3 * np.arange(CHAINS)[:, None])
    second = equilibration(data.isel(sample=np.random.default_rng(8).permutation(data.sizes["sample"])))
    assert first.autocorrelation.value == pytest.approx(second.autocorrelation.value, abs=1e-6)
    assert first.energy_drift.low == pytest.approx(second.energy_drift.low, abs=1e-6)


def with_record(data):
    generator = np.random.default_rng(9)
    records = np.arange(500, 42_501, 500)
    liquid = np.where(records <= 15_000, 10.0, 1.0) + 0.01 * generator.standard_normal((CHAINS, len(records)))
    outcome = np.zeros(CHAINS * (GLASSES + 1), dtype=np.int8)
    outcome[[3, 40]] = 1
    return data.assign(
        liquid_energy=(("independent_chain", "record"), liquid),
        record_sweep=("record", records),
        displacement_acceptance=("independent_chain", 0.24 + 0.01 * generator.standard_normal(CHAINS)),
        swap_acceptance=("independent_chain", np.full(CHAINS, np.nan)),
        quench_outcome=("quench", outcome, {"flag_values": [0, 1], "flag_meanings": "accepted not_a_minimum"}),
        quench_chain=("quench", np.repeat(np.arange(CHAINS), GLASSES + 1)),
    )


def test_what_the_chains_record_is_summed_up():
    found = equilibration(with_record(ensemble(energies(0.0, 10))))
    assert found.liquid_drift.low < 0.0 < found.liquid_drift.high
    assert found.displacement_acceptance.value == pytest.approx(0.24, abs=0.01)
    assert found.swap_acceptance is None
    assert found.excluded.value == pytest.approx(2 / (CHAINS * (GLASSES + 1)))
    assert found.excluded.details == {"not_a_minimum": 2}
    assert "2 not a minimum" in found.excluded.method


def test_what_is_not_recorded_is_left_out():
    found = equilibration(ensemble(energies(0.0, 11)).drop_vars("sweep"))
    assert found.autocorrelation.n == CHAINS
    assert (found.liquid_drift, found.displacement_acceptance, found.excluded) == (None, None, None)
    pairs = equilibration(ensemble(energies(0.0, 12, glasses=2)))
    assert (pairs.autocorrelation, pairs.effective_glasses) == (None, None)
    assert pairs.energy_drift.n == CHAINS


def test_what_cannot_be_measured_is_refused():
    data = ensemble(energies(0.0, 13))
    with pytest.raises(NotApplicableError, match="no chain has two glasses"):
        equilibration(data.isel(sample=slice(None, None, GLASSES)))
    with pytest.raises(NotApplicableError, match="hold no chain"):
        equilibration(data.drop_vars("chain"))
    with pytest.raises(NotApplicableError, match="same sweep"):
        equilibration(data.assign(sweep=("sample", np.zeros(data.sizes["sample"]))))
