"""Density of states per node from modes or from a sampled spectrum, one row per sample; its peak over omega^2.

All functions here exclude the zero modes, one for each connected component.
"""

from __future__ import annotations

import itertools

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import number, numbers, window_ends
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

_PEAK_BIN = 0.2
"""Width of the bins in which the peak of g/omega^2 of a glass is looked for, units sqrt(epsilon/(m a^2))."""


def histogram_density(eigenfrequency: ArrayLike, edges: ArrayLike, zero_mode_count: ArrayLike) -> FloatArray:
    """Histogram of complete spectra, normalised per degree of freedom.

    Parameters
    ----------
    eigenfrequency : array_like, shape (samples, modes)
        All eigenfrequencies of each sample, ascending, the zero modes first.
    edges : array_like, shape (bins + 1,)
        Bin edges in frequency.
    zero_mode_count : array_like, shape (samples,)
        Zero modes of each sample, which are left out.

    Returns
    -------
    ndarray of float64, shape (samples, bins)
        Density whose integral over all frequencies is 1 - zero modes / modes.

    Examples
    --------
    One mode of four between 0 and 1, two between 1 and 2; the zero mode is left out.

    >>> density = histogram_density([[0.0, 0.5, 1.5, 1.5]], [0.0, 1.0, 2.0], [1])
    >>> density.tolist()
    [[0.25, 0.5]]
    """
    rows, bins = numbers(eigenfrequency, "samples", "modes"), numbers(edges, "bin edges")
    zero_modes_of = numbers(zero_mode_count, "samples").astype(np.int64)
    if len(zero_modes_of) != len(rows) or len(bins) < 2 or not (np.diff(bins) > 0.0).all():
        raise NotApplicableError(
            "spectra, zero modes and bins do not fit",
            expected=f"{len(rows)} numbers of zero modes, and edges that increase",
            got=f"{len(zero_modes_of)} numbers and {len(bins)} edges",
        )
    counts = np.stack([np.histogram(row[zeros:], bins)[0] for row, zeros in zip(rows, zero_modes_of, strict=True)])
    return np.asarray(counts / (rows.shape[1] * np.diff(bins)))


def cumulative_count(eigenfrequency: ArrayLike, frequency: ArrayLike) -> IntegerArray:
    """Modes strictly below each frequency, zero modes included; shape (samples, frequencies).

    Examples
    --------
    One zero mode, two modes at 1 and one at 2; a mode at the frequency itself is not below it.

    >>> cumulative_count([[0.0, 1.0, 1.0, 2.0]], [0.5, 1.0, 1.5]).tolist()
    [[1, 1, 3]]
    """
    rows, places = numbers(eigenfrequency, "samples", "modes"), numbers(frequency, "frequencies")
    return np.stack([np.searchsorted(row, places, side="left") for row in rows])


@accept_old_spelling("dataset", positional=("low", "high"))
def modes_in_window(data: Ensemble, *, low: float, high: float) -> FloatArray:
    """Fraction of all modes whose frequency lies in [low, high), zero modes excluded.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete spectra (``eigenfrequency``) or sampled ones (``density_of_states``).
    low, high : float
        Window in frequency.

    Returns
    -------
    ndarray of float64, shape (samples,)

    Raises
    ------
    NotApplicableError
        If the dataset holds neither, or only a part of the modes.

    Examples
    --------
    Four of the nine modes of the 3 x 3 lattice have omega^2 = 3.

    >>> from bosonpeak.datasets import open_dataset
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> round(float(modes_in_window(lattice, low=1.5, high=2.0)[0]), 6)
    0.444444
    """
    data, (low, high) = one_ensemble(data), window_ends(low, high)
    if "density_of_states" in data:
        return _integrate(data["frequency"].values, data["density_of_states"].values, low, high)
    require_all_modes(data)
    rows = data["eigenfrequency"].values
    zeros = zero_modes(data)
    below = cumulative_count(rows, [low, high])
    above_zero = np.maximum(below, zeros[:, None])
    return np.asarray((above_zero[:, 1] - above_zero[:, 0]) / rows.shape[1])


@accept_old_spelling("dataset", positional=("low", "high", "bin_width"))
def sampled_density(data: Ensemble, *, low: float, high: float, bin_width: float) -> xr.DataArray:
    """Density of states of each sample on bins of one width.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete or sampled spectra.
    low, high : float
        Range of the bins.
    bin_width : float
        Width, adjusted so that a whole number of bins fills the range.

    Returns
    -------
    xarray.DataArray
        Dimensions (sample, frequency), bin centres as coordinate.

    Raises
    ------
    NotApplicableError
        If the range or the width makes no sense, or the spectra are not complete.

    Examples
    --------
    All modes of the 3 x 3 lattice but the zero mode:

    >>> from bosonpeak.datasets import open_dataset
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> density = sampled_density(lattice, low=0.0, high=3.0, bin_width=0.5)
    >>> round(float(density.sum()) * 0.5 * 9.0, 6)
    8.0
    """
    data = one_ensemble(data)
    low, bin_width = number(low, "low"), number(bin_width, "bin_width", above=0.0)
    high = number(high, "high", above=low)
    edges = np.linspace(low, high, max(1, round((high - low) / bin_width)) + 1)
    if "density_of_states" in data:
        width = np.diff(edges)
        frequency, density = data["frequency"].values, data["density_of_states"].values
        columns = [_integrate(frequency, density, a, b) for a, b in itertools.pairwise(edges)]
        values = np.stack(columns, axis=-1) / width
    else:
        require_all_modes(data)
        values = histogram_density(data["eigenfrequency"].values, edges, zero_modes(data))
    centres = 0.5 * (edges[1:] + edges[:-1])
    return xr.DataArray(values, dims=("sample", "frequency"), coords={"frequency": centres})


def zero_modes(dataset: xr.Dataset) -> IntegerArray:
    """Number of zero modes of each sample: as recorded, else the frequencies below 1e-6 of the sample's highest."""
    if "zero_mode_count" in dataset:
        return _integers(dataset["zero_mode_count"].values)
    rows = dataset["eigenfrequency"].values
    return _integers((rows < 1e-6 * rows[:, -1:]).sum(axis=1))


def require_all_modes(dataset: xr.Dataset) -> None:
    """Reject a dataset without the complete spectrum: modes missing, too few, or unstable modes stored apart."""
    if "eigenfrequency" not in dataset:
        raise NotApplicableError(
            "no density of states can be made",
            expected="a variable eigenfrequency or density_of_states",
            got=", ".join(map(str, dataset.data_vars)) or "no variables",
        )
    if "unstable_frequency" in dataset:
        count = int(dataset["unstable_frequency"].notnull().sum())
        raise NotApplicableError(
            "there are unstable modes",
            expected="samples at a minimum of their energy",
            got=f"{count} mode{'s' if count > 1 else ''} of negative omega^2",
        )
    degrees = int(dataset.attrs.get("degrees_of_freedom", dataset.sizes.get("node", dataset.sizes["mode"])))
    if dataset.sizes["mode"] != degrees:
        raise NotApplicableError(
            "a density of states needs every mode",
            expected=f"{degrees} modes per sample, one for each degree of freedom",
            got=f"{dataset.sizes['mode']} modes per sample",
        )


def _integrate(frequency: FloatArray, density: FloatArray, low: float, high: float) -> FloatArray:
    """Trapezoidal integral of each row between two frequencies inside the grid."""
    if low < frequency[0] or high > frequency[-1]:
        raise NotApplicableError(
            "the window leaves the spectrum",
            expected=f"a window inside [{frequency[0]:g}, {frequency[-1]:g}]",
            got=f"[{low:g}, {high:g}]",
        )
    inside = frequency[(frequency > low) & (frequency < high)]
    grid = np.concatenate([[low], inside, [high]])
    values = np.stack([np.interp(grid, frequency, row) for row in density])
    return np.asarray(np.trapezoid(values, grid, axis=-1))


def _integers(values: ArrayLike) -> IntegerArray:
    return np.asarray(values).astype(np.int64)


def reduced_maximum(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Frequency of the maximum of g/omega^2 of a glass in a window, with its jackknife interval over samples.

    NotApplicableError if the maximum is at an end of the window.
    """
    data = one_ensemble(data)
    require_variables(data, "density_of_states", "frequency")
    frequency, density = data["frequency"].values, data["density_of_states"].values

    def position(chosen: NDArray[np.intp]) -> float:
        return _vertex(frequency, density[chosen].astype(np.float64).mean(axis=0), low, high)

    value, lower, upper = jackknife_interval(position, data.sizes["sample"])
    method = f"parabola through the highest bins of g/omega^2, bins of {_PEAK_BIN:g}; jackknife over samples"
    name = "frequency of the maximum of g/omega^2"
    return Estimate(name, value, lower, upper, LEVEL, len(density), method, window=(low, high))


def _vertex(frequency: FloatArray, density: FloatArray, low: float, high: float) -> float:
    """Vertex of the parabola through the highest bin of g/omega^2 and its neighbours."""
    together = max(1, round(_PEAK_BIN / (frequency[1] - frequency[0])))
    bins = len(frequency) // together
    place = frequency[: bins * together].reshape(bins, together).mean(axis=1)
    reduced = density[: bins * together].reshape(bins, together).mean(axis=1) / place**2
    inside = np.flatnonzero((place >= low) & (place <= high))
    top = int(inside[np.argmax(reduced[inside])])
    if top in (inside[0], inside[-1]):
        raise NotApplicableError("the reduced density of states has no maximum in the window", got=f"{place[top]:.3g}")
    before, here, after = reduced[top - 1 : top + 2]
    return float(place[top] + 0.5 * (place[1] - place[0]) * (before - after) / (before - 2.0 * here + after))
