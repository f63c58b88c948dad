"""Attributes for data catalogues (ACDD), derived from the other attributes of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bosonpeak.datasets.citation.papers import cited_papers

CONVENTIONS = "ACDD-1.3, bosonpeak-1"
"""Attributes as ACDD has them; units as the data format says. No CF: udunits cannot read square roots of units."""

CREATOR = "The bosonpeak developers"

_KEYWORDS = "boson peak, amorphous solids, glass, vibrational density of states"


def discovery_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Derive ACDD 1.3 attributes (Attribute Convention for Data Discovery) from the global attributes of a dataset.

    A creator is given only for data that this package made from a recipe.
    """
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
