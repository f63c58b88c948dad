"""``pytest --bosonpeak FILE``: gate a repository on the claims, with one test item per part of a claim.

FILE is a scorecard (JSON), or a gate (TOML)::

    [gate]
    scorecard = "scorecard.json"        # either an existing scorecard ...
    submission = ["frequencies.npz"]    # ... or data to score now,
    card = "card.toml"                  #     with their card
    claims = ["NET-1", "NET-2"]         # optional: only these
    require_judged = true               # optional: a claim that is not run fails; default if `claims` names claims

Paths are relative to the gate file. Outcome of each part of a claim:

- recorded verdict reproduced: passed, or xfailed for a refutation, so that the result remains visible;
- other verdict than recorded, or a failed control: failed, with the reasons;
- no recorded verdict: passed if supported, else skipped with the reason (the card of a submission can record verdicts);
- not run: skipped with the reason, or failed if a verdict is recorded or `require_judged` holds.

If no part at all was judged, the session fails.

Only pytest is imported unless the option is given.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
    from bosonpeak.benchmark.scorecards.scorecard import NotRun, Scorecard
    from bosonpeak.datasets.errors import BosonpeakError

_OPTION = "bosonpeak_gate"
_GATE_KEYS = {"scorecard", "submission", "card", "claims", "require_judged"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--bosonpeak``."""
    parser.getgroup("bosonpeak", "claims about the vibrations of amorphous solids").addoption(
        "--bosonpeak",
        dest=_OPTION,
        metavar="FILE",
        default=None,
        help="run the claims of a bosonpeak scorecard (.json) or gate (.toml), one test item a part of a claim",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the gate file to the collected paths."""
    gate = _gate_path(config)
    if gate is None:
        return
    if not gate.is_file():
        raise pytest.UsageError(f"--bosonpeak {gate}: no such file")
    config.pluginmanager.register(JudgedCount(gate), "bosonpeak-judged-count")
    if not any(_file_of(argument, config) == gate for argument in config.args):
        config.args.append(str(gate))


class JudgedCount:
    """Plugin that fails a session whose gate judged nothing; it counts reports, which workers send as well."""

    def __init__(self, gate: Path) -> None:
        self.gate = gate
        self.items = self.judged = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the items of the gate, and those with a verdict."""
        if report.when == "call" and Path(report.location[0]).name == self.gate.name:
            self.items += 1
            self.judged += dict(report.user_properties).get("verdict", "not run") != "not run"

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Set the exit status to failed if items were run and none of them has a verdict."""
        if self.items and not self.judged and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Report that the gate judged nothing."""
        if self.items and not self.judged:
            terminalreporter.write_line("bosonpeak: no claim of the gate was judged; the session fails", red=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect only the file named by the option."""
    if file_path != _gate_path(parent.config):
        return None
    return GateFile.from_parent(parent, path=file_path)


class GateFile(pytest.File):
    """A scorecard or a gate."""

    _scored: Scorecard | BosonpeakError | None = None
    require_judged = False

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item per part of a claim; data to score are scored by the first item run."""
        from bosonpeak.benchmark.report.words.wording import part_title
        from bosonpeak.datasets.errors import BosonpeakError

        try:
            gate = read_gate(self.path)
            self.require_judged = gate.get("require_judged", bool(gate.get("claims")))
            if "submission" in gate:
                yield from self._unscored(gate)
                return
            scorecard, chosen = load_gate(self.path)
        except BosonpeakError as error:
            raise self.CollectError(str(error)) from error
        results = {claim.id: claim for claim in scorecard.claims}
        left_out = {entry.id: entry for entry in scorecard.not_run}
        for identifier in chosen or [*results, *left_out]:
            claim = results.get(identifier)
            if claim is None or not claim.parts:
                yield MissingItem.from_parent(self, name=identifier, left_out=left_out.get(identifier))
                continue
            for part in claim.parts:
                yield PartItem.from_parent(self, name=part_title(claim, part), claim=claim, part=part)

    def _unscored(self, gate: dict[str, Any]) -> Iterator[pytest.Item]:
        """Items of the claims that the gate selects, or of all claims, from the claim files."""
        from bosonpeak.benchmark.judging.claim_file import load_claims

        known = {claim.id: claim for claim in load_claims()}
        for identifier in gate.get("claims") or known:
            parts = known[identifier].parts if identifier in known else ()
            if not parts:
                yield MissingItem.from_parent(self, name=identifier, left_out=None)
            for part in parts:
                name = identifier if len(parts) == 1 else f"{identifier}[{part.name}]"
                yield UnscoredItem.from_parent(self, name=name, identifier=identifier, part=part.name)

    def scorecard(self) -> Scorecard:
        """Scorecard of the gate's submission, scored once; VerdictError if scoring fails."""
        from bosonpeak.datasets.errors import BosonpeakError

        if self._scored is None:
            try:
                self._scored, _ = load_gate(self.path, say=self._say)
            except BosonpeakError as error:
                self._scored = error
        if isinstance(self._scored, BosonpeakError):
            raise VerdictError(f"the submission cannot be scored: {self._scored}")
        return self._scored

    def _say(self, text: str) -> None:
        """Print progress on the terminal even while the output of tests is captured."""
        plugins = self.config.pluginmanager
        reporter, capture = plugins.getplugin("terminalreporter"), plugins.getplugin("capturemanager")
        if reporter is None or self.config.get_verbosity() < 0:
            return
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            reporter.write_line(text)


class GateItem(pytest.Item):
    """Base of the test items of a claim or a part."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the reasons without a traceback."""
        if isinstance(excinfo.value, VerdictError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Name the item by its file and claim."""
        return self.path, None, f"claim {self.name}"

    def meet(self, claim: ClaimResult, part: PartResult) -> None:
        """Pass, skip, xfail or fail, as described in the module docstring."""
        from bosonpeak.benchmark.report.words.wording import part_faults, part_lines, part_properties, printable

        self.user_properties += [(name, printable(value)) for name, value in part_properties(part)]
        self.add_report_section("call", "verdict", printable("\n".join(part_lines(part))))
        if faults := part_faults(claim, part):
            raise VerdictError(printable("\n".join(faults)))
        reasons = "; ".join(part.reasons)
        if all(each.verdict == "not run" for each in claim.parts):
            self.skip_unjudged(printable(f"not run: {reasons}"))
        if part.recorded == "refuted":
            pytest.xfail(printable(f"refuted, as recorded: {reasons}"))
        if part.recorded is None and part.verdict != "supported":
            pytest.skip(printable(f"{part.verdict}, and nothing is recorded to compare with: {reasons}"))

    def miss(self, left_out: NotRun | None) -> None:
        """Skip if there is a reason, no recorded verdict, and no required judgement; else fail."""
        from bosonpeak.benchmark.report.words.wording import printable

        if left_out is None:
            raise VerdictError("the claim is not on the scorecard")
        if left_out.recorded is not None:
            raise VerdictError(printable(f"recorded {left_out.recorded}, now not run: {left_out.why}"))
        self.skip_unjudged(printable(f"not run: {left_out.why}"))

    def skip_unjudged(self, reason: str) -> None:
        """Skip, or fail if the gate requires a judgement."""
        assert isinstance(self.parent, GateFile)
        if self.parent.require_judged:
            raise VerdictError(f"{reason}; the gate requires a judgement")
        pytest.skip(reason)


class MissingItem(GateItem):
    """A claim that was not judged."""

    def __init__(self, *, left_out: NotRun | None, **others: Any) -> None:
        super().__init__(**others)
        self.left_out = left_out

    def runtest(self) -> None:
        """Skip if there is a reason and no recorded verdict, else fail."""
        self.miss(self.left_out)


class PartItem(GateItem):
    """One part of a claim, already judged."""

    def __init__(self, *, claim: ClaimResult, part: PartResult, **others: Any) -> None:
        super().__init__(**others)
        self.claim, self.part = claim, part

    def runtest(self) -> None:
        """Pass, skip, xfail or fail."""
        self.meet(self.claim, self.part)


class UnscoredItem(GateItem):
    """A part of a claim, judged when the first item of its file runs."""

    def __init__(self, *, identifier: str, part: str, **others: Any) -> None:
        super().__init__(**others)
        self.identifier, self.wanted = identifier, part

    def runtest(self) -> None:
        """Score the data unless done, then pass, skip, xfail or fail."""
        assert isinstance(self.parent, GateFile)
        scorecard = self.parent.scorecard()
        claim = next((claim for claim in scorecard.claims if claim.id == self.identifier), None)
        parts = claim.parts if claim is not None else ()
        found = next((part for part in parts if len(parts) == 1 or part.name == self.wanted), None)
        if claim is None or found is None:
            self.miss(next((entry for entry in scorecard.not_run if entry.id == self.identifier), None))
        else:
            self.meet(claim, found)


class VerdictError(AssertionError):
    """A claim does not reproduce its recorded verdict."""


def _gate_path(config: pytest.Config) -> Path | None:
    given = config.getoption(_OPTION)
    return None if given is None else (config.invocation_params.dir / given).resolve()


def _file_of(argument: str, config: pytest.Config) -> Path:
    return (config.invocation_params.dir / argument.split("::")[0]).resolve()


def load_gate(path: Path, say: Callable[[str], None] = lambda text: None) -> tuple[Scorecard, Sequence[str]]:
    """Return the scorecard of a scorecard file or a gate, and the selected claims, if any."""
    from bosonpeak.benchmark.scorecards.scorecard import Scorecard

    if path.suffix != ".toml":
        return Scorecard.read(path), ()
    gate = read_gate(path)
    if "scorecard" in gate:
        return Scorecard.read(path.parent / gate["scorecard"]), gate.get("claims", ())

    from bosonpeak.benchmark.scoring.submission_score import score

    submission = gate["submission"]
    files = [submission] if isinstance(submission, str) else submission
    card = path.parent / gate["card"] if "card" in gate else None

    def judging(claim: str, number: int, total: int) -> None:
        say(f"judging {claim} ({number + 1} of {total})")

    scorecard = score([path.parent / file for file in files], card=card, progress=judging, say=say)
    return scorecard, gate.get("claims", ())


def read_gate(path: Path) -> dict[str, Any]:
    """Return the table of a gate; a scorecard file counts as its own gate. CardError if the file is invalid."""
    if path.suffix != ".toml":
        return {"scorecard": path.name}
    import tomllib

    from bosonpeak.datasets.errors import CardError

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CardError("the gate cannot be read", got=str(error), where=str(path)) from error
    gate = document.get("gate")
    problems = _gate_problems(gate) if list(document) == ["gate"] else ["something else than one table [gate]"]
    if problems or not isinstance(gate, dict):
        raise CardError(
            "the gate cannot be used",
            expected="[gate] with scorecard, or with submission and card; and claims, if not all",
            got="; ".join(problems),
            where=str(path),
        )
    return gate


def _gate_problems(gate: Any) -> list[str]:
    if not isinstance(gate, dict):
        return ["[gate] is not a table"]
    problems = [f"unknown key {key!r}" for key in gate if key not in _GATE_KEYS]
    if ("scorecard" in gate) == ("submission" in gate):
        problems.append("both scorecard and submission" if "scorecard" in gate else "no scorecard and no submission")
    if "card" in gate and "submission" not in gate:
        problems.append("a card without a submission")
    if not isinstance(gate.get("require_judged", False), bool):
        problems.append("require_judged is neither true nor false")
    for key in ("scorecard", "card"):
        if not isinstance(gate.get(key, ""), str):
            problems.append(f"{key} is not a string")
    for key in ("submission", "claims"):
        value = gate.get(key, [])
        is_one = key == "submission" and isinstance(value, str)
        if not is_one and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            problems.append(f"{key} is not a list of strings")
    return problems
