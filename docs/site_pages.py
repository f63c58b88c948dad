"""Pages of the documentation that follow from code and data: claims, kinds of data, data cards, commands, Python names.

Sphinx calls `write_pages` before it reads its sources; what it writes is never committed.
"""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import typer.main
from site_data import is_block, quantity_table
from site_results import scorecard_shown, write_results
from site_verdicts import markdown, require_measured_numbers, verdict_table

from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.judging.claim_file import load_claims
from bosonpeak.benchmark.report.words.literature import groups
from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.errors import DataUnavailableError
from bosonpeak.datasets.publication.data_card import data_card
from bosonpeak.datasets.registry import released_datasets
from bosonpeak.datasets.schema import KINDS, kind_specification
from bosonpeak.datasets.schema.specification import VariableSpecification

ROOMS = ("datasets", "generators", "validators", "plot", "benchmark")


_SEVERAL = 3
"""Cards in which a variable must have one meaning to be explained on a page of its own."""

_COLUMNS = "| Variable | Dimensions | Units | Meaning |\n| --- | --- | --- | --- |"

PLACES = ("pages", "claims/figures")
"""Folders below the one for pages: what goes into the site as it is, and the figures of the claims."""


REPLIES = Path(__file__).parent / "replies"
"""What authors of a paper say of the verdict on a claim, one page a claim; see the policies."""


TYPED = (Path(__file__).parent.parent / "README.md", Path(__file__).parent / "verdicts.md")
"""Pages in which numbers of the scorecard are typed."""


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    scorecard = scorecard_shown()
    require_measured_numbers(scorecard, *TYPED)
    write_results(scorecard, *(folder / place for place in PLACES))
    pages = {**_claims(), **_kinds(), **_cards(), **_names(), "command-line": _commands()}
    pages["verdicts"] = verdict_table(scorecard)
    pages["data/quantities"] = quantity_table()
    for name, text in pages.items():
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


CLAIMS = """# Claims, one by one

These pages are made from the claim files, the only place where statement, expectation and recorded verdict are kept;
`bosonpeak claims list` and `bosonpeak claims show ID` print the same. A claim has parts, each with the words of the
paper that it is about, the range in which they are meant, and whether the rival expects anything else there; see
[verdicts](../../methods/verdicts.md). The letter of E. Lerner and E. Bouchbinder is not among the sources: LB-1, LB-2
and LB-3 are judged through what the reply says of it."""


def _claims() -> dict[str, str]:
    claims = load_claims()
    lines = [CLAIMS]
    for group in groups(claims):
        lines += [
            "",
            f"## {group.title}",
            "",
            str(group.reference),
            "",
            "| claim | title | on record |",
            "|---|---|---|",
        ]
        lines += [
            f"| [{claim.id}]({claim.id}.md) | {markdown(claim.title)} | {_on_record(claim)} |"
            for claim in (claims[place] for place in group.places)
        ]
    contents = _contents([claim.id for claim in claims])
    index = "\n".join([*lines, ""]) + contents
    return {"claims/index": index} | {f"claims/{claim.id}": _claim(claim) for claim in claims}


def _on_record(claim: Claim) -> str:
    return claim.parts[0].recorded or "none"


def _claim(claim: Claim) -> str:
    lines = [
        f"# {claim.id}: {markdown(claim.title)}",
        "",
        f"> {markdown(claim.statement)}",
        ">",
        f"> {markdown(claim.source)}",
        "",
        f"**Rival: {markdown(claim.rival)}.** {markdown(claim.rival_reading)}",
        "",
        "**Where it is judged.** "
        + "; ".join(markdown(f"{key.replace('_', ' ')} {_words(value)}") for key, value in claim.regime.items()),
        "",
        f"Judge it: `bosonpeak verify --claim {claim.id} -v`.",
        "",
        *_reply(claim.id),
        f"![Figure of the measurements]({PLACES[1].removeprefix('claims/')}/{claim.figure}.svg)",
    ]
    for part in claim.parts:
        told = "" if part.discriminates else " The rival expects the same."
        lines += [
            "",
            f"## {markdown(part.name)}: {part.recorded}",
            "",
            f"{markdown(part.says)}.{told}",
            "",
            *_tests(part.tests),
        ]
    if claim.controls:
        required: dict[str, list[str]] = {}
        for each in claim.controls:
            required.setdefault(each.must_be, []).append(markdown(each.name))
        lines += ["", "## Controls with a known answer", ""]
        lines += [f"Must be {verdict}: {'; '.join(names)}.\n" for verdict, names in required.items()]
    further = f", with {len(claim.context)} measurements beside the tests" if claim.context else ""
    lines += ["", f"`bosonpeak claims show {claim.id}` prints the whole claim{further}.", ""]
    return "\n".join(lines)


def _reply(identifier: str) -> list[str]:
    if not (REPLIES / f"{identifier}.md").is_file():
        return []
    return [f"**[Reply of the authors](/replies/{identifier}.md)**", _contents([f"/replies/{identifier}"])]


def _words(value: object) -> str:
    return ", ".join(str(each) for each in value) if isinstance(value, list | tuple) else str(value)


def _tests(tests: tuple[ClaimTest, ...]) -> list[str]:
    rows = ["| measured | ensembles | expected |", "|---|---|---|"]
    reasons: dict[str, None] = {}
    for test in tests:
        expected = "" if test.expect is None else markdown(str(test.expect))
        if test.expect is not None and test.expect.why:
            reasons[markdown(test.expect.why)] = None
        rows.append(f"| {markdown(test.name)} | {_ensembles(test)} | {expected} |")
    return [*rows, "", *(f"Reason for the region: {why}.\n" for why in reasons)]


def _ensembles(test: ClaimTest) -> str:
    cells = f"`{test.cells[0]}`" if len(test.cells) == 1 else f"{len(test.cells)} ensembles"
    return f"`{test.dataset}`, {cells}"


def _kinds() -> dict[str, str]:
    lines = [
        "# Kinds of data, variable by variable",
        "",
        "What a file must obey to be of a kind; `...` is any dimension.",
    ]
    for kind in KINDS:
        variables = kind_specification(kind).variables
        lines += ["", f"## {kind}", "", "| variable | dimensions | type | rules |", "|---|---|---|---|"]
        lines += [
            _variable(name, variables[name])
            for name in sorted(variables, key=lambda name: (not variables[name].required, name))
        ]
    return {"kinds": "\n".join([*lines, ""])}


def _variable(name: str, said: VariableSpecification) -> str:
    dimensions = ", ".join(dim or "..." for dim in said.dims)
    rules = [] if not said.required else ["required"]
    rules += [f"not {rule.message}" if not rule.message.startswith("not ") else rule.message[4:] for rule in said.rules]
    return f"| `{name}` | {dimensions} | {' or '.join(said.dtypes)} | {', '.join(rules)} |"


def _cards() -> dict[str, str]:
    cards = {}
    released = (entry.name for entry in released_datasets() if not is_block(entry.name))
    for name in (*(entry.name for entry in list_datasets()), *released):
        try:
            cards[f"data/{name.replace('/', '-')}"] = _without_recipe(data_card(name))
        except DataUnavailableError:
            continue
    names = sorted(cards)
    cards, common = _without_common_rows(cards)
    index = [
        "# Data cards",
        "",
        "One card for each dataset of the package and of the data release: what the samples are, how they were made, "
        "the variables with their units, the papers to cite and the digests. The cards are made from the attributes of "
        "the files, so that `bosonpeak datasets info NAME` prints the same; `bosonpeak.open(NAME)` opens a dataset.",
        "",
        "| dataset | content |",
        "|---|---|",
    ]
    titles = {f"data/{entry.name.replace('/', '-')}": entry for entry in (*list_datasets(), *released_datasets())}
    index += [
        f"| [`{titles[name].name}`]({name.removeprefix('data/')}.md) | {titles[name].description} |" for name in names
    ]
    listed = ["variables", *(name.removeprefix("data/") for name in names)]
    return {"data/index": "\n".join(index) + _contents(listed), "data/variables": common} | cards


def _without_recipe(card: str) -> str:
    """Card without the text of the recipe, which is a file of the package."""
    return re.sub(
        r"\n```toml\n.*?\n```\n",
        "\n`bosonpeak datasets card NAME` prints the recipe with the card.\n",
        card,
        flags=re.S,
    )


def _without_common_rows(cards: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Cards whose variables with one meaning in several cards are named only, and the page that explains these."""
    rows = {name: [line for line in card.splitlines() if line.startswith("| `")] for name, card in cards.items()}
    uses = Counter(line for lines in rows.values() for line in set(lines))
    common = {line for line, count in uses.items() if count >= _SEVERAL}
    shorter = {}
    for name, card in cards.items():
        text = "\n".join(line for line in card.split("\n") if line not in common).replace(f"{_COLUMNS}\n\n", "")
        listed = ", ".join(line.split(" | ")[0].removeprefix("| ") for line in rows[name] if line in common)
        more = f"Variables [of several datasets](variables.md): {listed}.\n\n" if listed else ""
        shorter[name] = text.replace("## How it was made", f"{more}## How it was made", 1)
    lines = [
        "# Variables of several datasets",
        "",
        "Variables with the same dimensions, units and meaning in three data cards or more; a card names them, and "
        "explains its others.",
        "",
        _COLUMNS,
        *sorted(common),
        "",
    ]
    return shorter, "\n".join(lines)


def _names() -> dict[str, str]:
    pages = {page: text for room in ROOMS for page, text in _described(f"bosonpeak.{room}").items()}
    index = [
        "# Python, name by name",
        "",
        "`bosonpeak.open`, `bosonpeak.verify` and `bosonpeak.score` stand for the usual cases. Every name below is "
        "public: its arguments change only with a deprecation.",
        "",
    ]
    for room in ROOMS:
        index += [f"## [bosonpeak.{room}]({room}.md)", "", "| name | description |", "|---|---|", *_summaries(room), ""]
    return {"python/index": "\n".join(index) + _contents(list(ROOMS))} | pages


def _summaries(room: str) -> list[str]:
    """Table rows of the names of a room with the first sentence of each docstring."""
    module = importlib.import_module(f"bosonpeak.{room}")
    rows = []
    for name in module.__all__:
        each = getattr(module, name)
        if callable(each) or inspect.ismodule(each):
            summary = (inspect.getdoc(each) or "").partition("\n\n")[0].replace("\n", " ").replace("|", r"\|")
            rows.append(f"| `{name}` | {summary} |")
    return rows


def _described(place: str) -> dict[str, str]:
    """Reference of a package: a page with its text and names, and a page for each of its topics."""
    module = importlib.import_module(place)
    found = {name: getattr(module, name) for name in module.__all__}
    lines = [f"# {place}", "", "```{eval-rst}", f".. automodule:: {place}", ""]
    for name, each in found.items():
        if not inspect.ismodule(each):
            lines += [f".. {_directive(each)}:: {place}.{name}", ""]
    lines += ["```", ""]
    topics = [each.__name__ for each in found.values() if inspect.ismodule(each)]
    if topics:
        rows = [f"| [{topic}]({_page(topic)}.md) | {_first_sentence(topic)} |" for topic in topics]
        lines += [
            "## Topics",
            "",
            "| topic | content |",
            "|---|---|",
            *rows,
            _contents([_page(each) for each in topics]),
        ]
    pages = {f"python/{_page(place)}": "\n".join(lines)}
    for topic in topics:
        pages |= _described(topic)
    return pages


def _page(place: str) -> str:
    return place.removeprefix("bosonpeak.").replace(".", "-")


def _first_sentence(place: str) -> str:
    text = inspect.getdoc(importlib.import_module(place)) or ""
    return text.partition("\n\n")[0].replace("\n", " ").replace("|", r"\|")


def _directive(found: object) -> str:
    if isinstance(found, type):
        return "autoexception" if issubclass(found, BaseException) else "autoclass"
    return "autofunction" if callable(found) else "autodata"


def _commands() -> str:
    from bosonpeak.benchmark.commands.main import app

    command = typer.main.get_command(app)
    lines = ["# The command line", ""]
    todo = [("bosonpeak", command)]
    while todo:
        path, found = todo.pop(0)
        context = found.make_context(path, [], resilient_parsing=True)
        lines += [f"## {path}", "", "```text", found.get_usage(context), "", found.help or "", ""]
        for parameter in found.get_params(context):
            if record := parameter.get_help_record(context):
                lines += [f"  {record[0]}", f"      {record[1]}"]
        lines += ["```", ""]
        todo = [
            (f"{path} {name}", each) for name, each in getattr(found, "commands", {}).items() if not each.hidden
        ] + todo
    return "\n".join(lines)


def _contents(names: list[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", "", *names, "```", ""])
