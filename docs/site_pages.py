"""Pages of the documentation that follow from code and data.

Kinds of data, commands and Python names; claims and data cards have modules of their own.

Sphinx calls `write_pages` before it reads its sources; what it writes is never committed.
"""

from __future__ import annotations

import importlib
import inspect
import shutil
import textwrap
from pathlib import Path

import typer.main
from site_cards import card_pages
from site_claims import claim_pages
from site_data import quantity_table
from site_results import scorecard_shown, write_results
from site_verdicts import require_measured_numbers

from bosonpeak.datasets.schema import KINDS, kind_specification
from bosonpeak.datasets.schema.specification import INTEGERS, VariableSpecification

ROOMS = ("datasets", "generators", "validators", "plot", "benchmark")

PLACES = ("pages", "claims/figures")
"""Folders below the one for pages: what goes into the site as it is, and the figures of the claims."""


TYPED = (Path(__file__).parent.parent / "README.md", Path(__file__).parent / "verdicts.md")
"""Pages in which numbers of the scorecard are typed."""


def write_pages(folder: Path) -> None:
    """Write all pages into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    scorecard = scorecard_shown()
    require_measured_numbers(scorecard, *TYPED)
    write_results(scorecard, *(folder / place for place in PLACES))
    pages = {**claim_pages(scorecard), **_kinds(), **card_pages(), **_names(), "command-line": _commands()}
    pages["data/quantities"] = quantity_table()
    for name, text in pages.items():
        page = folder / f"{name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")


def _kinds() -> dict[str, str]:
    lines = [
        "# Kinds of data, variable by variable",
        "",
        "Variables of each kind of file, with the rules that `bosonpeak datasets validate` checks. An integer has any "
        "width; `...` is any dimension.",
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
    rules += [_rule(rule.message) for rule in said.rules]
    types = "integer" if set(said.dtypes) == set(INTEGERS) else " or ".join(said.dtypes)
    return f"| `{name}` | {dimensions} | {types} | {', '.join(rules)} |"


def _rule(fault: str) -> str:
    """Requirement whose violation an error message states."""
    if fault.startswith("unsorted"):
        return "ascending"
    return fault.removeprefix("not ") if fault.startswith("not ") else f"not {fault}"


def _names() -> dict[str, str]:
    pages = {page: text for room in ROOMS for page, text in _described(f"bosonpeak.{room}").items()}
    index = [
        "# Python, name by name",
        "",
        "`bosonpeak.open`, `bosonpeak.verify` and `bosonpeak.score` cover the usual cases. Every name below is public: "
        "its arguments change only with a deprecation. A page per topic describes the names with units, errors, "
        "sources and examples.",
        "",
        "| topic | names |",
        "|---|---|",
        *(row for room in ROOMS for row in _listed(f"bosonpeak.{room}")),
    ]
    return {"python/index": "\n".join(index) + _contents(list(ROOMS))} | pages


def _listed(place: str) -> list[str]:
    """Table rows with the names of a package and of its topics."""
    module = importlib.import_module(place)
    found = {name: getattr(module, name) for name in module.__all__}
    names = ", ".join(f"`{name}`" for name, each in found.items() if not inspect.ismodule(each))
    row = [f"| [{place.removeprefix('bosonpeak.')}]({_page(place)}.md) | {names} |"] if names else []
    topics = [each.__name__ for each in found.values() if inspect.ismodule(each)]
    return [*row, *(line for topic in topics for line in _listed(topic))]


def _described(place: str) -> dict[str, str]:
    """Reference of a package: a page with its text and names, and a page for each of its topics."""
    module = importlib.import_module(place)
    found = {name: getattr(module, name) for name in module.__all__}
    lines = [f"# {place.removeprefix('bosonpeak.')}", "", "```{eval-rst}", f".. automodule:: {place}", ""]
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
            _contents([f"{each.rpartition('.')[2]} <{_page(each)}>" for each in topics]),
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


READING = ("--trust-files", "--memory-limit GIB", "--time-limit SECONDS", "--unpack-limit GIB")
"""Options of all commands that read untrusted files."""


WIDTH = 88
"""Characters in a line of help, which fits the column of the site."""


def _wrapped(text: str) -> str:
    return "\n\n".join(textwrap.fill(paragraph, WIDTH) for paragraph in text.split("\n\n"))


def _commands() -> str:
    from bosonpeak.benchmark.commands.main import app

    command = typer.main.get_command(app)
    reading: dict[str, str] = {}
    lines = []
    todo = [("bosonpeak", command)]
    while todo:
        path, found = todo.pop(0)
        context = found.make_context(path, [], resilient_parsing=True)
        lines += [f"## {path}", "", "```text", found.get_usage(context), "", _wrapped(found.help or ""), ""]
        records = [reported for each in found.get_params(context) if (reported := each.get_help_record(context))]
        reading |= {option: text for option, text in records if option in READING}
        for option, text in records:
            if option not in (*READING, "--help") or path == "bosonpeak":
                lines += [f"  {option}", textwrap.fill(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 6)]
        if any(option in READING for option, _ in records):
            lines.append("  and the options for untrusted files")
        lines += ["```", ""]
        todo = [
            (f"{path} {name}", each) for name, each in getattr(found, "commands", {}).items() if not each.hidden
        ] + todo
    head = [
        "# The command line",
        "",
        "Every command has `--help`. Options for untrusted files, of commands that read them:",
        "",
    ]
    head += ["| option | meaning |", "|---|---|", *(f"| `{option}` | {text} |" for option, text in reading.items()), ""]
    return "\n".join([*head, *lines])


def _contents(names: list[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", "", *names, "```", ""])
