"""The command ``bosonpeak robustness``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bosonpeak.benchmark.commands.lists import ClaimsOption


def robustness(
    claim: ClaimsOption = None,
    halves: Annotated[int, typer.Option(min=2, help="Random halves of the chains.")] = 20,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Add the results to this JSON file.")
    ] = None,
) -> None:
    """Repeat every comparison of the claims on halves of the chains, without each chain, and in other windows."""
    from bosonpeak.benchmark.commands.outputs import ProgressLine
    from bosonpeak.benchmark.judging import robustness as parts
    from bosonpeak.benchmark.judging.claim_file import choose_claims, load_claims
    from bosonpeak.benchmark.judging.measurements import ReferenceData
    from bosonpeak.datasets.errors import NotApplicableError
    from bosonpeak.datasets.storage.atomic import write_bytes

    data = ReferenceData()
    stored = parts.read_robustness(output) if output is not None and output.exists() else {}
    made = {parts.comparison_key(test, cell) for _, test, cell in parts.comparisons(load_claims())}
    found = {key: each for key, each in stored.items() if key in made}  # results on replaced data are dropped
    asked = list(parts.comparisons(choose_claims(claim)))
    with ProgressLine() as progress:
        for number, (of_claim, test, cell) in enumerate(asked):
            progress(of_claim.id, number, len(asked))
            key = parts.comparison_key(test, cell)
            if output is not None and key in found:
                continue
            try:
                found[key] = parts.robustness(test, cell, data.cell, halves=halves)
            except NotApplicableError as error:
                typer.echo(f"{of_claim.id}\t{test.name}\t{cell}\tnot measured: {error.what}")
                continue
            typer.echo(f"{of_claim.id}\t{test.name}\t{cell}\t{found[key]}")
            if output is not None:
                write_bytes(output, parts.as_json(found).encode("utf-8"))
