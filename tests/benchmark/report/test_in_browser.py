"""The pages in a browser: what axe-core finds, the filter, the keyboard, narrow screens and paper.

Needs the extra ``browser`` and a Chromium on the machine; without them every test is skipped and says so.
"""

import shutil

import pytest

from bosonpeak.benchmark.leaderboard.pages import write_board
from bosonpeak.benchmark.leaderboard.recomputing import Recomputed
from bosonpeak.benchmark.report.html import write_html

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: browser)")
axe_module = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-core is not installed (extra: browser)"
)

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Opens a file; whatever the page asked of the network or complained about fails the test."""
    contexts, complaints = [], []

    def open_page(path, *, viewport=WIDE, scheme="light", fragment=""):
        context = browser.new_context(viewport=viewport, color_scheme=scheme, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url) if asked.url.startswith("http") else None)
        page.goto(f"file://{path}{fragment}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def report(scorecard, tmp_path):
    write_html(scorecard, tmp_path / "report.html")
    return tmp_path / "report.html"


def violations(page):
    found = axe_module.Axe().run(page)
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_opened_or_closed(opened, report, scheme, viewport):
    page = opened(report, viewport=viewport, scheme=scheme)
    assert violations(page) == []
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_nothing_in_hostile_text(opened, hostile_scorecard, tmp_path):
    write_html(hostile_scorecard, tmp_path / "report.html")
    page = opened(tmp_path / "report.html")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def shown(page):
    return [each.get_attribute("id") for each in page.locator("details.claim:not([hidden])").all()]


def test_claims_are_filtered_by_word_paper_and_verdict(opened, report, scorecard):
    page = opened(report)
    everything = shown(page)
    assert len(everything) == len(scorecard.claims) == 3
    page.fill("#search", "net-1 strength")
    assert shown(page) == ["NET-1"]
    page.fill("#search", "no such word")
    assert shown(page) == []
    assert page.inner_text("#shown") == "0 of 3 claims shown"
    page.fill("#search", "")
    page.uncheck("input[value=supported]")
    verdicts = {claim.id: {claim.verdict, *(part.verdict for part in claim.parts)} for claim in scorecard.claims}
    assert shown(page) == [name for name, said in verdicts.items() if said != {"supported"}] != everything


def test_a_claim_opens_by_keyboard_and_by_its_address(opened, report):
    page = opened(report)
    assert page.locator("details.claim[open]").count() == 0
    page.focus("#NET-2 > summary")
    page.keyboard.press("Enter")
    assert page.locator("details.claim[open]").get_attribute("id") == "NET-2"
    linked = opened(report, fragment="#NET-1")
    assert linked.locator("details.claim[open]").get_attribute("id") == "NET-1"


def test_a_figure_is_taken_along_as_numbers_and_as_a_picture(opened, report, tmp_path):
    page = opened(report, fragment="#NET-1")
    with page.expect_download() as numbers:
        page.click("text=numbers (CSV)")
    numbers.value.save_as(tmp_path / "figure.csv")
    lines = (tmp_path / "figure.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "panel,series,kind,x,y,low,high"
    assert len(lines) > 300
    with page.expect_download() as drawn:
        page.click("button.as-svg")
    drawn.value.save_as(tmp_path / "figure.svg")
    picture = opened(tmp_path / "figure.svg")
    assert picture.evaluate("document.documentElement.tagName") == "svg"
    assert picture.locator("path").count() > 10
    assert "var(" not in (tmp_path / "figure.svg").read_text(encoding="utf-8")


def test_text_of_a_figure_has_the_size_of_its_legend(opened, report):
    page = opened(report, fragment="#NET-1")
    heights = page.evaluate(
        "Array.from(document.querySelectorAll('.plot'), (plot) => parseFloat(getComputedStyle("
        "plot.querySelector('text')).fontSize) * plot.getBoundingClientRect().width / plot.viewBox.baseVal.width)"
    )
    legend = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.legend')).fontSize)")
    assert max(heights) - min(heights) < 0.1
    assert heights[0] == pytest.approx(legend, abs=0.6)


def test_paper_shows_what_was_open_and_no_controls(opened, report):
    page = opened(report, fragment="#NET-1")
    page.emulate_media(media="print")
    assert page.is_hidden("#filter")
    assert page.is_hidden(".downloads")
    assert page.is_visible("#NET-1 blockquote")


def test_what_stays_with_the_next_line_on_paper_is_not_parted_itself(opened, report):
    """Else its first line is left alone at the foot of a page, with the heading above it."""
    page = opened(report)
    page.emulate_media(media="print")
    styles = page.evaluate(
        "Array.from(document.querySelectorAll('*'), (element) => getComputedStyle(element))"
        ".map((style) => [style.breakAfter, style.breakInside])"
    )
    kept = [inside for after, inside in styles if after == "avoid"]
    assert len(kept) > 3
    assert set(kept) == {"avoid"}


def test_a_leaderboard_on_a_phone_names_its_columns(opened, scored_scorecard, tmp_path):
    write_board([Recomputed("mine", "recomputed", "recipe mine", scored_scorecard)], tmp_path / "board")
    page = opened(tmp_path / "board" / "index.html", viewport=PHONE)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown, names = page.evaluate(
        "[Array.from(document.querySelectorAll('tbody tr:first-child td'), (cell) => getComputedStyle(cell, '::before')"
        ".content), Array.from(document.querySelectorAll('thead th'), (heading) => heading.textContent.trim())]"
    )
    assert len(shown) > 3
    assert set(shown) <= {f'"{name}"' for name in names}
    code = page.locator("tbody tr:first-child .code")
    assert code.evaluate("(cell) => getComputedStyle(cell, '::before').content") == '"Code "'
    # The code's name heads what is said of it.
    assert code.bounding_box()["y"] < page.locator("tbody tr:first-child td").first.bounding_box()["y"]
