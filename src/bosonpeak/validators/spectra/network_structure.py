"""Properties that follow from a network's structure: coordination numbers, zero modes, poles of a small system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from bosonpeak.datasets.arguments import numbers
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import ZERO_BELOW, Ensemble, chain_labels, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_coordination import particle_coordination


@dataclass(frozen=True)
class CoordinationDistribution:
    """Coordination numbers from 0 up, the fraction of nodes with each, (samples, numbers), and moments over samples.

    `limits`: (2, numbers), confidence limits of the mean fraction over samples, of particles over chains.
    """

    number: IntegerArray
    fraction: FloatArray
    most_probable: Estimate
    mean: Estimate
    variance: Estimate
    limits: FloatArray


def coordination_fractions(coordination_number: ArrayLike) -> FloatArray:
    """Fraction of nodes with coordination 0, 1, 2, ...; input (samples, nodes), output (samples, numbers)."""
    rows = np.asarray(coordination_number).astype(np.int64)
    width = int(rows.max()) + 1
    return np.stack([np.bincount(row, minlength=width) / len(row) for row in rows])


@accept_old_spelling("dataset")
def coordination_distribution(data: Ensemble, *, level: float = LEVEL) -> CoordinationDistribution:
    """Distribution of the coordination numbers of an ensemble: springs of nodes, or neighbours of particles.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``coordination_number`` (sample, node) or ``coordination_fraction`` (sample, coordination); or particles
        as for `particle_coordination`, whose neighbours are below the first minimum of the pair distribution.
    level : float
        Confidence level of the Student-t intervals over samples, of particles over chains.

    Returns
    -------
    CoordinationDistribution

    Raises
    ------
    NotApplicableError
        If the dataset has none of them, such as glasses without stored configurations.

    Examples
    --------
    Springs that moved from one node to another leave the mean where it was.

    >>> import xarray as xr
    >>> networks = xr.Dataset({"coordination_number": (("sample", "node"), [[3, 4, 4, 5], [4, 4, 4, 4], [3, 4, 4, 5]])})
    >>> found = coordination_distribution(networks)
    >>> found.mean.value, found.most_probable.value
    (4.0, 4.0)
    """
    data = one_ensemble(data)
    require_level(level)
    unit, labels = "samples", None
    if "coordination_fraction" in data:
        fraction = data["coordination_fraction"].values
    elif "node" in data.get("coordination_number", xr.DataArray()).dims:
        fraction = coordination_fractions(data["coordination_number"].values)
    elif {"position", "diameter", "box"} <= set(data.variables) or "coordination_number" in data:
        numbers_of = particle_coordination(data)
        fraction = coordination_fractions(numbers_of.values)
        unit, labels = "chains", _chains(data, str(numbers_of.dims[0]))
    else:
        raise NotApplicableError(
            "there are no coordination numbers",
            expected="coordination_number or coordination_fraction, or position, diameter and box of particles",
            got=", ".join(map(str, data.data_vars)) or "no variables",
            likely_cause="contact_number counts interacting particles; particle_coordination(positions, diameters=, "
            "box=) counts neighbours"
            if "contact_number" in data
            else "glasses without stored configurations",
        )
    number = np.arange(fraction.shape[1])
    mean = fraction @ number
    variance = fraction @ number**2 - mean**2
    most_probable = number[np.argmax(fraction, axis=1)].astype(np.float64)

    def estimate(name: str, values: NDArray[Any]) -> Estimate:
        if labels is not None:
            values = np.array([values[labels == label].mean() for label in np.unique(labels)])
        value, low, high = mean_interval(values, level=level)
        return Estimate(name, value, low, high, level, len(values), f"mean over {unit}; Student-t interval")

    return CoordinationDistribution(
        number,
        fraction,
        estimate("most probable coordination number", most_probable),
        estimate("mean coordination number", mean),
        estimate("variance of the coordination number", variance),
        np.array([(each.low, each.high) for each in (estimate("fraction", column) for column in fraction.T)]).T,
    )


def _chains(data: xr.Dataset, dimension: str) -> IntegerArray:
    """Chain of each configuration, or of each sample; each is a chain of its own where chains are unknown."""
    # Late import: arrays and networks do not need the schema of labels.
    from bosonpeak.datasets.subsets import rows_of

    if dimension == "sample":
        return chain_labels(data)
    if "chain" not in data:
        return np.arange(data.sizes[dimension])
    return chain_labels(data)[rows_of(data, dimension)]


@accept_old_spelling("dataset")
def zero_mode_surplus(data: Ensemble) -> Estimate:
    """Zero frequencies found in the spectrum minus recorded ones, the worst over samples.

    A cutoff network has isolated clusters now and then, each with a zero mode of its own.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Spectra with ``zero_mode_count``, of networks recorded from the connected components. Where the attribute
        ``zero_modes`` is "removed", none is expected in the spectrum.

    Returns
    -------
    Estimate
        Exactly 0 where spectrum and topology agree.

    Examples
    --------
    A missing spring does not cut the lattice into two.

    >>> from bosonpeak.datasets import open_dataset
    >>> zero_mode_surplus(open_dataset("network/nine-node", group="missing")).value
    0.0
    """
    data = one_ensemble(data)
    require_variables(data, "eigenfrequency", "zero_mode_count")
    rows = data["eigenfrequency"].values
    found = (rows < ZERO_BELOW * rows[:, -1:]).sum(axis=1)
    removed = data.attrs.get("zero_modes") == "removed"
    surplus = found - (0 if removed else data["zero_mode_count"].values)
    worst = float(surplus[np.argmax(np.abs(surplus))])
    method = f"frequencies below {ZERO_BELOW:g} of the highest, less connected components; worst sample"
    return Estimate("zero-mode surplus", worst, worst, worst, LEVEL, len(rows), method)


@accept_old_spelling("eigenfrequency", positional=("tolerance",))
def distinct_poles(data: ArrayLike, *, tolerance: float = 1e-9) -> FloatArray:
    """Distinct non-zero eigenvalues omega^2, ascending; closer than ``tolerance`` counts as one.

    Examples
    --------
    >>> distinct_poles([0.0, 1.0, 1.0, 2.0]).tolist()
    [1.0, 4.0]
    """
    values = np.sort(numbers(data, "modes") ** 2)
    values = values[values > tolerance]
    starts = np.concatenate([np.ones(min(1, len(values)), dtype=bool), np.diff(values) > tolerance])
    return np.asarray(values[starts])


@accept_old_spelling("before", positional=("after", "tolerance"))
def pole_change(data: ArrayLike, *, after: ArrayLike, tolerance: float = 1e-9) -> tuple[Estimate, Estimate]:
    """Number of new poles and of surviving old poles.

    Parameters
    ----------
    data, after : array_like, shape (modes,)
        Eigenfrequencies of the system without and with the change.
    tolerance : float
        Eigenvalues closer than this are equal; these are exact diagonalisations of nine nodes.

    Returns
    -------
    new, surviving : Estimate
        Exact counts: both limits equal the value.

    Examples
    --------
    The 3 x 3 lattice, and the same with one spring more: omega^2 = 4 and 7 are new.

    >>> import numpy as np
    >>> lattice = np.sqrt([0.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0])
    >>> one_spring_more = np.sqrt([0.0, 3.0, 3.0, 3.0, 4.0, 6.0, 6.0, 6.0, 7.0])
    >>> new, surviving = pole_change(lattice, after=one_spring_more)
    >>> new.value, surviving.value
    (2.0, 2.0)
    """
    old, now = (distinct_poles(each, tolerance=tolerance) for each in (data, after))
    is_old = np.any(np.abs(now[:, None] - old[None, :]) <= tolerance, axis=1)
    details = {"poles_before": old.round(12).tolist(), "poles_after": now.round(12).tolist()}

    def exact(name: str, count: int) -> Estimate:
        value = float(count)
        method = "exact diagonalisation; equal within " + f"{tolerance:g}"
        return Estimate(name, value, value, value, LEVEL, 1, method, details=details)

    return exact("new poles", int(np.sum(~is_old))), exact("surviving poles", int(np.sum(is_old)))
