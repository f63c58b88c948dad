"""Drawn curves, bands and marks against the numbers of the validators."""

import math

import numpy as np
import pytest
import xarray as xr

import bosonpeak
from bosonpeak import plot, validators
from bosonpeak.benchmark import load_claims
from bosonpeak.benchmark.figures.published.registry import PUBLISHED
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.claimed_values import CLAIMED_EXPONENTS, CLAIMED_SLOPES, published_values
from bosonpeak.plot.exponents import PUBLISHED_WINDOW
from bosonpeak.validators.estimates import mean_interval
from bosonpeak.validators.levels import ratio_distribution
from bosonpeak.validators.power_laws import reduced_cumulative_count, stress_density
from bosonpeak.validators.spectra import coordination_distribution
from bosonpeak.validators.vortices import vorticity

GLASS = "glass/taper-2/T-0.20"
SMALL = "glass/modes-2d/m-2/T-0.20"


def band(axes, place=0):
    """Lower and upper limits of a band by frequency; vertices go along the lower and back along the upper limit."""
    vertices = axes.collections[place].get_paths()[0].vertices
    table = {}
    for x, y in vertices:
        table.setdefault(round(float(x), 9), []).append(float(y))
    return {x: (min(values), max(values)) for x, values in table.items()}


def curve(axes, place=0):
    return axes.get_lines()[place].get_data()


def labelled(axes, label):
    return [line for line in axes.get_lines() if line.get_label() == label]


def test_reduced_density_draws_the_density_debye_and_the_peak(axes):
    data = bosonpeak.open(SMALL)
    found, peak = validators.density_of_states(data), validators.boson_peak(data)
    assert plot.reduced_density(data, ax=axes, label="discs") is axes
    x, y = curve(axes)
    np.testing.assert_array_equal(x, found["frequency"])
    np.testing.assert_array_equal(y, found["reduced_density"])
    debye = axes.get_lines()[1]
    assert debye.get_ydata()[0] == pytest.approx(float(found["debye_level"]))
    limits = band(axes)
    for frequency, value, low, high in zip(
        x, y, found["reduced_density_low"].values, found["reduced_density_high"].values, strict=True
    ):
        if value > 0.0:
            assert limits[round(float(frequency), 9)] == pytest.approx((low, high))
    (mark,) = labelled(axes, "boson peak, discs")
    assert mark.get_xdata()[0] == pytest.approx(peak.value)
    assert mark.get_ydata()[0] == pytest.approx(peak.details["reduced_density"])
    interval = axes.collections[-1].get_segments()[0][:, 0]
    assert interval.tolist() == pytest.approx([peak.low, peak.high])
    assert axes.get_ylabel() == "g(ω)/ω"


def test_units_scale_frequencies_and_keep_the_number_of_modes(axes):
    data = bosonpeak.open(SMALL)
    scale = float(data["first_phonon"].mean())
    found = validators.density_of_states(data)
    plot.reduced_density(data, ax=axes, units="omega_0")
    x, y = curve(axes)
    np.testing.assert_allclose(x, found["frequency"] / scale)
    np.testing.assert_allclose(y, found["reduced_density"] * scale**2)
    assert axes.get_xlabel() == "ω/ω₀"
    (mark,) = labelled(axes, "boson peak")
    assert mark.get_xdata()[0] == pytest.approx(validators.boson_peak(data).value / scale)


def test_frequencies_in_rad_per_ps_are_drawn_in_terahertz(axes):
    modes = np.sort(np.random.default_rng(1).uniform(1.0, 60.0, (20, 300)), axis=1)
    data = xr.Dataset({"eigenfrequency": (("sample", "mode"), modes, {"units": "rad/ps"})})
    edges = np.linspace(0.0, 60.0, 13)
    plot.density(data, ax=axes, units="THz", bins=edges)
    x, y = curve(axes)
    step = edges[1] / (2.0 * math.pi)
    np.testing.assert_allclose(np.diff(x), step)
    assert float(y.sum() * step) == pytest.approx(1.0)
    with pytest.raises(NotApplicableError, match="to_physical_units"):
        plot.density(SMALL, ax=axes, units="THz")


def test_unknown_units_are_refused(axes):
    with pytest.raises(NotApplicableError, match="no such units"):
        plot.density(SMALL, ax=axes, units="meV")
    with pytest.raises(NotApplicableError, match="omega_0"):
        plot.density([1.0, 2.0, 3.0, 4.0], ax=axes, units="omega_0", bins=2)


def test_no_peak_is_marked_where_there_is_none(axes):
    plot.reduced_density("network/spectra/situation-1/delta-0.3", ax=axes)
    assert not labelled(axes, "boson peak")


def test_a_dictionary_gives_a_curve_for_each_key(axes):
    plot.density({"hot": "glass/modes-2d/m-2/T-1.00", "cold": SMALL}, ax=axes, debye=False)
    assert [line.get_label() for line in axes.get_lines()] == ["hot", "cold"]
    assert axes.get_lines()[0].get_color() != axes.get_lines()[1].get_color()
    assert axes.get_lines()[0].get_linestyle() != axes.get_lines()[1].get_linestyle()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["hot", "cold"]
    with pytest.raises(NotApplicableError, match="the keys are the labels"):
        plot.density({"hot": SMALL}, ax=axes, label="cold")


def test_an_ensemble_in_a_dictionary_keeps_its_units(axes):
    plot.reduced_density({"silicon": "material/silicon-512"}, ax=axes, units="THz", debye=False, peak=False)
    (alone,) = plot.reduced_density("material/silicon-512", units="THz", debye=False, peak=False).get_lines()
    (line,) = axes.get_lines()
    assert np.array_equal(line.get_xydata(), alone.get_xydata())
    assert line.get_label() == "silicon"
    with pytest.raises(NotApplicableError, match="THz"):
        plot.reduced_density({"glass": "glass/modes-2d/m-2/T-1.00"}, units="THz")


def test_a_list_of_names_gives_a_curve_for_each_name(axes):
    plot.density(["glass/modes-2d/m-2/T-1.00", SMALL], ax=axes, debye=False)
    assert [line.get_label() for line in axes.get_lines()] == ["glass/modes-2d/m-2/T-1.00", SMALL]


def test_groups_in_a_dictionary_are_curves_of_their_own(axes):
    plot.density({"discs": "glass/modes-2d/m-2", "one": SMALL}, ax=axes, debye=False)
    assert [line.get_label() for line in axes.get_lines()] == ["discs T-1.00", "discs T-0.20", "discs T-0.15", "one"]


def test_groups_of_a_name_are_curves_and_too_many_are_refused(axes):
    plot.density("glass/modes-2d/m-2", ax=axes, debye=False)
    assert [line.get_label() for line in axes.get_lines()] == ["T-1.00", "T-0.20", "T-0.15"]
    with pytest.raises(NotApplicableError, match="too many ensembles"):
        plot.density("network/spectra", ax=axes)


def test_style_of_the_caller_wins(axes):
    plot.density(SMALL, ax=axes, color="black", lw=3.0, ls="--", debye=False)
    (line,) = axes.get_lines()
    assert (line.get_color(), line.get_linewidth(), line.get_linestyle()) == ("black", 3.0, "--")


def test_debyes_law_is_drawn_with_the_density(axes):
    found = validators.density_of_states(SMALL)
    plot.density(SMALL, ax=axes)
    np.testing.assert_array_equal(curve(axes, 1)[1], found["debye"])
    np.testing.assert_array_equal(curve(axes, 0)[1], found["density"])


def test_spectra_of_a_theory_are_curves_over_its_own_debye_level(axes):
    theory = bosonpeak.open("theory/quasi-equilibrium/grid")
    plot.reduced_density(theory, ax=axes)
    lines = axes.get_lines()
    assert len(lines) == 2 * theory.sizes["modulation_wavenumber"]
    np.testing.assert_allclose(
        lines[2].get_ydata() / float(theory["debye_level"][1]), theory["reduced_density_of_states"][1]
    )


def test_cumulative_counts_have_a_panel_for_each_exponent_up_to_the_shortest_list():
    panels = plot.cumulative_count(GLASS, exponent=[2.0, 4.0])
    data = bosonpeak.open(GLASS)
    for panel, exponent in zip(panels, (2.0, 4.0), strict=True):
        x, y = curve(panel)
        found = reduced_cumulative_count(data, exponent=exponent, low=0.15, high=float(x[-1]))
        np.testing.assert_allclose(y, found["reduced_count"])
        assert panel.get_title() == f"s = {exponent:g}"
        shaded = panel.patches[0]
        assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == pytest.approx(PUBLISHED_WINDOW)
    short = bosonpeak.open("limit/taper-2/T-0.20")
    x, _ = curve(plot.cumulative_count(short))
    ends = np.nanmax(short["eigenfrequency"], axis=1) / float(short["first_phonon"].mean())
    assert x[-1] == pytest.approx(min(1.1, float(ends.min())))
    with pytest.raises(NotApplicableError, match="the axes do not fit"):
        plot.cumulative_count(GLASS, exponent=[2.0, 4.0], ax=panels[:1])


def test_local_exponent_draws_the_simultaneous_band_and_the_claims(axes):
    data = bosonpeak.open("limit/taper-2/T-0.20")
    found, scale = validators.local_exponent(data), float(data["first_phonon"].mean())
    plot.local_exponent(data, ax=axes, label="cold")
    x, y = curve(axes)
    np.testing.assert_allclose(x, found["frequency"] / scale)
    np.testing.assert_array_equal(y, found["value"])
    limits = band(axes)
    for frequency, low, high in zip(x, found["simultaneous_low"], found["simultaneous_high"], strict=True):
        assert limits[round(float(frequency), 9)] == pytest.approx((float(low), float(high)))
    assert [line.get_ydata()[0] for line in axes.get_lines()[1:]] == [2.0, 3.0, 4.0]


def test_sizes_of_one_glass_make_one_curve(axes):
    plot.local_exponent("limit/sizes", ax=axes, claims=False)
    tree = bosonpeak.open("limit/sizes")
    cold = [node.to_dataset() for node in tree.leaves if "T-0.20" in node.path]
    found = validators.local_exponent(cold)
    lines = {line.get_label(): line for line in axes.get_lines()}
    assert set(lines) == {"T-0.20", "T-1.00"}
    np.testing.assert_array_equal(lines["T-0.20"].get_ydata(), found["value"])


def expected_values(claim):
    """Middles of the regions that the tests of a claim expect."""
    tests = [test for part in claim.parts for test in part.tests]
    return {round(0.5 * (test.expect.low + test.expect.high), 3) for test in tests}


def test_drawn_claims_are_the_claims_of_the_suite():
    claims = {claim.id: claim for claim in load_claims()}
    for ids, value in CLAIMED_EXPONENTS.items():
        assert all(value in expected_values(claims[each]) for each in ids.split(", "))
    assert set(CLAIMED_SLOPES.values()) <= expected_values(claims["SIM-1"])


def test_participation_draws_every_mode(axes):
    data = bosonpeak.open(SMALL)
    plot.participation(data, ax=axes)
    x, y = curve(axes)
    order = np.argsort(data["eigenfrequency"].values.ravel(), kind="stable")
    np.testing.assert_array_equal(x, data["eigenfrequency"].values.ravel()[order])
    np.testing.assert_array_equal(y, data["participation_ratio"].values.ravel()[order])


def test_level_spacings_draw_the_distribution_and_both_laws(axes):
    data = bosonpeak.open("glass/level-statistics/T-0.20")
    found = ratio_distribution(data)
    plot.level_spacings(data, ax=axes)
    np.testing.assert_array_equal(curve(axes)[1], found["density"])
    ratio, surmise = curve(axes, 1)
    np.testing.assert_allclose(np.interp(found["ratio"], ratio, surmise), found["surmise"], atol=2e-3)
    ratio, poisson = curve(axes, 2)
    np.testing.assert_allclose(poisson, 1.0 / (1.0 + ratio) ** 2)


def test_spacings_of_one_sample_have_no_band(axes):
    levels = np.arange(1.0, 61.0) ** 1.5
    found = ratio_distribution(levels[None])
    assert found["lower"].isnull().all()
    plot.level_spacings(levels[None], ax=axes)
    assert not axes.collections


def test_stresses_draw_the_density_with_limits_over_chains(axes):
    data = bosonpeak.open(GLASS)
    plot.stresses(data, ax=axes)
    edges, counts = data["stress_edge"].values, data["stress_count"].values
    kept = counts.sum(axis=0) >= 10
    x, y = curve(axes)
    np.testing.assert_allclose(x, np.sqrt(edges[1:] * edges[:-1])[kept])
    np.testing.assert_allclose(y, stress_density(counts, edges)[kept])
    place = int(np.argmax(kept)) + 30
    chains = [counts[data["chain"].values == each].sum(axis=0) for each in np.unique(data["chain"])]
    width = edges[place + 1] - edges[place]
    _, low, high = mean_interval([each[place] for each in chains])
    total = np.mean([each.sum() for each in chains])
    limits = band(axes)
    drawn = min(limits, key=lambda each: abs(each - x[30]))
    assert limits[drawn] == pytest.approx((low / total / width, high / total / width), rel=1e-3)
    slopes = [np.diff(np.log(line.get_ydata())) / np.diff(np.log(line.get_xdata())) for line in axes.get_lines()[1:]]
    np.testing.assert_allclose([slope.mean() for slope in slopes], [-0.5, -1.0])


def test_coordination_draws_the_fractions_with_limits(axes):
    data = bosonpeak.open("network/paper/situation-2/delta-0.2")
    found = coordination_distribution(data)
    plot.coordination(data, ax=axes)
    np.testing.assert_array_equal(curve(axes)[0], found.number)
    np.testing.assert_allclose(curve(axes)[1], found.fraction.mean(axis=0))
    _, low, high = mean_interval(found.fraction[:, 4])
    assert band(axes)[4.0] == pytest.approx((low, high))


def test_currents_draw_the_mean_over_samples_and_the_structure_factor(axes):
    data = bosonpeak.open("glass/currents/m-2/T-0.20")
    plot.current_correlation(data, ax=axes, waves=[2])
    x, y = curve(axes)
    np.testing.assert_array_equal(x, data["frequency"])
    np.testing.assert_allclose(y, data["current_correlation"][:, 2].astype(float).mean("sample"), rtol=1e-6)
    other = plot.dynamic_structure_factor(data, waves=[2], polarisation="transverse")
    expected = (float(data["wavenumber"][2]) / data["frequency"].values) ** 2 * y
    np.testing.assert_allclose(curve(other)[1], expected)
    with pytest.raises(NotApplicableError, match="no such wave number"):
        plot.current_correlation(data, ax=axes, waves=[99])
    with pytest.raises(NotApplicableError, match="no longitudinal waves"):
        plot.current_correlation("network/currents/crystal", ax=axes, polarisation="longitudinal")


def test_mode_draws_arrows_over_the_vorticity(axes):
    data = bosonpeak.open(SMALL)
    plot.mode(data, ax=axes, sample=2, number=1)
    vectors = data["eigenvector"].values[2, 1].astype(float)
    arrows = axes.collections[0]
    ratio = np.column_stack([arrows.U, arrows.V]) / (vectors - vectors.mean(axis=0))
    np.testing.assert_allclose(ratio, 1.0, rtol=1e-4)
    found = vorticity(data["position"].values[2].astype(float), vectors[None], data["box"].values)
    frequency = float(data["eigenfrequency"].sel(sample=data["configuration_index"].values[2])[1])
    assert axes.get_title() == f"ω = {frequency:.3g}, curl content {found.curl_content[0]:.2f}"
    with pytest.raises(NotApplicableError, match="no such configuration"):
        plot.mode(data, ax=axes, sample=1000)


def test_mode_of_a_network_draws_its_displacements(axes):
    data = bosonpeak.open("network/nine-node/added")
    plot.mode(data, ax=axes, number=2)
    vector = data["eigenvector"].values[0, 2]
    np.testing.assert_allclose(axes.collections[0].get_array(), vector / np.abs(vector).max())


def test_forest_draws_estimates_and_claims(axes):
    one = validators.Estimate("exponent s", 3.5, 3.0, 4.2, 0.95, 20, "test")
    other = validators.Estimate("exponent s", 2.0, math.nan, math.nan, 0.95, 2, "test")
    plot.forest({"a": one, "b": other}, ax=axes, claims={"claim": 4.0, "rival": 2.0})
    assert axes.get_lines()[0].get_xdata().tolist() == [3.5, 2.0]
    assert [segment[:, 0].tolist() for segment in axes.collections[0].get_segments()] == [[3.0, 4.2]]
    assert [line.get_xdata()[0] for line in axes.get_lines() if line.get_label() in ("claim", "rival")] == [4.0, 2.0]
    assert axes.get_xlabel() == "exponent s"
    with pytest.raises(NotApplicableError, match="these are not estimates"):
        plot.forest([1.0], ax=axes)


def test_forest_draws_bounds_at_their_finite_end_below_their_rows(axes):
    two_sided = validators.Estimate("exponent s", 3.5, 3.0, 4.2, 0.95, 20, "test")
    bound = validators.Estimate("lower bound", 9.0, 2.8, math.inf, 0.95, 20, "test")
    plot.forest({"a": two_sided, "b": bound}, ax=axes, bounds={"a": bound})
    (drawn,) = (line for line in axes.get_lines() if line.get_label() == "lower bound, 95 %")
    assert drawn.get_xdata().tolist() == [2.8, 2.8]
    assert drawn.get_ydata()[0] == -1.0
    assert -0.5 < drawn.get_ydata()[1] < 0.0
    assert axes.get_xlim()[1] < 5.0
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    with pytest.raises(NotApplicableError, match="belong to no row"):
        plot.forest({"a": two_sided}, ax=axes, bounds={"c": bound})


def test_an_estimate_draws_itself(axes):
    found = validators.Estimate("exponent s", 3.5, 3.0, 4.2, 0.95, 20, "test")
    assert found.plot(ax=axes, label="m = 2", claims={"SIM-3": 4.0}) is axes
    assert axes.get_lines()[0].get_xdata().tolist() == [3.5]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["m = 2"]
    assert next(line.get_xdata()[0] for line in axes.get_lines() if line.get_label() == "SIM-3") == 4.0


@pytest.mark.slow
def test_a_figure_that_shows_tests_of_other_claims_is_drawn(axes):
    assert plot.claim("TR-1", ax=axes).get_title().startswith("TR-1: ")
    assert axes.lines or axes.collections


def test_a_claims_figure_has_the_curve_of_other_data(axes):
    plot.claim("SIM-2", data=GLASS, ax=axes, label="mine")
    own = next(line for line in axes.get_lines() if line.get_label() == "mine")
    np.testing.assert_array_equal(own.get_ydata(), plot.local_exponent(GLASS).get_lines()[0].get_ydata())
    axes.clear()
    plot.claim("SIM-3", data=GLASS, panel=1, ax=axes, label="mine")
    own = next(line for line in axes.get_lines() if line.get_label() == "mine")
    expected = plot.cumulative_count(GLASS, exponent=4.0).get_lines()[0]
    np.testing.assert_array_equal(own.get_ydata(), expected.get_ydata())
    assert "mine" in [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(axes.get_lines()) > 2
    with pytest.raises(NotApplicableError, match="no such panel"):
        plot.claim("SIM-2", panel=9)


def own_curve(identifier, data, panel=0):
    axes = plot.claim(identifier, data=data, panel=panel, label="mine")
    return next(line for line in axes.get_lines() if line.get_label().startswith("mine"))


def test_own_data_are_measured_as_the_panel_shows():
    network = "network/paper/situation-2/delta-0.1"
    drawn = own_curve("NET-5", network)
    np.testing.assert_allclose(drawn.get_ydata(), coordination_distribution(network).fraction.mean(axis=0))
    theory = bosonpeak.open("theory/heterogeneous-elasticity/infinite")
    drawn = own_curve("HET-1", theory)
    np.testing.assert_array_equal(drawn.get_xdata(), theory["frequency"])
    assert (
        (theory["reduced_density_of_states"] == xr.DataArray(drawn.get_ydata(), dims="frequency"))
        .all("frequency")
        .any()
    )
    levels = "glass/level-statistics/T-1.00"
    found = ratio_distribution(bosonpeak.open(levels), part="highest", count=50, highest=4.0, bins=20)
    np.testing.assert_array_equal(own_curve("SIM-5", levels, panel=2).get_ydata(), found["density"])


def test_own_data_outside_of_the_panel_make_room():
    own = own_curve("NET-5", "glass/modes-2d/m-2/T-0.15")
    left, right = own.axes.get_xlim()
    inside = [y for x, y in zip(*own.get_data(), strict=True) if left <= x <= right]
    assert own.axes.get_ylim()[1] >= max(inside) > 0.6


def test_an_estimate_of_own_data_is_a_level_with_its_interval():
    axes = plot.claim("NET-8", data="network/spectra/situation-2/delta-0.1", panel=1, label="mine")
    found = validators.spectra.excess_peak(bosonpeak.open("network/spectra/situation-2/delta-0.1")).height
    drawn = next(line for line in axes.get_lines() if line.get_label() == f"mine: {found.value:.3g}")
    assert drawn.get_ydata().tolist() == [found.value] * 2
    assert drawn.get_xdata().tolist() == list(axes.get_xlim())
    assert {limit for limits in band(axes, -1).values() for limit in limits} == {found.low, found.high}


@pytest.mark.parametrize(
    ("identifier", "panel", "data", "expected"),
    [
        ("NET-6", 0, GLASS, "takes no curve of other data"),
        ("NET-5", 0, "glass/currents/m-2/T-0.20", "cannot be computed from these data"),
        ("HET-1", 0, GLASS, "not curves of the theory"),
        ("QE-9", 0, GLASS, "lack what this panel of QE-9 shows|cannot be computed from these data"),
    ],
)
def test_a_panel_that_takes_no_curve_names_the_functions_that_fit(identifier, panel, data, expected):
    with pytest.raises(NotApplicableError, match=expected) as refused:
        plot.claim(identifier, data=data, panel=panel)
    named = "current_correlation" if "currents" in data else "local_exponent"
    assert f"bosonpeak.plot.{named}" in str(refused.value)


def test_values_of_a_paper_are_lines_with_their_error_of_reading_and_have_a_source(axes):
    plot.published("networks-2", ax=axes, scale=2.0)
    (peak,) = labelled(axes, "paper: place of the peak")
    assert peak.get_xdata()[0] == 1.0
    shaded = axes.patches[0]
    assert (shaded.get_x(), shaded.get_x() + shaded.get_width()) == pytest.approx((0.9, 1.1))
    plot.published("excitations-4", ax=axes)
    assert labelled(axes, "paper: s at low T m = 2")[0].get_ydata()[0] == 4.0
    for figure in PUBLISHED:
        try:
            found = published_values(figure)
        except NotApplicableError:
            continue
        assert all(each.source and each.reading_error >= 0.0 for each in found.values())
    with pytest.raises(NotApplicableError, match="networks-2"):
        plot.published("networks-9", ax=axes)
