"""Boson peaks over the Debye frequency where both are known."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtri

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.reduced_densities.debye_scaling import peak_over_debye, peak_scaling

WIDTH = 0.5


def spectra(generator, height, *, samples=30, scale=1.0):
    """Spectra with a reduced density that is `height` times Debye's at its maximum, at omega = `scale`."""
    modes = np.exp(WIDTH * ndtri(np.sort(generator.random((samples, 300)))) + 3.0 * WIDTH**2)
    level = np.exp(-4.5 * WIDTH**2) / (WIDTH * np.sqrt(2.0 * np.pi)) / height
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), scale * modes),
            "debye_level": ("sample", np.full(samples, level / scale**3)),
        },
        attrs={"degrees_of_freedom": 300, "dimension": 3},
    )


def test_position_and_ratio_cover_the_truth():
    generator, covered = np.random.default_rng(2), np.zeros(3)
    for _ in range(12):
        low, high = spectra(generator, 2.0), spectra(generator, 4.0, scale=7.0)
        expected = (np.exp(-4.5 * WIDTH**2) / (WIDTH * np.sqrt(2.0 * np.pi)) / 2.0 / 3.0) ** (1.0 / 3.0)
        found = [
            (peak_over_debye(low), expected),
            (peak_scaling(high, reference=low), 2.0 ** (-1.0 / 3.0)),
            (peak_scaling(high, reference=low, feature="height"), 2.0),
        ]
        covered += [estimate.low <= truth <= estimate.high for estimate, truth in found]
    assert (covered >= 10).all()


def test_the_unit_of_frequency_does_not_matter():
    first, second = (spectra(np.random.default_rng(4), 2.0, scale=scale) for scale in (1.0, 40.0))
    assert peak_over_debye(second).value == pytest.approx(peak_over_debye(first).value, rel=1e-6)


def test_a_debye_spectrum_has_no_peak():
    generator = np.random.default_rng(5)
    data = spectra(generator, 2.0)
    data["eigenfrequency"] = (("sample", "mode"), np.sort(generator.random((30, 300)) ** (1.0 / 3.0)))
    with pytest.raises(NotApplicableError, match="no boson peak"):
        peak_over_debye(data)
    with pytest.raises(NotApplicableError, match="position or height"):
        peak_scaling(data, reference=data, feature="width")
