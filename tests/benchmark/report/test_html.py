import base64
import csv
import dataclasses
import hashlib
import io
import itertools
import re
import stat
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest

from bosonpeak.benchmark.report.claim_table import claim_csv
from bosonpeak.benchmark.report.headlines import exponents_figure
from bosonpeak.benchmark.report.html import render_html, write_html
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, EstimateResult, PartResult, TestResult
from bosonpeak.benchmark.scorecards.scorecard import Code, Scorecard
from bosonpeak.datasets.errors import StoreError
from bosonpeak.plot.figure import Figure, Panel, Series

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """A strict reading of a page: every element closed in order, everything recorded."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.text = []
        self.style = ""
        self.script = ""
        self._open = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        assert len({name for name, _ in attributes}) == len(attributes)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open and self._open[-1] == "style":
            self.style += data
        elif self._open and self._open[-1] == "script":
            self.script += data
        else:
            self.text.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(params=["scorecard", "changed_scorecard", "hostile_scorecard"])
def page(request):
    return Page(render_html(request.getfixturevalue(request.param)))


def test_page_is_well_formed_with_unique_ids_and_links_that_lead_somewhere(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 5
    for tag, attributes in page.elements:
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"].removeprefix("#") in ids
        elif "href" in attributes and tag != "link":
            assert re.match(r"https://(doi|arxiv)\.org/|data:text/csv;", attributes["href"])
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids


def test_page_asks_for_nothing_and_runs_its_own_script_alone(page):
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert len(page.all("script")) == 1
    assert not {"iframe", "object", "embed", "base", "img"} & {tag for tag, _ in page.elements}
    for _, attributes in page.elements:
        assert "src" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
    assert page.all("link") == [{"rel": "icon", "href": "data:,"}]
    assert "url(" not in page.style
    assert "@import" not in page.style
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}';" in policy
    assert "form-action 'none'" in policy
    assert not re.search(r"fetch|XMLHttpRequest|innerHTML|eval|import", page.script)


def test_page_can_be_read_by_ear(page):
    assert page.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for svg in page.all("svg"):
        assert svg.get("aria-hidden") == "true" or (svg["role"] == "img" and svg["aria-label"])
    for heading in page.all("th"):
        assert heading["scope"] in ("col", "row")
    assert len(page.all("caption")) == len(page.all("table")) > 0


def test_hostile_text_arrives_as_text(hostile_scorecard):
    page = Page(render_html(hostile_scorecard))
    for expected in ("<script>alert('x')</script>", "]]></system-out><failure/>", "{{ 7 * 7 }}", "${7*7}", "שלום عالم"):
        assert expected in page.words
    assert "\x1b" not in page.words
    assert "\u202e" not in page.words
    assert max(map(len, page.words.split())) > 5000


def test_page_can_be_encoded_whatever_the_text(hostile_scorecard, tmp_path):
    write_html(hostile_scorecard, tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)


def test_same_scorecard_gives_the_same_page(scorecard):
    assert render_html(scorecard) == render_html(Scorecard.from_json(scorecard.to_json()))


def test_reader_gets_numbers_reasons_and_sources(scorecard):
    words = Page(render_html(scorecard)).words
    for expected in (
        "Verdicts on 3 published claims",
        "Every recorded verdict is reproduced; 2 controls came out as required.",
        "Strength disorder at fixed z = 4 leaves g(ω)/ω at the Debye level for ω < 1.",
        "spring-network paper, Fig. 2 left",
        "any disorder produces an excess",
        "an excess of 0.1 or more at every δ",
        "0.0120 [0.0030, 0.0210]",
        "−0.05 to 0.05",
        "0.0111",
        "situation 1, δ 0.3",
        "half of the excess that the rival predicts",
        "with a known answer",
        "mean over samples, Student t",
        "the first phonon shell is inside the window",
        "needs the full suite",
        "sha256:0123456789abcdef",
        "numpy 2.1.0",
        "As recorded",
    ):
        assert expected in words


def test_everything_measured_is_in_the_table_of_the_claim(scorecard):
    rows = list(csv.DictReader(io.StringIO(claim_csv(scorecard.claims[0]))))
    assert {row["kind"] for row in rows} == {"part", "test", "control", "note"}
    test = next(row for row in rows if row["kind"] == "test")
    assert (test["value"], test["low"], test["high"]) == ("0.012", "0.003", "0.021")
    assert test["reason"] == "the interval lies inside the expected region"
    assert rows[0]["reason"] == "all three intervals lie inside ±0.05"
    assert "dilution at p = 0.8" in [row["name"] for row in rows]
    link = next(a for a in Page(render_html(scorecard)).all("a") if a.get("download", "").startswith("NET-1"))
    assert unquote(link["href"]).endswith(claim_csv(scorecard.claims[0]))


def test_exponents_and_figures_without_a_claim_come_first(scorecard, claim_of_one_part):
    figure = scorecard.figures["reduced-dos"]
    tests = tuple(
        TestResult(
            "limit",
            "undecided",
            cell={"ensemble": cell},
            dataset=dataset,
            estimate=EstimateResult("s", 3.7, 3.2, 4.4),
            measure="limit-exponent",
        )
        for dataset in ("limit/taper-2", "limit/taper-inf")
        for cell in ("T-1.00", "T-0.20")
    )
    part = PartResult("main", "undecided", tests=tests, estimate=EstimateResult("s", 3.7, 3.2, 4.4))
    claims = (*scorecard.claims, ClaimResult("SIM-2", "title", parts=(part,)))
    card = dataclasses.replace(scorecard, claims=claims, figures={**scorecard.figures, "more": figure})
    page = Page(render_html(card))
    assert "3.70 [3.20, 4.40]" in page.words
    assert page.words.index("3.70 [3.20, 4.40]") < page.words.index("Claims by paper and verdict")
    numbers = re.findall(r"Figure (\d+)\. ", page.words)
    assert numbers == [str(place) for place in range(1, len(numbers) + 1)]
    assert len(numbers) == 3
    (panel,) = exponents_figure(card).panels
    assert panel.y_names == ("m = 2, T* = 0.20", "m = 2, T* = 1.00", "m = ∞, T* = 0.20", "m = ∞, T* = 1.00")
    assert panel.series[0].x == (3.7,) * 4
    assert (panel.series[0].low, panel.series[0].high) == ((3.2,) * 4, (4.4,) * 4)
    assert exponents_figure(scorecard) is None
    bound = Series.of("m = 2, lower bound", "points", [0.04], [3.2], [3.2], [6.5], style="control")
    local = Figure("local exponent", "", (Panel("T* = 1.00", "ω/ω₀", "s", (bound,)),))
    drawn = exponents_figure(dataclasses.replace(card, figures={**card.figures, "glass-local-exponent": local}))
    (panel,) = drawn.panels
    triangles = panel.series[1]
    assert (triangles.label, triangles.x, triangles.low, triangles.high) == (
        "lower bound, 95 %",
        (None,),
        (3.2,),
        (None,),
    )
    row = panel.y_names.index("m = 2, T* = 1.00")
    assert -row - 0.5 < triangles.y[0] < -row
    assert "does not rise with ω" in drawn.caption


def test_further_measurements_of_a_claim_lie_behind_one_fold(scorecard):
    page = render_html(scorecard)
    folds = re.findall(r"<summary>\d+ further measurements?</summary>", page)
    assert len(folds) == sum(bool(claim.notes) for claim in scorecard.claims) > 0
    tables = [unquote(link["href"]) for link in Page(page).all("a") if link.get("class") == "measured"]
    assert all(any(note in table for table in tables) for claim in scorecard.claims for note in claim.notes)


def test_what_changed_is_told_in_words(changed_scorecard):
    words = Page(render_html(changed_scorecard)).words
    assert "NET-2 was recorded as supported and is now refuted." in words
    assert "NET-1 , dilution at p = 0.8 (bond probability 0.8): must be refuted, is supported." in words
    assert "changed: was supported" in words


def test_parts_are_shown_one_by_one():
    parts = (
        PartResult("in the window", "refuted", says="from 0.3 to 0.55", reasons=("far off",)),
        PartResult("in the limit", "supported", discriminates=False, recorded="undecided"),
    )
    page = Page(render_html(Scorecard("quick", Code("c", "1"), claims=(ClaimResult("SIM-3", "title", parts=parts),))))
    for expected in ("refuted", "in the window", "from 0.3 to 0.55", "far off", "in the limit", "the rival agrees"):
        assert expected in page.words
    assert "SIM-3 , in the limit , was recorded as undecided and is now supported." in page.words


def test_scorecard_without_claims_is_a_page(scorecard):
    page = Page(render_html(dataclasses.replace(scorecard, claims=())))
    assert "No claim could be judged." in page.words


def test_claims_with_ids_that_look_alike_get_anchors_of_their_own(claim_of_one_part):
    claims = tuple(claim_of_one_part(name) for name in ("NET-9", "A-1", "A 1", "A/1", "§", "summary"))
    page = Page(render_html(Scorecard("quick", Code("c", "1"), claims=claims)))
    anchors = [each["id"] for each in page.all("div") if each.get("class") == "body"]
    assert anchors == ["NET-9", "claim-A-1", "claim-A-1-3", "claim-A-1-4", "claim-5", "claim-summary"]


def test_figure_of_two_claims_is_drawn_once(scorecard):
    first, second, third = scorecard.claims
    shared = dataclasses.replace(second, figure="reduced-dos")
    page = Page(render_html(dataclasses.replace(scorecard, claims=(first, shared, third))))
    assert len(page.all("figure")) == 1
    assert "Figure 1 is drawn at NET-1." in page.words


def test_legend_that_panels_share_is_shown_once(scorecard):
    shared = Page(render_html(scorecard))
    assert len([a for a in shared.all("ul") if a.get("class") == "legend"]) == 1
    panels = scorecard.figures["reduced-dos"].panels
    figure = Figure("t", "c", (panels[0], dataclasses.replace(panels[1], series=panels[1].series[:1])))
    differing = Page(render_html(dataclasses.replace(scorecard, figures={"reduced-dos": figure})))
    assert len([a for a in differing.all("ul") if a.get("class") == "legend"]) == 2


def test_three_long_figures_stay_below_three_quarters_of_a_megabyte(scorecard):
    rng = np.random.default_rng(2)
    x = np.linspace(0, 3, 20_000)
    series = tuple(Series(f"s{n}", "line", x, x + 0.1 * rng.normal(size=x.size), order=n) for n in range(3))
    panels = tuple(Panel(f"p{n}", "x", "y", series) for n in range(2))
    claims = tuple(dataclasses.replace(scorecard.claims[0], id=f"C-{n}", figure=f"f{n}") for n in range(3))
    figures = {f"f{n}": Figure("t", "c", panels) for n in range(3)}
    text = render_html(dataclasses.replace(scorecard, claims=claims, figures=figures))
    assert text.count("<figure>") == 3
    assert len(text.encode()) < 750_000


def contrast(first, second):
    def luminance(colour):
        digits = colour if len(colour) == 7 else "#" + "".join(2 * c for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes(page):
    blocks = re.findall(r":root \{(.*?)\}", page.style, flags=re.DOTALL)
    light, dark, printed = (dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in blocks)
    return {"light": light, "dark": light | dark, "print": light | printed}


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_and_curves_stand_out_from_the_paper(scorecard, theme):
    colours = themes(Page(render_html(scorecard)))[theme]
    for name in ("ink", "muted", "link"):
        assert contrast(colours[name], colours["paper"]) >= 4.5
        assert contrast(colours[name], colours["raised"]) >= 4.5
    for verdict in ("supported", "refuted"):
        assert contrast(colours[verdict], colours[f"{verdict}-fill"]) >= 4.5
    for index in range(6):
        assert contrast(colours[f"series-{index}"], colours["paper"]) >= 3.0


def test_page_is_written_whole_or_not_at_all(scorecard, tmp_path):
    target = tmp_path / "report.html"
    write_html(scorecard, target)
    assert target.read_text(encoding="utf-8") == render_html(scorecard)
    target.write_text("old", encoding="utf-8")
    target.chmod(stat.S_IRUSR)
    with pytest.raises(StoreError, match=r"report\.html"):
        write_html(scorecard, target)
    with pytest.raises(StoreError, match="nowhere"):
        write_html(scorecard, tmp_path / "nowhere" / "report.html")
    assert target.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
