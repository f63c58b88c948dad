"""The commands ``bosonpeak claims list`` and ``bosonpeak claims show``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from bosonpeak.benchmark.commands.lists import Column, JsonListOption, claims_beginning, show_list

if TYPE_CHECKING:
    from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Part

claims_app = typer.Typer(no_args_is_help=True, help="Show the claims, their rivals and verdicts.")


@claims_app.command("list")
def list_claims(as_json: JsonListOption = False) -> None:
    """List all claims with their recorded verdicts.

    In a pipe, tab-separated: id, recorded verdict, title, rival, source.
    """
    from bosonpeak.benchmark.judging.claim_file import load_claims

    rows = [
        {
            "id": claim.id,
            "recorded": _recorded(claim),
            "title": claim.title,
            "rival": claim.rival,
            "source": claim.source,
        }
        for claim in load_claims()
    ]
    shown = (Column("id", "Claim"), Column("recorded", "Recorded"), Column("title", "Title", elastic=True))
    show_list(rows, shown, as_json=as_json)


@claims_app.command("show", short_help="Show one claim: statement, rival, tests, tolerances.")
def show_claim(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID|FILE", help="Id of a claim, such as NET-1, or claim file.", autocompletion=claims_beginning
        ),
    ],
    toml: Annotated[bool, typer.Option("--toml", help="Print the claim file verbatim.")] = False,
) -> None:
    """Show one claim: statement, source, rival, regime, tests and tolerances with their reasons."""
    from rich.padding import Padding
    from rich.text import Text

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.benchmark.judging.claim_file import find_claim

    claim = find_claim(identifier)
    console = ReportConsole()
    if toml:
        console.print(Text(claim.text.rstrip()), soft_wrap=True)
        return
    console.print(Text(f"{claim.id}  {claim.title}", style="bold"))
    for heading, lines in _sections(claim).items():
        if lines:
            console.print(Text(f"\n{heading}", style="bold"))
        for line in lines:
            text = line.lstrip()
            console.print(Padding(Text(text), (0, 0, 0, 2 + len(line) - len(text))))


def _sections(claim: Claim) -> Mapping[str, list[str]]:
    from bosonpeak.benchmark.report.words import wording

    return {
        "Statement": [claim.statement],
        "Source": [claim.source],
        "Rival": [claim.rival],
        "The rival's reading": [claim.rival_reading],
        "Regime": [f"{wording.name(key)}: {wording.plain(value)}" for key, value in claim.regime.items()],
        "Parts": [line for part in claim.parts for line in _part_lines(part)],
        "Context (not judged)": [f"{test.name} ({test.dataset})" for test in claim.context],
        "Controls": [
            f"{control.name} ({control.test.dataset}: {', '.join(control.test.cells)}) must be {control.must_be}"
            for control in claim.controls
        ],
    }


def _recorded(claim: Claim) -> str:
    """Recorded verdict of the main part."""
    return claim.parts[0].recorded or "none"


def _part_lines(part: Part) -> list[str]:
    apart = "" if part.discriminates else "; claim and rival expect the same here"
    lines = [f"{part.name}: {part.recorded or 'no verdict recorded'}{apart}"]
    if part.says:
        lines.append(f"  {part.says}")
    return lines + [f"  {line}" for test in part.tests for line in _test_lines(test)]


def _test_lines(test: ClaimTest) -> list[str]:
    lines = [f"{test.name} ({test.dataset}: {', '.join(test.cells)})"]
    if test.expect is not None:
        lines += [f"  expected {test.expect}", f"  because {test.expect.why}"]
    return lines
