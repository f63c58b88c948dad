"""Measures for the quasi-equilibrium claims, on small grids of theories and on media of known truth."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.sample_generators.known_truth import RandomCrossover
from bosonpeak.generators.sample_generators.theory import TheorySpectrum
from bosonpeak.validators.theories.quasi_equilibrium import CLAIMED, reduced_curves


def grid(**parameters):
    generator = TheorySpectrum()
    complete = generator.check(parameters)
    return generator.assemble(complete, [generator.sample(complete, np.random.SeedSequence(1))])


def sampled(crossover, unit, seed):
    generator = RandomCrossover()
    parameters = generator.check(
        {"crossover": crossover * unit, "highest": 3.0 * CLAIMED * unit, "modes": 500, "modulation_wavenumber": unit}
    )
    seeds = [np.random.SeedSequence(seed, spawn_key=(index,)) for index in range(6)]
    return generator.assemble(parameters, [generator.sample(parameters, s) for s in seeds])


def medium(step, samples=4, noise=0.0, wavenumber=0.5):
    """A dataset of kind spectrum whose reduced density steps up by 0.2 at ``step`` c k_G."""
    frequency = 0.01 * np.arange(1, 121)
    crystal = np.tile(frequency**2 / (2.0 * np.pi**2), (samples, 1))
    unit = 1.1 * wavenumber
    rise = 1.0 + 0.2 * frequency**2 / (frequency**2 + (step * unit) ** 2)
    jitter = 1.0 + noise * np.random.default_rng(5).standard_normal((samples, len(frequency)))
    return xr.Dataset(
        {
            "density_of_states": (("sample", "frequency"), crystal * rise * jitter),
            "crystal_density": (("sample", "frequency"), crystal),
            "effective_stiffness": (("sample", "axis", "axis2"), np.tile(1.21 * np.eye(3), (samples, 1, 1))),
            "modulation_wavenumber": ("sample", np.full(samples, wavenumber)),
            "inverse_modulus_deviation": ("sample", np.full(samples, 0.3)),
            "high_frequency_level": ("sample", np.full(samples, 1.2)),
        },
        coords={"frequency": frequency},
    )


@pytest.fixture(scope="module")
def theory():
    return grid(
        theory="quasi-equilibrium",
        debye_radius=20,
        modulation_wavenumber=[0.0, 0.1, 0.2, 0.3],
        mode_wavenumber=[0.05, 0.1, 0.4, 0.8],
        frequencies=500,
    )


@pytest.fixture(scope="module")
def layered():
    return grid(theory="layered-medium", contrast=[0.0, 0.6], frequency_step=0.05, harmonics=8, quadrature=6)


def found(name, dataset, **parameters):
    return measure(name, lambda group, other=None, /: dataset, "grid", parameters)


def test_equation_16_has_its_crossover_where_it_says(theory):
    assert found("equation-crossover-slope", theory).value == pytest.approx(CLAIMED, rel=1e-4)
    assert found("equation-crossover-intercept", theory).value == pytest.approx(0.0, abs=1e-4)


def test_equation_16_without_modulation_is_debye(theory):
    assert found("equation-debye-deviation", theory, select={"modulation_wavenumber": 0.0}).value < 1e-12
    assert found("equation-debye-deviation", theory, select={"modulation_wavenumber": 0.1}).value > 0.5


def test_audit_of_the_algebra(theory):
    assert found("equation-gradient-coefficient", theory).value == pytest.approx(-0.25, abs=1e-9)
    below = found("equation-amplitude-slope", theory, low=0.0, high=0.49)
    above = found("equation-amplitude-slope", theory, low=0.51, high=100.0)
    assert below.high < 0.0 < above.low
    assert found("equation-smearing-range", theory).value < 1e-12
    weight = found("equation-smearing-weight", theory, low=0.0, high=1.0)
    assert weight.low >= 2.0
    k_0, k_g = 0.4, 0.1
    one = found("equation-smearing-weight", theory, low=3.9, high=4.1)
    expected = (k_0**2 + 0.75 * k_g**2) / (k_0**2 - 0.75 * k_g**2) - 1.0
    assert one.low == pytest.approx(expected, rel=1e-9)


def test_shift_loses_the_mismatch_of_two_spheres(theory):
    lost = found("equation-lost-fraction", theory, modulation_wavenumber=0.2)
    assert lost.low == pytest.approx(lost.high, rel=1e-9)
    assert lost.value == pytest.approx(0.75 * 0.1, abs=0.01)
    assert found("equation-loss-below-edge", theory).high < 1e-12


def test_a_theory_beside_phonons_has_its_step_at_its_crossover(theory):
    select = {"modulation_wavenumber": 0.2}
    step = found("medium-step", theory, select=select, beside_phonons=True, low=0.0, high=2.6)
    assert step.value == pytest.approx(CLAIMED, rel=1e-3)
    exponent = found("medium-exponent", theory, select=select, beside_phonons=True, excess=True, low=0.02, high=0.1)
    assert exponent.value == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("step", [0.5, CLAIMED])
def test_the_step_of_a_medium_is_recovered(step):
    exact = found("medium-step", medium(step), low=0.2, high=1.5)
    assert exact.value == pytest.approx(step, rel=1e-3)
    noisy = found("medium-step", medium(step, noise=0.02), low=0.2, high=1.5)
    assert noisy.low < step < noisy.high


def test_reduced_density_and_its_window():
    data = medium(0.5)
    curves = reduced_curves(data)
    assert curves.unit == pytest.approx(0.55)
    assert curves.frequency[-1] * curves.unit <= 0.8 * 1.1 + 1e-9
    mean = found("medium-reduced-density", data, low=0.9, high=1.1).value
    assert mean == pytest.approx(1.0 + 0.2 / (1.0 + 0.25), rel=0.01)
    assert found("medium-crystal-ratio", data, low=0.3, high=0.8).value == pytest.approx(1.16, abs=0.03)


def test_a_homogeneous_medium_has_no_unit():
    with pytest.raises(NotApplicableError, match="homogeneous"):
        reduced_curves(medium(0.5, wavenumber=0.0))


def test_layered_media(layered):
    select = {"contrast": 0.6}
    assert found("medium-reduced-density", layered, select=select, low=0.0, high=0.25).value == pytest.approx(
        1.0, abs=0.02
    )
    low = found("medium-amplitude-on-softness", layered, select=select, low=0.0, high=0.25).value
    high = found("medium-amplitude-on-softness", layered, select=select, low=2.0, high=2.6).value
    assert low < 0.05 < 1.2 < high < 1.6
    assert 0.3 < found("medium-peak", layered, select=select, low=0.1, high=1.0).value < 0.5


def test_modes_along_the_layers_keep_their_wavenumber_and_follow_eq_5_where_they_are_short(layered):
    uniform = found("medium-unshifted-weight", layered, select={"contrast": 0.0}, modes=[0.1, 0.4, 1.3])
    assert (uniform.low, uniform.high) == pytest.approx((1.0, 1.0))
    select = {"contrast": 0.6}
    assert 0.5 < found("medium-unshifted-weight", layered, select=select, modes=[0.1, 0.4]).low < 1.0
    # Long waves: the amplitude is uniform, and its change k (G_0/G - 1) is as large on hard places as on soft ones.
    softness = np.log1p(0.6 * np.cos(2.0 * np.pi * (np.arange(256) + 0.5) / 256))
    excess = np.expm1(softness)
    expected = np.polyfit(softness, np.log1p(excess**2), 1)[0]
    long = found("medium-equation-5", layered, select=select, modes=[0.001])
    assert long.value == pytest.approx(expected, abs=1e-3)
    assert found("medium-equation-5", layered, select=select, modes=[3.3]).value > 0.4


def test_sampled_spectra_tell_the_claim_from_its_rival():
    cells = {
        f"{group}/k-{unit:g}": sampled(place, unit, 3)
        for group, place in (("claimed", CLAIMED), ("half", 0.5))
        for unit in (0.05, 0.1, 0.2)
    }
    members = {"members": ["k-0.05", "k-0.1", "k-0.2"]}
    for group, place in (("claimed", CLAIMED), ("half", 0.5)):
        slope = measure("sampled-crossover-slope", lambda name, other=None, /: cells[name], group, members)
        assert slope.low < place < slope.high
    intercept = measure("sampled-crossover-intercept", lambda name, other=None, /: cells[name], "half", members)
    assert intercept.low < 0.0 < intercept.high


def test_figures_hold_the_theory_and_the_media(layered, draw):
    cells = {"medium/layered": layered}
    spectra = {
        ("null/crossovers", f"{group}/k-{unit:g}"): sampled(place, unit, 4)
        for group, place in (("claimed", CLAIMED), ("half", 0.5))
        for unit in (0.05, 0.1, 0.2)
    }

    def open_ensemble(dataset, group):
        if dataset == "medium/spectra":
            return medium(0.5, noise=0.01)
        return cells[dataset] if dataset in cells else spectra.get((dataset, group))

    def stored(test):
        return test.parameters.get("select", {}).get("contrast", 0.6) == 0.6

    reduced = draw(("QE-2", "QE-4", "QE-8"), open_ensemble, stored)
    assert [panel.series[0].label for panel in reduced.panels[:2]] == ["eq. 16", "eq. 16"]
    media = next(series for series in reduced.panels[1].series if series.kind == "points")
    assert len(media.x) >= 5
    crossovers = draw(("QE-3",), open_ensemble, stored)
    points = [series for panel in crossovers.panels for series in panel.series if series.kind == "points"]
    assert all(low <= y <= high for s in points for low, y, high in zip(s.low, s.y, s.high, strict=True))
