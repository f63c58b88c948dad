import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

from bosonpeak.benchmark.report.figure_files import _drawn, write_figure
from bosonpeak.benchmark.report.styles import CSS_COLOURS, legend
from bosonpeak.benchmark.report.svg import draw_figure, draw_panel
from bosonpeak.plot.figure import Figure, Mark, Panel, Series
from bosonpeak.plot.palette import symbols

KINDS = ("line", "band", "points", "bars", "steps")


def drawn(*panels):
    return draw_figure(Figure("t", "c", panels), "figure-1")


def panel(*series, **others):
    return Panel("title", **{"x_label": "x", "y_label": "y", **others}, series=series)


def element(panel):
    return ElementTree.fromstring(drawn(panel)[0].svg)


def test_same_figure_gives_the_same_text(scorecard):
    figure = scorecard.figures["reduced-dos"]
    assert draw_figure(figure, "f") == draw_figure(figure, "f")


def test_ids_of_all_panels_differ_and_every_reference_is_met(scorecard):
    figure = scorecard.figures["reduced-dos"]
    text = "".join(p.svg for name in ("figure-1", "figure-2") for p in draw_figure(figure, name))
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids)) > 50
    referred = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    assert referred
    assert referred <= set(ids)


def test_nothing_acts_on_the_page_or_leaves_it(scorecard):
    text = drawn(*scorecard.figures["reduced-dos"].panels)[0].svg
    assert "<style" not in text
    assert "<metadata" not in text
    assert "http" not in text
    assert "font-family" not in text


def test_colours_are_left_to_the_page(hostile_scorecard):
    for figure in hostile_scorecard.figures.values():
        for panel in draw_figure(figure, "f"):
            styles = re.findall(r'style="([^"]*)"', panel.svg)
            assert styles
            assert not [style for style in styles if "#" in style.replace("url(#", "")]


def test_labels_are_escaped_text_and_never_formulas():
    hostile = "<script>$\\frac{1}$</script>"
    svg = element(Panel(hostile, hostile, hostile, (Series(hostile, "line", [1, 2], [1, 2]),)))
    shown = [node.text for node in svg.iter("text")]
    assert shown.count(hostile) == 2
    assert hostile in svg.attrib["aria-label"]
    assert not list(svg.iter("script"))


def test_description_names_axes_and_legend():
    svg = element(panel(Series("data", "line", [0, 1], [0, 1]), marks=(Mark("hline", 1.0, label="level"),)))
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-label"] == "Plot. title: y against x. Shown: data; level."


def test_legend_has_each_label_once_and_in_order():
    (shown,) = drawn(
        panel(
            Series("a", "band", [0, 1], low=[0, 0], high=[1, 1]),
            Series("b", "points", [0, 1], [0, 1], order=1),
            Series("", "line", [0, 1], [0, 1]),
            Series("b", "points", [0, 1], [0, 1], order=1),
            marks=(Mark("vline", 0.5, label="m"), Mark("span", start=0, stop=1)),
        )
    )
    assert [entry.label for entry in shown.legend] == ["a", "b", "m"]


@pytest.mark.parametrize("kind", KINDS)
def test_swatches_are_well_formed_and_differ_between_orders(kind):
    series = [Series(f"s{order}", kind, [0, 1], [0, 1], [0, 1], [1, 2], order=order) for order in range(6)]
    swatches = [entry.swatch for entry in drawn(panel(*series))[0].legend]
    assert len(set(swatches)) == 6
    for swatch in swatches:
        assert ElementTree.fromstring(swatch).attrib["aria-hidden"] == "true"


def test_lines_of_one_figure_differ_without_colour():
    lines = draw_panel(panel(*(Series("", "line", [0, 1], [0, n], order=n) for n in range(6)))).axes[0].lines
    assert len({line._dash_pattern[1] and tuple(line._dash_pattern[1]) for line in lines}) == 6


numbers = st.lists(st.none() | st.floats(), min_size=0, max_size=6)
scales = st.sampled_from(["linear", "log"])
limits = st.none() | st.tuples(st.none() | st.floats(), st.none() | st.floats())


@settings(max_examples=25, deadline=None)
@given(x=numbers, kind=st.sampled_from(KINDS), x_scale=scales, y_scale=scales, x_limits=limits, y_limits=limits)
def test_no_numbers_can_stop_the_drawing(x, kind, x_scale, y_scale, x_limits, y_limits):
    series = Series("s", kind, x, x[::-1], low=x, high=x[::-1])
    marks = tuple(
        Mark(mark, value, value, value, "m") for mark in ("vline", "hline", "span", "hspan") for value in x[:2]
    )
    shape = Panel("", "", "", (series,), marks, x_scale, y_scale, x_limits, y_limits)
    svg = element(shape)
    assert svg.tag == "svg"
    assert "nan" not in re.findall(r'\sd="([^"]*)"', ElementTree.tostring(svg, encoding="unicode"))


@pytest.mark.parametrize("series", [(), (Series("", "line", [], []),), (Series("", "points", [None], [1.0]),)])
def test_panel_without_data_says_so(series):
    assert "no data" in [node.text for node in element(panel(*series)).iter("text")]


def test_missing_value_breaks_the_line():
    svg = element(panel(Series("", "line", [0, 1, 2, 3, 4], [0, 1, None, 1, 0])))
    (line,) = [node for node in svg.iter("path") if "--series-0" in node.attrib.get("style", "")]
    assert line.attrib["d"].count("M") == 2


def test_long_line_keeps_its_extremes_at_a_fraction_of_the_size():
    x = np.linspace(0, 1, 100_001)
    y = np.sin(400 * x)
    y[54_321] = 7.0
    y[12_345] = -5.0
    points = draw_panel(panel(Series("", "line", x, y))).axes[0].lines[0].get_xydata()
    assert len(points) <= 1600
    assert points[0].tolist() == [x[0], y[0]]
    assert points[-1].tolist() == [x[-1], y[-1]]
    assert points[:, 1].max() == 7.0
    assert points[:, 1].min() == -5.0


def test_many_points_are_thinned_only_where_they_coincide():
    rng = np.random.default_rng(1)
    crowd = rng.normal(0.5, 0.01, size=(50_000, 2))
    x, y = np.concatenate([crowd, [[0.0, 0.0], [1.0, 1.0]]]).T
    lines = draw_panel(panel(Series("", "points", x, y))).axes[0].lines
    kept = lines[-1].get_xydata()
    assert len(kept) <= 1500
    assert [0.0, 0.0] in kept.tolist()
    assert [1.0, 1.0] in kept.tolist()


def test_limits_that_are_given_hold_and_the_others_follow_the_data():
    axes = draw_panel(panel(Series("", "line", [1, 2], [5, 6]), x_limits=(0.0, None), y_limits=(None, 9.0))).axes[0]
    assert axes.get_xlim()[0] == 0.0
    assert 2.0 < axes.get_xlim()[1] < 2.1
    assert 4.9 < axes.get_ylim()[0] < 5.0
    assert axes.get_ylim()[1] == 9.0


def test_an_index_of_a_letter_stands_below_the_line_in_text_that_flows():
    label = next(
        text
        for text in element(panel(Series("", "line", [0, 1], [0, 1]), x_label="omega / (c k_G), g_Debye of one")).iter(
            "text"
        )
        if "k" in (text.text or "")
    )
    assert label.text == "ω / (c k"
    assert [(part.text, "font-size" in part.attrib) for part in label] == [
        ("G", True),
        ("), g", False),
        ("Debye", True),
        (" of one", False),
    ]


def test_an_index_is_set_in_files_too_and_a_name_with_a_line_below_is_none(tmp_path):
    figure = Figure("t", "", (panel(Series("gamma_c, $5", "line", [0, 1], [0, 1]), x_label="k_G of glass_kind"),))
    texts = [text.get_text() for text in _drawn(figure).findobj(Text)]
    assert r"k$_{\mathrm{G}}$ of glass_kind" in texts
    assert r"γ$_{\mathrm{c}}$, \$5" in texts
    write_figure(figure, tmp_path / "figure.pdf", "pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", ["line", "points"])
def test_twelve_series_have_twelve_looks(kind):
    entries = legend(panel(*(Series(f"{n}", kind, [0, 1], [0, 1], order=n) for n in range(12))))
    assert len({entry.swatch for entry in entries}) == 12


def test_powers_of_ten_are_plain_text():
    svg = element(panel(Series("", "line", [1e-6, 1e6], [1, 1000]), x_scale="log", y_scale="log"))
    shown = [node.text for node in svg.iter("text")]
    assert [text for text in shown if text.startswith("10⁻")]
    assert {"1", "10", "100", "1000"} & set(shown)
    assert not [text for text in shown if "$" in text or "mathdefault" in text]


def test_matplotlib_settings_are_left_as_they_were():
    import matplotlib

    before = dict(matplotlib.rcParams)
    drawn(panel(Series("", "line", [0, 1], [0, 1])))
    assert dict(matplotlib.rcParams) == before


def test_each_colour_has_its_own_property():
    assert len(set(CSS_COLOURS.values())) == len(CSS_COLOURS) == 9


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Ω (sqrt(epsilon/(m a²)))", "Ω (√(ε/(m a²)))"),
        ("ω (√(t0/m))", "ω (√(t₀/m))"),
        ("P(r~)", "P(r̃)"),
        ("amplitude of sigmas and t0x", "amplitude of sigmas and t0x"),
    ],
)
def test_names_of_symbols_are_shown_as_symbols(written, shown):
    assert symbols(written) == shown


def test_a_tick_at_two_thousand_is_no_power_of_ten_in_letters():
    particles = Series("a", "points", (500.0, 2000.0, 4000.0), (1.0, 2.0, 3.0))
    text = drawn(panel(particles, x_scale="log"))[0].svg
    assert ">2000<" in text
    assert "e+03" not in text
