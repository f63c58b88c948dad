"""Measures of plane waves and of local moduli on data of known truth."""

import json

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.registry import MEASURES, measure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.theories.heterogeneous_elasticity.marginal_stability import critical_disorder
from bosonpeak.validators.waves.damped_sound import oscillator_share

EDGES = 0.01 * np.arange(401)
WAVENUMBER = np.array([0.2, 0.4, 0.6, 0.9, 1.2, 1.6, 2.2, 3.0])


def waves(power=3.0, factor=0.2, samples=4, peak=1.0):
    """Damped sound of speed 1 in several samples, and a density of states with a maximum of g/omega^2."""
    generator, spectra = np.random.default_rng(1), []
    for _ in range(samples):
        scale = factor * (1.0 + 0.02 * generator.standard_normal())
        spectra.append([np.diff(oscillator_share(EDGES, q, scale * q**power)) / np.diff(EDGES) for q in WAVENUMBER])
    centre = 0.5 * (EDGES[1:] + EDGES[:-1])
    density = centre**2 * (1.0 + np.exp(-0.5 * ((centre - peak) / 0.4) ** 2))
    return xr.Dataset(
        {
            "current_correlation": (("sample", "wavenumber", "frequency"), np.array(spectra)),
            "density_of_states": (("sample", "frequency"), np.stack([density / density.sum() / 0.01] * samples)),
            "sound_speed": (("sample",), np.ones(samples)),
            "modulation_wavenumber": (("sample",), np.full(samples, 1.0)),
            "resolution": (("frequency",), np.zeros(400)),
            "local_shear_variance": (("sample", "cell_width"), np.array([[0.4, 0.1]] * samples) * scale_of(samples)),
            "shear_modulus": (("sample",), np.full(samples, 1.0)),
            "bulk_modulus": (("sample",), np.full(samples, 5.0)),
        },
        coords={"wavenumber": WAVENUMBER, "frequency": centre, "cell_width": [5.0, 2.5]},
        attrs={"parameters": json.dumps({})},
    )


def scale_of(samples):
    return 1.0 + 0.01 * np.arange(samples)[:, None]


def opener(**cells):
    return lambda cell, other=None, /: cells[cell]


def test_damping_and_its_power():
    cells = opener(a=waves())
    assert measure("wave-damping", cells, "a", {"frequency": 1.0}).value == pytest.approx(0.2, rel=0.1)
    found = measure("wave-damping-exponent", cells, "a", {"low": 0.3, "high": 1.3})
    assert found.value == pytest.approx(3.0, abs=0.1)


def test_waves_end_where_they_live_half_a_period():
    """Gamma = 0.2 Omega^3 has Omega = pi Gamma at 1.26."""
    found = measure("glass-wave-end", opener(a=waves(peak=1.3)), "a", {"low": 0.3, "high": 3.0})
    assert found.value == pytest.approx(1.26 / 1.2, rel=0.15)
    with pytest.raises(NotApplicableError, match="no Ioffe-Regel crossing"):
        measure("glass-wave-end", opener(a=waves(factor=1e-3)), "a", {"low": 0.3, "high": 3.0})


def test_sound_disperses_and_is_not_smeared():
    cells = opener(a=waves(factor=0.05))
    found = measure("band-dispersion", cells, "a", {"low": 0.15, "high": 1.7, "lowest": 0.05})
    assert found.value == pytest.approx(1.0, abs=0.1)
    smeared = measure("wave-smearing", cells, "a", {"low": 0.3, "high": 1.0})
    assert abs(smeared.value) < 0.25


def test_gamma_over_its_critical_value_and_over_that_of_another():
    weak = waves()
    weak["local_shear_variance"] = 0.25 * weak["local_shear_variance"]
    cells, wanted = opener(strong=waves(), weak=weak), 0.1 * scale_of(4).mean() / critical_disorder(5.0).disorder
    assert measure("local-disorder", cells, "strong", {"width": 2.6}).value == pytest.approx(wanted)
    for logarithmic in (False, True):
        reported = {"against": "strong", "width": 2.6, "logarithmic": logarithmic}
        found = measure("disorder-ratio", cells, "weak", reported)
        assert found.value == pytest.approx(0.25)
        assert found.low < 0.25 < found.high


def test_all_of_them_can_be_named_by_claims():
    names = {"wave-damping", "excess-per-damping", "network-wave-end", "solid-coordination", "coordination-spread"}
    assert names <= set(MEASURES)
