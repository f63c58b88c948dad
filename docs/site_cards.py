"""Data cards of the documentation: a short page per dataset, with a page of common variables and a page of origins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from site_data import is_block

from bosonpeak.datasets import list_datasets
from bosonpeak.datasets.citation import cited_papers
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.errors import DataUnavailableError
from bosonpeak.datasets.publication.data_card import data_card
from bosonpeak.datasets.registry import complete_entry, released_datasets

_SEVERAL = 2
"""Cards in which a variable must have one meaning to be explained on the page of common variables."""

_COLUMNS = "| Variable | Dimensions | Units | Meaning |\n| --- | --- | --- | --- |"

_MADE = re.compile(r"commit `(?P<commit>[^`]+)`, from the recipe of (?P<date>.+?) with the root seed (?P<seed>[\w-]+)")

_FOR_ALL = (
    "Intervals resample samples or chains, never single modes. Numbers are in model units; `to_physical_units` "
    "converts them to the units of a material."
)

INDEX = f"""# Data cards

One card for each dataset of the package and of the data release: its samples, groups and variables, and the evidence
for its quality. [Origins](origins.md) lists recipe, seed, commit and papers of all datasets, [variables](variables.md)
the meaning of variables of several datasets. {_FOR_ALL} `bosonpeak datasets card NAME` prints the whole card with
recipe, digests and BibTeX, and `bosonpeak.open(NAME)` opens the data.

| dataset | content |
|---|---|"""

ORIGINS = """# Origins of the datasets

`bosonpeak generate NAME -o FILE --seed SEED` makes a dataset that has a recipe again.
`bosonpeak datasets info NAME` prints the digests, `bosonpeak datasets cite NAME` the citation in BibTeX or DataCite.

| dataset | kind | licence | version | kB | recipe of | seed | commit | source |
|---|---|---|---|---|---|---|---|---|"""

VARIABLES = f"""# Variables of several datasets

Variables with the same dimensions, units and meaning in {_SEVERAL} data cards or more. A card names them, and explains
its other variables.

{_COLUMNS}"""


def card_pages() -> dict[str, str]:
    """Pages of all data cards, by path."""
    entries, cards = [], {}
    for entry in (*list_datasets(), *(each for each in released_datasets() if not is_block(each.name))):
        try:
            cards[entry.name] = data_card(entry.name)
        except DataUnavailableError:
            continue
        entries.append(complete_entry(entry.name))
    entries.sort(key=lambda entry: entry.name)
    short, common = _without_common_rows({name: _shortened(card) for name, card in cards.items()})
    index = "\n".join(
        [INDEX, *(f"| [`{entry.name}`]({_page(entry.name)}.md) | {entry.description} |" for entry in entries)]
    )
    listed = "\n".join(
        ["", "", "```{toctree}", ":hidden:", "", "origins", "variables", *map(_page, sorted(cards)), "```", ""]
    )
    origins = "\n".join([ORIGINS, *(_origin(entry, cards[entry.name]) for entry in entries), "", *_papers(entries)])
    pages = {"data/index": index + listed, "data/origins": origins, "data/variables": common}
    return pages | {f"data/{_page(name)}": card for name, card in short.items()}


def _page(name: str) -> str:
    return name.replace("/", "-")


def _origin(entry: DatasetEntry, card: str) -> str:
    made = _MADE.search(card)
    facts = (made["date"], made["seed"], f"`{_short(made['commit'])}`") if made else ("", "", "")
    source = entry.source.partition(", section")[0]
    for paper in cited_papers(entry.source):
        source = source if paper.title not in source else paper.title
    cells = (
        f"`{entry.name}`",
        entry.kind,
        entry.licence,
        str(entry.version),
        f"{entry.size / 1000:,.0f}",
        *facts,
        source,
    )
    return f"| {' | '.join(cells)} |"


def _short(commit: str) -> str:
    """First digits of a commit, with its mark of uncommitted changes."""
    digits, mark, rest = commit.partition("+")
    return digits[:8] + mark + rest


def _papers(entries: list[DatasetEntry]) -> list[str]:
    """References of all papers that the datasets cite."""
    references = dict.fromkeys(paper.reference for entry in entries for paper in cited_papers(entry.source))
    return ["## Papers", "", *(f"- {reference}" for reference in references), ""]


def _shortened(card: str) -> str:
    """Card without origin, citation and the facts on the page of origins, and without the sentences on all data."""
    sections = re.split(r"\n(?=## )", card)
    kept = [each for each in sections if not each.startswith(("## How it was made", "## How to cite"))]
    text = "\n".join(kept)
    text = re.sub(
        r"^- (Kind|Version|Size|Licence|SHA-256 of the file|Digest of the content): .*\n", "", text, flags=re.M
    )
    text = re.sub(r"^- Numbers are in model units; .*\n", "", text, flags=re.M)
    text = re.sub(r"; intervals resample samples or chains, never single modes\.$", ".", text, flags=re.M)
    return re.sub(r"\n## Limits\n\s*\Z", "\n", text)


def _without_common_rows(cards: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Cards whose variables with one meaning in several cards are named only, and the page that explains these."""
    rows = {name: _variables(card) for name, card in cards.items()}
    uses = Counter(line for lines in rows.values() for line in lines)
    common = {line for line, count in uses.items() if count >= _SEVERAL}
    shorter = {}
    for name, card in cards.items():
        named = ", ".join(line.split(" | ")[0].removeprefix("| ") for line in rows[name] if line in common)
        own = [line for line in rows[name] if line not in common]
        table = "\n".join([_COLUMNS, *own]) if own else ""
        also = f"[Variables of several datasets](variables.md): {named}." if named else ""
        before, _, rest = card.partition(_COLUMNS)
        after = rest.partition("\n\n")[2]
        shorter[name] = "\n\n".join(filter(None, (before.rstrip(), table, also, after.strip()))) + "\n"
    return shorter, "\n".join([VARIABLES, *sorted(common), ""])


def _variables(card: str) -> list[str]:
    """Rows of the table of variables."""
    return [line for line in card.partition(_COLUMNS)[2].partition("\n\n")[0].splitlines() if line]
