"""The papers that datasets come from."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("papers.toml")


@dataclass(frozen=True)
class Paper:
    """A paper.

    Parameters
    ----------
    key : str
    title : str
    authors : tuple of str
        Family name, comma, given names.
    year : int
    subject : bool
        Whether this suite judges its claims.
    recognised : tuple of str
        Phrases by which the attribute ``source`` of a dataset names it.
    journal, volume, pages, doi, eprint : str
        Empty where unknown; `eprint` is a number of arXiv.
    """

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    subject: bool
    recognised: tuple[str, ...]
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    eprint: str = ""

    @property
    def reference(self) -> str:
        """One line for a reader; the DOI as a link where there is one."""
        names = ", ".join(self.authors[:1]) + (" et al." if len(self.authors) > 1 else "")
        place = " ".join(part for part in (self.journal, f"{self.volume}, {self.pages}" if self.volume else "") if part)
        link = f"https://doi.org/{self.doi}" if self.doi else ""
        return ", ".join(part for part in (names, self.title, place, str(self.year), link) if part)


@functools.cache
def known_papers() -> tuple[Paper, ...]:
    """All papers, in the order of their file."""
    entries: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    for values in entries.values():
        values |= {name: tuple(values[name]) for name in ("authors", "recognised")}
    return tuple(Paper(key=key, **values) for key, values in entries.items())


def cited_papers(source: str) -> tuple[Paper, ...]:
    """Papers that a dataset's ``source`` names.

    Parameters
    ----------
    source : str

    Returns
    -------
    tuple of Paper
        Empty for data that come from no paper.
    """
    return tuple(paper for paper in known_papers() if any(phrase in source for phrase in paper.recognised))
