"""Longitudinal and transverse current correlations C(q, omega) of a harmonic solid, from its modes.

C(q, omega) = sum_m |sum_i (e.u_m,i) exp(-i q.r_i)|^2 delta(omega - omega_m) / N, with e along q or perpendicular to q.
With all dN modes the integral over omega is 1 for each q and polarisation. The classical correlation function is k_B T
/ m times C(q, omega).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, one_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.periodic_box import box_lengths
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.waves.plane_waves import (
    Polarisation,
    WaveShell,
    plane_wave_fields,
    polarisations,
    wave_shells,
)


@dataclass(frozen=True)
class CurrentCorrelation:
    """Current correlations averaged over wave vectors of equal length."""

    wavenumber: FloatArray  # (shells,), ascending
    edge: FloatArray  # (bins + 1,), frequency bins
    longitudinal: FloatArray  # (shells, bins), mean of C(q, omega) over each bin
    transverse: FloatArray  # (shells, bins)
    resolution: float = 0.0  # rms width of a line, 0 for modes counted individually

    def polarised(self, polarisation: Polarisation) -> FloatArray:
        """Transverse or longitudinal correlation, shape (shells, bins)."""
        chosen = one_of(polarisation, get_args(Polarisation), "polarisation")
        return self.transverse if chosen == "transverse" else self.longitudinal


def current_correlation(
    positions: ArrayLike,
    box: ArrayLike,
    frequencies: ArrayLike,
    vectors: ArrayLike,
    edges: ArrayLike,
    *,
    shells: int = 8,
) -> CurrentCorrelation:
    """Current correlations of one sample on the lowest shells of wave vectors.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    frequencies : array_like, shape (modes,)
    vectors : array_like, shape (modes, particles, dimension)
        Orthonormal modes, unit masses; all of them, or all below the highest edge.
    edges : array_like, shape (bins + 1,)
        Ascending edges of the frequency bins.
    shells : int
        Number of shells of equal |q|.

    Returns
    -------
    CurrentCorrelation

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other.

    Examples
    --------
    All modes of a 4 x 4 lattice together exhaust the sum rule, shell by shell; wave numbers in units of 2 pi / L.

    >>> import numpy as np
    >>> x, y = np.meshgrid(np.arange(4.0), np.arange(4.0))
    >>> positions = np.column_stack([x.ravel(), y.ravel()])
    >>> modes = np.eye(32).reshape(32, 16, 2)
    >>> found = current_correlation(positions, [4.0, 4.0], np.full(32, 0.5), modes, [0.0, 0.5, 1.0], shells=2)
    >>> (found.wavenumber / (np.pi / 2.0)).round(3).tolist()
    [1.0, 1.414]
    >>> (found.transverse * np.diff(found.edge)).sum(axis=1).round(6).tolist()
    [1.0, 1.0]
    """
    points = numbers(positions, "particles", "dimension", finite=True)
    modes = numbers(vectors, "modes", "particles", "dimension", finite=True)
    levels, edge = numbers(frequencies, "modes", finite=True), numbers(edges, "bin edges", finite=True)
    lengths = box_lengths(box, points.shape[1], refusal=NotApplicableError)
    if modes.shape != (len(levels), *points.shape) or not (np.diff(edge) > 0.0).all():
        raise NotApplicableError(
            "modes, positions and bins do not fit each other",
            expected=f"modes (modes, {', '.join(map(str, points.shape))}), one frequency each, ascending edges",
            got=f"modes {modes.shape}, frequencies {levels.shape}, edges {edge.shape}",
        )
    rows = modes.reshape(len(modes), -1)
    found = wave_shells(lengths, shells)

    def spectra(polarisation: Polarisation) -> FloatArray:
        return np.stack([_spectrum(points, rows, levels, edge, shell, polarisation) for shell in found])

    wavenumber = np.array([shell.wavenumber for shell in found])
    return CurrentCorrelation(wavenumber, edge, spectra("longitudinal"), spectra("transverse"))


def mean_correlation(correlations: Sequence[CurrentCorrelation]) -> CurrentCorrelation:
    """Mean over samples; `NotApplicableError` for no samples or unequal wave numbers or bins."""
    first = correlations[0] if correlations else None
    if first is None or not all(_alike(each, first) for each in correlations):
        raise NotApplicableError(
            "these correlations cannot be averaged", expected="one wave number grid and one set of bins"
        )
    return CurrentCorrelation(
        first.wavenumber,
        first.edge,
        np.mean([each.longitudinal for each in correlations], axis=0),
        np.mean([each.transverse for each in correlations], axis=0),
        max(each.resolution for each in correlations),
    )


def stored_currents(dataset: xr.Dataset) -> list[CurrentCorrelation]:
    """Current correlations of a dataset, per sample, in equal bins from 0; one component serves as both if alone."""
    require_variables(dataset, "current_correlation", "wavenumber", "frequency", "resolution")
    across = dataset["current_correlation"].values.astype(np.float64)
    name = "longitudinal_current_correlation"
    along = dataset[name].values.astype(np.float64) if name in dataset else across
    centre = dataset["frequency"].values
    edge = 2.0 * centre[0] * np.arange(len(centre) + 1)
    resolution = float(dataset["resolution"].values.max())
    wavenumber = dataset["wavenumber"].values
    return [
        CurrentCorrelation(wavenumber, edge, longitudinal, transverse, resolution)
        for longitudinal, transverse in zip(along, across, strict=True)
    ]


def _spectrum(
    points: FloatArray,
    rows: FloatArray,
    levels: FloatArray,
    edge: FloatArray,
    shell: WaveShell,
    polarisation: Polarisation,
) -> FloatArray:
    directions = polarisations(shell.wavevectors, polarisation)
    waves = plane_wave_fields(points, shell.wavevectors, directions).reshape(-1, points.size)
    weight = ((rows @ waves.T) ** 2).mean(axis=1)
    return np.asarray(np.histogram(levels, edge, weights=weight)[0] / np.diff(edge))


def _alike(one: CurrentCorrelation, other: CurrentCorrelation) -> bool:
    grids = ((one.wavenumber, other.wavenumber), (one.edge, other.edge))
    return all(a.shape == b.shape and np.allclose(a, b, rtol=1e-6) for a, b in grids)
