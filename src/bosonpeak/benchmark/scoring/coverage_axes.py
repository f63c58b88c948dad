"""Completeness and provenance as items of the score: required variables, and statements on the data's origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem
from bosonpeak.benchmark.scoring.examined import Asked, Examined
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.reference_ensembles import Regime

PROPERTIES = ("inherent_structure_energy", "pressure", "shear_modulus", "bulk_modulus")
"""Required variables of each glass besides its modes."""

_OF_ALL = ("spectra", "complete spectra", "as many samples as the reference", "every sample that was made", "chains")
_OF_GLASSES = (*_OF_ALL, "configurations", "energies, pressures and moduli")
_OF_NETWORKS = (*_OF_ALL, "coordination numbers")

Part = tuple[float, str]
"""Present share of a required item, and a sentence."""


def completeness_items(examined: Examined, asked: Sequence[Asked]) -> list[ScoreItem]:
    """Completeness items of the regimes, as `AxisItems`; a partly present item earns that part, void data nothing."""
    items: list[ScoreItem] = []
    for place in asked:
        if (regime := place.regime) is None:
            continue
        names = _OF_NETWORKS if regime.system == "spring-network" else _OF_GLASSES
        if place.ensemble is None:
            items += [_item(name, regime, (0.0, "no such ensemble was submitted")) for name in names]
        else:
            samples = examined.reference.cell(regime.dataset, regime.group).sizes["sample"]
            parts = _parts(place.ensemble.submitted, samples)
            items += place.voided([_item(name, regime, parts[name]) for name in names])
    return items


def _parts(ensemble: Submitted, reference_samples: int) -> Mapping[str, Part]:
    made = ensemble.card.samples_made
    enough = min(1.0, ensemble.samples / reference_samples)
    configurations = ensemble.configurations
    placed = 0 if configurations is None else configurations.sizes["sample"]
    given = [name for name in PROPERTIES if name in ensemble.stated]
    return {
        "spectra": (float(ensemble.has_spectra), "eigenfrequencies" if ensemble.has_spectra else "none"),
        "complete spectra": (
            float(ensemble.has_complete_spectra),
            "all modes of every sample" if ensemble.has_complete_spectra else "only part of the modes",
        ),
        "as many samples as the reference": (
            enough,
            f"{ensemble.samples} samples, the reference has {reference_samples}",
        ),
        "every sample that was made": _kept(ensemble.samples, made),
        "chains": _chains(ensemble),
        "configurations": (min(1.0, placed / ensemble.samples), f"of {placed} of {ensemble.samples} samples"),
        "energies, pressures and moduli": (
            len(given) / len(PROPERTIES),
            f"given: {', '.join(given) or 'none'}; asked for: {', '.join(PROPERTIES)}",
        ),
        "coordination numbers": (
            float("coordination_number" in ensemble.dataset),
            "of every node" if "coordination_number" in ensemble.dataset else "none",
        ),
    }


def _kept(samples: int, made: int | None) -> Part:
    if made is None:
        return 0.0, "the card does not say how many samples were made"
    return min(1.0, samples / made), f"{samples} of {made} that were made"


def _chains(ensemble: Submitted) -> Part:
    if "chain" in ensemble.dataset:
        return 1.0, f"{len(set(ensemble.dataset['chain'].values.tolist()))} independent runs"
    return 0.0, "neither card nor data say which samples are independent"


def _item(name: str, regime: Regime, part: Part) -> ScoreItem:
    share, evidence = part
    return ScoreItem("completeness", name, regime.name, "met" if share >= 1.0 else "missing", share, evidence)


UNNAMED = "unnamed"

_ASKED = {
    "name": "the name of the code",
    "version": "the version of the code",
    "authors": "who made the data",
    "licence": "how the data may be used",
    "created": "when they were made (ISO date)",
    "source": "where code or data can be had (URL or DOI)",
    "input": "the input file that made them, inside the run",
    "hardware": "what they were made on",
    "seeds": "the random seeds",
}


def provenance_items(examined: Examined, asked: Sequence[Asked] = ()) -> list[ScoreItem]:
    """One item per required statement of a card on the data's origin: not met if impossible, missing if absent."""
    card = examined.card
    stated = {"name": card.code_name, "version": card.code_version, **card.provenance}
    items = []
    for name, title in _ASKED.items():
        text = stated.get(name, "").strip()
        where = "[code]" if name in ("name", "version") else "[provenance]"
        outcome, evidence = _judged(name, text, examined.root)
        items.append(ScoreItem("provenance", title, where, outcome, float(outcome == "met"), evidence))
    return items


def _judged(name: str, text: str, root: Path) -> tuple[Outcome, str]:
    if not text or (name == "name" and text == UNNAMED):
        return "missing", f"the card has no {name}"
    if name == "created":
        return _date(text)
    if name == "input" and not _is_file(root, text):
        return "not met", f"the run has no file {text}"
    return "met", text


def _date(text: str) -> tuple[Outcome, str]:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return "not met", f"{text!r} is not an ISO date"
    return ("not met", f"{text} lies in the future") if day > datetime.now(UTC).date() else ("met", text)


def _is_file(root: Path, path: str) -> bool:
    folder = root if root.is_dir() else root.parent
    file = folder / path
    return file.is_file() and file.resolve().is_relative_to(folder.resolve())
