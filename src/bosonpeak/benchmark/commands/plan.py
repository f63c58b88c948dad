"""The command ``bosonpeak plan exponent``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bosonpeak.benchmark.planning import Outlook

plan_app = typer.Typer(no_args_is_help=True, help="Plan the amount of data for a decision.")


@plan_app.callback()
def _plans() -> None:
    """Keep the name of the only command."""


@plan_app.command("exponent", short_help="Power to distinguish two exponents of g(omega).")
def plan_exponent(
    particles: Annotated[list[int], typer.Option(help="Particles per glass; may be repeated.")],
    glasses: Annotated[list[int], typer.Option(help="Number of glasses of each size.")],
    dimension: Annotated[int, typer.Option(help="Dimension of space.")] = 3,
    lower: Annotated[float, typer.Option(help="The lower of the two exponents.")] = 3.0,
    upper: Annotated[float, typer.Option(help="The higher of the two exponents.")] = 4.0,
    trials: Annotated[int, typer.Option(help="Simulated ensembles per true exponent.")] = 40,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 1,
) -> None:
    """Estimate the power to distinguish two exponents of g(omega) as omega goes to 0, and the glasses needed."""
    from rich import box
    from rich.table import Table

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.benchmark.planning import Plan, cpu_hours, outlooks
    from bosonpeak.datasets.errors import RecipeError

    if dimension != 3:
        raise RecipeError("exponents are planned in three dimensions only", expected="3", got=str(dimension))
    plan = Plan(tuple(particles), tuple(glasses), (lower, upper), trials, seed)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for column in ("true s", "bend", "width", "coverage", "excludes", "power", "glasses for 90 %", "CPU h"):
        table.add_column(column, justify="right")
    for outlook in outlooks(plan):
        table.add_row(*_cells(outlook, cpu_hours(particles, outlook.glasses or glasses)))
    console = ReportConsole()
    console.print(table)
    warm, cold = cpu_hours(particles, glasses)
    console.print(
        "Width and coverage are those of the 95 % interval; the bend is in units of ω₀ at N = 1000. This plan "
        f"costs {warm:.2g} CPU hours at T* = 1.00 and {cold:.2g} at 0.20; the last two columns give a power of 90 %."
    )


def _cells(outlook: Outlook, hours: tuple[float, float]) -> tuple[str, ...]:
    return (
        f"{outlook.truth:g}",
        "none" if math.isinf(outlook.bend) else f"{outlook.bend:g}",
        f"{outlook.width:.2f}",
        f"{outlook.coverage:.2f}",
        f"{outlook.rival:g}",
        f"{outlook.power:.2f}",
        " + ".join(str(count) for count in outlook.glasses) or "no number",
        f"{hours[0]:.2g}, {hours[1]:.2g}" if outlook.glasses else "",
    )
