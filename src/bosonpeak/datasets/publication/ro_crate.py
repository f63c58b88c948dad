"""Description of a data release as an RO-Crate 1.1 research object, for catalogues and repositories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import bosonpeak
from bosonpeak.datasets.citation import CREATOR, cited_papers
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.manifest import MANIFEST

CRATE = "ro-crate-metadata.json"

_LICENCES = {
    "CC-BY-4.0": ("https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0"),
    "CC0-1.0": ("https://creativecommons.org/publicdomain/zero/1.0/", "Creative Commons Zero 1.0"),
}
_CREATOR = "#bosonpeak-developers"
_CODE = "#bosonpeak"


def crate_text(entries: Sequence[DatasetEntry]) -> str:
    """JSON-LD text of a directory with the files of these entries (at least one, with dates) and their manifest."""
    papers = {paper.key: paper for entry in entries for paper in cited_papers(entry.source)}
    licences = sorted({entry.licence for entry in entries})
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "Reference data of bosonpeak",
        "description": "Spectra, modes and theories of the vibrations of amorphous solids, for tests of published "
        "claims; the data card of each file describes its content.",
        "datePublished": max(entry.created for entry in entries),
        "license": _one_or_all([_link(_licence_id(licence)) for licence in licences]),
        "author": _link(_CREATOR),
        "publisher": _link(_CREATOR),
        "keywords": "boson peak, amorphous solids, vibrational density of states",
        "citation": _one_or_all([_link(_paper_id(paper)) for paper in papers.values()]),
        "hasPart": [_link(MANIFEST), *(_link(entry.file) for entry in entries)],
    }
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "conformsTo": _link("https://w3id.org/ro/crate/1.1"),
            "about": _link("./"),
        },
        root,
        {
            "@id": MANIFEST,
            "@type": "File",
            "name": "Manifest",
            "description": "Name, size, digests, licence and recipe of every file.",
            "encodingFormat": "application/json",
        },
        *map(_file, entries),
        *({"@id": _licence_id(name), "@type": "CreativeWork", "name": _licence_name(name)} for name in licences),
        {"@id": _CREATOR, "@type": "Organization", "name": CREATOR},
        {
            "@id": _CODE,
            "@type": "SoftwareApplication",
            "name": "bosonpeak",
            "softwareVersion": bosonpeak.__version__,
            "license": _link("https://spdx.org/licenses/BSD-3-Clause"),
        },
        {"@id": "https://spdx.org/licenses/BSD-3-Clause", "@type": "CreativeWork", "name": "BSD 3-Clause"},
        *(
            {
                "@id": _paper_id(paper),
                "@type": "ScholarlyArticle",
                "name": paper.title,
                "author": "; ".join(paper.authors),
                "datePublished": str(paper.year),
            }
            for paper in papers.values()
        ),
    ]
    document = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _file(entry: DatasetEntry) -> dict[str, Any]:
    cited = [_link(_paper_id(paper)) for paper in cited_papers(entry.source)]
    return {
        "@id": entry.file,
        "@type": "File",
        "name": entry.name,
        "description": entry.summary or entry.description,
        "contentSize": str(entry.size),
        "sha256": entry.sha256,
        "encodingFormat": "application/x-netcdf",
        "version": str(entry.version),
        "dateCreated": entry.created,
        "license": _link(_licence_id(entry.licence)),
        "creator": _link(_CREATOR),
    } | ({"citation": _one_or_all(cited)} if cited else {})


def _paper_id(paper: Any) -> str:
    return f"https://doi.org/{paper.doi}" if paper.doi else f"#{paper.key}"


def _licence_id(licence: str) -> str:
    return _LICENCES.get(licence, (f"#licence-{licence}", licence))[0]


def _licence_name(licence: str) -> str:
    return _LICENCES.get(licence, ("", licence))[1]


def _one_or_all(links: list[dict[str, str]]) -> Any:
    """Replace a list of one link by the link itself, as RO-Crate recommends."""
    return links[0] if len(links) == 1 else links


def _link(identifier: str) -> dict[str, str]:
    return {"@id": identifier}
