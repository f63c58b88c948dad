"""Command ``bosonpeak figures``: the papers' figures, redrawn from the reference data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bosonpeak.benchmark.commands.console import note, say


def figures(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Output directory.")],
    pdf: Annotated[bool, typer.Option("--pdf", help="Write PDF beside SVG.")] = False,
    png: Annotated[bool, typer.Option("--png", help="Write PNG beside SVG.")] = False,
) -> None:
    """Redraw the figures of the four papers and compare each printed number: same, differs, cannot tell."""
    from bosonpeak.benchmark.figures.published.registry import PUBLISHED
    from bosonpeak.benchmark.judging.measurements import ReferenceData
    from bosonpeak.benchmark.report.figure_files import Format, figure_csv, write_figure
    from bosonpeak.datasets.errors import StoreError
    from bosonpeak.datasets.storage.atomic import write_bytes

    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "the directory cannot be created", got=error.strerror or str(error), where=str(output)
        ) from error
    forms: list[Format] = ["svg", *(["pdf"] if pdf else []), *(["png"] if png else [])]  # type: ignore[list-item]
    data = ReferenceData()
    lines: list[str] = []
    for number, (name, draw) in enumerate(PUBLISHED.items(), start=1):
        note(f"drawing {name} ({number} of {len(PUBLISHED)})")
        redrawn = draw(data.cell)
        for form in forms:
            write_figure(redrawn.figure, output / f"{name}.{form}", form)
        write_bytes(output / f"{name}.csv", figure_csv(redrawn.figure).encode("utf-8"))
        lines += [
            f"{name}: {redrawn.figure.title}. {redrawn.figure.caption}",
            *(f"  {comparison}" for comparison in redrawn.comparisons),
        ]
    lines.append(
        "same: the 95 % interval is inside the paper's value ± the tolerance; differs: it is outside; cannot tell: "
        "neither. Claims are judged at the stricter level of all their tests together."
    )
    text = "\n".join(lines)
    write_bytes(output / "comparison.txt", f"{text}\n".encode())
    say(text)
