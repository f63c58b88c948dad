"""Sources of a density of states: datasets, arrays of frequencies, and curves, on bins as the estimators need them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import ndtri

from bosonpeak.datasets.arguments import doubles, number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import ensemble_or_array, mode_lists
from bosonpeak.validators.reduced_densities.debye_constants import debye_levels, dimension_of
from bosonpeak.validators.reduced_densities.density_rows import DensityRows, edges_around
from bosonpeak.validators.reduced_densities.mode_counts import Extent, counted, extent_of, mode_rows, sample_groups
from bosonpeak.validators.reduced_densities.operator_density import is_operator, operator_rows
from bosonpeak.validators.spectra.density_of_states import require_stable

MOMENTS, VECTORS = 1024, 8
"""Kernel polynomials of an operator: Chebyshev moments and random vectors."""

_FEWEST_POINTS = 4
_FINE_BINS = 4096
_LOWEST_SHARE = 0.05
_MOST_BINS = 2000


@dataclass(frozen=True)
class Solid:
    """Facts about the solid that the caller states, each None if unknown; see `density_of_states`."""

    dimension: int | None = None
    degrees_of_freedom: int | None = None
    debye_level: float | None = None
    sound: tuple[float, float, float] | None = None
    moments: int = MOMENTS
    vectors: int = VECTORS
    seed: int = 0
    masses: ArrayLike | None = None


@dataclass(frozen=True)
class DensitySource:
    """A density of states that can be put on bins."""

    rows_on: Callable[[FloatArray | None], DensityRows]  # on the source's own bins if None
    dimension: int | None  # of space
    levels: FloatArray | None  # (samples,), Debye level
    end: float  # highest known frequency, infinite for complete spectra
    extent: Extent | None  # range of counted modes, None for sampled spectra
    samples: int
    units: str = "1"  # of the frequency
    first_phonon: float | None = None  # mean over the samples
    degrees: int = 0  # of freedom of a sample, 0 if unknown
    highest: float = math.nan  # end of the default bins


def density_source(data: Any, solid: Solid) -> DensitySource:
    """Source of the density of states of an ensemble, frequencies or a curve; NotApplicableError for anything else."""
    if isinstance(data, tuple):
        return _of_curve(data, solid)
    if is_operator(data):
        return _of_operator(data, solid)
    if solid.masses is not None:
        raise NotApplicableError(
            "masses: only an operator needs them",
            expected="a sparse matrix or operator, or no masses",
            got=f"{type(data).__name__}, whose zero modes are left out in any case",
            likely_cause="a dense matrix: scipy.sparse.csr_array(matrix), as arrays are frequencies",
        )
    found = ensemble_or_array(data)
    if not isinstance(found, xr.Dataset):
        found = _of_frequencies(found)
    require_stable(found)
    if "eigenfrequency" in found:
        return _of_modes(found, solid)
    if "density_of_states" in found:
        return _of_samples(found, solid)
    if {"density", "density_low", "density_high"} <= set(found.variables):
        return _of_result(found, solid)
    raise NotApplicableError(
        "no density of states can be made",
        expected="a variable eigenfrequency or density_of_states",
        got=", ".join(map(str, found.data_vars)) or "no variables",
    )


def default_edges(source: DensitySource) -> FloatArray | None:
    """Equal bins from zero of the width by Freedman and Diaconis for the lowest modes; None for sampled spectra."""
    # The width is that for the lowest twentieth of the modes; lists of the lowest modes count whole.
    extent = source.extent
    if extent is None:
        return None
    fine = np.linspace(0.0, extent.highest, _FINE_BINS + 1)
    rows = source.rows_on(fine)
    below = np.cumsum(rows.amount.sum(axis=0))
    share = 1.0 if np.isfinite(extent.end) and extent.highest <= extent.end else _LOWEST_SHARE
    first, third = np.interp(np.array([0.25, 0.75]) * share * below[-1], below, fine[1:])
    width = 2.0 * max(float(third - first), 1e-12) / max(share * float(below[-1]), 1.0) ** (1.0 / 3.0)
    bins = int(np.clip(np.ceil(extent.highest / width), 1, _MOST_BINS))
    return np.linspace(0.0, extent.highest, bins + 1)


def _of_frequencies(rows: FloatArray) -> xr.Dataset:
    """Dataset of plain frequencies (samples, modes) or (modes,), checked."""
    rows = np.atleast_2d(rows)
    try:
        mode_lists(rows)
    except NotApplicableError as error:
        if rows.shape[0] == rows.shape[1] > 1:
            raise NotApplicableError(
                error.what,
                expected="frequencies (samples, modes) in ascending order",
                got=f"an array {rows.shape}",
                likely_cause="a dynamical matrix: bosonpeak.vibrations(matrix) gives its frequencies",
            ) from error
        raise
    return xr.Dataset({"eigenfrequency": (("sample", "mode"), rows)})


def _of_modes(data: xr.Dataset, solid: Solid) -> DensitySource:
    sources, degrees = mode_rows(data, degrees_of_freedom=solid.degrees_of_freedom)
    extent = extent_of(sources)
    dimension = dimension_of(data, solid.dimension)

    def rows_on(edges: FloatArray | None) -> DensityRows:
        bins = np.linspace(0.0, extent.highest, _FINE_BINS + 1) if edges is None else edges
        found = counted(sources, bins, extent.end)
        exposure = found.exposure * degrees * np.diff(bins)
        return DensityRows(bins, found.counts, exposure, counted=True, samples=found.exposure.sum(axis=0))

    end = math.inf if sources[-1].complete else extent.end
    return _with_debye(rows_on, data, solid, dimension, degrees, end, extent, data.sizes["sample"])


def _of_operator(system: Any, solid: Solid) -> DensitySource:
    dimension = dimension_of(xr.Dataset(), solid.dimension)
    rows_on, degrees, highest = operator_rows(system, dimension, solid.moments, solid.vectors, solid.seed, solid.masses)
    source = _with_debye(rows_on, xr.Dataset(), solid, dimension, degrees, math.inf, None, 1)
    return replace(source, highest=highest)


def _of_samples(data: xr.Dataset, solid: Solid) -> DensitySource:
    density = data["density_of_states"]
    others = [str(name) for name in density.dims if name not in ("sample", "frequency")]
    if others or "frequency" not in density.dims:
        raise NotApplicableError(
            "the dataset has several densities of states, one per parameter",
            expected="dimensions (sample, frequency) or (frequency)",
            got=f"dimensions {', '.join(map(str, density.dims))}",
            likely_cause=f"choose one: data.isel({', '.join(f'{name}=0' for name in others)})",
        )
    frequency = data["frequency"].values.astype(np.float64)
    curves = np.atleast_2d(density.transpose(..., "frequency").values.astype(np.float64))
    usable = np.isfinite(curves).all(axis=0)
    frequency, curves = frequency[usable], curves[:, usable]
    group = sample_groups(data, len(curves)) if "sample" in density.dims else np.zeros(1, dtype=np.int64)
    amount = np.zeros((int(group.max()) + 1, len(frequency)))
    np.add.at(amount, group, curves)
    members = np.bincount(group).astype(np.float64)
    errors = data["density_of_states_error"].values[..., usable] if "density_of_states_error" in data else None
    error = None if errors is None else np.sqrt((np.atleast_2d(errors) ** 2).sum(axis=0)) / len(curves)
    resolution = data["resolution"].values[..., usable] if "resolution" in data else None
    rows = _curve_rows(frequency, amount, np.repeat(members[:, None], len(frequency), axis=1), error, resolution)
    dimension = dimension_of(data, solid.dimension)
    degrees = int(data.attrs.get("degrees_of_freedom", 0)) or _degrees_of_nodes(data, dimension)
    return _with_debye(_own_bins(rows), data, solid, dimension, degrees, float(rows.edge[-1]), None, len(curves))


def _of_result(data: xr.Dataset, solid: Solid) -> DensitySource:
    """Curve of a dataset that `density_of_states` returned, with errors from its interval."""
    normal = float(ndtri(0.5 * (1.0 + number(data.attrs.get("level", 0.95), "level", above=0.0))))
    half = 0.5 * (data["density_high"].values - data["density_low"].values)
    error = half / normal if np.isfinite(half).all() and (half > 0.0).all() else None
    curve = data["density"].values.astype(np.float64)
    edge = np.append(data["frequency_low"].values, data["frequency_high"].values[-1])
    resolution = data["resolution"].values if "resolution" in data else None
    rows = DensityRows(
        edge,
        curve[None],
        np.ones((1, len(curve))),
        counted=False,
        samples=np.ones(len(curve)),
        error=error,
        resolution=resolution,
    )
    samples = int(data.attrs.get("samples", 1))
    dimension = dimension_of(data, solid.dimension)
    return _with_debye(_own_bins(rows), data, solid, dimension, 0, float(edge[-1]), None, samples)


def _of_curve(curve: tuple[ArrayLike, ...], solid: Solid) -> DensitySource:
    if len(curve) not in (2, 3):
        raise NotApplicableError(
            "this is not a curve of a density of states",
            expected="(frequency, density) or (frequency, density, error)",
            got=f"{len(curve)} arrays",
        )
    arrays = [doubles(each, "points of the curve") for each in curve]
    frequency, density = arrays[:2]
    error = arrays[2] if len(arrays) == 3 else None
    shapes = {each.shape for each in arrays}
    if len(shapes) > 1 or frequency.ndim != 1 or len(frequency) < _FEWEST_POINTS:
        raise NotApplicableError(
            "the arrays of the curve do not fit each other",
            expected=f"arrays of one length, at least {_FEWEST_POINTS}",
            got=", ".join(str(each.shape) for each in arrays),
        )
    wrong = not all(np.isfinite(each).all() for each in arrays) or (frequency < 0.0).any() or (density < 0.0).any()
    if wrong or not (np.diff(frequency) > 0.0).all() or (error is not None and not (error > 0.0).all()):
        raise NotApplicableError(
            "this is not a density of states",
            expected="ascending frequencies from 0, densities not below 0, errors above 0, all finite",
            got=f"frequencies {frequency.min():.4g} to {frequency.max():.4g}, densities from {density.min():.4g}",
            likely_cause="eigenvalues or wave numbers in place of frequencies, or a curve that is not sorted",
        )
    rows = _curve_rows(frequency, density[None], np.ones((1, len(frequency))), error, None)
    dimension = dimension_of(xr.Dataset(), solid.dimension)
    return _with_debye(_own_bins(rows), xr.Dataset(), solid, dimension, 0, float(rows.edge[-1]), None, 1)


def _curve_rows(
    frequency: FloatArray, amount: FloatArray, exposure: FloatArray, error: FloatArray | None, width: Any
) -> DensityRows:
    resolution = None if width is None else np.broadcast_to(np.asarray(width, dtype=np.float64), frequency.shape)
    samples = exposure.sum(axis=0)
    return DensityRows(edges_around(frequency), amount, exposure, False, samples, error, resolution)


def _own_bins(rows: DensityRows) -> Callable[[FloatArray | None], DensityRows]:
    """Sampled spectra on their own bins, or integrated over wider bins that lie inside them."""

    def rows_on(edges: FloatArray | None) -> DensityRows:
        if edges is None:
            return rows
        if edges[0] < rows.edge[0] or edges[-1] > rows.edge[-1] * (1.0 + 1e-12):
            raise NotApplicableError(
                "the bins leave the spectrum",
                expected=f"bins inside [{rows.edge[0]:.4g}, {rows.edge[-1]:.4g}]",
                got=f"[{edges[0]:.4g}, {edges[-1]:.4g}]",
            )
        share = _overlaps(edges, rows.edge)
        error = None if rows.error is None else np.sqrt((share**2) @ rows.error**2)
        resolution = None if rows.resolution is None else share @ rows.resolution
        mean = rows.amount @ share.T, rows.exposure @ share.T
        return DensityRows(edges, *mean, False, rows.samples @ share.T, error, resolution)

    return rows_on


def _overlaps(wide: FloatArray, narrow: FloatArray) -> FloatArray:
    """Share of each narrow bin in the mean over each wide bin, shape (wide bins, narrow bins)."""
    low = np.maximum(wide[:-1, None], narrow[None, :-1])
    high = np.minimum(wide[1:, None], narrow[None, 1:])
    return np.asarray(np.maximum(high - low, 0.0) / np.diff(wide)[:, None])


def _with_debye(
    rows_on: Callable[[FloatArray | None], DensityRows],
    data: xr.Dataset,
    solid: Solid,
    dimension: int | None,
    degrees: int,
    end: float,
    extent: Extent | None,
    samples: int,
) -> DensitySource:
    levels = None
    if dimension is not None:
        levels = debye_levels(data, dimension, degrees, solid.debye_level, solid.sound)
        levels = levels if levels is None or np.isfinite(levels).all() else None
    phonon = float(data["first_phonon"].mean()) if "first_phonon" in data else None
    units = "1"
    for name in ("eigenfrequency", "frequency"):
        if name in data.variables:
            units = str(data[name].attrs.get("units", units))
            break
    return DensitySource(rows_on, dimension, levels, end, extent, samples, units, phonon, degrees, end)


def _degrees_of_nodes(data: xr.Dataset, dimension: int | None) -> int:
    """Degrees of freedom of sampled spectra: d per particle, one per node."""
    if "particles" in data.attrs:
        return int(data.attrs["particles"]) * (dimension or 3)
    return int(data["node_count"].values.max()) if "node_count" in data else 0
