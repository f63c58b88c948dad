"""Density of states of any harmonic solid, with its interval, over omega^(d-1) and beside Debye's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import number, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, require_level
from bosonpeak.validators.reduced_densities.density_rows import DensityRows, mean_power
from bosonpeak.validators.reduced_densities.density_source import (
    MOMENTS,
    VECTORS,
    DensitySource,
    Solid,
    default_edges,
    density_source,
)


def density_of_states(
    data: Any,
    *,
    bins: ArrayLike | None = None,
    smoothing: float = 0.0,
    dimension: int | None = None,
    degrees_of_freedom: int | None = None,
    debye_level: float | None = None,
    sound: tuple[float, float, float] | None = None,
    masses: ArrayLike | None = None,
    moments: int = MOMENTS,
    vectors: int = VECTORS,
    seed: int = 0,
    level: float = LEVEL,
) -> xr.Dataset:
    """Density of states per degree of freedom, with its interval, and over omega^(d-1).

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree, str, array_like, tuple or operator
        An ensemble with ``eigenfrequency`` (complete spectra or lists of the lowest modes) or ``density_of_states``, or
        its name; frequencies (samples, modes) or (modes,); a curve (frequency, density) or (frequency, density, error);
        or a mass-weighted matrix, sparse or as an operator with ``shape`` and ``@``, by kernel polynomials.
    bins : int or array_like, shape (bins + 1,), optional
        Number of equal bins, or edges. By default equal bins by the rule of Freedman and Diaconis for the lowest
        twentieth of the modes; sampled spectra and curves keep their own frequencies.
    smoothing : float
        Rms width of a Gaussian that is applied to the bins, in units of the frequency.
    dimension : int, optional
        Dimension d of space, 2 or 3, if the data do not say; without it there is no reduced density.
    degrees_of_freedom : int, optional
        Number of modes of a sample, if the data do not say: more than are listed means lists of the lowest modes.
    debye_level : float, optional
        Debye's density over omega^(d-1), per degree of freedom, if the data do not give it.
    sound : tuple of float, optional
        Transverse speed, longitudinal speed and number of particles per volume, from which the Debye level follows.
    masses : array_like, shape (particles,), optional
        Masses of the particles of an operator, if they differ: translations of these masses are projected out.
    moments, vectors, seed : int
        Kernel polynomials of an operator: number of Chebyshev moments, on which the resolution depends, and of random
        vectors, and their seed.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    xarray.Dataset
        Over ``frequency``: ``density`` with ``density_low`` and ``density_high``; with a known dimension
        ``reduced_density``, g / omega^(d-1), with its limits; with known moduli or speeds ``debye``, Debye's density.
        ``debye_level`` is Debye's density over omega^(d-1); ``frequency_low`` and ``frequency_high`` are the edges of
        the bins. Of lists of the lowest modes, bins end where the shortest list ends.

    Raises
    ------
    NotApplicableError
        If there are no modes, modes are unstable, or bins leave the known part of the spectrum.

    Notes
    -----
    Zero modes are left out; the integral is 1 - zero modes / degrees of freedom. Intervals come from the scatter
    between samples, or between Markov chains where the data name them. With fewer than three of these the modes of each
    bin are taken to be independent, which is conservative for modes that repel each other. For an operator they come
    from the scatter between random vectors, and do not contain the scatter between samples.

    Examples
    --------
    The soft spheres of ``glass/taper-2`` exceed Debye's density more than twofold below the frequency 2.

    >>> found = density_of_states("glass/taper-2/T-0.20", bins=[0.5, 1.0, 1.5, 2.0])
    >>> (found["density"] / found["debye"]).values.round(1).tolist()
    [2.3, 2.8, 2.4]

    Two and five of eight frequencies of a single sample are in two bins of width 1.

    >>> density_of_states([1.0, 1.2, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6], bins=[0.5, 1.5, 2.5])["density"].values.tolist()
    [0.25, 0.625]
    """
    require_level(level)
    source = density_source(
        data, Solid(dimension, degrees_of_freedom, debye_level, sound, moments, vectors, seed, masses)
    )
    width = number(smoothing, "smoothing")
    if width < 0.0:
        raise NotApplicableError("smoothing is below zero", expected="an rms width in frequency", got=f"{width:g}")
    edges = chosen_edges(bins, source)
    rows = source.rows_on(edges)
    known = (rows.edge[1:] <= source.end * (1.0 + 1e-12)) & (rows.exposure.sum(axis=0) > 0.0)
    if known.any():
        last = len(known) - int(np.argmax(known[::-1]))
        rows = smoothed(rows.first_bins(last), width)
        known = rows.edge[1:] <= source.end - 3.0 * width if width else known[:last]
    if not known.any():
        raise NotApplicableError(
            "no bin lies inside the known part of the spectrum",
            expected=f"bins below {source.end:.4g}, less three times the smoothing",
            got=f"bins from {rows.edge[0]:.4g} to {rows.edge[-1]:.4g}",
        )
    density = rows.density()
    low, high = rows.limits(level)
    return _labelled(rows, source, {"density": (density, low, high)}, np.flatnonzero(known), level)


def chosen_edges(bins: ArrayLike | None, source: DensitySource) -> FloatArray | None:
    """Edges of the bins that the caller chose, or the default."""
    if bins is None:
        return default_edges(source)
    if np.ndim(bins) == 0:
        highest = source.highest if source.extent is None else source.extent.highest
        return np.linspace(0.0, highest, whole_number(bins, "bins") + 1)
    edges = numbers(bins, "bin edges", finite=True)
    if len(edges) < 2 or not (np.diff(edges) > 0.0).all() or edges[0] < 0.0:
        raise NotApplicableError(
            "these are not bins", expected="a number of bins, or at least two ascending edges from 0", got=f"{edges}"
        )
    return edges


def smoothed(rows: DensityRows, width: float) -> DensityRows:
    """Density on the same bins after a Gaussian of rms `width`, its own resolution included."""
    if width == 0.0:
        return rows
    own = np.diff(rows.edge) / np.sqrt(12.0) if rows.resolution is None else rows.resolution
    return replace(rows, resolution=np.hypot(own, width), smoothing=width)


def _labelled(
    rows: DensityRows,
    source: DensitySource,
    found: dict[str, tuple[FloatArray, FloatArray, FloatArray]],
    known: Any,
    level: float,
) -> xr.Dataset:
    units, dimension = source.units, source.dimension
    inverse = "1" if units == "1" else f"1/({units})"
    power = None if dimension is None else mean_power(rows.edge, dimension)
    columns: dict[str, tuple[str, FloatArray, dict[str, str]]] = {}

    def add(name: str, values: FloatArray, unit: str, long_name: str) -> None:
        columns[name] = ("frequency", values[known], {"units": unit, "long_name": long_name})

    density = found["density"]
    ends = ("", "_low", "_high")
    words = ("", ", lower limit", ", upper limit")
    for values, end, word in zip(density, ends, words, strict=True):
        add(f"density{end}", values, inverse, f"density of states per degree of freedom{word}")
    if power is not None:
        per = "1" if units == "1" else f"1/({units})^{dimension}"
        for values, end, word in zip(density, ends, words, strict=True):
            add(
                f"reduced_density{end}",
                values / power,
                per,
                f"density of states over omega^{(dimension or 1) - 1}{word}",
            )
        if source.levels is not None:
            add("debye", float(source.levels.mean()) * power, inverse, "density of states by Debye's law")
    resolution = np.diff(rows.edge) / np.sqrt(12.0) if rows.resolution is None else rows.resolution
    add("resolution", resolution, units, "rms width of bin and smoothing")
    dataset = xr.Dataset(columns)
    axes = {
        "frequency": (rows.frequency, "angular frequency, centres of bins"),
        "frequency_low": (rows.edge[:-1], "lower edge of the bin"),
        "frequency_high": (rows.edge[1:], "upper edge of the bin"),
    }
    dataset = dataset.assign_coords(
        {
            name: ("frequency", values[known], {"units": units, "long_name": words})
            for name, (values, words) in axes.items()
        }
    )
    if source.levels is not None:
        text = "Debye density of states over omega^(d-1), mean over samples"
        dataset["debye_level"] = ((), float(source.levels.mean()), {"units": "1", "long_name": text})
    if source.first_phonon is not None:
        text = "frequency of the lowest transverse phonon, mean over samples"
        dataset["first_phonon"] = ((), source.first_phonon, {"units": units, "long_name": text})
    return dataset.assign_attrs(
        {
            "level": level,
            "samples": source.samples,
            "groups": rows.groups,
            "interval": interval_method(rows),
            **({} if dimension is None else {"dimension": dimension}),
        }
    )


def interval_method(rows: DensityRows) -> str:
    """Method of the intervals of a density in one line."""
    if rows.groups >= FEWEST_SAMPLES:
        kind = "gamma quantiles at the dispersion of counts" if rows.counted else "Student-t"
        return f"{kind} between {rows.groups} independent groups of samples"
    if rows.counted:
        return "modes counted as independent: fewer than three independent samples"
    return "none" if rows.error is None else "errors of the curve"
