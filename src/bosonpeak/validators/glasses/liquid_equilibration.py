"""Equilibration of the liquids that glasses were quenched from: loss of memory and independence, within chains."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, mean_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

_GRID = np.linspace(-0.95, 0.995, 120)
"""Correlations for which the bias of short chains is worked out."""

_ACCEPTED = "accepted"


@dataclass(frozen=True)
class Equilibration:
    """Independence and stationarity of the glasses of an ensemble; None for quantities without data.

    Parameters
    ----------
    energy_drift : Estimate
        Mean inherent-structure energy of the second half of each chain's glasses minus the mean of the first half;
        ``details`` give the drift in standard deviations within a chain. 0 in equilibrium.
    autocorrelation : Estimate or None
        Correlation of the energies of successive glasses of a chain, free of the bias of short chains.
    effective_glasses : Estimate or None
        Number of independent glasses with the same error of the mean energy, for geometrically decaying correlations;
        at most the number of glasses.
    liquid_drift : Estimate or None
        The same drift of the liquid's energy, from the first quench on.
    displacement_acceptance, swap_acceptance : Estimate or None
        Accepted fraction of moves.
    excluded : Estimate or None
        Fraction of quenches that gave no glass of the dataset; ``details`` count them by reason.

    Examples
    --------
    Two chains without a drift; the acceptance of swaps was not recorded.

    >>> import xarray as xr
    >>> from bosonpeak.validators.glasses import equilibration
    >>> energies, chains = [1.0, 2.0, 2.0, 1.0, 1.1, 2.1, 2.1, 1.1], [0, 0, 0, 0, 1, 1, 1, 1]
    >>> glasses = xr.Dataset({"inherent_structure_energy": ("sample", energies), "chain": ("sample", chains)})
    >>> found = equilibration(glasses)
    >>> found.energy_drift.value, found.swap_acceptance
    (0.0, None)
    """

    energy_drift: Estimate
    autocorrelation: Estimate | None = None
    effective_glasses: Estimate | None = None
    liquid_drift: Estimate | None = None
    displacement_acceptance: Estimate | None = None
    swap_acceptance: Estimate | None = None
    excluded: Estimate | None = None


@accept_old_spelling("dataset")
def equilibration(data: Ensemble, *, level: float = LEVEL) -> Equilibration:
    """Drift, correlation and losses along the Markov chains of a glass ensemble.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``inherent_structure_energy`` and ``chain`` (sample), and where known ``sweep`` (sample), ``liquid_energy``
        (independent_chain, record) with ``record_sweep``, ``displacement_acceptance`` and ``swap_acceptance``
        (independent_chain), and ``quench_outcome`` and ``quench_chain`` (quench).
    level : float
        Confidence level; Student's t, or a delete-one jackknife, over chains.

    Returns
    -------
    Equilibration

    Raises
    ------
    NotApplicableError
        If energies or chains are missing, or no chain has two glasses.

    Examples
    --------
    Glasses of chains in equilibrium do not drift; the effective number is at most the number of glasses.

    >>> from bosonpeak.datasets import open_dataset
    >>> found = equilibration(open_dataset("glass/sizes", group="N-500"))
    >>> found.energy_drift.low < 0.0 < found.energy_drift.high
    True
    >>> found.effective_glasses.value <= 50.0
    True
    """
    data = one_ensemble(data)
    require_level(level)
    require_variables(data, "inherent_structure_energy", "chain")
    chains = _chains(data)
    correlation = _autocorrelation(chains, level)
    return Equilibration(
        energy_drift=_energy_drift(chains, level),
        autocorrelation=correlation,
        effective_glasses=None if correlation is None else _effective_glasses(chains, correlation),
        liquid_drift=_liquid_drift(data, level),
        displacement_acceptance=_acceptance(data, "displacement_acceptance", level),
        swap_acceptance=_acceptance(data, "swap_acceptance", level),
        excluded=_excluded(data, level),
    )


@dataclass(frozen=True)
class _Chain:
    """Energies and quench times of the glasses of one chain, times in units of the usual spacing."""

    energy: FloatArray
    time: FloatArray

    @property
    def deviation(self) -> FloatArray:
        return np.asarray(self.energy - self.energy.mean())

    @property
    def successive(self) -> BooleanArray:
        """Mask of neighbouring glasses without a failed quench in between."""
        return np.asarray(np.diff(self.time) < 1.5)


def _chains(dataset: xr.Dataset) -> list[_Chain]:
    energy = dataset["inherent_structure_energy"].values.astype(np.float64)
    label = dataset["chain"].values
    sweep = dataset["sweep"].values.astype(np.float64) if "sweep" in dataset else np.arange(len(energy), dtype=float)
    found = []
    for name in np.unique(label):
        members = np.flatnonzero(label == name)
        members = members[np.argsort(sweep[members], kind="stable")]
        found.append((energy[members], sweep[members]))
    found = [(values, times) for values, times in found if len(values) > 1]
    if not found:
        raise NotApplicableError(
            "no chain has two glasses, so that nothing can be said about its equilibrium",
            got=f"{len(energy)} glasses of {len(np.unique(label))} chains",
        )
    spacing = min(float(np.diff(times).min()) for _, times in found)
    if spacing <= 0.0:
        raise NotApplicableError("two glasses of a chain were quenched at the same sweep")
    return [_Chain(values, np.rint((times - times[0]) / spacing)) for values, times in found]


def _energy_drift(chains: list[_Chain], level: float) -> Estimate:
    drift = np.array([_halves(chain.energy) for chain in chains])
    freedom = sum(len(chain.energy) - 1 for chain in chains)
    deviation = float(np.sqrt(sum(float(np.sum(chain.deviation**2)) for chain in chains) / freedom))
    value, low, high = mean_interval(drift, level=level)
    return Estimate(
        name="drift of the inherent-structure energy",
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(drift),
        method="second half of each chain's glasses less the first, mean over chains; Student's t over chains",
        unit="epsilon",
        details={
            "deviation_within_chains": deviation,
            "drift_in_deviations": value / deviation if deviation > 0.0 else 0.0,
            "glasses": sum(len(chain.energy) for chain in chains),
        },
    )


def _halves(values: FloatArray) -> float:
    """Mean of the last half minus mean of the first half; a middle value belongs to neither."""
    half = len(values) // 2
    return float(values[-half:].mean() - values[:half].mean())


def _autocorrelation(chains: list[_Chain], level: float) -> Estimate | None:
    """Correlation rho of successive glasses, by comparison with AR(1) chains of the same lengths."""
    # Deviations from the mean of a short chain are anticorrelated by about 1/length, so the expected ratio at rho is
    # compared.
    usable = [chain for chain in chains if len(chain.energy) > 2 and chain.successive.any()]
    if not usable:
        return None
    products = np.array([float(np.sum(c.deviation[:-1] * c.deviation[1:] * c.successive)) for c in usable])
    squares = np.array([float(np.sum(c.deviation**2)) for c in usable])
    if not squares.sum() > 0.0:
        return None

    expected = np.array([_expected_ratio(usable, correlation) for correlation in _GRID])

    def correlation(chosen: NDArray[np.intp]) -> float:
        return float(np.interp(products[chosen].sum() / squares[chosen].sum(), expected, _GRID))

    value, low, high = jackknife_interval(correlation, len(usable), level)
    return Estimate(
        name="correlation of the inherent-structure energies of successive glasses",
        value=value,
        low=max(low, -1.0),
        high=min(high, 1.0),
        level=level,
        n=len(usable),
        method="pooled within chains, less the bias of chains of this length; delete-one-chain jackknife",
        details={"glasses": sum(len(chain.energy) for chain in usable)},
    )


def _expected_ratio(chains: list[_Chain], correlation: float) -> float:
    """Expected pooled products over pooled squares of AR(1) chains, an increasing function of the correlation."""
    patterns = {chain.time.tobytes(): chain for chain in chains}
    counts = Counter(chain.time.tobytes() for chain in chains)
    moments = np.array([np.multiply(_expected(patterns[key], correlation), count) for key, count in counts.items()])
    product, square = moments.sum(axis=0)
    return float(product / square)


def _expected(chain: _Chain, correlation: float) -> tuple[float, float]:
    """Expected sums of products of successive deviations, and of squared deviations, for unit variance."""
    matrix = _correlations(chain, correlation)
    centred = matrix - matrix.mean(axis=0) - matrix.mean(axis=1)[:, None] + matrix.mean()
    return float(np.sum(np.diagonal(centred, 1) * chain.successive)), float(np.trace(centred))


def _correlations(chain: _Chain, correlation: float) -> FloatArray:
    apart = np.abs(chain.time[:, None] - chain.time).astype(np.int64)
    return np.asarray(np.power(float(correlation), apart))


def _effective_glasses(chains: list[_Chain], correlation: Estimate) -> Estimate:
    def number(value: float) -> float:
        clipped = float(np.clip(value, 0.0, _GRID[-1]))
        return sum(len(chain.energy) ** 2 / float(_correlations(chain, clipped).sum()) for chain in chains)

    glasses = sum(len(chain.energy) for chain in chains)
    value = number(correlation.value)
    limits = sorted(number(limit) for limit in (correlation.low, correlation.high))
    return Estimate(
        name="effective number of independent glasses",
        value=value,
        low=limits[0],
        high=limits[1],
        level=correlation.level,
        n=correlation.n,
        method=f"of {glasses} glasses in {len(chains)} chains, correlations decaying geometrically; "
        "interval of the correlation, mapped",
        details={"glasses": glasses, "integrated_autocorrelation": glasses / value},
    )


def _liquid_drift(dataset: xr.Dataset, level: float) -> Estimate | None:
    if not {"liquid_energy", "record_sweep", "sweep"} <= set(dataset.data_vars):
        return None
    start = int(dataset["quench_sweep" if "quench_sweep" in dataset else "sweep"].min())
    energy = dataset["liquid_energy"].values[:, dataset["record_sweep"].values > start].astype(np.float64)
    if energy.shape[1] < 2:
        return None
    value, low, high = mean_interval([_halves(row) for row in energy], level=level)
    return Estimate(
        name="drift of the liquid's energy",
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(energy),
        method="second half of each chain's records from the first quench on less the first; Student's t over chains",
        unit="epsilon",
        details={"records": energy.shape[1]},
    )


def _acceptance(dataset: xr.Dataset, name: str, level: float) -> Estimate | None:
    if name not in dataset or not np.isfinite(dataset[name].values).all():
        return None
    value, low, high = mean_interval(dataset[name].values, level=level)
    label = name.replace("_", " ")
    return Estimate(label, value, low, high, level, dataset.sizes["independent_chain"], "mean over chains; Student's t")


def _excluded(dataset: xr.Dataset, level: float) -> Estimate | None:
    if not {"quench_outcome", "quench_chain"} <= set(dataset.data_vars):
        return None
    outcome, chain = dataset["quench_outcome"], dataset["quench_chain"].values
    meanings = str(outcome.attrs.get("flag_meanings", "")).split()
    flags = np.asarray(outcome.attrs.get("flag_values", np.arange(len(meanings))))
    if _ACCEPTED not in meanings or len(flags) != len(meanings):
        return None
    accepted = int(flags[meanings.index(_ACCEPTED)])
    lost = outcome.values != accepted
    value, low, high = mean_interval([lost[chain == label].mean() for label in np.unique(chain)], level=level)
    reasons = {
        meaning: int(np.count_nonzero(outcome.values == flag))
        for meaning, flag in zip(meanings, flags, strict=True)
        if meaning != _ACCEPTED
    }
    named = ", ".join(f"{count} {meaning.replace('_', ' ')}" for meaning, count in reasons.items() if count)
    return Estimate(
        name="fraction of quenches left out",
        value=value,
        low=max(low, 0.0),
        high=high,
        level=level,
        n=len(np.unique(chain)),
        method=f"{int(lost.sum())} of {len(lost)} quenches{': ' + named if named else ''}; Student's t over chains",
        details=reasons,
    )
