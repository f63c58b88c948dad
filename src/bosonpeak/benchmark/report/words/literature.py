"""Papers behind the claims: grouping of claims on a page, and links of citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from markupsafe import Markup, escape

from bosonpeak.datasets.citation import Paper, known_papers

_PLACES = {"Lett.": "PhysRevLett", "E": "PhysRevE", "B": "PhysRevB", "Res.": "PhysRevResearch"}
_CITED = re.compile(
    r"Phys\. Rev\. (?P<journal>Lett\.|Res\.|E|B) (?P<volume>\d{1,3}), (?P<page>L?\d{5,7})"
    r"|arXiv[: ](?P<eprint>\d{4}\.\d{4,5})"
    r"|(?:https://doi\.org/)?(?P<doi>10\.\d{4,9}/[\w./()-]*\w)"
)


@dataclass(frozen=True)
class Group:
    """Claims of one paper of the suite, or of all other papers."""

    anchor: str
    title: str
    reference: Markup
    places: tuple[int, ...]


class Sourced(Protocol):
    """A claim or a claim result."""

    @property
    def source(self) -> str:
        """Source of the claim, in words."""
        ...


def groups(claims: Sequence[Sourced]) -> tuple[Group, ...]:
    """Group claims, as indices, by the first paper of their source, in the order of the papers; other papers last."""
    subjects = [paper for paper in known_papers() if paper.subject]
    found = [(number, _first_named(claim.source, subjects)) for number, claim in enumerate(claims)]
    made = [
        Group(f"paper-{paper.key}", paper.title, cited(paper.reference), places)
        for paper in subjects
        if (places := tuple(number for number, named in found if named is paper))
    ]
    others = tuple(number for number, named in found if named is None)
    if others:
        title = "Claims from other papers" if made else "All claims"
        made.append(Group("paper-others", title, Markup(""), others))
    return tuple(made)


def _first_named(source: str, papers: Sequence[Paper]) -> Paper | None:
    places = [
        (source.find(phrase), number)
        for number, paper in enumerate(papers)
        for phrase in paper.recognised
        if phrase in source
    ]
    return papers[min(places)[1]] if places else None


def cited(text: str, prose: Callable[[str], Markup] = escape) -> Markup:
    """Text with linked citations: DOIs, arXiv, articles of the Physical Review, and the papers of the suite."""
    links = [(found.start(), found.end(), _address(found)) for found in _CITED.finditer(text)]
    for paper in known_papers():
        # A DOI next to the title already links the paper.
        for phrase in paper.recognised if paper.doi and paper.doi not in text else ():
            start = text.find(phrase)
            if start >= 0 and not any(low < start + len(phrase) and start < high for low, high, _ in links):
                links.append((start, start + len(phrase), f"https://doi.org/{paper.doi}"))
    pieces, place = [], 0
    for start, stop, address in sorted(links):
        pieces += [
            prose(text[place:start]),
            Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, text[start:stop]),
        ]
        place = stop
    return Markup("").join([*pieces, prose(text[place:])])


def _address(found: re.Match[str]) -> str:
    if found["eprint"]:
        return f"https://arxiv.org/abs/{found['eprint']}"
    if found["doi"]:
        return f"https://doi.org/{found['doi']}"
    return f"https://doi.org/10.1103/{_PLACES[found['journal']]}.{found['volume']}.{found['page']}"
