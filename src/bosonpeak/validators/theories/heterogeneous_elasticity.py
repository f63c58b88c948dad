"""Curves of heterogeneous-elasticity theory and its generalisation: low frequencies, boson peak, gap edge, band.

There are no samples: limits cover every compressibility, distance from the instability and local slope.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import LEVEL, logarithmic_slope
from bosonpeak.validators.theories.theory_curves import holds_up_to, local_slopes, maximum, rise, slope_in_window
from bosonpeak.validators.waves.sound_damping import effective_medium_band

LOW_FREQUENCIES = (1e-4, 1e-2)
"""Two decades far below the cutoff frequency of order 1."""

NEAR_CRITICAL = (1e-6, 1e-4)
"""Distances from the instability over which powers of the distance are measured."""

EDGE_WINDOW = (1e-5, 1e-3)
"""Relative distances lambda/lambda_c - 1 over which the exponent at an edge is measured."""

_DISTANCE = "distance_to_instability"


def low_frequency_exponent(
    data: Ensemble,
    *,
    variable: str = "density_of_states",
    distances: Sequence[float] = (0.0, 0.0),
    window: Sequence[float] = LOW_FREQUENCIES,
) -> Estimate:
    """Exponent of a variable at low frequency, for all media whose distance from the instability is in a range.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``frequency``, ``distance_to_instability`` and the variable.
    variable : str
        Such as "density_of_states" or "attenuation".
    distances : (float, float)
        Range of the distance from the instability, 1 - gamma/gamma_c.
    window : (float, float)
        Range of frequency.

    Returns
    -------
    Estimate
        Median of the mean slopes; the limits are the extreme local slopes of all media in the window.

    Examples
    --------
    >>> print(low_frequency_exponent("theory/heterogeneous-elasticity/infinite"))
    2 [1.996, 2] (95 %, n = 1)
    """
    data = _theory(data, variable)
    curves = _curves(data, variable, distances)
    name = {"density_of_states": "exponent s", "attenuation": "exponent of the attenuation"}.get(variable, variable)
    return slope_in_window(name, data["frequency"].values, curves, (window[0], window[1]))


def excess_over_waves(data: Ensemble, *, distance: float = 0.0, window: Sequence[float] = LOW_FREQUENCIES) -> Estimate:
    """Density of states over the Debye law of the same static moduli, at low frequency.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``reduced_density_of_states``.
    distance : float
        Distance from the instability.
    window : (float, float)
        Range of frequency.

    Returns
    -------
    Estimate
        Median and extremes over media and frequencies.

    Examples
    --------
    >>> print(excess_over_waves("theory/heterogeneous-elasticity/infinite"))
    2.097 [2.09, 2.103] (95 %, n = 1)
    """
    data = _theory(data, "reduced_density_of_states")
    frequency = data["frequency"].values
    inside = (frequency >= window[0] * (1.0 - 1e-9)) & (frequency <= window[1] * (1.0 + 1e-9))
    values = np.array([curve[inside] for curve in _curves(data, "reduced_density_of_states", (distance, distance))])
    return _range("g over Debye", values, "values of all media and frequencies in the window", (window[0], window[1]))


def peak_exponent(data: Ensemble, *, feature: str = "maximum", distances: Sequence[float] = NEAR_CRITICAL) -> Estimate:
    """Power of gamma_c - gamma with which the boson peak moves.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``reduced_density_of_states``.
    feature : str
        Maximum of g over Debye ("maximum"), or the frequency at half of its excess ("onset").
    distances : (float, float)
        Range of the distance from the instability, 1 - gamma/gamma_c.

    Returns
    -------
    Estimate
        Median slope; the limits are the extreme local slopes of all compressibilities.

    Examples
    --------
    >>> print(peak_exponent("theory/heterogeneous-elasticity/infinite"))
    0.2525 [0.2512, 0.254] (95 %, n = 1)
    """
    data = _theory(data, "reduced_density_of_states")
    chosen = _distances(data, distances)
    places = [[_feature(data["frequency"].values, curve, feature) for curve in row] for row in _media(chosen)]
    values = np.array(places)
    if not np.isfinite(values).all():
        raise NotApplicableError(
            "a spectrum has no maximum of its reduced density", expected=f"a {feature} in all of them"
        )
    return slope_in_window(
        f"exponent of the {feature} in gamma_c - gamma",
        chosen[_DISTANCE].values,
        list(values),
        (distances[0], distances[1]),
    )


def peak_feature(data: Ensemble, *, distance: float, feature: str = "maximum") -> Estimate:
    """Frequency of the boson peak's maximum or onset, or its height over Debye, at one distance from the instability.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``reduced_density_of_states``.
    distance : float
        Distance from the instability.
    feature : str
        "maximum", "onset" or "height".

    Returns
    -------
    Estimate
        Median and extremes over the compressibilities.

    Examples
    --------
    >>> print(peak_feature("theory/heterogeneous-elasticity/infinite", distance=0.5))
    0.3688 [0.3653, 0.3768] (95 %, n = 1)
    """
    data = _theory(data, "reduced_density_of_states")
    frequency = data["frequency"].values
    curves = _curves(data, "reduced_density_of_states", (distance, distance))
    values = np.array([_feature(frequency, curve, feature) for curve in curves])
    return _range(f"boson peak: {feature}", values, "all compressibilities")


def rayleigh_range(data: Ensemble, *, distance: float, tolerance: float = 0.1) -> Estimate:
    """Largest frequency, over omega_BP, up to which the attenuation's local exponent is 4 within a tolerance.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``attenuation`` and ``reduced_density_of_states``.
    distance : float
        Distance from the instability.
    tolerance : float
        Largest distance of the local exponent from 4.

    Returns
    -------
    Estimate
        Median and extremes over the compressibilities.

    Examples
    --------
    >>> print(rayleigh_range("theory/heterogeneous-elasticity/infinite", distance=0.5))
    0.2911 [0.2884, 0.299] (95 %, n = 1)
    """
    data = _theory(data, "attenuation", "reduced_density_of_states")
    frequency = data["frequency"].values
    ends = [
        holds_up_to(frequency, local_slopes(frequency, damping), 4.0, tolerance) / maximum(frequency, reduced)[0]
        for damping, reduced in zip(
            _curves(data, "attenuation", (distance, distance)),
            _curves(data, "reduced_density_of_states", (distance, distance)),
            strict=True,
        )
    ]
    return _range("end of the Rayleigh law over omega_BP", np.array(ends), "all compressibilities")


def gap_filling(data: Ensemble) -> Estimate:
    """Largest density of eigenvalues below the edge of the gap, over the density at 1.001 times the edge.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states``, ``angular_frequency`` and ``edge_eigenvalue`` of finite samples.

    Returns
    -------
    Estimate
        Median and extremes over boxes and distances.

    Examples
    --------
    >>> print(gap_filling("theory/heterogeneous-elasticity/finite"))
    0 [0, 0] (95 %, n = 1)
    """
    data = _edges(data)
    relative, below = _eigenvalue_density(data)
    just_above = int(np.searchsorted(relative, 1e-3))
    inside = below[..., relative < 0.0].max(axis=-1) / below[..., just_above]
    return _range("density inside the gap over that above it", inside, "all boxes and distances")


def edge_exponent(data: Ensemble, *, window: Sequence[float] = EDGE_WINDOW) -> Estimate:
    """Exponent of rho(lambda) in lambda - lambda_c above the edge, for all boxes and distances.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states``, ``angular_frequency`` and ``edge_eigenvalue`` of finite samples.
    window : (float, float)
        Range of lambda/lambda_c - 1.

    Returns
    -------
    Estimate
        Median slope; the limits are the extreme local slopes.

    Examples
    --------
    >>> print(edge_exponent("theory/heterogeneous-elasticity/finite"))
    0.5 [0.4903, 0.501] (95 %, n = 1)
    """
    data = _edges(data)
    relative, density = _eigenvalue_density(data)
    above = relative > 0.0
    curves = list(density[..., above].reshape(-1, np.count_nonzero(above)))
    return slope_in_window("exponent at the edge", relative[above], curves, (window[0], window[1]))


def edge_range(
    data: Ensemble,
    *,
    distances: Sequence[float],
    box: float | None = None,
    exponent: float = 0.5,
    tolerance: float = 0.1,
) -> Estimate:
    """Relative distance lambda/lambda_c - 1 up to which the local exponent above an edge is near its limit.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states``, ``angular_frequency`` and ``edge_eigenvalue`` of finite samples.
    distances : (float, float)
        Range of the distance from the instability, 1 - gamma/gamma_c.
    box : float, optional
        k_xi L; all boxes by default.
    exponent, tolerance : float
        The limit, and the largest distance from it.

    Returns
    -------
    Estimate
        Median and extremes over boxes and distances.

    Examples
    --------
    >>> print(edge_range("theory/heterogeneous-elasticity/finite", distances=(1e-4, 1e-2)))
    1 [1, 1] (95 %, n = 1)
    """
    data = _samples(_edges(data), distances, box)
    relative, density = _eigenvalue_density(data)
    above = relative > 0.0
    ends = [
        holds_up_to(relative[above], local_slopes(relative[above], curve), exponent, tolerance)
        for curve in density[..., above].reshape(-1, np.count_nonzero(above))
    ]
    # Where not even the first slope is near the limit, the law holds nowhere.
    reach = np.nan_to_num(np.array(ends))
    return _range("lambda/lambda_c - 1 up to which the square root holds", reach, "all boxes and distances")


def edge_place(data: Ensemble, *, over: str, distances: Sequence[float], box: float | None = None) -> Estimate:
    """Edge of the gap over another eigenvalue: the eigenvalue that is linear in gamma_c - gamma, or the first wave's.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states``, ``angular_frequency`` and ``edge_eigenvalue`` of finite samples, and
        the other eigenvalue.
    over : str
        Variable of the other eigenvalue.
    distances : (float, float)
        Range of the distance from the instability, 1 - gamma/gamma_c.
    box : float, optional
        k_xi L; all boxes by default.

    Returns
    -------
    Estimate
        Median and extremes over boxes and distances.

    Examples
    --------
    >>> finite = "theory/heterogeneous-elasticity/finite"
    >>> print(edge_place(finite, over="expanded_edge_eigenvalue", distances=(1e-4, 1e-2)))
    0.9998 [0.9791, 1.001] (95 %, n = 1)
    """
    data = _samples(_edges(data), distances, box)
    require_variables(data, over)
    ratio = (data["edge_eigenvalue"] / data[over]).values.ravel()
    return _range(f"lambda_c over {over.replace('_', ' ')}", ratio, "exact edges, all boxes and distances")


def _samples(data: xr.Dataset, distances: Sequence[float], box: float | None) -> xr.Dataset:
    """Finite samples in a range of distances from the instability, of all boxes or of one."""
    chosen = _distances(data, distances)
    return chosen if box is None else chosen.sel(box_length=[box], method="nearest")


def density_over_distance(data: Ensemble, *, window: Sequence[float], distance: float, against: float) -> Estimate:
    """Density of states at one distance from the instability over the density at another, at equal frequencies.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``density_of_states``.
    window : (float, float)
        Range of frequency.
    distance, against : float
        Distances from the instability.

    Returns
    -------
    Estimate
        Median and extremes over samples and frequencies.

    Examples
    --------
    >>> spectra = "theory/combined-spectra/asymptote/taper-2"
    >>> print(density_over_distance(spectra, window=(0.1, 0.2), distance=0.1, against=0.5))
    2.603 [2.56, 2.752] (95 %, n = 1)
    """
    data = _theory(data, "density_of_states")
    frequency = data["frequency"].values
    inside = (frequency >= window[0]) & (frequency <= window[1])
    here, there = (
        np.array([curve[inside] for curve in _curves(data, "density_of_states", (each, each))])
        for each in (distance, against)
    )
    return _range(
        f"g at 1 - gamma/gamma_c = {distance:g} over that at {against:g}",
        here / there,
        "all samples and frequencies in the window",
        (window[0], window[1]),
    )


def theory_band_dispersion(data: Ensemble, *, low: float, high: float, distances: Sequence[float]) -> Estimate:
    """Dispersion d ln omega / d ln q of the maximum of C_T/omega^2 between two wave numbers.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``self_energy_real`` and ``self_energy_imag``.
    low, high : float
        Wave numbers over k_xi.
    distances : (float, float)
        Range of the distance from the instability, 1 - gamma/gamma_c.

    Returns
    -------
    Estimate
        Median and extremes over the media.

    Examples
    --------
    >>> theory = "theory/heterogeneous-elasticity/infinite"
    >>> print(theory_band_dispersion(theory, low=0.3, high=1.0, distances=(0.01, 0.3)))
    1.218 [-0.7833, 1.307] (95 %, n = 1)
    """
    data = _theory(data, "self_energy_real", "self_energy_imag")
    frequency, wavenumber = data["frequency"].values, np.geomspace(low, high, 15)
    parts = (_curves(data, f"self_energy_{part}", distances) for part in ("real", "imag"))
    slopes = [
        logarithmic_slope(wavenumber, effective_medium_band(wavenumber, frequency, real + 1j * imaginary))
        for real, imaginary in zip(*parts, strict=True)
    ]
    name = "dispersion of the band, d ln omega / d ln q"
    return _range(name, np.array(slopes), "all media; least squares over 15 wave numbers", (low, high))


def stress_exponent_of_theory(
    data: Ensemble, *, inverse_order: float, window: Sequence[float], components: bool = False
) -> Estimate:
    """Exponent s = 5 + 2 alpha from the stresses of a whole potential.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Theory spectrum with ``stress_density`` or ``component_density``.
    inverse_order : float
        1/m of the taper.
    window : (float, float)
        Range of stress in units of epsilon.
    components : bool
        Off-diagonal components instead of |r phi'|.

    Returns
    -------
    Estimate
        Mean slope; the limits are the extreme local slopes.

    Examples
    --------
    >>> theory = "theory/generalised-heterogeneous-elasticity/soft-spheres"
    >>> print(stress_exponent_of_theory(theory, inverse_order=0.0, window=(1e-20, 1e-17)))
    3.099 [3.092, 3.108] (95 %, n = 1)
    """
    variable = "component_density" if components else "stress_density"
    data = _theory(data, variable).sel(inverse_taper_order=inverse_order, method="nearest")
    stress = data["frequency"].values ** 2
    found = slope_in_window("alpha", stress, [data[variable].values], (window[0], window[1]))
    low, value, high = (5.0 + 2.0 * alpha for alpha in (found.low, found.value, found.high))
    return Estimate("exponent s = 5 + 2 alpha", value, low, high, LEVEL, 1, found.method, window=found.window)


def _theory(data: Ensemble, *variables: str) -> xr.Dataset:
    found = one_ensemble(data)
    require_variables(found, "frequency", *variables)
    return found


def _edges(data: Ensemble) -> xr.Dataset:
    return _theory(data, "angular_frequency", "density_of_states", "edge_eigenvalue")


def _distances(data: xr.Dataset, distances: Sequence[float]) -> xr.Dataset:
    """The media between two distances from the instability, ends included."""
    low, high = distances
    values = data[_DISTANCE].values
    chosen = np.flatnonzero((values >= low * (1.0 - 1e-9)) & (values <= high * (1.0 + 1e-9)))
    if chosen.size == 0:
        raise NotApplicableError("no medium is that far from the instability", expected=f"[{low:g}, {high:g}]")
    return data.isel({_DISTANCE: chosen})


def _media(data: xr.Dataset) -> FloatArray:
    """Reduced densities, shape (compressibilities, distances, frequencies)."""
    return np.asarray(data["reduced_density_of_states"].values, dtype=np.float64)


def _curves(data: xr.Dataset, variable: str, distances: Sequence[float]) -> list[FloatArray]:
    chosen = _distances(data, distances)[variable]
    return list(chosen.values.reshape(-1, chosen.sizes["frequency"]))


def _feature(frequency: FloatArray, reduced: FloatArray, feature: str) -> float:
    position, height = maximum(frequency, reduced)
    features: dict[str, Callable[[], float]] = {
        "maximum": lambda: position,
        "height": lambda: height,
        "onset": lambda: rise(frequency, reduced, 0.5 * (1.0 + height)),
    }
    if feature not in features:
        raise NotApplicableError("no such feature of the boson peak", expected=", ".join(features), got=feature)
    return features[feature]()


def _eigenvalue_density(data: xr.Dataset) -> tuple[FloatArray, FloatArray]:
    """lambda/lambda_c - 1 and rho(lambda), shape (boxes, distances, frequencies)."""
    omega = data["angular_frequency"].values
    return data["frequency"].values ** 2 - 1.0, data["density_of_states"].values / (2.0 * omega)


def _range(name: str, values: FloatArray, method: str, window: tuple[float, float] | None = None) -> Estimate:
    if not np.isfinite(values).all():
        raise NotApplicableError(f"not defined everywhere: {name}")
    value, low, high = float(np.median(values)), float(values.min()), float(values.max())
    return Estimate(name, value, low, high, LEVEL, 1, f"noiseless; limits: {method}", window=window)
