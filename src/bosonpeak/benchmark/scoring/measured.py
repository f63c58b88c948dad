"""Measurements on glasses outside every reference regime, reported without a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bosonpeak.benchmark.scorecards.score_result import ScoreItem
from bosonpeak.benchmark.scoring.examined import Examined
from bosonpeak.benchmark.submission.reading import NO_CUBES, Submitted
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables

LISTED = 50
"""Levels from the lowest up, where the shortest list has as many."""

NO_REFERENCE = "measured, no reference"


def measured_items(ensembles: Iterable[Examined]) -> list[ScoreItem]:
    """Undecided or missing items of exponent, level statistics and vortex content of ensembles without a regime."""
    return [
        _item(name, one.submitted, measure)
        for one in ensembles
        if one.regime is None and not one.submitted.card.is_network
        for name, measure in _MEASURES.items()
    ]


def _item(name: str, submitted: Submitted, measure: Callable[[Submitted], Estimate]) -> ScoreItem:
    try:
        found = measure(submitted)
    except NotApplicableError as error:
        return ScoreItem("claims", name, submitted.name, "missing", 0.0, f"not measured: {error.what}")
    told = "; ".join([found.in_short, *found.warnings])
    return ScoreItem("claims", name, submitted.name, "undecided", 0.0, f"{NO_REFERENCE}: {told}")


def _exponent(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.power_laws.exponent_s import exponent

    if not submitted.is_in_cubes:
        raise NotApplicableError(NO_CUBES)
    require_variables(submitted.dataset, "eigenfrequency", "first_phonon")
    return exponent(submitted.dataset)


def _level_statistics(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.levels.spacing_statistics import level_statistics

    require_variables(submitted.dataset, "eigenfrequency")
    listed = int(submitted.dataset["eigenfrequency"].notnull().sum("mode").min())
    return level_statistics(submitted.dataset, part="lowest", count=min(LISTED, listed)).goe_likeness


def _vortex_content(submitted: Submitted) -> Estimate:
    from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval
    from bosonpeak.validators.vortices.curl_of_ensemble import vorticity_of_ensemble

    require_variables(submitted.dataset, "eigenvector", "position")
    content = vorticity_of_ensemble(submitted.dataset)["curl_content"]
    value, low, high = mean_interval(content.mean("low_mode").values)
    return Estimate("curl content", value, low, high, LEVEL, len(content), "mean over glasses of that of their modes")


_MEASURES: Mapping[str, Callable[[Submitted], Estimate]] = {
    "exponent s of the density of states, two-sided window": _exponent,
    "level statistics: likeness to GOE of the lowest levels": _level_statistics,
    "vortices: curl content of the lowest modes": _vortex_content,
}
