"""The command ``bosonpeak``.

Exit codes: 0, every verdict is as recorded; 1, a verdict changed or a control failed; 2, bad usage or input; 70, a
defect of the program; 130, interrupted; 143, terminated. Heavy modules are imported inside the commands, so that help
and version answer at once.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import bosonpeak
from bosonpeak.benchmark.commands.claims import claims_app
from bosonpeak.benchmark.commands.conformance import conformance_app
from bosonpeak.benchmark.commands.console import (
    MEMORY,
    NO_COLOUR_VARIABLE,
    QUIET_VARIABLE,
    TIME,
    MemoryLimit,
    Terminated,
    TimeLimit,
    TrustFiles,
    UnpackLimit,
    limits_of,
    termination_raises,
)
from bosonpeak.benchmark.commands.data_release import RELEASE_COMMANDS, SHORT_HELP
from bosonpeak.benchmark.commands.datasets import datasets_app
from bosonpeak.benchmark.commands.figures import figures
from bosonpeak.benchmark.commands.generate import generate, warm_up
from bosonpeak.benchmark.commands.help_groups import RELEASES, STUDIES, SectionedGroup
from bosonpeak.benchmark.commands.leaderboard import leaderboard_app
from bosonpeak.benchmark.commands.lists import ClaimsOption
from bosonpeak.benchmark.commands.outputs import Outputs, ProgressLine
from bosonpeak.benchmark.commands.plan import plan_app
from bosonpeak.benchmark.commands.plot import plot
from bosonpeak.benchmark.commands.robustness import robustness
from bosonpeak.benchmark.commands.vibrations import vibrations_of_files

if TYPE_CHECKING:
    from bosonpeak.benchmark.scorecards.scorecard import Scorecard

BAD_INPUT, DEFECT, INTERRUPTED = 2, 70, 130
_OUTPUT_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
DEBUG_VARIABLE = "BOSONPEAK_DEBUG"
ANYWHERE = ("--quiet", "-q", "--no-color")
MOST_WORKERS = 4
DEFAULT_REPORT = Path("bosonpeak-report.html")

app = typer.Typer(
    cls=SectionedGroup,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Test published claims about the vibrations of amorphous solids against common data.",
    epilog="Exit codes: 0 verdicts as recorded, 1 a verdict changed or a control failed, 2 bad usage or input. "
    "--quiet and --no-color are accepted anywhere.",
)


class SuiteName(enum.StrEnum):
    """The suites of reference data."""

    quick = "quick"
    full = "full"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with the given arguments, else the arguments of the process; return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal without Greek letters must not make the command fail.
            stream.reconfigure(errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    everywhere = [argument for argument in given if argument in ANYWHERE]
    rest = [argument for argument in given if argument not in ANYWHERE]
    before = {name: os.environ.get(name) for name in (QUIET_VARIABLE, NO_COLOUR_VARIABLE)}
    try:
        with termination_raises():
            outcome = app(args=[*everywhere, *rest], prog_name="bosonpeak", standalone_mode=False, obj=given)
    except Terminated as request:
        print("terminated", file=sys.stderr)
        return 128 + request.signal_number
    except (typer.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        return _output_failed(error) if error.errno in _OUTPUT_FAILURES else _explain(error)
    except Exception as error:  # noqa: BLE001 - whatever happens, no bare traceback
        return _explain(error)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    try:
        sys.stdout.flush()
    except OSError as error:
        return _output_failed(error)
    return outcome if isinstance(outcome, int) else 0


def _output_failed(error: OSError) -> int:
    """Report that the output could not be written, and keep the interpreter from another attempt at exit."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    print(f"error: the output could not be written\n  got: {error.strerror}", file=sys.stderr)
    return BAD_INPUT


def _explain(error: Exception) -> int:
    """Print an error on standard error and return the exit code."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of Typer's or Click's classes
        error.show()
        return int(error.exit_code)

    from bosonpeak.benchmark.report.words.wording import printable
    from bosonpeak.datasets.errors import BosonpeakError

    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
    known = isinstance(error, BosonpeakError)
    message = str(error) if known else f"unexpected {type(error).__name__}: {error}"
    print(printable(f"error: {message}"), file=sys.stderr)
    if known:
        return BAD_INPUT
    if not os.environ.get(DEBUG_VARIABLE):
        print(f"  this is a defect of bosonpeak; set {DEBUG_VARIABLE}=1 to see where", file=sys.stderr)
    return DEFECT


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bosonpeak {bosonpeak.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours.")] = False,
) -> None:
    """Options of all commands."""
    os.environ |= {QUIET_VARIABLE: "1"} if quiet else {}
    os.environ |= {NO_COLOUR_VARIABLE: "1"} if no_color else {}


HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write an HTML report.")]
JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the scorecard as JSON; - prints JSON instead of the table."),
]
JunitOption = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print every part with its numbers and reasons.")]
RequireJudged = Annotated[
    bool | None,
    typer.Option(
        "--require-judged/--no-require-judged",
        help="Exit with 1 if a claim is not judged, or none is.",
        show_default="on if claims are named",
    ),
]
BadgeOption = Annotated[Path | None, typer.Option("--badge", metavar="FILE", help="Write a badge (SVG).")]


@app.command(short_help="Test every claim against the reference data.")
def verify(
    context: typer.Context,
    suite: Annotated[SuiteName, typer.Option(help="full also checks every dataset.")] = SuiteName.quick,
    claim: ClaimsOption = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Path of the HTML report.", show_default=str(DEFAULT_REPORT)),
    ] = None,
    no_html: Annotated[bool, typer.Option("--no-html", help="Write no HTML report.")] = False,
    json: JsonOption = None,
    junit: JunitOption = None,
    badge: BadgeOption = None,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="Write a receipt: data, code, command, verdicts."),
    ] = None,
    verbose: VerboseOption = False,
    require_judged: RequireJudged = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore cached measurements.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that measure in parallel.", show_default="one per core, at most 4"),
    ] = None,
) -> None:
    """Test every claim against the reference data; measurements on unchanged data and code are cached."""
    if no_html and html is not None:
        raise typer.BadParameter("give --html or --no-html, not both")
    report = None if no_html else html or DEFAULT_REPORT
    outputs = Outputs(html=report, json=json, junit=junit, badge=badge, receipt=receipt)
    outputs.require_writable()

    from bosonpeak.benchmark.judging.verification import verify as judge_reference_data

    with ProgressLine() as progress:
        scorecard = judge_reference_data(
            suite.value,
            claims=claim or None,
            progress=progress,
            workers=workers or _cores(),
            kept=not fresh,
            keep=True,
            drawn=report is not None,
        )
        if report is not None:
            progress.say("writing the report")
        outputs.write(scorecard, context.obj, kept=True)
    required = bool(claim) if require_judged is None else require_judged
    _show(scorecard, outputs, verbose=verbose, require_judged=required)


@app.command(short_help="Score the data of another code: conformance, claims, provenance.")
def score(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Run of another program: folder, archive or single file."),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(help="TOML card that describes the data.", show_default="card.toml in the run"),
    ] = None,
    init: Annotated[
        str | None,
        typer.Option(metavar="SYSTEM", help="Print a commented card: soft-spheres, spring-network or lennard-jones."),
    ] = None,
    html: HtmlOption = None,
    json: JsonOption = None,
    junit: JunitOption = None,
    badge: BadgeOption = None,
    verbose: VerboseOption = False,
    require_judged: RequireJudged = None,
    trust_files: TrustFiles = False,
    memory_limit: MemoryLimit = MEMORY,
    time_limit: TimeLimit = TIME,
    unpack_limit: UnpackLimit = None,
) -> None:
    """Score the data of another code: conformance, mechanics, claims, completeness, provenance."""
    if init is not None:
        if paths or card is not None:
            raise typer.BadParameter("--init prints a card; give neither PATH nor --card with it")

        from bosonpeak.benchmark.cards.templates import card_template

        typer.echo(card_template(init), nl=False)
        return
    if not paths:
        raise typer.BadParameter("missing PATH: the run of another program, or --init SYSTEM for a card")
    outputs = Outputs(html=html, json=json, junit=junit, badge=badge)
    outputs.require_writable()

    limits = limits_of(memory_limit, time_limit, unpack_limit)

    from bosonpeak.benchmark.scoring.submission_score import score as judge_submission

    with ProgressLine() as progress:
        scorecard = judge_submission(
            paths, card=card, trust_files=trust_files, limits=limits, progress=progress, say=progress.say
        )
        outputs.write(scorecard, context.obj)
    _show(scorecard, outputs, verbose=verbose, require_judged=bool(require_judged))


app.command("generate", short_help="Generate an ensemble from a recipe, or resume one.")(generate)
app.command("vibrations", short_help="Modes of a matrix, or of a structure with a calculator.")(vibrations_of_files)
app.command("plot", short_help="Draw an observable of a dataset.")(plot)
app.command("figures", short_help="Redraw the figures of the four papers from the data.", rich_help_panel=STUDIES)(
    figures
)
app.command("warm-up", short_help="Compile the kernels ahead of the first run.", rich_help_panel=RELEASES)(warm_up)
app.command("robustness", short_help="Repeat the comparisons on halves of the data.", rich_help_panel=STUDIES)(
    robustness
)
app.add_typer(claims_app, name="claims")
for name, command in RELEASE_COMMANDS.items():
    panel = RELEASES if name in ("card", "mirror", "sign") else None
    datasets_app.command(name, short_help=SHORT_HELP.get(name), rich_help_panel=panel)(command)
app.add_typer(datasets_app, name="datasets")
app.add_typer(conformance_app, name="conformance", rich_help_panel=STUDIES)
app.add_typer(leaderboard_app, name="leaderboard", rich_help_panel=STUDIES)
app.add_typer(plan_app, name="plan", rich_help_panel=STUDIES)


def _cores() -> int:
    """Number of available cores, up to the largest useful number."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_WORKERS)


def _show(scorecard: Scorecard, outputs: Outputs, *, verbose: bool, require_judged: bool) -> None:
    unjudged = scorecard.unjudged if require_judged else ()
    if unjudged:
        typer.echo(f"not judged, as required: {', '.join(unjudged)}", err=True)
    exit_code = int(bool(scorecard.exit_code or unjudged))
    if outputs.prints_json:
        typer.echo(scorecard.to_json())
        raise typer.Exit(exit_code)

    from bosonpeak.benchmark.commands.console import ReportConsole
    from bosonpeak.benchmark.report.terminal import print_scorecard

    print_scorecard(scorecard, ReportConsole(), outputs.named, verbose=verbose)
    raise typer.Exit(exit_code)
