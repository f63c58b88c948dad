"""Dynamic structure factor of any harmonic solid, along and across the wave vector, by kernel polynomials."""

from __future__ import annotations

import math
from typing import Any, get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError, SchemaError
from bosonpeak.datasets.periodic_box import box_or_edges
from bosonpeak.spectral_methods.block_matrix import BLOCK_SIZES
from bosonpeak.spectral_methods.kernel_polynomials import jackson_resolution
from bosonpeak.spectral_methods.operator_spectra import binned_spectrum, operator_bound, operator_moments
from bosonpeak.spectral_methods.operators import as_operator, require_symmetric
from bosonpeak.validators.waves.currents import CurrentCorrelation
from bosonpeak.validators.waves.damped_sound import ioffe_regel, sound_dispersion
from bosonpeak.validators.waves.plane_waves import (
    Polarisation,
    WaveShell,
    plane_wave_fields,
    polarisations,
    wave_shells,
)

_BIN = 2.0
"""Width of the default bins, in rms widths of the kernel at zero frequency."""

_MOST_WAVES = 16
"""Waves of a shell and polarisation that are taken, as evenly among its wave vectors as their order allows."""

_SAME = 1e-6

_AT_REST = 1e-6
"""Norm of a standing wave, 1 on average, below which it is round-off."""


def dynamic_structure_factor(
    system: Any,
    q: ArrayLike = 6,
    *,
    positions: ArrayLike,
    box: ArrayLike,
    bins: ArrayLike | None = None,
    moments: int = 1024,
    waves: int = _MOST_WAVES,
) -> xr.Dataset:
    """Dynamic structure factors S_L(q, omega) and S_T(q, omega) of a harmonic solid.

    Parameters
    ----------
    system : array_like, sparse matrix or operator, shape (particles * dimension, particles * dimension)
        Mass-weighted matrix of second derivatives, or an object with ``shape`` and ``@`` that applies it to a block of
        vectors. A sequence of systems of one size, as a list, gives intervals over samples.
    q : int or array_like, shape (waves, dimension)
        Number of shells of the shortest wave vectors of the box, or wave vectors, which are grouped by their length.
    positions : array_like, shape (particles, dimension)
        Places of the particles; for a list of systems a list of arrays.
    box : array_like, shape (dimension,) or (dimension, dimension)
        Lengths of the periodic box, or the edges of a tilted one, one per row, in the axes of the positions.
    bins : int or array_like, shape (bins + 1,), optional
        Number of equal bins of frequency, or edges; by default bins twice as wide as the kernel.
    moments : int
        Chebyshev moments; the resolution is inversely proportional to their number.
    waves : int
        Largest number of standing waves of a shell and polarisation that are averaged.

    Returns
    -------
    xarray.Dataset
        ``longitudinal`` and ``transverse`` (sample, wavenumber, frequency): S = (q/omega)^2 C(q, omega) in units of
        k_B T / m, of the one-phonon term in the classical limit. ``current_correlation`` (transverse) and
        ``longitudinal_current_correlation``: C(q, omega), whose integral over omega is 1. For each polarisation
        ``..._sound_frequency`` and ``..._sound_width`` (wavenumber) of damped oscillators fitted to C, and
        ``..._ioffe_regel``, the frequency Omega = pi Gamma, NaN if it is not reached.

    Raises
    ------
    NotApplicableError
        If positions, box or wave vectors do not fit the system, or the spectrum is not positive.
    ForeignInputError
        If the system is not a square matrix or operator of real numbers.

    Notes
    -----
    C(q, omega) = sum_m |sum_i (e.u_m,i) exp(-i q.r_i)|^2 delta(omega - omega_m) / N, as of `current_correlation`, from
    the Chebyshev moments of standing waves without any mode. Dimensions one to three.

    Examples
    --------
    A chain of unit masses and springs has waves of omega = 2 sin(q/2) alone.

    >>> import numpy as np
    >>> import scipy.sparse as sparse
    >>> ring = np.arange(64)
    >>> springs = sparse.coo_array((np.ones(64), (ring, (ring + 1) % 64)), shape=(64, 64))
    >>> chain = sparse.csr_array(2.0 * sparse.eye_array(64) - springs - springs.T)
    >>> found = dynamic_structure_factor(chain, q=8, positions=ring[:, None], box=[64.0], moments=2048)
    >>> speed = found["longitudinal_sound_frequency"] / (2.0 * np.sin(found["wavenumber"] / 2.0))
    >>> bool(abs(speed - 1.0).max() < 0.05)
    True
    """
    systems = list(system) if isinstance(system, list | tuple) else [system]
    places = list(positions) if isinstance(system, list | tuple) else [positions]  # type: ignore[arg-type]
    if len(systems) != len(places) or not systems:
        raise NotApplicableError(
            "systems and positions do not fit each other",
            expected="one array of positions for each system",
            got=f"{len(systems)} systems and {len(places)} arrays",
        )
    operators = [as_operator(each, "system") for each in systems]
    for operator in operators:
        require_symmetric(operator, "system")
    points = [numbers(each, "particles", "dimension", finite=True) for each in places]
    for operator, each in zip(operators, points, strict=True):
        if operator.shape[0] != each.size or each.shape != points[0].shape:
            raise NotApplicableError(
                "positions do not fit the system",
                expected=f"{operator.shape[0]} coordinates",
                got=f"positions of shape {each.shape}",
                likely_cause="a scalar network, whose positions have more coordinates than it has degrees of freedom",
            )
    shells = _shells(q, box_or_edges(box, points[0].shape[1], refusal=NotApplicableError))
    count = 2 * ((whole_number(moments, "moments", least=4) + 1) // 2)
    bounds = [operator_bound(operator) for operator in operators]
    edges = _edges(bins, count, max(bounds))
    most = whole_number(waves, "waves")
    found = [
        _currents(operator, each, bound, shells, edges, count, most)
        for operator, each, bound in zip(operators, points, bounds, strict=True)
    ]
    return _labelled(found)


def _shells(q: ArrayLike, box: FloatArray) -> tuple[WaveShell, ...]:
    """Shells of wave vectors of a box of lengths (dimension,) or edges (dimension, dimension)."""
    if np.ndim(q) == 0:
        return wave_shells(box, whole_number(q, "q"))
    vectors = numbers(q, "waves", "dimension", finite=True)
    turns = np.full(vectors.shape, np.nan)
    if vectors.shape[1] == len(box):
        turns = (vectors * box if box.ndim == 1 else vectors @ box.T) / (2.0 * np.pi)
    # A wave that does not close over the box has a node at an arbitrary face, and no meaning in a periodic solid.
    if not (np.abs(turns - np.rint(turns)) < _SAME).all() or not np.rint(turns).any(axis=1).all():
        raise NotApplicableError(
            "these are not wave vectors of the box",
            expected=f"2 pi n / L with whole n, not all 0, or whole q . edge / (2 pi), shape (waves, {len(box)})",
            got=f"shape {vectors.shape}, in units of 2 pi / L: {np.array2string(turns[0], precision=3)}",
        )
    wavenumber = np.linalg.norm(vectors, axis=1)
    order = np.argsort(wavenumber, kind="stable")
    first = np.flatnonzero(np.diff(wavenumber[order], prepend=0.0) > _SAME * wavenumber[order])
    return tuple(WaveShell(float(wavenumber[group[0]]), vectors[group]) for group in np.split(order, first[1:]))


def _edges(bins: ArrayLike | None, moments: int, bound: float) -> FloatArray:
    highest = math.sqrt(bound)
    if bins is None:
        width = _BIN * float(jackson_resolution(moments, bound, [0.0])[0])
        return np.linspace(0.0, highest, max(4, math.ceil(highest / width)) + 1)
    if np.ndim(bins) == 0:
        return np.linspace(0.0, highest, whole_number(bins, "bins", least=4) + 1)
    edges = numbers(bins, "bin edges", finite=True)
    if len(edges) < 5 or edges[0] < 0.0 or not (np.diff(edges) > 0.0).all():
        raise NotApplicableError(
            "these are not bins", expected="a number of bins, or at least five ascending edges from 0", got=f"{edges}"
        )
    return edges


def _currents(
    operator: Any,
    points: FloatArray,
    bound: float,
    shells: tuple[WaveShell, ...],
    edges: FloatArray,
    moments: int,
    most: int,
) -> CurrentCorrelation:
    dimension = points.shape[1]
    block = dimension if dimension in BLOCK_SIZES else 1

    def spectra(polarisation: Polarisation) -> FloatArray:
        return np.stack([spectrum(shell, polarisation) for shell in shells])

    def spectrum(shell: WaveShell, polarisation: Polarisation) -> FloatArray:
        directions = polarisations(shell.wavevectors, polarisation)
        if directions.shape[1] == 0:
            return np.full(len(edges) - 1, np.nan)
        rows = plane_wave_fields(points, shell.wavevectors, directions).reshape(-1, points.size)
        # All particles of a lattice can be at the nodes of a sine wave, and then move with the cosine alone.
        norm = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows[norm[:, 0] > _AT_REST] / norm[norm[:, 0] > _AT_REST]
        chosen = np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int))
        try:
            found = operator_moments(operator, rows[chosen], moments, bound, block=block)
        except SchemaError as error:
            raise NotApplicableError(
                "the spectrum is not between zero and its bound",
                expected="a symmetric operator without negative eigenvalues",
                got="a Chebyshev recursion that diverges",
                likely_cause="unstable modes: bosonpeak.vibrations counts them",
            ) from error
        return np.maximum(binned_spectrum(found.mean(axis=0), bound, edges), 0.0)

    wavenumber = np.array([shell.wavenumber for shell in shells])
    resolution = float(jackson_resolution(moments, bound, [0.0])[0])
    return CurrentCorrelation(wavenumber, edges, spectra("longitudinal"), spectra("transverse"), resolution)


def _labelled(found: list[CurrentCorrelation]) -> xr.Dataset:
    edge, wavenumber, resolution = found[0].edge, found[0].wavenumber, max(each.resolution for each in found)
    centre = 0.5 * (edge[1:] + edge[:-1])
    dims = ("sample", "wavenumber", "frequency")
    columns: dict[str, Any] = {}
    for polarisation, name in zip(
        get_args(Polarisation), ("current_correlation", "longitudinal_current_correlation"), strict=True
    ):
        current = np.stack([each.polarised(polarisation) for each in found])
        if np.isnan(current).all():  # there is no direction across a wave in one dimension
            continue
        text = f"C(q, omega) of {polarisation} waves, integral over omega 1"
        columns[name] = (dims, current, {"units": "1", "long_name": text})
        # The mean of (q/omega)^2 C over a bin, with C constant there: 1 / (low high), except at zero frequency.
        product = edge[1:] * edge[:-1]
        inverse = np.divide(1.0, product, out=np.full_like(product, np.nan), where=product > 0.0)
        text = f"dynamic structure factor of {polarisation} waves, in units of k_B T / m"
        columns[polarisation] = (dims, wavenumber[:, None] ** 2 * inverse * current, {"units": "1", "long_name": text})
        columns |= _sound(found, polarisation)
    return xr.Dataset(
        columns,
        coords={
            "sample": np.arange(len(found)),
            "wavenumber": ("wavenumber", wavenumber, {"units": "1", "long_name": "wave number"}),
            "frequency": ("frequency", centre, {"units": "1", "long_name": "angular frequency, centres of bins"}),
            "frequency_low": ("frequency", edge[:-1], {"units": "1", "long_name": "lower edge of the bin"}),
            "frequency_high": ("frequency", edge[1:], {"units": "1", "long_name": "upper edge of the bin"}),
        },
        attrs={"resolution": resolution, "samples": len(found)},
    )


def _sound(found: list[CurrentCorrelation], polarisation: Polarisation) -> dict[str, Any]:
    """Frequency and width of sound by wave number, and its Ioffe-Regel frequency with limits."""
    points = sound_dispersion(found, polarisation=polarisation)
    columns: dict[str, Any] = {}
    for field in ("frequency", "width"):
        for end, attribute in (("", "value"), ("_low", "low"), ("_high", "high")):
            values = np.array([getattr(getattr(point, field), attribute) for point in points])
            text = {"units": "1", "long_name": f"{field} of {polarisation} sound{end.replace('_', ', limit ')}"}
            columns[f"{polarisation}_sound_{field}{end}"] = ("wavenumber", values, text)
    try:
        crossing = ioffe_regel(found, polarisation=polarisation)
        limits = (crossing.value, crossing.low, crossing.high)
    except NotApplicableError:
        limits = (math.nan, math.nan, math.nan)
    for end, value in zip(("", "_low", "_high"), limits, strict=True):
        text = {"units": "1", "long_name": f"Ioffe-Regel frequency of {polarisation} sound, Omega = pi Gamma"}
        columns[f"{polarisation}_ioffe_regel{end}"] = ((), value, text)
    return columns
