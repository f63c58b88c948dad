"""Mechanics: invariants that test whether the data are consistent with their description."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.scorecards.score_result import Outcome, ScoreItem
from bosonpeak.benchmark.scoring.examined import Asked, Examined
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import Recomputed
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.plain_text import plural
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.inputs import ZERO_BELOW

LARGEST_FORCE = 1e-6
"""Residual force on a particle, in epsilon/a. A minimiser that stops at 1e-3 leaves the lowest eigenvalues wrong by per
cents; three orders below, they are right to a thousandth."""

FREQUENCY_TOLERANCE = 1e-3
"""Relative difference of the lowest frequencies from those of the Hessian. Finite differences leave 1e-5, and the
smallest slip worth naming, a unit that is off by a per cent, ten times this."""

SUM_TOLERANCE = 1e-4
"""Relative difference of the mean of omega^2 from the trace of the Hessian, which finite differences leave at 1e-6."""

PROPERTY_TOLERANCE = 1e-3
"""Relative difference of energies, pressures and moduli; for pressures and energies also that of the largest."""

DENSITY_TOLERANCE = 1e-4
"""Relative difference of the density from the card's; boxes are printed with six digits and more."""

WHOLE_TOLERANCE = 0.05
"""Of a sum over 3600 squared frequencies that must be an even number; six decimals in a file leave 1e-4."""

STANDARD_ERRORS = 5.0
"""By which the mean diagonal of networks may differ from that of the reference: once in a million by chance."""

MINORITY_SHARE = 0.2
"""Of the Kob-Andersen mixture."""

MEASURED = "measured, nothing to compare with"

_ERRORS_OF_MATRICES = {
    "asymmetry": ("symmetry of the matrices", "largest |H - H^T| over the largest element"),
    "translation_cost": ("cost of a translation", "largest element of its image over that of the matrix"),
}

_NOTHING: tuple[Outcome, str] = ("missing", "nothing was submitted that would show it")
_Verdict = tuple[Outcome, str]
_Check = Callable[[Submitted, Recomputed], _Verdict]


def asked_checks(system: str) -> tuple[str, ...]:
    """Names of the checks required of ensembles of a system."""
    return tuple(_OF_GLASSES) if system != "spring-network" else _OF_NETWORKS


def items(examined: Examined, asked: Sequence[Asked]) -> list[ScoreItem]:
    """Items of the checks of every regime and ensemble, as `AxisItems`; void data earn nothing."""
    found: list[ScoreItem] = []
    for place in asked:
        one = place.ensemble
        if one is None:
            assert place.regime is not None
            found += [_item(name, place.name, _NOTHING) for name in asked_checks(place.regime.system)]
        else:
            checks = _checks(one.submitted.card.system, examined.reference).items()
            verdicts = {name: check(one.submitted, one.recomputed) for name, check in checks}
            if not (place.regime or one.recomputed.exists or one.submitted.card.is_network):
                is_stated = one.submitted.card.states_a_potential
                verdicts = {name: _measured(*verdict, is_stated) for name, verdict in verdicts.items()}
                verdicts |= _of_matrices(one.submitted)
            found += place.voided([_item(name, place.name, verdict) for name, verdict in verdicts.items()])
    return found


def _measured(outcome: Outcome, evidence: str, is_stated: bool) -> _Verdict:
    """Verdict on data that nothing can show to be right; they are wrong only if a potential is stated."""
    graded = ("met",) if is_stated else ("met", "not met")
    return ("undecided", f"{MEASURED}: {evidence}") if outcome in graded else (outcome, evidence)


def _of_matrices(submitted: Submitted) -> dict[str, _Verdict]:
    """Errors of the matrices from which the spectra were computed, by name of the item; empty without matrices."""
    return {
        title: ("undecided", f"{MEASURED}: {reported} {float(submitted.dataset[name].max()):.2g} at most")
        for name, (title, reported) in _ERRORS_OF_MATRICES.items()
        if name in submitted.dataset
    }


def _item(name: str, where: str, verdict: _Verdict) -> ScoreItem:
    outcome, evidence = verdict
    return ScoreItem("mechanics", name, where, outcome, float(outcome == "met"), evidence)


def _judged(holds: bool, evidence: str) -> _Verdict:
    return ("met" if holds else "not met"), evidence


def _stated_only(holds: bool, evidence: str) -> _Verdict:
    """Verdict on a statement without configurations, which earns nothing: else hiding configurations would pay."""
    return ("undecided" if holds else "not met"), f"{evidence}, as stated with the data; no configurations show it"


def _of(again: Recomputed, count: int) -> str:
    return f"recomputed from {count} of {len(again.sample)} configurations"


def _density(submitted: Submitted, again: Recomputed) -> _Verdict:
    if not again.exists:
        shown = submitted.configurations is not None and submitted.card.states_a_potential
        return ("not met", again.reason) if shown else _NOTHING
    stated = submitted.card.parameters["density"]
    worst = float(np.abs(again.structure["density"] / stated - 1.0).max())
    evidence = f"the density differs from the card's by a relative {worst:.2g} at most"
    share = _minority_share(submitted)
    if share is None:
        return _judged(worst <= DENSITY_TOLERANCE, evidence)
    particles = submitted.card.parameters["particles"]
    right = abs(share - MINORITY_SHARE) <= 1.0 / particles
    return _judged(worst <= DENSITY_TOLERANCE and right, f"{evidence}; {share:.1%} of the particles are small")


def _minority_share(submitted: Submitted) -> float | None:
    configurations = submitted.configurations
    if submitted.card.system != "kob-andersen" or configurations is None or "species" not in configurations:
        return None
    return (
        float(np.unique(configurations["species"].values, return_counts=True)[1].min()) / configurations["species"].size
    )


def _force_balance(submitted: Submitted, again: Recomputed) -> _Verdict:
    if again.exists:
        worst = float(again.structure["residual_force"].max())
        held = int(again.structure["held_pair_count"].sum())
        sticking = f"; {held} pairs lie at the cutoff, which holds them with less than its jump" if held else ""
        return _judged(
            worst <= LARGEST_FORCE,
            f"largest residual force {worst:.2g}, at most {LARGEST_FORCE:g}{sticking}; {_of(again, len(again.sample))}",
        )
    if "residual_force" in submitted.dataset:
        worst = float(submitted.dataset["residual_force"].max())
        return _stated_only(worst <= LARGEST_FORCE, f"largest residual force {worst:.2g}")
    return _NOTHING


def _stable_minimum(submitted: Submitted, again: Recomputed) -> _Verdict:
    if "unstable_frequency" in submitted.dataset:
        rows = submitted.dataset["unstable_frequency"].values
        known = np.isfinite(rows)
        return "not met", (
            f"{plural(known.sum(), 'unstable mode')} in {known.any(axis=1).sum()} of {plural(len(rows), 'sample')}; "
            f"the lowest omega^2 is {-(np.nanmin(rows) ** 2):.3g}"
        )
    if again.exists:
        lowest = again.vibration["lowest_frequencies"][:, 0]
        unstable = int(np.isnan(lowest).sum())
        return _judged(
            unstable == 0, f"{unstable} of {len(lowest)} Hessians are not positive definite; {_of(again, len(lowest))}"
        )
    if "smallest_eigenvalue" in submitted.dataset:
        smallest = float(submitted.dataset["smallest_eigenvalue"].min())
        return _stated_only(smallest > 0.0, f"smallest eigenvalue {smallest:.3g}")
    return _NOTHING


def _zero_modes(submitted: Submitted, again: Recomputed) -> _Verdict:
    """Verdict on the zero modes: only translations and particles without a neighbour may have zero frequency."""
    dimension = submitted.card.dimension
    if "zero_mode_count" not in submitted.dataset:
        return _NOTHING
    found = submitted.dataset["zero_mode_count"].values.astype(np.int64)
    free = np.zeros_like(found)
    if "free_particle_count" in submitted.dataset:
        free = submitted.dataset["free_particle_count"].values.astype(np.int64)
    if not found.any():
        if submitted.has_complete_spectra:
            return "met", f"all modes but the {dimension} translations, none of zero frequency"
        return "undecided", "zero modes were left out of the spectra"
    wrong = int(np.count_nonzero(found != dimension * (1 + free)))
    return _judged(wrong == 0, f"{wrong} of {len(found)} samples have other than {dimension} zero modes a rigid part")


def _lowest_frequencies(submitted: Submitted, again: Recomputed) -> _Verdict:
    if not again.exists or not submitted.has_spectra:
        return _NOTHING
    computed = again.vibration["lowest_frequencies"]
    stated = submitted.dataset["eigenfrequency"].values[again.sample[again.chosen]]
    shared = min(computed.shape[1], stated.shape[1])
    known = np.isfinite(computed[:, 0])
    if not known.any():
        return "not met", "none of the configurations is a minimum, so that no spectrum can be theirs"
    difference = np.abs(stated[known, :shared] / computed[known, :shared] - 1.0)
    worst = float(np.where(np.isnan(difference), math.inf, difference).max())
    factor = float(np.nanmedian(stated[known, :shared] / computed[known, :shared]))
    evidence = (
        f"the {shared} lowest frequencies differ from those of the Hessian by a relative {worst:.2g} at most, "
        f"{FREQUENCY_TOLERANCE:g} is allowed; {_of(again, int(known.sum()))}"
    )
    if worst > FREQUENCY_TOLERANCE:
        evidence = f"median ratio {factor:.6g}; {evidence}"
    return _judged(worst <= FREQUENCY_TOLERANCE, evidence)


def _sum_rule(submitted: Submitted, again: Recomputed) -> _Verdict:
    if not again.exists or "full_eigenfrequency" not in submitted.dataset:
        return _NOTHING
    spectra = dict(
        zip(
            rows_of(submitted.dataset, "full_sample").tolist(),
            submitted.dataset["full_eigenfrequency"].values,
            strict=True,
        )
    )
    samples = again.sample[again.chosen].tolist()
    pairs = [
        (float(np.nansum(spectra[sample] ** 2)) / submitted.card.degrees_of_freedom, computed)
        for sample, computed in zip(samples, again.vibration["mean_square_frequency"].tolist(), strict=True)
        if sample in spectra and math.isfinite(computed)
    ]
    if not pairs:
        return _NOTHING
    worst = max(abs(stated / computed - 1.0) for stated, computed in pairs)
    return _judged(
        worst <= SUM_TOLERANCE,
        f"the mean of omega^2 differs from the trace of the Hessian by a relative {worst:.2g} at most; "
        f"{_of(again, len(pairs))}",
    )


def _stated_property(*names: str) -> _Check:
    """Make a check of stated numbers against recomputed numbers."""

    def check(submitted: Submitted, again: Recomputed) -> _Verdict:
        reported: list[str] = []
        holds = True
        for name in names:
            pair = _pair(name, submitted, again)
            if pair is None:
                continue
            stated, computed = pair
            worst = float(np.abs(stated - computed).max() / np.abs(computed).max())
            holds &= worst <= PROPERTY_TOLERANCE
            reported.append(f"{name.replace('_', ' ')} differs by a relative {worst:.2g} at most")
        return _judged(holds, f"{'; '.join(reported)}; recomputed from configurations") if reported else _NOTHING

    return check


def _pair(name: str, submitted: Submitted, again: Recomputed) -> tuple[FloatArray, FloatArray] | None:
    """Stated and recomputed values of a quantity, for the configurations that have both."""
    if not again.exists or name not in submitted.stated:
        return None
    stated = submitted.stated[name]
    if name in again.structure:
        return stated[again.sample], again.structure[name]
    computed = again.vibration[name]
    known = np.isfinite(computed)
    return (stated[again.sample[again.chosen]][known], computed[known]) if known.any() else None


def _network_zero_modes(submitted: Submitted, again: Recomputed) -> _Verdict:
    if not submitted.has_complete_spectra:
        return _NOTHING
    rows = submitted.dataset["eigenfrequency"].values
    found = (rows < ZERO_BELOW * rows[:, -1:]).sum(axis=1)
    connected = submitted.card.parameters["situation"] == 1
    wrong = int(np.count_nonzero(found != 1 if connected else found < 1))
    least = "exactly one zero mode, being connected" if connected else "at least one zero mode"
    return _judged(wrong == 0, f"{wrong} of {len(rows)} networks do not have {least}")


def _network_sum_rule(submitted: Submitted, reference: ReferenceData) -> _Verdict:
    """Verdict on the sum rule: the sum of omega^2 is the trace, twice the sum of all spring constants."""
    if not submitted.has_complete_spectra:
        return _NOTHING
    traces = (submitted.dataset["eigenfrequency"].values ** 2).sum(axis=1)
    if submitted.card.parameters["situation"] == 3:
        worst = float(np.abs(traces - 2.0 * np.rint(0.5 * traces)).max())
        return _judged(
            worst <= WHOLE_TOLERANCE,
            f"with t = t0 the sum of omega^2 is twice the number of springs; it is off an even number by {worst:.2g}",
        )
    if submitted.regime is None:
        return _NOTHING
    theirs = reference.cell(submitted.regime.dataset, submitted.regime.group)
    return _against(theirs, traces / submitted.card.degrees_of_freedom, submitted.card.degrees_of_freedom)


def _against(reference: xr.Dataset, diagonals: FloatArray, nodes: int) -> _Verdict:
    """Verdict on the mean diagonal of networks against the reference, whose scatter falls as 1/nodes."""
    if "mean_diagonal" not in reference:
        return _NOTHING
    theirs = reference["mean_diagonal"].values
    scale = int(reference.sizes["node"]) / nodes
    error = float(theirs.std(ddof=1)) * math.sqrt(1.0 / len(theirs) + scale / len(diagonals))
    away = (float(diagonals.mean()) - float(theirs.mean())) / error
    return _judged(
        abs(away) <= STANDARD_ERRORS,
        f"mean of omega^2 {diagonals.mean():.5g}, of the reference networks {theirs.mean():.5g}: "
        f"{away:+.1f} standard errors",
    )


def _checks(system: str, reference: ReferenceData) -> Mapping[str, _Check]:
    if system != "spring-network":
        return _OF_GLASSES
    of_networks = (_network_zero_modes, lambda submitted, again: _network_sum_rule(submitted, reference))
    return dict(zip(_OF_NETWORKS, of_networks, strict=True))


_OF_NETWORKS = ("zero modes", "sum rule")


_OF_GLASSES: Mapping[str, _Check] = {
    "density and composition": _density,
    "force balance": _force_balance,
    "stable minimum": _stable_minimum,
    "zero modes": _zero_modes,
    "lowest frequencies": _lowest_frequencies,
    "sum rule": _sum_rule,
    "energies": _stated_property("inherent_structure_energy"),
    "pressures": _stated_property("pressure"),
    "moduli": _stated_property("shear_modulus", "bulk_modulus"),
}
