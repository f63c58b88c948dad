"""Quantities for comparing two ensembles, one number or cumulative count per sample, and means over chains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.inputs import mode_lists

LOWEST = 8
"""Modes whose mean stands for the lowest ones: half of them lie below the first phonons of 1000 particles."""

LISTED = 50
"""Modes from the lowest up that count as low ones where more are known."""

COMPLETE = 0.99
"""Share of the degrees of freedom from which on a spectrum counts as complete: translations may be left out."""

GRID_POINTS = 24
"""Frequencies or stresses at which cumulative counts are compared."""

FEWEST_STRESSES = 10.0
"""Mean count below a stress from which on it is compared."""

_COORDINATIONS = (3, 4, 5)


@dataclass(frozen=True)
class SampleQuantity:
    """One number per sample."""

    name: str
    unit: str
    values: FloatArray  # (samples,), NaN where unknown
    step: float = 0.0  # 1 for counts, 0 for continuous quantities
    frequency_power: int = 0  # power of the frequencies to which the quantity is proportional (0, 1 or 2)


@dataclass(frozen=True)
class CumulativeCounts:
    """Counts below the points of a grid, one row per sample, for two ensembles."""

    name: str
    unit: str
    grid: FloatArray  # (points,)
    counts: tuple[FloatArray, FloatArray]  # of mine and theirs, (samples, points)
    sample: tuple[IntegerArray, IntegerArray]  # sample index of each row, of mine and theirs
    frequency_power: int = 0  # 1 if the grid holds frequencies, else 0


LOW_COUNTS = f"number of modes below a frequency, {LISTED} lowest modes"
ALL_COUNTS = "number of modes below a frequency, complete spectra"
STRESS_COUNTS = "number of stress components below a stress"


def sample_quantities(dataset: xr.Dataset) -> tuple[SampleQuantity, ...]:
    """All per-sample numbers that the variables of a dataset allow, in a fixed order."""
    found = [*_low_modes(dataset), *_spectrum_ends(dataset)]
    for variable, name in _STORED.items():
        if variable in dataset and dataset[variable].dims == ("sample",):
            values = np.asarray(dataset[variable].values, dtype=np.float64)
            found.append(SampleQuantity(name, _unit(dataset, variable), values, step=_STEPS.get(variable, 0.0)))
    return (*found, *_coordination(dataset), *_curves(dataset))


def comparable_quantities(dataset: xr.Dataset) -> tuple[str, ...]:
    """Names of all quantities by which a dataset can be compared, scalars and cumulative counts."""
    return (
        *(quantity.name for quantity in sample_quantities(dataset)),
        *(counts.name for counts in cumulative_counts(dataset, dataset)),
    )


def cumulative_counts(mine: xr.Dataset, theirs: xr.Dataset) -> tuple[CumulativeCounts, ...]:
    """Cumulative counts that two ensembles both allow, on common grids."""
    # The grid of the lowest modes ends where the shortest list of modes ends, so that no count is truncated.
    found = [_low_counts(mine, theirs), _all_counts(mine, theirs), _stress_counts(mine, theirs)]
    return tuple(counts for counts in found if counts is not None)


def low_frequencies(dataset: xr.Dataset, count: int) -> FloatArray:
    """Lowest `count` non-zero frequencies of each sample, (samples, modes), ascending, NaN where a list ends."""
    rows = mode_lists(dataset).frequency
    first = np.argmax(~np.isnan(rows), axis=1)
    width = min(count, rows.shape[1])
    index = first[:, None] + np.arange(width)
    taken = np.take_along_axis(rows, np.minimum(index, rows.shape[1] - 1), axis=1)
    return np.where(index < rows.shape[1], taken, np.nan)


def complete_spectra(dataset: xr.Dataset) -> tuple[FloatArray, IntegerArray] | None:
    """Complete spectra (samples, modes) and their sample indices (samples,); None if there are none."""
    if "full_eigenfrequency" in dataset:
        rows = np.asarray(dataset["full_eigenfrequency"].values, dtype=np.float64)
        return rows, rows_of(dataset, "full_sample")
    freedom = int(dataset.attrs.get("degrees_of_freedom", 0))
    if "eigenfrequency" not in dataset or freedom == 0 or dataset.sizes["mode"] < COMPLETE * freedom:
        return None
    rows = np.asarray(dataset["eigenfrequency"].values, dtype=np.float64)
    sample = np.flatnonzero(np.count_nonzero(~np.isnan(rows), axis=1) >= COMPLETE * freedom)
    return (rows[sample], sample.astype(np.int64)) if len(sample) else None


def _curves(dataset: xr.Dataset) -> list[SampleQuantity]:
    """Mean frequency and quantiles of curves of the density of states, whatever their normalisation."""
    if dataset.attrs.get("kind") != "density-of-states":
        return []
    curve = dataset["density_of_states"].transpose("sample", "frequency").values.astype(np.float64)
    frequency, unit = dataset["frequency"].values.astype(np.float64), _unit(dataset, "frequency")
    steps = np.diff(frequency)
    below = np.zeros_like(curve)
    below[:, 1:] = np.cumsum(0.5 * (curve[:, 1:] + curve[:, :-1]) * steps, axis=1)
    whole = below[:, -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = below / whole
        mean = np.trapezoid(curve * frequency, frequency, axis=1) / whole[:, 0]
    places = {
        f"frequency below which {share:.0%} of the modes lie": np.array(
            [np.interp(share, row, frequency) if np.isfinite(row).all() else np.nan for row in shares]
        )
        for share in _SHARES
    }
    named = {"mean frequency of the density of states": mean, **places}
    return [SampleQuantity(name, unit, values, frequency_power=1) for name, values in named.items()]


_SHARES = (0.1, 0.5, 0.9)

_STORED: Mapping[str, str] = {
    "first_phonon": "first phonon omega_0",
    "inherent_structure_energy": "inherent-structure energy",
    "pressure": "pressure",
    "shear_modulus": "shear modulus",
    "bulk_modulus": "bulk modulus",
    "mean_contact_number": "mean contact number",
    "rattler_count": "rattlers",
    "free_particle_count": "particles without any interaction",
}
_STEPS: Mapping[str, float] = {"rattler_count": 1.0, "free_particle_count": 1.0}


def _low_modes(dataset: xr.Dataset) -> list[SampleQuantity]:
    if "eigenfrequency" not in dataset or _is_part_of_a_spectrum(dataset):
        return []
    rows = low_frequencies(dataset, LOWEST)
    unit = _unit(dataset, "eigenfrequency")
    found = [SampleQuantity("lowest frequency", unit, rows[:, 0], frequency_power=1)]
    if rows.shape[1] < LOWEST:
        return found
    mean = rows.mean(axis=1)
    found.append(SampleQuantity(f"mean of the {LOWEST} lowest frequencies", unit, mean, frequency_power=1))
    if "first_phonon" in dataset:
        # Each sample's own omega_0: no window is chosen, and samples are compared as independent, which a common mean
        # with its own error would not leave them.
        reduced = mean / dataset["first_phonon"].values
        found.append(SampleQuantity(f"mean of the {LOWEST} lowest frequencies over omega_0", "1", reduced))
    if "participation_ratio" in dataset:
        listed = mode_lists(dataset).frequency
        first = np.argmax(~np.isnan(listed), axis=1)[:, None] + np.arange(LOWEST)
        ratio = np.take_along_axis(dataset["participation_ratio"].values.astype(np.float64), first, axis=1)
        name = f"mean participation ratio of the {LOWEST} lowest modes"
        found.append(SampleQuantity(name, "1", ratio.mean(axis=1)))
    return found


def _is_part_of_a_spectrum(dataset: xr.Dataset) -> bool:
    """Return whether the modes are the ones nearest to a target frequency, an option of the network recipes."""
    parameters = json.loads(str(dataset.attrs.get("parameters", "{}")))
    return bool(parameters.get("modes", "all") == "nearest")


def _spectrum_ends(dataset: xr.Dataset) -> list[SampleQuantity]:
    found = []
    spectra = complete_spectra(dataset)
    if "highest_eigenfrequency" in dataset:
        unit, highest = _unit(dataset, "highest_eigenfrequency"), dataset["highest_eigenfrequency"].values[:, -1]
        found.append(SampleQuantity("highest frequency", unit, highest, frequency_power=1))
    elif spectra is not None:
        highest = _spread_out(np.nanmax(spectra[0], axis=1), spectra[1], dataset.sizes["sample"])
        found.append(SampleQuantity("highest frequency", _unit(dataset, "eigenfrequency"), highest, frequency_power=1))
    if spectra is not None:
        squares = spectra[0] ** 2
        number = np.count_nonzero(squares > 0.0, axis=1)
        mean = _spread_out(np.nansum(squares, axis=1) / number, spectra[1], dataset.sizes["sample"])
        unit = f"({_unit(dataset, 'eigenfrequency')})^2"
        found.append(SampleQuantity("mean square frequency", unit, mean, frequency_power=2))
    return found


def _coordination(dataset: xr.Dataset) -> list[SampleQuantity]:
    if "coordination_number" not in dataset:
        return []
    number = dataset["coordination_number"].values
    found = [
        SampleQuantity("mean coordination number", "1", number.mean(axis=1, dtype=np.float64)),
        SampleQuantity("variance of the coordination number", "1", number.var(axis=1, dtype=np.float64)),
    ]
    return found + [
        SampleQuantity(f"fraction of nodes with {z} springs", "1", np.asarray((number == z).mean(axis=1)))
        for z in _COORDINATIONS
    ]


def _spread_out(values: FloatArray, sample: IntegerArray, samples: int) -> FloatArray:
    everywhere = np.full(samples, np.nan)
    everywhere[sample] = values
    return everywhere


def _unit(dataset: xr.Dataset, variable: str) -> str:
    return str(dataset[variable].attrs.get("units", "1")) if variable in dataset else "1"


def _low_counts(mine: xr.Dataset, theirs: xr.Dataset) -> CumulativeCounts | None:
    if any("eigenfrequency" not in data or _is_part_of_a_spectrum(data) for data in (mine, theirs)):
        return None
    lists = [low_frequencies(data, LISTED) for data in (mine, theirs)]
    ends = [np.nanmax(rows, axis=1).min() for rows in lists]
    grid = _grid([rows[rows <= min(ends)] for rows in lists])
    if len(grid) == 0:
        return None
    unit, everyone = _unit(theirs, "eigenfrequency"), (np.arange(len(lists[0])), np.arange(len(lists[1])))
    return CumulativeCounts(LOW_COUNTS, unit, grid, _counted(lists, grid), everyone, frequency_power=1)


def _all_counts(mine: xr.Dataset, theirs: xr.Dataset) -> CumulativeCounts | None:
    spectra = [complete_spectra(data) for data in (mine, theirs)]
    if spectra[0] is None or spectra[1] is None:
        return None
    lists = [rows for rows, _ in (spectra[0], spectra[1])]
    grid = _grid([rows[rows > 0.0] for rows in lists])
    unit = _unit(theirs, "eigenfrequency")
    samples = spectra[0][1], spectra[1][1]
    # Some codes keep zero modes and some drop them: counts are relative to the count of the whole spectrum.
    totals = [np.count_nonzero(~np.isnan(rows), axis=1)[:, None] for rows in lists]
    here, there = _counted(lists, grid)
    counts = here - totals[0], there - totals[1]
    return CumulativeCounts(ALL_COUNTS, unit, grid, counts, samples, frequency_power=1)


def _stress_counts(mine: xr.Dataset, theirs: xr.Dataset) -> CumulativeCounts | None:
    if any("stress_count" not in data or "stress_edge" not in data for data in (mine, theirs)):
        return None
    edges = [data["stress_edge"].values for data in (mine, theirs)]
    if edges[0].shape != edges[1].shape or not np.allclose(edges[0], edges[1], rtol=1e-9, atol=0.0):
        return None
    counts = [_stresses_below(data) for data in (mine, theirs)]
    known = np.flatnonzero(counts[1].mean(axis=0) >= FEWEST_STRESSES)
    chosen = np.unique(known[np.linspace(0, len(known) - 1, min(GRID_POINTS, len(known))).astype(int)])
    if len(chosen) == 0:
        return None
    unit, everyone = _unit(theirs, "stress_edge"), (np.arange(len(counts[0])), np.arange(len(counts[1])))
    return CumulativeCounts(
        STRESS_COUNTS, unit, edges[1][chosen], (counts[0][:, chosen], counts[1][:, chosen]), everyone
    )


def _stresses_below(dataset: xr.Dataset) -> FloatArray:
    lowest = dataset["stress_count_below"].values if "stress_count_below" in dataset else 0
    inside = np.cumsum(dataset["stress_count"].values, axis=1, dtype=np.float64)
    return np.asarray(np.pad(inside, ((0, 0), (1, 0))) + np.asarray(lowest, dtype=np.float64).reshape(-1, 1))


def _grid(values: list[FloatArray]) -> FloatArray:
    """Quantiles of both ensembles together, each ensemble with the same weight for any number of samples."""
    if any(len(part) == 0 for part in values):
        return np.empty(0)
    rank = (np.arange(GRID_POINTS) + 0.5) / GRID_POINTS
    return np.unique(np.mean([np.quantile(part, rank) for part in values], axis=0))


def _counted(lists: list[FloatArray], grid: FloatArray) -> tuple[FloatArray, FloatArray]:
    mine, theirs = (np.stack([np.searchsorted(row, grid) for row in rows]).astype(np.float64) for rows in lists)
    return mine, theirs


ROUNDING = 1e-6
"""Relative differences below this are rounding in a text file."""


def chain_means(values: ArrayLike, chain: ArrayLike | None) -> FloatArray:
    """Mean of each chain, shape (chains, points); `values`: (samples,) or (samples, points)."""
    rows, labels = _known_rows(values, chain)
    return _means(rows, np.unique(labels, return_inverse=True)[1])


def between_sample_spread(values: ArrayLike, chain: ArrayLike | None = None) -> FloatArray:
    """Standard deviation between two samples of different chains of an ensemble; (points,), or (1,) for (samples,)."""
    # Means of chains of k glasses vary by s_b^2 + s_w^2/k, so s_w^2 (1 - 1/k) is added, with k the harmonic mean.
    rows, labels = _known_rows(values, chain)
    index = np.unique(labels, return_inverse=True)[1]
    sizes = np.bincount(index).astype(np.float64)
    if len(sizes) < 2:
        return np.full(rows.shape[1], np.nan)
    means = _means(rows, index)
    between = means.var(axis=0, ddof=1)
    freedom = len(rows) - len(sizes)
    within = ((rows - means[index]) ** 2).sum(axis=0) / freedom if freedom > 0 else np.zeros(rows.shape[1])
    return np.asarray(np.sqrt(between + within * (1.0 - np.mean(1.0 / sizes))))


def _means(rows: FloatArray, index: IntegerArray) -> FloatArray:
    sums = np.zeros((int(index.max()) + 1, rows.shape[1]))
    np.add.at(sums, index, rows)
    return np.asarray(sums / np.bincount(index)[:, None])


def _known_rows(values: ArrayLike, chain: ArrayLike | None) -> tuple[FloatArray, NDArray[np.generic]]:
    rows = np.asarray(values, dtype=np.float64)
    rows = rows[:, None] if rows.ndim == 1 else rows
    labels = np.arange(len(rows)) if chain is None else np.asarray(chain)
    if rows.ndim != 2 or labels.shape != (len(rows),):
        raise NotApplicableError(
            "values and chains of the samples do not fit",
            expected=f"one label for each of {len(rows)} samples",
            got=f"shapes {rows.shape} and {labels.shape}",
        )
    known = np.isfinite(rows).all(axis=1)
    if not known.any():
        raise NotApplicableError("there is nothing to compare", expected="at least one sample", got="none")
    return rows[known], labels[known]
