"""Papers that the datasets come from."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("papers.toml")


@dataclass(frozen=True)
class Paper:
    """Bibliographic data of a paper; empty fields are unknown.

    `authors` are "family name, given names"; `subject` marks papers whose claims this suite judges; `recognised` are
    phrases that identify the paper in the attribute ``source`` of a dataset; `eprint` is an arXiv number.
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
        """One-line reference, with the DOI, if known, as a link."""
        names = ", ".join(self.authors[:1]) + (" et al." if len(self.authors) > 1 else "")
        place = " ".join(part for part in (self.journal, f"{self.volume}, {self.pages}" if self.volume else "") if part)
        link = f"https://doi.org/{self.doi}" if self.doi else ""
        return ", ".join(part for part in (names, self.title, place, str(self.year), link) if part)


@functools.cache
def known_papers() -> tuple[Paper, ...]:
    """All papers, in file order."""
    entries: dict[str, dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    for values in entries.values():
        values |= {name: tuple(values[name]) for name in ("authors", "recognised")}
    return tuple(Paper(key=key, **values) for key, values in entries.items())


def cited_papers(source: str) -> tuple[Paper, ...]:
    """Papers named in the attribute ``source`` of a dataset; empty for data without a paper."""
    return tuple(paper for paper in known_papers() if any(phrase in source for phrase in paper.recognised))
