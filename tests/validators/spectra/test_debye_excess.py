import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.spectra.debye_excess import excess, excess_peak, reduced_density
from bosonpeak.validators.spectra.debye_level import debye_density, square_lattice_density, square_lattice_frequencies

SPEED2 = 0.64


def spectrum(density, samples=5, noise=0.0, seed=0, speed2=SPEED2):
    """Sampled spectra with the given density of states and relative noise."""
    frequency = np.arange(0.01, 3.0, 0.01)
    generator = np.random.default_rng(seed)
    rows = density(frequency) * (1.0 + noise * generator.standard_normal((samples, len(frequency))))
    tensor = np.broadcast_to(np.eye(2) * speed2, (samples, 2, 2))
    return xr.Dataset(
        {
            "density_of_states": (("sample", "frequency"), rows),
            "effective_stiffness": (("sample", "axis", "axis2"), tensor),
        },
        coords={"frequency": frequency},
    )


def crystal(omega):
    return square_lattice_density(omega, SPEED2)


def with_bump(height, centre, width):
    return lambda omega: crystal(omega) * (1.0 + height * np.exp(-0.5 * ((omega - centre) / width) ** 2))


def test_a_debye_spectrum_has_no_excess():
    found = excess(spectrum(lambda w: debye_density(w, SPEED2)), low=0.4, high=0.6, reference="own-debye")
    assert found.value == pytest.approx(0.0, abs=1e-4)


def test_the_rescaled_crystal_has_no_excess():
    found = excess(spectrum(crystal), low=0.2, high=1.0, reference="rescaled-crystal")
    assert found.value == pytest.approx(0.0, abs=1e-4)


def test_a_known_excess_is_found_within_its_interval_at_the_nominal_rate():
    hits = 0
    trials = 300
    for seed in range(trials):
        data = spectrum(lambda w: 1.2 * crystal(w), noise=0.05, seed=seed)
        found = excess(data, low=0.4, high=0.6)
        hits += found.low <= 0.2 <= found.high
    assert abs(hits / trials - 0.95) < 4 * np.sqrt(0.95 * 0.05 / trials)


def test_softening_alone_is_an_excess_only_in_the_paper_reading():
    data = spectrum(lambda w: debye_density(w, SPEED2))
    paper = excess(data, low=0.4, high=0.6, reference="paper")
    assert paper.value == pytest.approx(1.0 / SPEED2 - 1.0, abs=1e-3)


def test_modes_of_a_finite_lattice_show_no_excess_once_shells_are_allowed_for():
    rows = np.stack([square_lattice_frequencies(60, SPEED2)] * 4)
    tensor = np.broadcast_to(np.eye(2) * SPEED2, (4, 2, 2))
    data = xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), rows),
            "effective_stiffness": (("sample", "axis", "axis2"), tensor),
            "zero_mode_count": ("sample", np.ones(4, dtype=np.int32)),
        },
        attrs={"lattice_size": 60},
    )
    found = excess(data, low=0.4, high=0.6)
    assert found.low <= 0.0 <= found.high
    assert found.details["phonon_shell_systematic"] > 0.0


def test_peak_of_a_known_bump_is_located():
    peak = excess_peak(spectrum(with_bump(0.3, 0.6, 0.18)))
    # g/omega carries the crystal's slope too, which moves its maximum up a little.
    assert peak.position.value == pytest.approx(0.62, abs=0.05)
    assert peak.height.value == pytest.approx(0.3, abs=0.03)
    assert peak.width.value == pytest.approx(2.355 * 0.18, abs=0.08)


def test_a_spectrum_without_a_bump_has_no_peak_position():
    assert np.isnan(excess_peak(spectrum(crystal)).position.value)


def test_narrow_bins_of_a_small_box_are_warned_of():
    found = excess_peak(spectrum(with_bump(0.3, 0.6, 0.18)).assign_attrs(lattice_size=30), bin_width=0.02).position
    assert "phonon shells" in found.warnings[0]
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert not excess_peak(spectrum(crystal).assign_attrs(lattice_size=1000)).position.warnings


def test_reduced_density_of_the_crystal_is_flat_against_itself():
    curve = reduced_density(spectrum(crystal), low=0.1, high=1.2, bin_width=0.1, reference="rescaled-crystal")
    assert curve["reduced_density"].values == pytest.approx(1.0, abs=2e-3)
    assert (curve["lower"] <= curve["reduced_density"]).all()


def test_a_window_beyond_the_band_of_the_softer_crystal_is_refused_in_words():
    soft = spectrum(crystal, speed2=0.001)
    for ask in (lambda: excess_peak(soft), lambda: excess(soft, low=0.4, high=0.6)):
        with pytest.raises(NotApplicableError, match="crystal with the same sound speed"):
            ask()
    curve = reduced_density(soft, low=0.05, high=0.6, bin_width=0.05, reference="rescaled-crystal")["reduced_density"]
    assert np.isnan(curve.values).any()
    assert np.isfinite(curve.sel(frequency=slice(0.0, 0.08)).values).all()


def test_unknown_reference_and_window_outside_the_spectrum_are_refused():
    with pytest.raises(NotApplicableError, match="unknown reference"):
        excess(spectrum(crystal), low=0.4, high=0.6, reference="nothing")
    with pytest.raises(NotApplicableError, match="leaves the spectrum"):
        excess(spectrum(crystal), low=0.4, high=6.0)
