"""Phonon multiplets of a finite periodic box, k = 2 pi n / L of equal |n|^2, to be distinguished from a boson peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import instance, number, numbers
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.spectra.debye_level import squared_speed
from bosonpeak.validators.spectra.density_of_states import zero_modes

FIRST_SHELL = 4
"""Modes of the first shell in two dimensions: k along +x, -x, +y, -y."""


@dataclass(frozen=True)
class PhononShells:
    """Plane-wave shells of a square box: frequency, ascending, and number of modes of each shell."""

    frequency: FloatArray
    multiplicity: IntegerArray


def phonon_shells(size: float, speed: float, highest: float) -> PhononShells:
    """Shells of the linear dispersion omega = c |k| in a square box of side ``size``, up to a frequency.

    Parameters
    ----------
    size : float
        Box length.
    speed : float
        Sound speed.
    highest : float
        Frequency up to which shells are listed.

    Returns
    -------
    PhononShells

    Raises
    ------
    NotApplicableError
        If one of them is not a number above zero.

    Examples
    --------
    In a square box |k|^2 is a sum of two squares: 1, 2, 4 and 5 in 4, 4, 4 and 8 ways.

    >>> import math
    >>> shells = phonon_shells(2.0 * math.pi, 1.0, 2.3)
    >>> (shells.frequency**2).round(6).tolist(), shells.multiplicity.tolist()
    ([1.0, 2.0, 4.0, 5.0], [4, 4, 4, 8])
    """
    size, speed = number(size, "size", above=0.0), number(speed, "speed", above=0.0)
    highest = number(highest, "highest", above=0.0)
    unit = 2.0 * np.pi * speed / size
    reach = int(highest / unit) + 1
    squares = np.arange(-reach, reach + 1) ** 2
    norms, counts = np.unique((squares[:, None] + squares[None, :]).ravel(), return_counts=True)
    frequency = unit * np.sqrt(norms)
    inside = (norms > 0) & (frequency <= highest)
    return PhononShells(frequency[inside], counts[inside])


@accept_old_spelling("dataset")
def sound_speed2(data: Ensemble) -> FloatArray:
    """Squared sound speed of each sample: from its effective stiffness, else from its lowest modes.

    Returns
    -------
    ndarray of float64, shape (samples,)

    Raises
    ------
    NotApplicableError
        If the dataset has neither an effective stiffness nor a first phonon shell and a lattice size.

    Examples
    --------
    Unit springs on a square lattice: c = 1.

    >>> from bosonpeak.datasets import open_dataset
    >>> sound_speed2(open_dataset("network/nine-node", group="lattice")).round(6).tolist()
    [1.0]
    """
    data = one_ensemble(data)
    if "effective_stiffness" in data:
        return squared_speed(data["effective_stiffness"].values)
    return speed2_from_lowest_modes(data)


def speed2_from_lowest_modes(dataset: xr.Dataset) -> FloatArray:
    """Squared sound speed of each sample, (samples,), from the mean omega^2 of its first phonon shell."""
    # This mean is exact for a uniform medium and its splitting by disorder cancels to first order; the lattice
    # dispersion of the square lattice, 4 sin^2(pi/L) in place of (2 pi/L)^2, is divided out.
    size = int(dataset.attrs.get("lattice_size", 0))
    if size == 0 or "eigenfrequency" not in dataset:
        raise NotApplicableError(
            "no sound speed is known",
            expected="a variable effective_stiffness, or eigenfrequencies and an attribute lattice_size",
            got="neither",
        )
    rows = dataset["eigenfrequency"].values
    zeros = zero_modes(dataset)
    if np.any(zeros + FIRST_SHELL > rows.shape[1]):
        raise NotApplicableError("the first phonon shell is missing", expected=f"{FIRST_SHELL} non-zero modes")
    shells = np.stack([row[z : z + FIRST_SHELL] for row, z in zip(rows, zeros, strict=True)])
    return np.asarray((shells**2).mean(axis=1) / (4.0 * np.sin(np.pi / size) ** 2))


def resolved_below(eigenfrequency: ArrayLike, shells: PhononShells) -> float:
    """Frequency below which the multiplets of one sample are separate from each other.

    A shell counts as resolved when the gap to the next is wider than its own spread.

    Parameters
    ----------
    eigenfrequency : array_like, shape (modes,)
        Non-zero eigenfrequencies of one sample, ascending.
    shells : PhononShells
        The shells expected at the sample's sound speed.

    Returns
    -------
    float
        Frequency of the highest shell up to which all are resolved, 0 if none is.

    Raises
    ------
    NotApplicableError
        If the modes are not a list of numbers, or the shells are not from `phonon_shells`.

    Examples
    --------
    Degenerate multiplets are separate up to the last shell but one; equidistant modes nowhere.

    >>> import math
    >>> import numpy as np
    >>> from bosonpeak.validators.spectra import phonon_shells
    >>> shells = phonon_shells(2.0 * math.pi, 1.0, 2.3)
    >>> degenerate = np.repeat(shells.frequency, shells.multiplicity)
    >>> round(resolved_below(degenerate, shells), 6)
    2.0
    >>> resolved_below(np.linspace(0.9, 2.3, 20), shells)
    0.0
    """
    modes, shells = numbers(eigenfrequency, "modes"), instance(shells, PhononShells, "phonon_shells")
    edges = np.concatenate([[0], np.cumsum(shells.multiplicity)])
    highest = 0.0
    for frequency, start, stop in zip(shells.frequency, edges[:-1], edges[1:], strict=True):
        if stop >= len(modes):
            break
        spread = modes[stop - 1] - modes[start]
        gap = modes[stop] - modes[stop - 1]
        if gap <= spread:
            break
        highest = float(frequency)
    return highest


@accept_old_spelling("dataset")
def shells_resolved_below(data: Ensemble, *, level: float = LEVEL) -> Estimate:
    """Frequency below which an ensemble's spectrum is phonon multiplets, so that peaks there mean nothing.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Complete spectra with the attribute ``lattice_size``.
    level : float
        Confidence level of the Student-t interval over samples.

    Returns
    -------
    Estimate
        Mean over samples of `resolved_below`.

    Raises
    ------
    NotApplicableError
        If there are no eigenfrequencies, or no lattice size and no effective stiffness to place the shells by.

    Examples
    --------
    Disorder blurs the multiplets of a lattice.

    >>> from bosonpeak.datasets import open_dataset
    >>> crystal = open_dataset("network/paper", group="situation-1/delta-0.0")
    >>> disordered = open_dataset("network/paper", group="situation-1/delta-0.3")
    >>> shells_resolved_below(disordered).value < shells_resolved_below(crystal).value
    True
    """
    data = one_ensemble(data)
    require_level(level)
    require_variables(data, "eigenfrequency")
    speeds = np.sqrt(sound_speed2(data))
    size = int(data.attrs.get("lattice_size", 0))
    if size == 0:
        raise NotApplicableError("phonon shells cannot be placed", expected="an attribute lattice_size", got="none")
    rows = zip(data["eigenfrequency"].values, zero_modes(data), speeds, strict=True)
    found = [resolved_below(row[zeros:], phonon_shells(size, speed, 2.0 * speed)) for row, zeros, speed in rows]
    value, low, high = mean_interval(found, level=level)
    method = "highest shell narrower than the gap above it, mean over samples; Student-t interval"
    return Estimate("phonon shells resolved below", value, low, high, level, len(found), method, "sqrt(t0/m)")
