"""The pages in a browser: axe-core, the filter, the keyboard, narrow screens, paper, and script in foreign text.

Needs the extra ``browser`` and a Chromium on the machine; without them every test is skipped and says so.
"""

import hashlib
import json
import re
import shutil
from importlib import resources

import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.benchmark.conformance.answer_files import write_answers
from bosonpeak.benchmark.conformance.cases import load_case
from bosonpeak.benchmark.conformance.exporting import export
from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard.entries import read_entry
from bosonpeak.benchmark.leaderboard.pages import write_board
from bosonpeak.benchmark.leaderboard.recomputing import Board, Recomputed, recompute
from bosonpeak.benchmark.report.html import write_html
from bosonpeak.benchmark.vibration_track.board import write_vibration_board
from bosonpeak.benchmark.vibration_track.examination import Relation
from bosonpeak.benchmark.vibration_track.structures import load_structure
from bosonpeak.benchmark.vibration_track.track import PROTOCOL, StructureResult

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
    return [each.get_attribute("id") for each in page.locator("details.claim:not([hidden]) > .body").all()]


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
    page.focus("details.claim:has(#NET-2) > summary")
    page.keyboard.press("Enter")
    assert page.locator("details.claim[open] > .body").get_attribute("id") == "NET-2"
    linked = opened(report, fragment="#NET-1")
    assert linked.locator("details.claim[open] > .body").get_attribute("id") == "NET-1"


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


ATTACKS = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    '"><svg onload="window.owned = 1">',
    "</style></title><script>window.owned = 1</script>",
    "javascript:window.owned = 1",
    "' onfocus='window.owned = 1' autofocus='",
)
NESTED = " ".join(ATTACKS)


def claim_with_script(folder):
    """The report of a claim file whose texts are attacks."""
    text = (resources.files("bosonpeak.benchmark") / "claims" / "NET-6.toml").read_text(encoding="utf-8")
    for key in ("title", "statement", "source", "rival", "rival_reading", "says"):
        text = re.sub(f"^{key} = .*", lambda found, key=key: f"{key} = {json.dumps(NESTED)}", text, flags=re.MULTILINE)
    (folder / "claim.toml").write_text(text, encoding="utf-8")
    assert main(["verify", "--claim", str(folder / "claim.toml"), "--html", str(folder / "report.html")]) == 0
    return [folder / "report.html"]


def run_with_script(folder):
    """A packed run whose card has attacks as name and version."""
    (run := folder / "run").mkdir()
    export(run / "cases", [load_case("pair-near-cutoff-2")])
    write_answers(simulation_code("bosonpeak"), run / "cases")
    names = f"name = {json.dumps(NESTED)}\nversion = {json.dumps(ATTACKS[0])}\n"
    (run / "card.toml").write_text(f'[code]\n{names}[provenance]\nconformance = "cases"\n', encoding="utf-8")
    return shutil.make_archive(str(folder / "run"), "zip", root_dir=run)


def card_with_script(folder):
    packed = run_with_script(folder)
    assert main(["score", packed, "--html", str(folder / "score.html")]) in (0, 1)
    return [folder / "score.html"]


def entry_with_script(folder):
    """The leaderboard with an entry of data that were sent in, and with an entry that could not be computed again."""
    (entry := folder / "theirs").mkdir()
    run_with_script(entry)
    shutil.rmtree(entry / "run")
    digest = hashlib.sha256((entry / "run.zip").read_bytes()).hexdigest()
    (entry / "entry.toml").write_text(f'[data]\npath = "run.zip"\ndigest = "sha256:{digest}"\n', encoding="utf-8")
    (found,) = recompute(read_entry(entry), Board(folder, folder))
    assert found.card is not None
    found = [found, Recomputed("absent", "not recomputed", NESTED, None)]
    return [path for path in write_board(found, folder / "board") if path.suffix in (".html", ".svg")]


def potential_with_script(folder):
    """The board of vibrations with attacks in every text of an entry."""
    (entry := folder / "entries" / "theirs").mkdir(parents=True)
    texts = ("version", "calculator", "description", "training_data", "parameters", "licence", "machine")
    lines = [f"{key} = {json.dumps(NESTED)}" for key in texts]
    lines += [f"name = {json.dumps(ATTACKS[0])}", f"requirements = {json.dumps(list(ATTACKS))}", 'date = "2026-11-25"']
    (entry / "code.toml").write_text("\n".join(lines), encoding="utf-8")
    relations = (Relation(NESTED, 0.002, 0.01, NESTED), Relation("stress", 0.1, 0.01, failure=NESTED))
    measured = {"seconds per force call": 0.25, "shear modulus (GPa)": 1.0, NESTED: 2.0}
    for name, problem in (("silicon-64-0", ""), ("silica-72-0", NESTED)):
        frequencies = tuple(load_structure(name).frequencies)
        found = StructureResult(name, NESTED, NESTED, PROTOCOL, relations, measured, frequencies, problem)
        (entry / f"{name}.json").write_text(found.to_json(), encoding="utf-8")
    found = write_vibration_board(folder / "entries", folder / "pages")
    return [path for path in found if path.suffix == ".html"]


@pytest.mark.parametrize("with_policy", [True, False], ids=["as written", "without the page's policy"])
@pytest.mark.parametrize("pages", [claim_with_script, card_with_script, entry_with_script, potential_with_script])
def test_no_script_of_a_stranger_runs(opened, tmp_path, pages, with_policy):
    """Text of claim files, cards and entries is text; without the policy of the page nothing else would stop it."""
    for path in pages(tmp_path):
        text = path.read_text(encoding="utf-8")
        if not with_policy:
            text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
            path.write_text(text, encoding="utf-8")
        page = opened(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.wait_for_load_state()
        assert page.evaluate("window.owned") is None
        commands = "[...document.querySelectorAll('*')].flatMap((each) => [...each.attributes]).filter("
        commands += "(each) => /^on/i.test(each.name) || /^\\s*javascript:/i.test(each.value))"
        assert page.evaluate(f"{commands}.map((each) => each.name)") == []
        assert page.evaluate("document.scripts.length") == text.count("<script>") <= 1


@pytest.mark.parametrize("attack", ATTACKS[:4])
def test_the_attacks_succeed_where_text_is_not_escaped(browser, tmp_path, attack):
    inside = f'<p title="{attack}"></p>' if attack.startswith('"') else f"<style></style>{attack}"
    (tmp_path / "page.html").write_text(f"<!doctype html><title>t</title>{inside}", encoding="utf-8")
    page = browser.new_page()
    page.goto(f"file://{tmp_path / 'page.html'}")
    page.wait_for_function("window.owned === 1", timeout=10_000)
    page.close()
