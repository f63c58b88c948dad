"""Papers behind the datasets, as BibTeX, DataCite metadata and attributes for data catalogues (ACDD)."""

from __future__ import annotations

import functools
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bosonpeak.datasets.dataset_entry import DatasetEntry

_FILE = Path(__file__).with_name("papers.toml")


@dataclass(frozen=True)
class Paper:
    """Bibliographic data of a paper; empty fields are unknown."""

    key: str
    title: str
    authors: tuple[str, ...]  # "family name, given names"
    year: int
    subject: bool  # claims of the paper are judged by this suite
    recognised: tuple[str, ...]  # phrases that identify the paper in the attribute ``source``
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    eprint: str = ""  # arXiv number

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


CONVENTIONS = "ACDD-1.3, bosonpeak-1"
"""Attributes as ACDD has them; units as the data format says. No CF: udunits cannot read square roots of units."""

CREATOR = "The bosonpeak developers"

_KEYWORDS = "boson peak, amorphous solids, glass, vibrational density of states"


def discovery_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Derive ACDD 1.3 attributes (Attribute Convention for Data Discovery) from the global attributes of a dataset."""
    # A creator is given only for data that this package made from a recipe.
    text = {name: str(value) for name, value in attributes.items()}
    made_here = text.get("code") == "bosonpeak" and bool(text.get("recipe"))
    found = {
        "Conventions": CONVENTIONS,
        "license": text.get("licence", ""),
        "keywords": ", ".join(word for word in (_KEYWORDS, text.get("kind", "")) if word),
        "date_created": text.get("created", ""),
        "references": "; ".join(paper.reference for paper in cited_papers(text.get("source", ""))),
        "id": text.get("content_digest", ""),
        "creator_name": CREATOR if made_here else "",
        "creator_type": "group" if made_here else "",
    }
    return {name: value for name, value in found.items() if value}


PUBLISHER = "bosonpeak"

_LICENCE_PAGES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
_TEX = str.maketrans({sign: f"\\{sign}" for sign in "&%$#_{}"} | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}"})


def bibtex(entry: DatasetEntry) -> str:
    """BibTeX of a complete entry (from `complete_entry`): an ``@misc`` for the dataset and an entry for every paper."""
    own = {
        "author": f"{{{CREATOR}}}",
        "title": f"{{{_tex(entry.description)}}}",
        "year": entry.created[:4],
        "version": str(entry.version),
        "publisher": PUBLISHER,
        "note": _tex(f"Dataset {entry.name}, licence {entry.licence}, content {entry.content_digest}"),
    }
    papers = cited_papers(entry.source)
    return "\n".join([_entry("misc", f"bosonpeak:{entry.name}", own), *map(_paper, papers)])


def datacite(entry: DatasetEntry) -> dict[str, Any]:
    """DataCite 4.5 metadata of a complete entry (from `complete_entry`), JSON-serialisable and without a DOI."""
    papers = cited_papers(entry.source)
    rights = {"rights": entry.licence, "rightsIdentifier": entry.licence, "rightsIdentifierScheme": "SPDX"}
    if page := _LICENCE_PAGES.get(entry.licence):
        rights["rightsUri"] = page
    return {
        "types": {"resourceType": entry.kind, "resourceTypeGeneral": "Dataset"},
        "creators": [{"name": CREATOR, "nameType": "Organizational"}],
        "titles": [{"title": entry.description}],
        "publisher": {"name": PUBLISHER},
        "publicationYear": entry.created[:4],
        "subjects": [{"subject": "boson peak"}, {"subject": "amorphous solids"}],
        "dates": [{"date": entry.created, "dateType": "Created"}] if entry.created else [],
        "language": "en",
        "alternateIdentifiers": [
            {"alternateIdentifier": entry.name, "alternateIdentifierType": "bosonpeak dataset name"},
            {"alternateIdentifier": entry.sha256, "alternateIdentifierType": "SHA-256 of the file"},
            {"alternateIdentifier": entry.content_digest, "alternateIdentifierType": "digest of the content"},
        ],
        "relatedIdentifiers": [
            {"relatedIdentifier": paper.doi, "relatedIdentifierType": "DOI", "relationType": "IsSupplementTo"}
            for paper in papers
            if paper.doi
        ],
        "relatedItems": [
            {
                "titles": [{"title": paper.title}],
                "relatedItemType": "JournalArticle",
                "relationType": "IsSupplementTo",
                "publicationYear": str(paper.year),
            }
            for paper in papers
            if not paper.doi
        ],
        "sizes": [f"{entry.size} bytes"],
        "formats": ["application/x-netcdf"],
        "version": str(entry.version),
        "rightsList": [rights],
        "descriptions": [{"description": entry.summary, "descriptionType": "Abstract"}],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }


def datacite_text(entry: DatasetEntry) -> str:
    """Format the `datacite` metadata as JSON text."""
    return json.dumps(datacite(entry), indent=1, ensure_ascii=False)


def _paper(paper: Paper) -> str:
    fields = {
        "author": " and ".join(paper.authors),
        "title": f"{{{_tex(paper.title)}}}",
        "journal": _tex(paper.journal),
        "volume": paper.volume,
        "pages": paper.pages,
        "year": str(paper.year),
        "doi": paper.doi,
        "eprint": paper.eprint,
        "archiveprefix": "arXiv" if paper.eprint else "",
    }
    return _entry("article" if paper.journal else "misc", paper.key, fields)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _tex(text: str) -> str:
    return text.translate(_TEX)
