"""Boson peaks predicted from measured moduli: media of known truth, intervals, refusals."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures import predicted_peaks
from bosonpeak.benchmark.measures.predicted_peaks import (
    CROSSOVER,
    ElasticSample,
    damping,
    elastic_sample,
    predict,
    predicted_peak,
    ratio_of_peaks,
)
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.media.random_medium import correlated_medium
from bosonpeak.generators.networks.homogenisation import node_shares
from bosonpeak.generators.theories.heterogeneous_elasticity.boson_peak import heterogeneous_elasticity_boson_peak
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.theories.local_modulus_correlations import modulus_correlation

PEAK = Estimate("peak", 0.5, 0.4, 0.625, 0.95, 5, "given")


@pytest.fixture(scope="module")
def known():
    """Scalar media in the plane whose variance and cutoff are known."""
    places, shares, variance = [], [], []
    grid = np.stack(np.meshgrid(*[np.arange(64.0)] * 2, indexing="ij")[::-1], axis=-1).reshape(-1, 2)
    for seed in range(4):
        medium, modulus = correlated_medium((64, 64), cutoff=0.5, deviation=0.25, seed=seed)
        shares.append(
            node_shares(
                medium.bonds, medium.conductance, medium.point_count, medium.bond_vectors, lattice_shape=medium.shape
            )
        )
        places.append(grid)
        variance.append(modulus.var())
    found = modulus_correlation(places, shares, 64.0, shear_over_longitudinal=None, largest=1.5)
    sample = ElasticSample(found, np.full(4, math.inf), 1.0, 1.0, (0.0,), is_scalar=True)
    return sample, float(np.mean(variance))


def test_the_prediction_is_the_theory_at_the_true_disorder(known):
    sample, variance = known
    made = predict(sample, 0.0)
    assert made.medium.disorder == pytest.approx(variance / 2.0, rel=0.15)
    assert made.unit == pytest.approx(0.5, rel=0.1)
    truth = 0.5 * heterogeneous_elasticity_boson_peak(variance / 2.0, math.inf, dimension=2).frequency
    assert made.frequency("heterogeneous-elasticity") == pytest.approx(truth, rel=0.1)
    # The mean of |k| over a disc of radius 1/2 is 1/3.
    crossover = CROSSOVER / 3.0 * math.sqrt(sample.correlation.modulus.mean())
    assert made.frequency("quasi-equilibrium") == pytest.approx(crossover, rel=0.1)
    assert 0.0 < damping(made, 0.05, 2) < damping(made, 0.1, 2)


def test_limits_contain_all_lengths(known):
    sample = replace(known[0], lengths=(0.0, 1.0, 3.0))
    for theory in predicted_peaks.THEORIES:
        estimate = predicted_peak(sample, theory=theory)
        single = [predict(sample, length).frequency(theory) for length in sample.lengths]
        assert estimate.value == single[1]
        assert estimate.low < min(single) < max(single) < estimate.high
        ratio = ratio_of_peaks(estimate, PEAK)
        assert ratio.value == pytest.approx(single[1] / 0.5)
        assert ratio.low < min(single) / 0.5 < max(single) / 0.5 < ratio.high


def test_an_exact_prediction_leaves_the_error_of_the_measured_peak():
    details = {"lengths": [1.0], "values": [1.0], "lows": [1.0], "highs": [1.0]}
    ratio = ratio_of_peaks(Estimate("peak", 1.0, 1.0, 1.0, 0.95, 3, "exact", details=details), PEAK)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((2.0, 1.6, 2.5))


def test_beyond_the_instability_the_peak_is_at_zero(known):
    found = known[0].correlation
    strong = replace(known[0], correlation=replace(found, correlation=100.0 * found.correlation))
    assert not predict(strong, 0.0).medium.is_stable
    estimate = predicted_peak(strong, theory="heterogeneous-elasticity")
    assert estimate.low == 0.0
    assert "no stable medium" in estimate.warnings[0]
    assert math.isinf(damping(predict(strong, 0.0), 0.1, 2))


def test_networks_are_made_again_from_their_parameters(monkeypatch):
    monkeypatch.setattr(predicted_peaks, "NETWORK_SIZE", 24)
    parameters = {
        "displacement": 0.0,
        "situation": 1,
        "cutoff_factor": 1.0,
        "bond_probability": 0.8,
        "weak_fraction": 0.0,
        "weak_stiffness": 1.0,
        "strength_shape": "inf",
    }
    diluted = elastic_sample(xr.Dataset(attrs={"parameters": json.dumps(parameters)}))
    # The effective medium of bond dilution has G = 2 p - 1.
    assert diluted.correlation.modulus.mean() == pytest.approx(0.6, abs=0.05)
    assert diluted.is_scalar
    crystal = elastic_sample(xr.Dataset(attrs={"parameters": json.dumps({**parameters, "bond_probability": 1.0})}))
    with pytest.raises(NotApplicableError, match="does not fluctuate"):
        predict(crystal, 1.0)


def test_data_without_structure_are_refused():
    with pytest.raises(NotApplicableError, match="cannot be measured"):
        elastic_sample(xr.Dataset({"eigenfrequency": (("sample", "mode"), np.ones((1, 3)))}))
