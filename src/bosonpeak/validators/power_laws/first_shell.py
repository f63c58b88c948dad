"""Whether the first phonon shell stands where omega_0 says, which tells frequencies from eigenvalues and from 2 pi.

In three dimensions the lowest transverse waves of a box are twelve, and disorder spreads them over some ten per cent.
The medians of all stored glasses in three dimensions, of 1000 and 1600 particles, three potentials and three
stabilities, lie between 20 and 25 modes within `NEARBY` of omega_0. Their squares have at most 9.5 there (at
omega_0 = 1.2; 6.6 or fewer from 1.3 up), the same frequencies times or over 2 pi none. Nothing can be said where lists
end below the shell; where omega_0 lies within some per cent of 1, since squares then stay in place; and in two
dimensions, where the shell of four modes has 2.9 to 4.0 against 1.8 to 2.3 of squares.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bosonpeak.datasets.arrays import FloatArray

NEARBY = 0.15
"""Modes this close to omega_0, relative to it, are counted."""

SHELL = {3: 12}
"""Modes of the first transverse shell by dimension, where the count tells right from wrong."""

_READINGS: tuple[tuple[Callable[[FloatArray], FloatArray], str, str], ...] = (
    (lambda frequency: np.sqrt(frequency), "their roots", "eigenvalues whose root was not taken"),
    (
        lambda frequency: frequency / (2.0 * math.pi),
        "they over 2 pi",
        "angular frequencies beside an omega_0 over 2 pi",
    ),
    (lambda frequency: frequency * (2.0 * math.pi), "they times 2 pi", "frequencies that lack a factor 2 pi"),
)


def modes_at_first_phonon(frequency: FloatArray, first_phonon: FloatArray) -> float:
    """Median number of modes of a sample within `NEARBY` of omega_0; NaN where most lists end below that.

    Parameters
    ----------
    frequency : ndarray of float64, shape (samples, modes)
        Ascending, NaN where a row has ended.
    first_phonon : ndarray of float64, shape (samples,)
        omega_0.

    Returns
    -------
    float
    """
    # Each sample's own omega_0: its own phonons are looked for, and a softer sample has lower ones.
    reduced = frequency / first_phonon[:, None]
    reaching = np.nanmax(np.nan_to_num(reduced), axis=1) > 1.0 + NEARBY
    if 2 * np.count_nonzero(reaching) < len(reduced):
        return math.nan
    near = np.abs(reduced[reaching] - 1.0) < NEARBY
    return float(np.median(np.count_nonzero(near, axis=1)))


def missing_shell(frequency: FloatArray, first_phonon: FloatArray, dimension: int | None) -> str:
    """Say that there are fewer modes at omega_0 than its shell holds, and what would put them there.

    Parameters
    ----------
    frequency, first_phonon
        As for `modes_at_first_phonon`.
    dimension : int or None
        Space dimension; nothing is said where it is unknown, or the shell is too small.

    Returns
    -------
    str
        One sentence; empty if there is nothing to say.
    """
    expected = SHELL.get(dimension or 0)
    if expected is None:
        return ""
    found = modes_at_first_phonon(frequency, first_phonon)
    if not found < expected:
        return ""
    sentence = (
        f"first shell: {found:g} modes a sample within {100 * NEARBY:.0f} % of omega_0, where the first transverse "
        f"phonons alone are {expected}"
    )
    for reading, whose, cause in _READINGS:
        count = modes_at_first_phonon(reading(frequency), first_phonon)
        if count >= expected:
            return f"{sentence}; {whose} have {count:g}: {cause}?"
    return f"{sentence} (eigenvalues in place of frequencies? a factor 2 pi? modulus?)"
