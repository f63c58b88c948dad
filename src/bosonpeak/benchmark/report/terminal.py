"""A scorecard as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult, Verdict
from bosonpeak.benchmark.scorecards.scorecard import Scorecard

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bosonpeak.benchmark.scorecards.score_result import Score

_STYLES: dict[Verdict, str] = {
    "supported": "cyan",
    "refuted": "yellow",
    "undecided": "default",
    "not run": "dim",
}
_LEAST_WIDE = 130
_MOST_REASONS = 3


def print_scorecard(
    scorecard: Scorecard, console: Console, written: Mapping[str, str] | None = None, *, verbose: bool = False
) -> None:
    """Print verdicts, points that need attention, and `written` paths; `verbose` adds all numbers and reasons."""
    if scorecard.score is not None:
        _print_score(scorecard.score, console)
    if scorecard.claims and verbose:
        wide = console.width >= _LEAST_WIDE
        console.print(_wide_table(scorecard) if wide else _narrow_table(scorecard))
    elif scorecard.claims:
        console.print(_short_table(scorecard))
    for heading, lines in _attention(scorecard):
        console.print(_text(heading, "bold"))
        for line in lines:
            console.print(_indented(line))
        console.print()
    console.print(_verdict_line(scorecard))
    if scorecard.claims and not verbose:
        if not all(claim.discriminates for claim in scorecard.claims):
            console.print(_text("°: claim and rival expect the same", "dim"))
        console.print(_text("Numbers and reasons of every part: -v", "dim"))
    for kind, path in (written or {}).items():
        console.print(_text(f"{kind}: {wording.printable(path)}"), soft_wrap=True)


def _print_score(score: Score, console: Console) -> None:
    """Print the axes, the objections, correctness and coverage of each track, and the suggested next submissions."""
    table = _empty_table()
    table.add_column("Axis", no_wrap=True)
    table.add_column("Earned", no_wrap=True)
    table.add_column("Why", ratio=1)
    for axis in score.axes:
        earned = f"{axis.earned:.4g} of {axis.asked}"
        why = _text(wording.one_line(axis.sentence, 400))
        table.add_row(_text(axis.axis, "bold"), _text(earned), why)
    console.print(table)
    for objection in score.objections:
        console.print(_indented(wording.one_line(objection, 500)))
    console.print(_text(wording.score_line(score).capitalize(), "bold"))
    for track in score.tracks:
        console.print(_indented(f"{track.track}: {wording.track_line(track)}"))
    if score.next_steps:
        console.print(_text("What would add most", "bold"))
    for step in score.next_steps:
        console.print(_indented(wording.one_line(wording.step_line(step), 500)))
    console.print()


def _short_table(scorecard: Scorecard) -> Table:
    """Table with one line per claim: estimate and verdict of the main part, and a tally of the other parts."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", expand=True)
    table.add_column("Claim", no_wrap=True)
    table.add_column(_text("Estimate; other parts"), no_wrap=True, overflow="ellipsis", max_width=36)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Title", no_wrap=True, overflow="ellipsis", ratio=1)
    for claim in scorecard.claims:
        verdict = _text(f"{wording.MARKS[claim.verdict]} {claim.verdict}", _STYLES[claim.verdict])
        if not claim.discriminates:
            verdict.append("°")
        if claim.changed or claim.failed_controls:
            verdict.append(" !", style="bold red")
        numbers = "; ".join(filter(None, (wording.interval(claim.estimate), _tallied(claim.parts[1:]))))
        name, title = wording.one_line(claim.id, 12), wording.one_line(claim.title, 120)
        table.add_row(_text(name, "bold"), _text(numbers), verdict, _text(title))
    return table


def _tallied(parts: Sequence[PartResult]) -> str:
    """Marks of the parts' verdicts with their counts."""
    verdicts = [part.verdict for part in parts]
    return " ".join(
        f"{verdicts.count(verdict)}{mark}" for verdict, mark in wording.MARKS.items() if verdict in verdicts
    )


def _wide_table(scorecard: Scorecard) -> Table:
    table = _empty_table()
    table.add_column("Claim", no_wrap=True)
    table.add_column("Title", ratio=3, min_width=20)
    table.add_column("Verdict", no_wrap=True)
    table.add_column(_text("Estimate [interval]"), min_width=22, max_width=28)
    table.add_column("Expected", min_width=13)
    table.add_column("Smallest\ntolerance")
    table.add_column("Reason", ratio=5, min_width=24)
    for claim in scorecard.claims:
        alone = claim.parts[0] if len(claim.parts) == 1 else None
        named = _text(wording.one_line(claim.id, 16), "bold"), _text(wording.one_line(claim.title, 120))
        table.add_row(*named, _verdict(claim), *(_part_cells(alone) if alone else ("",) * 4))
        for part in () if alone else claim.parts:
            table.add_row("", _text(f"- {wording.one_line(part.name, 120)}"), _part_verdict(part), *_part_cells(part))
    return table


def _narrow_table(scorecard: Scorecard) -> Table:
    table = _empty_table()
    table.add_column("Claim", no_wrap=True)
    table.add_column(_text("Estimate [interval], expected region, reason"), ratio=1)
    for claim in scorecard.claims:
        first = _text(wording.one_line(claim.id, 16), "bold").append("\n").append_text(_verdict(claim))
        second = _text(wording.one_line(claim.title, 120), "bold")
        for part in claim.parts:
            named = [] if len(claim.parts) == 1 else [f"- {wording.one_line(part.name, 120)}: {_said(part)}"]
            for line in (*named, _numbers(part), *_reasons(part)):
                second.append(f"\n{line}", style="default")
        table.add_row(first, second)
    return table


def _empty_table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_lines=False, leading=1, expand=True, pad_edge=False, header_style="dim")


def _part_cells(part: PartResult) -> tuple[Text, Text, Text, Text]:
    return (
        _text("\n".join(_measured(part))),
        _text(_expected(part)),
        _text(wording.number(part.minimum_detectable_effect)),
        _text("\n".join(_reasons(part))),
    )


def _numbers(part: PartResult) -> str:
    if part.estimate is None:
        return "no estimate"
    parts = [
        " ".join(_measured(part)),
        f"expected {_expected(part)}",
        f"smallest tolerance {wording.number(part.minimum_detectable_effect)}",
    ]
    if part.samples_to_decide is not None:
        parts.append(f"{part.samples_to_decide} samples would decide")
    return "; ".join(parts)


def _measured(part: PartResult) -> list[str]:
    """Quantity, if there is one, and its interval."""
    name = [] if part.estimate is None else [wording.one_line(part.estimate.name, 60)]
    return [*name, wording.interval(part.estimate)]


def _expected(part: PartResult) -> str:
    test = part.decisive_test
    return wording.region(test.expect if test else None)


def _reasons(part: PartResult) -> list[str]:
    reasons = [wording.one_line(reason, 300) for reason in part.reasons[:_MOST_REASONS]]
    if len(part.reasons) > _MOST_REASONS:
        reasons.append(f"and {len(part.reasons) - _MOST_REASONS} more")
    return reasons


def _said(part: PartResult) -> str:
    """Verdict on a part, and its power to discriminate between claim and rival."""
    return part.verdict if part.discriminates else f"{part.verdict} (the rival agrees)"


def _verdict(claim: ClaimResult) -> Text:
    text = _text(f"{wording.MARKS[claim.verdict]} {claim.verdict}", _STYLES[claim.verdict])
    if not claim.discriminates:
        text.append("\nthe rival agrees", style="dim")
    if claim.changed:
        text.append(f"\nwas {claim.recorded}" if claim.recorded != claim.verdict else "\nparts changed", "bold red")
    if claim.failed_controls:
        text.append("\ncontrol failed", style="bold red")
    return text


def _part_verdict(part: PartResult) -> Text:
    text = _text(_said(part), _STYLES[part.verdict])
    if part.changed:
        text.append(f"\nwas {part.recorded}", style="bold red")
    return text


def _attention(scorecard: Scorecard) -> Iterable[tuple[str, list[str]]]:
    changed = [
        f"{wording.one_line(wording.part_title(claim, part), 120)}: recorded {part.recorded}, now {part.verdict}"
        for claim, part in scorecard.changed
    ]
    changed += [
        f"{wording.one_line(entry.id, 40)}: recorded {entry.recorded}, now not run" for entry in scorecard.missed
    ]
    failed = [
        f"{wording.one_line(claim.id, 40)}, {wording.one_line(control.name, 80)}"
        + (f" ({wording.one_line(wording.cell(control.cell), 80)})" if control.cell else "")
        + f": must be {control.must_be}, came out {control.verdict}"
        + (f"; {wording.one_line(control.reason)}" if control.reason else "")
        for claim, control in scorecard.failed_controls
    ]
    reasons: dict[str, list[str]] = {}
    for entry in scorecard.not_run:
        reasons.setdefault(wording.one_line(entry.why), []).append(wording.one_line(entry.id, 40))
    not_run = [f"{wording.plural(len(ids), 'claim')}, {', '.join(ids)}: {why}" for why, ids in reasons.items()]
    sections = (("Changes from the recorded verdicts", changed), ("Controls that failed", failed), ("Not run", not_run))
    return [(heading, lines) for heading, lines in sections if lines]


def _verdict_line(scorecard: Scorecard) -> Text:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in wording.tally(scorecard).items())
    line = _text(f"{wording.plural(len(scorecard.claims), 'claim')}: {counts}. " if counts else "", "bold")
    return line.append(wording.outcome(scorecard), style="bold red" if scorecard.exit_code else "bold")


def _indented(line: str) -> Table:
    """Line with a hanging indent."""
    from rich.padding import Padding
    from rich.table import Table

    grid = Table.grid()
    grid.add_row(Padding("", (0, 1)), _text(line))
    return grid


def _text(content: str, style: str = "") -> Text:
    """Text without any markup interpretation."""
    from rich.text import Text

    return Text(content, style=style)
