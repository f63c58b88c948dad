"""Density of states per node without zero modes, one row per sample; its peak over omega^2."""

from __future__ import annotations

import itertools

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import doubles, number, numbers, window_ends
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import ZERO_BELOW, Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

_PEAK_BIN = 0.2
"""Width of the bins in which the peak of g/omega^2 of a glass is looked for, units sqrt(epsilon/(m a^2))."""

_NO_GAP = 1e-2
"""Lowest frequency over the first beyond as many modes as are zero: below this it may be a zero mode with round-off."""


@accept_old_spelling("eigenfrequency", positional=("edges", "zero_mode_count"))
def histogram_density(
    data: xr.DataArray | ArrayLike, *, edges: ArrayLike, zero_mode_count: xr.DataArray | ArrayLike
) -> FloatArray:
    """Histogram of spectra without their zero modes, normalised per degree of freedom.

    Parameters
    ----------
    data : xarray.DataArray or array_like, shape (samples, modes)
        Eigenfrequencies of each sample, ascending, NaN at the end of short rows, with or without the zero modes, which
        come first. An array holds all modes. Of a DataArray with the coordinates ``particles`` and ``dimension`` the
        lowest modes are enough, for bins below the highest of them.
    edges : array_like, shape (bins + 1,)
        Bin edges in frequency.
    zero_mode_count : xarray.DataArray or array_like, shape (samples,), or int
        Zero modes of each sample, whether among the frequencies or removed from them: the frequencies themselves show
        which. A DataArray is aligned with the samples of `data`.

    Returns
    -------
    ndarray of float64, shape (samples, bins)
        Density whose integral over all frequencies is 1 - zero modes / degrees of freedom.

    Raises
    ------
    NotApplicableError
        If the arguments do not fit, the frequencies contradict the number of zero modes, or the bins extend beyond the
        stored modes of a sample.

    Examples
    --------
    One mode of four between 0 and 1, two between 1 and 2; the zero mode is left out, or was removed before.

    >>> histogram_density([[0.0, 0.5, 1.5, 1.5]], edges=[0.0, 1.0, 2.0], zero_mode_count=[1]).tolist()
    [[0.25, 0.5]]
    >>> histogram_density([[0.5, 1.5, 1.5]], edges=[0.0, 1.0, 2.0], zero_mode_count=[1]).tolist()
    [[0.25, 0.5]]
    """
    rows, bins = numbers(data, "samples", "modes"), numbers(edges, "bin edges")
    recorded = doubles(_aligned(zero_mode_count, data), "numbers of zero modes").astype(np.int64)
    if recorded.shape not in ((), (len(rows),)) or len(bins) < 2 or not (np.diff(bins) > 0.0).all():
        raise NotApplicableError(
            "spectra, zero modes and bins do not fit",
            expected=f"{len(rows)} numbers of zero modes, and edges that increase",
            got=f"{recorded.size} numbers and {len(bins)} edges",
        )
    recorded = np.broadcast_to(recorded, len(rows))
    included = _included(rows, recorded)
    degrees = _degrees(rows, recorded, included)
    if isinstance(data, xr.DataArray) and {"particles", "dimension"} <= set(data.coords):
        complete = int(data["particles"]) * int(data["dimension"])
        _require_stored(rows[degrees < complete], float(bins[-1]))
        degrees = np.maximum(degrees, complete)
    return _histogram(rows, bins, included, degrees)


def _histogram(rows: FloatArray, bins: FloatArray, zeros: IntegerArray, degrees: IntegerArray) -> FloatArray:
    """Histogram of the frequencies above the zero modes of each sample, per degree of freedom; (samples, bins)."""
    counts = np.stack([np.histogram(row[zero:], bins)[0] for row, zero in zip(rows, zeros, strict=True)])
    return np.asarray(counts / (degrees[:, None] * np.diff(bins)))


def _degrees(rows: FloatArray, recorded: IntegerArray, included: IntegerArray) -> IntegerArray:
    """Degrees of freedom of each sample with a complete spectrum: frequencies, and zero modes removed from them."""
    return np.asarray(np.isfinite(rows).sum(axis=1) + recorded - included)


def _aligned(zero_mode_count: xr.DataArray | ArrayLike, eigenfrequency: xr.DataArray | ArrayLike) -> ArrayLike:
    """Zero modes of the samples of `eigenfrequency`, by sample id where both have labels, else as given."""
    if not (isinstance(zero_mode_count, xr.DataArray) and isinstance(eigenfrequency, xr.DataArray)):
        return zero_mode_count
    if not (zero_mode_count.ndim == 1 and eigenfrequency.ndim == 2):
        return zero_mode_count.values
    of, wanted = zero_mode_count.dims[0], eigenfrequency.dims[0]
    if of not in zero_mode_count.coords or wanted not in eigenfrequency.coords:
        return zero_mode_count.values
    index, ids = zero_mode_count.indexes[of], eigenfrequency.indexes[wanted]
    if missing := sorted(set(ids) - set(index)):
        raise NotApplicableError(
            "the zero modes of some samples are unknown", expected=f"{of} of all samples", got=f"no {of} {missing[0]}"
        )
    return np.asarray(zero_mode_count.values[index.get_indexer(ids)])


def _included(rows: FloatArray, recorded: IntegerArray) -> IntegerArray:
    """Zero modes among the frequencies of each sample: all recorded ones or none, else NotApplicableError."""
    found = _vanishing(rows)
    after = np.take_along_axis(rows, np.minimum(recorded, rows.shape[1] - 1)[:, None], axis=1)[:, 0]
    removed = (found == 0) & ~(rows[:, 0] < _NO_GAP * after)
    wrong = (found != recorded) & ~removed
    if wrong.any():
        sample = int(np.argmax(wrong))
        raise NotApplicableError(
            "the frequencies contradict the number of zero modes",
            expected=f"{recorded[sample]} frequencies that vanish, or none",
            got=f"{found[sample]}, and the lowest frequency {rows[sample, 0]:.3g}",
            where=f"sample {sample}",
            likely_cause="zero modes of another ensemble, or computed in single precision: set them to zero, or give 0 "
            "to keep all frequencies",
        )
    return np.where(removed, 0, recorded)


def _vanishing(rows: FloatArray) -> IntegerArray:
    """Number of frequencies of each sample that are zero but for round-off."""
    return np.asarray((rows < ZERO_BELOW * np.fmax.reduce(rows, axis=1, keepdims=True)).sum(axis=1))


def _require_stored(rows: FloatArray, highest: float) -> None:
    """Reject bins beyond the highest stored mode of a sample whose spectrum is not complete."""
    if len(rows) and highest > (last := float(np.fmax.reduce(rows, axis=1).min())):
        raise NotApplicableError(
            "the lowest modes do not reach so far",
            expected=f"bins up to {last:.4g}, the highest stored mode of a sample, or complete spectra",
            got=f"bins up to {highest:.4g}",
            likely_cause='the lowest modes of glasses; data["full_eigenfrequency"] has all modes of some samples, '
            "and density_of_states(data) chooses bins that end where the lists end",
        )


def cumulative_count(eigenfrequency: ArrayLike, frequency: ArrayLike) -> IntegerArray:
    """Modes strictly below each frequency, with the zero modes that are in the data; shape (samples, frequencies).

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
    rows, zeros = data["eigenfrequency"].values, zero_modes(data)
    below = np.maximum(cumulative_count(rows, [low, high]), zeros[:, None])
    return np.asarray((below[:, 1] - below[:, 0]) / _degrees(rows, _recorded(data, zeros), zeros))


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
        rows, zeros = data["eigenfrequency"].values, zero_modes(data)
        values = _histogram(rows, edges, zeros, _degrees(rows, _recorded(data, zeros), zeros))
    centres = 0.5 * (edges[1:] + edges[:-1])
    return xr.DataArray(values, dims=("sample", "frequency"), coords={"frequency": centres})


def zero_modes(dataset: xr.Dataset) -> IntegerArray:
    """Number of zero modes in each sample, by the attribute ``zero_modes`` if present, else by the frequencies."""
    rows = dataset["eigenfrequency"].values
    found = _vanishing(rows)
    convention = dataset.attrs.get("zero_modes", "included" if "node" in dataset.sizes else "")
    if convention == "removed":
        return np.zeros_like(found)
    recorded = _recorded(dataset, found)
    return recorded if convention == "included" else _included(rows, recorded)


def require_stable(dataset: xr.Dataset) -> None:
    """Reject a dataset with unstable modes, which are stored apart from the others."""
    if "unstable_frequency" in dataset:
        count = int(dataset["unstable_frequency"].notnull().sum())
        raise NotApplicableError(
            "there are unstable modes",
            expected="samples at a minimum of their energy",
            got=f"{count} mode{'s' if count > 1 else ''} of negative omega^2",
        )


def require_all_modes(dataset: xr.Dataset) -> None:
    """Reject a dataset without the complete spectrum: modes missing, too few, or unstable modes stored apart."""
    if "eigenfrequency" not in dataset:
        raise NotApplicableError(
            "no density of states can be made",
            expected="a variable eigenfrequency or density_of_states",
            got=", ".join(map(str, dataset.data_vars)) or "no variables",
        )
    require_stable(dataset)
    degrees = int(dataset.attrs.get("degrees_of_freedom", dataset.sizes.get("node", dataset.sizes["mode"])))
    if dataset.sizes["mode"] != degrees:
        raise NotApplicableError(
            "a density of states needs every mode",
            expected=f"{degrees} modes per sample, one for each degree of freedom",
            got=f"{dataset.sizes['mode']} modes per sample",
            likely_cause="the lowest modes of glasses, which density_of_states(data) takes",
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


def _recorded(dataset: xr.Dataset, otherwise: IntegerArray) -> IntegerArray:
    """Recorded number of zero modes of each sample, in the data or removed from them."""
    return np.asarray(dataset["zero_mode_count"].values).astype(np.int64) if "zero_mode_count" in dataset else otherwise


def reduced_maximum(data: Ensemble, *, low: float, high: float) -> Estimate:
    """Frequency of the maximum of g/omega^2 of a glass inside a window, with its jackknife interval over samples."""
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
