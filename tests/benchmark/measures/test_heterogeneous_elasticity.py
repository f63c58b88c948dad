"""Measures and figures of the elasticity claims on the theories themselves and on spectra of known truth."""

import math

import numpy as np
import pytest
import xarray as xr
from numpy.random import SeedSequence

from bosonpeak.benchmark.measures.registry import find_measure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.generators.sample_generators.theory import TheorySpectrum

NEAR = [0.0, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 0.2, 0.5, 0.9]


def grid(theory, **parameters):
    generator = TheorySpectrum()
    complete = generator.check({"theory": theory, **parameters})
    return generator.assemble(complete, [generator.sample(complete, SeedSequence(0))])


def glass(alpha, s, samples=120, seed=3):
    """Modes with g ~ omega^s below omega_0 = 1, and stresses with P ~ sigma^alpha over all decades."""
    generator = np.random.default_rng(seed)
    edges = np.geomspace(1e-9, 1e3, 121)
    weight = np.exp((alpha + 1.0) * math.log(10.0) / 10.0 * np.arange(120))
    counts = generator.multinomial(20_000, weight[:105] / weight[:105].sum(), size=samples)
    ranks = generator.permutation((np.arange(40 * samples) + 0.5) / (40 * samples)).reshape(samples, 40)
    modes = np.sort(ranks ** (1.0 / (s + 1.0)) * 0.9, axis=1)
    return xr.Dataset(
        {
            "eigenfrequency": (("sample", "mode"), modes),
            "first_phonon": ("sample", np.ones(samples)),
            "stress_count": (("sample", "stress_bin"), np.pad(counts, ((0, 0), (0, 15)))),
            "stress_edge": ("stress_bin_edge", edges),
        }
    )


@pytest.fixture(scope="module")
def cells():
    lennard_jones = {"potential": "lennard-jones", "cutoff": 2.5, "lowest_frequency": 1e-5}
    return {
        "infinite": grid("heterogeneous-elasticity", distance_to_instability=NEAR),
        "finite": grid(
            "heterogeneous-elasticity-finite",
            box_length=[10.0, 40.0],
            distance_to_instability=[0.001, 0.01, 0.1, 0.5],
            nearest=1e-5,
            farthest=1.0,
        ),
        "soft-spheres": grid("generalised-heterogeneous-elasticity", inverse_taper_order=[0.0, 0.5]),
        "lennard-jones/hard": grid("generalised-heterogeneous-elasticity", truncation="hard", **lennard_jones),
        "lennard-jones/force-shifted": grid(
            "generalised-heterogeneous-elasticity", truncation="force-shifted", **lennard_jones
        ),
        "lennard-jones/tapered": grid("generalised-heterogeneous-elasticity", **lennard_jones),
        "known": grid("known-spectrum", distance_to_instability=NEAR, peak_exponent=0.4, attenuation_exponent=3.0),
        "edge": grid("known-edge", edge_exponent=0.7, floor=0.0),
        "filled": grid("known-edge", floor=0.1),
        "T-0.20": glass(-0.5, 4.0),
    }


@pytest.fixture(scope="module")
def opener(cells):
    return lambda group, dataset=None: cells[group]


def test_densities_at_two_distances_are_compared_frequency_by_frequency(opener):
    same = find_measure("density-over-distance")(opener, "known", window=[0.001, 0.01], distance=0.0, against=0.0)
    assert (same.low, same.value, same.high) == (1.0, 1.0, 1.0)
    place = 0.3 * 0.1**0.4
    at_the_peak = [0.98 * place, 1.02 * place]
    found = find_measure("density-over-distance")(opener, "known", window=at_the_peak, distance=0.1, against=0.0)
    assert found.value == pytest.approx(2.0, rel=1e-2)


def test_the_band_of_a_stable_medium_is_sound(opener):
    found = find_measure("theory-band-dispersion")(opener, "infinite", low=0.03, high=0.1, distances=[0.1, 0.1])
    assert found.value == pytest.approx(1.0, abs=0.05)


def test_exponents_put_in_by_hand_come_out(opener):
    assert find_measure("low-frequency-exponent")(opener, "known").value == pytest.approx(2.0)
    damping = find_measure("low-frequency-exponent")(opener, "known", variable="attenuation", distances=[0.0, 1.0])
    assert (damping.low, damping.high) == pytest.approx((3.0, 3.0))
    for feature in ("maximum", "onset"):
        found = find_measure("boson-peak-exponent")(opener, "known", feature=feature)
        assert found.value == pytest.approx(0.4, abs=1e-3)
    assert find_measure("boson-peak-feature")(opener, "known", distance=0.1, feature="height").value == pytest.approx(
        2.0, rel=1e-3
    )
    assert find_measure("edge-exponent")(opener, "edge").value == pytest.approx(0.7)
    assert find_measure("gap-filling")(opener, "edge").value == 0.0
    assert find_measure("gap-filling")(opener, "filled").low > 0.5


def test_the_theory_softens_and_scatters_as_its_closed_forms_say(opener):
    critical = find_measure("excess-over-waves")(opener, "infinite", window=[1e-4, 1e-3])
    assert critical.high == pytest.approx(1.0 + 2.0 * math.sqrt(3.0) / math.pi, rel=1e-3)
    assert find_measure("boson-peak-exponent")(opener, "infinite").value == pytest.approx(0.25, abs=0.01)
    assert find_measure("boson-peak-exponent")(opener, "infinite", feature="onset").value == pytest.approx(
        0.5, abs=0.02
    )
    assert 0.1 < find_measure("rayleigh-range")(opener, "infinite", distance=0.5).value < 1.0


def test_the_square_root_reaches_farther_near_the_instability(opener):
    near, far = (
        find_measure("edge-range")(opener, "finite", box=40.0, distances=[distance, distance])
        for distance in (0.001, 0.5)
    )
    assert near.value == pytest.approx(1.0)
    assert far.value < 0.1
    everywhere = find_measure("edge-range")(opener, "finite", distances=[0.001, 0.5])
    assert (everywhere.low, everywhere.high) == (far.value, near.value)


def test_the_edge_is_where_eq_40_puts_it_only_near_the_instability(opener):
    linear = {"over": "expanded_edge_eigenvalue"}
    near = find_measure("edge-place")(opener, "finite", distances=[0.001, 0.001], **linear)
    assert (near.low, near.high) == pytest.approx((1.0, 1.0), abs=0.01)
    far = find_measure("edge-place")(opener, "finite", distances=[0.5, 0.5], box=40.0, **linear)
    assert far.value < 0.5


def test_tapers_have_the_exponents_of_table_1(opener):
    for inverse_order, limit, window in ((0.5, 4.0, [1e-12, 1e-10]), (0.0, 3.0, [1e-20, 1e-17])):
        found = find_measure("stress-exponent-of-theory")(
            opener, "soft-spheres", inverse_order=inverse_order, window=window
        )
        assert found.value == pytest.approx(limit, abs=0.12)


@pytest.mark.parametrize("alpha", [-0.5, -1.0, -0.25])
def test_a_power_law_of_stresses_predicts_its_exponent_whatever_the_inertia(alpha):
    data = glass(alpha, 5.0 + 2.0 * alpha)
    for inertia in (0.5, 1e-2):
        found = find_measure("predicted-exponent")(lambda group: data, "", inertia=inertia)
        # Bins of a tenth of a decade: the weight sigma^2 at their centres moves s by less than 0.02.
        assert found.value == pytest.approx(5.0 + 2.0 * alpha, abs=0.15)
        error = find_measure("prediction-error")(lambda group: data, "", inertia=inertia)
        assert error.low < 0.1
        assert error.high > -0.1


def test_stresses_that_are_not_stored_predict_nothing():
    with pytest.raises(NotApplicableError, match="not in the histogram"):
        find_measure("predicted-exponent")(lambda group: glass(-0.5, 4.0), "", inertia=1e-12)


def test_what_is_not_there_is_named(opener):
    with pytest.raises(NotApplicableError, match="that far"):
        find_measure("excess-over-waves")(opener, "infinite", distance=0.77)
    with pytest.raises(NotApplicableError, match="no such feature"):
        find_measure("boson-peak-feature")(opener, "known", distance=0.1, feature="width")


@pytest.mark.parametrize("claims", [("HET-1",), ("HET-2",), ("HET-3",), ("HET-4",), ("GHET-1", "GHET-2")])
def test_every_figure_is_drawn_from_finite_numbers(claims, cells, draw):
    figure = draw(claims, lambda dataset, group: cells.get(group))
    for panel in figure.panels:
        assert len(panel.series) >= 3
        for series in panel.series:
            finite = np.isfinite(np.array(series.y or series.low, dtype=np.float64))
            assert finite.sum() >= 3 if series.kind == "line" else finite.all()
