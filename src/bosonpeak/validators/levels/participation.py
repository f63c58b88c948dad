"""Participation of nodes or particles in a mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import overload

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import doubles, numbers, whole_number, window_ends
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, ensembles_of_sizes, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level, t_factor
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

_MOST_AXES = 3
_SHAPES = "a DataArray, an array (..., particles, axes), or a flat array (..., components) with dimension="


@overload
def participation_ratio(data: xr.DataArray, *, dimension: None = None) -> xr.DataArray: ...


@overload
def participation_ratio(data: ArrayLike, *, dimension: int | None = None) -> FloatArray: ...


@accept_old_spelling("eigenvectors", positional=("dimension",))
def participation_ratio(data: xr.DataArray | ArrayLike, *, dimension: int | None = None) -> xr.DataArray | FloatArray:
    """Participation ratio e = [N sum_i (psi_i . psi_i)^2]^-1 of modes of N particles or nodes.

    Parameters
    ----------
    data : xarray.DataArray or array_like
        Modes, which need not be normalised. A DataArray has the dimension ``particle`` or ``node`` and, where
        displacements are vectors, ``axis``, in any order. An array has the shape (..., particles, axes), or with
        `dimension` the flat shape (..., particles * dimension), the components of each particle adjacent.
    dimension : int, optional
        Components per particle of flat arrays: 3 in space, 1 for the scalar displacements of a network.

    Returns
    -------
    xarray.DataArray or ndarray of float64, shape (...,)
        1 where all particles move alike, 2/3 for a standing wave of one component, 1/N for a single particle. A
        DataArray keeps its other dimensions with their coordinates.

    Raises
    ------
    NotApplicableError
        If the components of a particle are unknown, do not fit, or belong to one particle only.

    Examples
    --------
    Scalar displacements of four nodes; one particle of two that moves:

    >>> participation_ratio([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 0.0, 0.0]], dimension=1).tolist()
    [1.0, 0.25]
    >>> participation_ratio([[[3.0, 0.0, 4.0], [0.0, 0.0, 0.0]]]).tolist()
    [0.5]

    Labelled modes say what their dimensions are:

    >>> from bosonpeak.datasets import open_dataset
    >>> glasses = open_dataset("glass/taper-2/T-0.20")
    >>> participation_ratio(glasses["eigenvector"]).dims
    ('configuration', 'low_mode')
    """
    if isinstance(data, xr.DataArray):
        return _labelled_ratio(data, dimension)
    if isinstance(data, xr.Dataset | xr.DataTree | str):
        raise NotApplicableError(
            "these are not eigenvectors", expected='data["eigenvector"], or an array', got=type(data).__name__
        )
    vectors = doubles(data, "eigenvectors")
    if vectors.ndim == 0 or vectors.size == 0:
        raise NotApplicableError("the array has the wrong shape", expected=_SHAPES, got=f"shape {vectors.shape}")
    if dimension is None:
        if vectors.ndim < 3 or vectors.shape[-1] > _MOST_AXES:
            raise NotApplicableError(
                "the components of a particle are unknown",
                expected=_SHAPES,
                got=f"shape {vectors.shape} without dimension=",
                likely_cause="modes whose particles and axes are joined: give dimension=3 (1 for scalar networks), or "
                "reshape to (modes, particles, axes)",
            )
        return _ratio((vectors**2).sum(axis=-1))
    dimension = whole_number(dimension, "dimension")
    components = vectors.shape[-1]
    if components == dimension > 1 and vectors.ndim > 1:
        return _ratio((vectors**2).sum(axis=-1))
    if components % dimension or components == dimension:
        raise NotApplicableError(
            "the components do not belong to two particles or more",
            expected=f"a multiple of {dimension}, at least {2 * dimension}",
            got=str(components),
        )
    return _ratio((vectors.reshape(*vectors.shape[:-1], -1, dimension) ** 2).sum(axis=-1))


def _labelled_ratio(eigenvectors: xr.DataArray, dimension: int | None) -> xr.DataArray:
    """Participation ratio over the dimensions named particle or node, and axis; all other dimensions are kept."""
    particle = [name for name in ("particle", "node") if name in eigenvectors.dims]
    axes = eigenvectors.sizes.get("axis", 1)
    if len(particle) != 1 or dimension not in (None, axes):
        raise NotApplicableError(
            "the dimensions do not say which components belong to a particle",
            expected="the dimension particle or node and, where displacements are vectors, axis; no dimension=",
            got=", ".join(f"{name} {length}" for name, length in eigenvectors.sizes.items()),
        )
    core = [*particle, *({"axis"} & set(eigenvectors.dims))]
    ordered = eigenvectors.transpose(..., *core)
    if ordered.chunks is not None:  # modes stay apart: each chunk by itself, when it is asked for
        whole = ordered.chunk(dict.fromkeys(core, -1))
        function = _of_particles if len(core) == 2 else _of_nodes
        found: xr.DataArray = xr.apply_ufunc(
            function, whole, input_core_dims=[core], dask="parallelized", output_dtypes=[np.float64]
        )
        return found.rename("participation_ratio").assign_attrs(units="1", long_name="participation ratio")
    squares = doubles(ordered.values, "eigenvectors") ** 2
    kept = ordered.isel(dict.fromkeys(core, 0), drop=True)
    attributes = {"units": "1", "long_name": "participation ratio"}
    found = kept.copy(data=_ratio(squares.sum(axis=-1) if len(core) == 2 else squares))
    return found.rename("participation_ratio").assign_attrs(attributes)


def _of_nodes(vectors: FloatArray) -> FloatArray:
    """Participation ratio of scalar displacements (..., nodes)."""
    return _ratio(vectors.astype(np.float64) ** 2)


def _of_particles(vectors: FloatArray) -> FloatArray:
    """Participation ratio of displacements (..., particles, axes)."""
    return _ratio((vectors.astype(np.float64) ** 2).sum(axis=-1))


def _ratio(weight: FloatArray) -> FloatArray:
    """Participation ratio from squared displacements (..., particles); NaN for a mode that does not move."""
    total = weight.sum(axis=-1)
    moment: FloatArray = weight.shape[-1] * (weight**2).sum(axis=-1)
    return np.asarray(np.divide(total**2, moment, out=np.full_like(total, np.nan), where=moment > 0.0))


@accept_old_spelling("dataset")
def mean_participation(data: Ensemble, *, low: float, high: float, level: float = LEVEL) -> Estimate:
    """Mean participation ratio of the modes in a frequency window, over samples.

    Raises
    ------
    NotApplicableError
        If there are no participation ratios, or a sample has no mode in the window.

    Examples
    --------
    The lower mode of three samples; the other lies outside the window.

    >>> import xarray as xr
    >>> axes = "sample", "mode"
    >>> participation = (axes, [[0.1, 0.6], [0.2, 0.6], [0.3, 0.6]])
    >>> modes = xr.Dataset({"eigenfrequency": (axes, [[0.5, 2.0]] * 3), "participation_ratio": participation})
    >>> round(mean_participation(modes, low=0.0, high=1.0).value, 6)
    0.2
    """
    data = one_ensemble(data)
    require_level(level)
    require_variables(data, "eigenfrequency", "participation_ratio")
    low, high = window_ends(low, high)
    inside = (data["eigenfrequency"] >= low) & (data["eigenfrequency"] < high)
    values = data["participation_ratio"].where(inside).mean("mode").values
    if np.isnan(values).any():
        raise NotApplicableError("a sample has no mode in the window", got=f"[{low:g}, {high:g}]")
    value, lower, upper = mean_interval(values, level=level)
    method = "mean over the window's modes in each sample; Student-t over samples"
    return Estimate("participation ratio", value, lower, upper, level, len(values), method, window=(low, high))


@accept_old_spelling("datasets")
def participation_scaling(data: Sequence[Ensemble] | xr.DataTree, *, level: float = LEVEL) -> Estimate:
    """Exponent D of the participation number N e ~ N^D across system sizes.

    D = 1 for extended modes, 0 for localised ones. Each size gives the mean over samples of ln(N e), averaged over the
    sample's stored modes; the slope against ln N is a weighted least-squares line.

    Parameters
    ----------
    data : sequence of xarray.Dataset or str, or xarray.DataTree
        One per size, with ``participation_ratio`` (sample, mode) of comparable modes and ``coordination_number`` or the
        attribute ``degrees_of_freedom``.
    level : float
        Confidence level; the error of the line follows from the scatter over samples at each size, times
        sqrt(chi^2 per degree of freedom) where the points leave the line by more than their errors.

    Returns
    -------
    Estimate

    Raises
    ------
    NotApplicableError
        With fewer than three sizes or three samples per size.

    Examples
    --------
    Modes on a fixed share of the particles, and on a fixed number of them:

    >>> import numpy as np
    >>> import xarray as xr
    >>> axes = "sample", "mode"
    >>> def alike(particles, ratio):
    ...     arrays = {"participation_ratio": (axes, ratio * np.array([[0.9], [1.0], [1.1]]))}
    ...     return xr.Dataset(arrays, attrs={"degrees_of_freedom": particles})
    >>> round(participation_scaling([alike(size, 0.6) for size in (100, 200, 400)]).value, 6)
    1.0
    >>> round(abs(participation_scaling([alike(size, 20.0 / size) for size in (100, 200, 400)]).value), 6)
    0.0
    """
    data = ensembles_of_sizes(data)
    require_level(level)
    for dataset in data:
        require_variables(dataset, "participation_ratio")
    sizes = np.array([_node_count(d) for d in data], dtype=np.float64)
    numbers = [np.log(n * d["participation_ratio"].values).mean(axis=1) for n, d in zip(sizes, data, strict=True)]
    samples = np.array([len(x) for x in numbers])
    if len(np.unique(sizes)) < 3 or samples.min() < 3:
        raise NotApplicableError(
            "no scaling with size can be measured",
            expected="at least three sizes with three samples each",
            got=f"sizes {sizes.astype(int).tolist()} with {samples.tolist()} samples",
        )
    # Weighted least-squares line of mean ln(N e) against ln N.
    mean = np.array([x.mean() for x in numbers])
    error = np.array([x.std(ddof=1) / math.sqrt(len(x)) for x in numbers])
    x = np.log(sizes)
    weight = error**-2
    centre = np.sum(weight * x) / weight.sum()
    spread = np.sum(weight * (x - centre) ** 2)
    slope = float(np.sum(weight * (x - centre) * mean) / spread)
    # Enlarge the error where the points scatter about the line by more than their errors.
    residual = mean - slope * x
    residual -= np.sum(weight * residual) / weight.sum()
    excess_scatter = float(np.sum(weight * residual**2) / (len(x) - 2))
    half = math.sqrt(max(1.0, excess_scatter) / spread) * t_factor(int(samples.min()), level)
    return Estimate(
        "participation scaling exponent D",
        slope,
        slope - half,
        slope + half,
        level,
        int(samples.sum()),
        "weighted line through mean ln(N e) against ln N; error from the scatter over samples",
        details={
            "sizes": sizes.astype(int).tolist(),
            "mean_participation_ratio": [float(d["participation_ratio"].mean()) for d in data],
            "chi2_per_degree": excess_scatter,
        },
    )


def local_weight(eigenvectors: ArrayLike, groups: ArrayLike, group_count: int) -> FloatArray:
    """Weight of each mode on groups of nodes, relative to an even spread.

    Parameters
    ----------
    eigenvectors : array_like, shape (modes, nodes)
        Normalised modes of one degree of freedom per node.
    groups : array_like of int, shape (nodes,)
        Group of each node, for example its coordination number.
    group_count : int
        Number of groups.

    Returns
    -------
    ndarray of float64, shape (modes, group_count)
        sum of psi_i^2 over the group, divided by the group's share of the nodes; NaN for empty groups.

    Examples
    --------
    A mode spread over four nodes, and one that sits on the first of them:

    >>> local_weight([[0.5, 0.5, 0.5, 0.5], [1.0, 0.0, 0.0, 0.0]], [0, 0, 1, 1], 2).tolist()
    [[1.0, 1.0], [2.0, 0.0]]
    """
    squares = numbers(eigenvectors, "modes", "nodes") ** 2
    of_nodes = numbers(groups, "nodes")
    if len(of_nodes) != squares.shape[1]:
        raise NotApplicableError(
            "groups do not fit the modes", expected=f"{squares.shape[1]} nodes", got=str(len(of_nodes))
        )
    member = of_nodes[:, None] == np.arange(group_count)
    share = member.mean(axis=0)
    return np.asarray(
        np.divide(squares @ member, share, out=np.full((len(squares), group_count), np.nan), where=share > 0)
    )


@accept_old_spelling("dataset")
def coordination_weight(
    data: Ensemble, *, low: float, high: float, coordination: int, level: float = LEVEL
) -> Estimate:
    """Weight of a window's modes on nodes of one coordination number, relative to an even spread.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``coordination_weight`` (sample, frequency_bin, coordination), binned as `local_weight` defines it.
    low, high : float
        Bins whose centres lie in this window are averaged.
    coordination : int
        The coordination number.
    level : float
        Confidence level of the Student-t interval over samples.

    Returns
    -------
    Estimate
        1 where such nodes carry their share, more where the modes prefer them.

    Raises
    ------
    NotApplicableError
        If there are no such weights, no bin lies in the window, or no node has that coordination number.

    Examples
    --------
    Modes that are spread evenly weigh as much on fourfold nodes as on others.

    >>> import numpy as np
    >>> import xarray as xr
    >>> coordination = "sample", "frequency_bin", "coordination"
    >>> networks = xr.Dataset({"coordination_weight": (coordination, np.ones((3, 2, 5)))})
    >>> coordination_weight(networks, low=0.0, high=1.0, coordination=4).value
    1.0
    """
    data = one_ensemble(data)
    require_level(level)
    require_variables(data, "coordination_weight")
    centres = data["frequency_bin"].values
    low, high = window_ends(low, high)
    coordination = whole_number(coordination, "coordination", least=0)
    if coordination >= data["coordination_weight"].shape[2]:
        raise NotApplicableError("no node has that coordination number", got=f"z = {coordination}")
    inside = (centres >= low) & (centres <= high)
    weights = data["coordination_weight"].values[:, inside, coordination]
    if not inside.any() or np.isnan(weights).any():
        raise NotApplicableError("no weight to average", got=f"window [{low:g}, {high:g}], z = {coordination}")
    value, lower, upper = mean_interval(weights.mean(axis=1), level=level)
    method = "mean over the window's bins; Student-t over samples"
    return Estimate(
        f"weight on nodes with z = {coordination}", value, lower, upper, level, len(weights), method, window=(low, high)
    )


def _node_count(dataset: xr.Dataset) -> int:
    if "node" in dataset.sizes:
        return int(dataset.sizes["node"])
    return int(dataset.attrs["particles" if "particles" in dataset.attrs else "degrees_of_freedom"])
