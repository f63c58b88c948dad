"""Citation formats: BibTeX for reference managers and DataCite metadata for DOI registries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bosonpeak.datasets.citation.discovery import CREATOR
from bosonpeak.datasets.citation.papers import Paper, cited_papers
from bosonpeak.datasets.entry import DatasetEntry

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
