import dataclasses
import io

import pytest
from rich.console import Console

from bosonpeak.benchmark.commands.console import ReportConsole
from bosonpeak.benchmark.report.terminal import print_scorecard
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.benchmark.scorecards.scorecard import Code, NotRun, Scorecard


def printed(scorecard, width, written=None, *, verbose=True, **options):
    stream = io.StringIO()
    print_scorecard(scorecard, Console(file=stream, width=width, **options), written, verbose=verbose)
    return stream.getvalue()


def words(text):
    return " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("which", ["scorecard", "changed_scorecard", "hostile_scorecard"])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_too_long_and_no_character_steers_the_terminal(which, width, verbose, request):
    text = printed(request.getfixturevalue(which), width, verbose=verbose)
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 200])
def test_reader_gets_numbers_intervals_and_reasons(scorecard, width):
    text = words(printed(scorecard, width, {"HTML report": "out.html"}))
    for expected in (
        "Estimate [interval]",
        "NET-1",
        "supported",
        "0.0120 [0.0030, 0.0210]",
        "-0.05 to 0.05",
        "0.0111",
        "NET-8: needs the full suite",
        "3 claims: 1 supported, 1 refuted, 1 undecided. Every recorded verdict is reproduced",
        "HTML report: out.html",
    ):
        assert expected in text


def test_a_claim_takes_one_line_of_eighty_columns(scorecard):
    parts = tuple(PartResult(f"part {n}", verdict) for n, verdict in enumerate(["supported", "refuted", "supported"]))
    long = ClaimResult("QE-10", "A title that is a good deal longer than a line of a terminal " * 3, parts=parts)
    lines = printed(dataclasses.replace(scorecard, claims=(*scorecard.claims, long)), 80, verbose=False).splitlines()
    (first,) = [line for line in lines if line.strip().startswith("NET-1 ")]
    (last,) = [line for line in lines if line.strip().startswith("QE-10")]
    assert "supported" in first
    assert "0.0120 [0.0030, 0.0210]" in first
    assert "1✓ 1✗" in words(last)
    assert "all three intervals" not in " ".join(lines)


def test_a_verdict_that_claim_and_rival_share_is_marked(scorecard):
    shared = ClaimResult("LB-2", "title", parts=(PartResult("size", "supported", discriminates=False),))
    alone = printed(dataclasses.replace(scorecard, claims=(shared,)), 80, verbose=False)
    assert "supported°" in alone
    assert "°: claim and rival expect the same" in alone
    assert "°" not in printed(scorecard, 80, verbose=False)


def test_what_changed_and_which_control_failed(changed_scorecard):
    text = words(printed(changed_scorecard, 80))
    assert "Changes from the recorded verdicts NET-2: recorded supported, now refuted" in text
    assert "NET-1, dilution at p = 0.8 (bond probability 0.8): must be refuted, came out supported" in text
    assert "1 verdict differs from the record and 1 control did not come out as required." in text


@pytest.mark.parametrize("width", [80, 200])
def test_parts_are_told_apart(width):
    parts = (
        PartResult("in the window", "refuted", reasons=("far off",)),
        PartResult("in the limit", "supported", discriminates=False, recorded="undecided"),
        PartResult("at the end", "undecided"),
    )
    card = Scorecard("quick", Code("c", "1"), claims=(ClaimResult("SIM-3", "title", parts=parts),))
    text = words(printed(card, width))
    for expected in ("refuted", "in the window", "far off", "in the limit", "the rival agrees", "at the end"):
        assert expected in text
    assert "SIM-3[in the limit]: recorded undecided, now supported" in text


def test_nothing_is_taken_for_markup(hostile_scorecard):
    assert "[bold red]rich markup[/] {{ 7 * 7 }}" in printed(hostile_scorecard, 200)


def test_colour_only_where_it_is_wanted(scorecard, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in printed(scorecard, 80, force_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in printed(scorecard, 80, force_terminal=True)


def test_without_colours_there_is_text_and_nothing_else(scorecard, monkeypatch, capsys):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for value, escapes in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", value)
        print_scorecard(scorecard, ReportConsole())
        assert ("\x1b[" in capsys.readouterr().out) is escapes


def test_many_reasons_are_counted_not_listed(scorecard, with_part):
    claim = with_part(scorecard.claims[0], reasons=tuple(f"reason {n}" for n in range(9)))
    text = printed(dataclasses.replace(scorecard, claims=(claim,)), 80)
    assert "reason 2" in text
    assert "reason 3" not in text
    assert "and 6 more" in text


def test_what_was_not_run_is_told_by_its_reason(scorecard):
    left_out = (*(NotRun(f"NET-{n}", "no network came") for n in (21, 22)), NotRun("SIM-21", "no glass came"))
    text = words(printed(dataclasses.replace(scorecard, not_run=left_out), 200))
    assert text.count("no network came") == 1
    assert "2 claims, NET-21, NET-22: no network came" in text
    assert "1 claim, SIM-21: no glass came" in text
