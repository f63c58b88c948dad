"""Dynamical arrest of a liquid: extrapolated divergence of the standard dynamics, and speed-up by swaps.

The relaxation time never diverges, and the temperature extrapolated by mode-coupling theory depends on the fitted
range: the window is fixed beforehand, in units of the relaxation time at the highest temperature.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from bosonpeak.datasets.array_types import BooleanArray, FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, require_variables, several_ensembles
from bosonpeak.validators.estimates.intervals import LEVEL, jackknife_interval, mean_interval, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling

WINDOW = (10.0, 1000.0)
"""Relaxation times that are fitted, in units of that at the highest temperature."""

FEWEST_TEMPERATURES = 4
"""One more than the power law has parameters."""

RELAXATIONS_OF_EQUILIBRATION = 10.0
"""A liquid that was equilibrated for fewer relaxation times of its swap dynamics is left out."""

_FILLED = 0.3
_OTHER_WINDOWS = ((3.0, 1000.0), (10.0, 300.0), (30.0, 1000.0))
_GAPS = np.geomspace(1e-4, 0.999, 400)


@dataclass(frozen=True)
class _Relaxation:
    """Relaxation times of one dynamics, NaN if unrelaxed, and followed lags, (replicas, temperatures), T descending."""

    temperature: FloatArray
    time: FloatArray
    bound: FloatArray

    @property
    def relaxed(self) -> BooleanArray:
        """Mask of temperatures at which all replicas relaxed; a mean over only some replicas would be too short."""
        return np.asarray(np.isfinite(self.time).all(axis=0))

    def logarithm(self, replicas: NDArray[np.intp] | slice = slice(None)) -> FloatArray:
        """Mean of ln(tau) over replicas."""
        return np.asarray(np.log(self.time[replicas]).mean(axis=0))


@dataclass(frozen=True)
class _PowerLaw:
    """ln(tau) = constant - exponent ln(T - divergence), with its residual sum of squares."""

    divergence: float
    exponent: float
    constant: float
    residual: float


@accept_old_spelling(positional=("relaxation_time",))
def arrest_temperature(
    data: Sequence[Ensemble] | xr.DataTree | ArrayLike,
    *,
    relaxation_time: ArrayLike | None = None,
    window: tuple[float, float] = WINDOW,
    reference_time: float | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Temperature T_d at which the power law of mode-coupling theory predicts divergence of the standard dynamics.

    Parameters
    ----------
    data : sequence of xarray.Dataset, or array_like of shape (temperatures,)
        Datasets of kind ``relaxation``, one per temperature and otherwise equal, whose dynamics without swaps is used;
        or the temperatures.
    relaxation_time : array_like, shape (replicas, temperatures), optional
        With temperatures: relaxation times, NaN where a replica did not relax within its run.
    window : tuple of float
        Smallest and largest relaxation time of the fit, in units of the reference time.
    reference_time : float, optional
        By default the relaxation time at the highest temperature.
    level : float
        Confidence level.

    Returns
    -------
    Estimate
        T_d with its delete-one-replica jackknife, on the logarithm of its distance from the lowest temperature fitted;
        ``details`` hold the exponent gamma, the reference time, mean relaxation times, censored temperatures and the
        T_d of other windows.

    Raises
    ------
    NotApplicableError
        If the data do not fit together, the highest temperature did not relax, fewer than `FEWEST_TEMPERATURES`
        temperatures lie in the window, or relaxation times do not bend towards a divergence above T = 0.

    Notes
    -----
    tau = A (T - T_d)^-gamma, by least squares in ln(tau), averaged over replicas. A temperature at which one replica
    did not relax is left out. Goetze, Complex Dynamics of Glass-Forming Liquids (Oxford, 2009); used for the
    mode-coupling temperature of soft spheres by Ninarello, Berthier and Coslovich, Phys. Rev. X 7, 021039 (2017). For
    the dependence on the range see Flenner and Szamel, Phys. Rev. E 72, 031508 (2005); Hung and Simmons, J. Phys.
    Chem. B 129, 3018 (2025).

    Examples
    --------
    Relaxation times that diverge like (T - 0.2)^-2, of three replicas:

    >>> import numpy as np
    >>> temperature = np.array([0.25, 0.3, 0.35, 0.4, 0.5])
    >>> times = (temperature - 0.2) ** -2.0
    >>> replicas = [times, 1.1 * times, 0.9 * times]
    >>> found = arrest_temperature(temperature, relaxation_time=replicas, reference_time=1.0)
    >>> round(found.value, 6), round(found.details["gamma"], 6)
    (0.2, 2.0)
    """
    require_level(level)
    found, unequilibrated = _standard(data, relaxation_time)
    reference = _reference(found, reference_time)
    inside = _inside(found, reference, window)
    chosen = np.flatnonzero(inside)
    if len(chosen) < FEWEST_TEMPERATURES:
        raise NotApplicableError(
            "too few temperatures at which the liquid relaxes as slowly as the fit asks for",
            expected=f"{FEWEST_TEMPERATURES} with {window[0]:g} to {window[1]:g} times {reference:.3g}",
            got=f"{len(chosen)}; {np.count_nonzero(found.relaxed)} of {len(inside)} temperatures relaxed at all",
            likely_cause="runs too short, or temperatures too high",
        )
    everything = np.arange(len(found.time))
    best = _fit(found, everything, chosen)
    if best is None:
        raise NotApplicableError(
            "the relaxation times do not bend towards a divergence above T = 0",
            got=f"T = {_listed(found.temperature[chosen])}, tau = {_listed(np.exp(found.logarithm()[chosen]))}",
        )

    low, high = _interval(found, chosen, level)
    details = _details(found, best, chosen, reference)
    return Estimate(
        name="dynamical arrest temperature T_d",
        value=best.divergence,
        low=low,
        high=high,
        level=level,
        n=len(found.time),
        method="least squares of ln tau = ln A - gamma ln(T - T_d); delete-one-replica jackknife on ln(T_lowest - T_d)",
        unit="epsilon/kB",
        window=(float(found.temperature[chosen].min()), float(found.temperature[chosen].max())),
        warnings=_warnings(found, chosen, reference, window, details, (best.divergence, low, high), unequilibrated),
        details=details,
    )


@accept_old_spelling("datasets")
def swap_speed_up(data: Sequence[Ensemble] | xr.DataTree, *, level: float = LEVEL) -> xr.Dataset:
    """Ratio of the relaxation times without and with swaps, against temperature.

    Parameters
    ----------
    data : sequence of xarray.Dataset or str, or xarray.DataTree
        Of kind ``relaxation``, one a temperature, with one dynamics without swaps and one with swaps.
    level : float
        Confidence level.

    Returns
    -------
    xarray.Dataset
        ``speed_up`` with ``lower`` and ``upper`` against ``temperature``: geometric mean over replicas and Student's t
        on its logarithm. Where ``is_bound`` a replica did not relax without swaps: ``speed_up`` is then the mean of
        lower bounds, without an interval. NaN where a replica did not relax with swaps.

    Raises
    ------
    NotApplicableError
        If the data do not fit together.

    Examples
    --------
    The colder liquid relaxed later with swaps, and neither relaxed without them: the ratios are lower bounds.

    >>> from bosonpeak.datasets import open_dataset
    >>> found = swap_speed_up(open_dataset("limit/relaxation")["taper-2"])
    >>> found["speed_up"].round(2).values.tolist(), found["is_bound"].values.tolist()
    ([0.26, 0.04], [True, True])
    """
    data = several_ensembles(data)
    require_level(level)
    standard, swapped = _table(data, swaps=False), _table(data, swaps=True)
    bounded = np.where(np.isfinite(standard.time), standard.time, standard.bound)
    ratio = np.log(bounded / swapped.time)
    rows = [mean_interval(column, level=level) for column in ratio.T]
    speed_up, lower, upper = np.exp(np.array(rows).T)
    known = standard.relaxed
    return xr.Dataset(
        {
            "speed_up": ("temperature", speed_up),
            "lower": ("temperature", np.where(known, lower, np.nan)),
            "upper": ("temperature", np.where(known, upper, np.nan)),
            "is_bound": ("temperature", ~known),
        },
        coords={"temperature": standard.temperature},
        attrs={"samples": len(standard.time), "level": level},
    )


def _standard(data: Any, relaxation_time: ArrayLike | None) -> tuple[_Relaxation, tuple[float, ...]]:
    """Standard dynamics of the equilibrated liquids, and the temperatures of liquids that were not equilibrated."""
    if relaxation_time is not None:
        return _from_arrays(data, relaxation_time), ()
    listed: Any = data if isinstance(data, Sequence) and not isinstance(data, str) else [data]
    if not listed or not all(isinstance(each, xr.Dataset | xr.DataTree | str) for each in listed):
        raise NotApplicableError("there are no relaxation times", expected="datasets, or temperatures and times")
    datasets = several_ensembles(data)
    sound = [dataset for dataset in datasets if _is_equilibrated(dataset)]
    left_out = tuple(sorted(_temperature(dataset) for dataset in datasets if not _is_equilibrated(dataset)))
    if not sound:
        raise NotApplicableError(
            "no liquid was equilibrated",
            expected=f"{RELAXATIONS_OF_EQUILIBRATION:g} relaxation times of the swap dynamics",
        )
    return _table(sound, swaps=False), left_out


def _from_arrays(temperature: object, relaxation_time: ArrayLike) -> _Relaxation:
    temperatures = np.asarray(temperature, dtype=np.float64)
    times = np.asarray(relaxation_time, dtype=np.float64)
    if temperatures.ndim != 1 or times.ndim != 2 or times.shape[1] != len(temperatures) or len(times) == 0:
        raise NotApplicableError(
            "temperatures and relaxation times do not fit",
            expected="shapes (temperatures,) and (replicas, temperatures)",
            got=f"{temperatures.shape} and {times.shape}",
        )
    return _ordered(temperatures, times, np.full(times.shape, np.nan))


def _ordered(temperature: FloatArray, time: FloatArray, bound: FloatArray) -> _Relaxation:
    order = np.argsort(-temperature)
    found = _Relaxation(temperature[order], time[:, order], bound[:, order])
    if np.any(time <= 0.0) or not np.all(temperature > 0.0) or np.any(np.diff(found.temperature) == 0.0):
        raise NotApplicableError("temperatures or relaxation times are not above zero, or a temperature occurs twice")
    return found


def _table(datasets: Sequence[xr.Dataset], *, swaps: bool) -> _Relaxation:
    runs = [_run(dataset, swaps=swaps) for dataset in datasets]
    replicas = {run.sizes["sample"] for run in runs}
    if len(replicas) != 1:
        raise NotApplicableError(
            "the temperatures have different numbers of replicas", expected="one number", got=f"{sorted(replicas)}"
        )
    tapers = {str(dataset.attrs.get("taper", "")) for dataset in datasets}
    if len(tapers) != 1:
        raise NotApplicableError("these are different liquids", expected="one taper", got=", ".join(sorted(tapers)))
    return _ordered(
        np.array([_temperature(dataset) for dataset in datasets]),
        np.stack([run["relaxation_time"].values for run in runs], axis=1),
        np.stack([run["relaxation_time_bound"].values for run in runs], axis=1),
    )


def _run(dataset: xr.Dataset, *, swaps: bool) -> xr.Dataset:
    """Dynamics with, or without, swaps from a dataset."""
    require_variables(dataset, "relaxation_time", "relaxation_time_bound", "swap_probability")
    with_swaps = dataset["swap_probability"].values > 0.0
    if np.count_nonzero(with_swaps == swaps) != 1:
        raise NotApplicableError(
            f"there is no one dynamics {'with' if swaps else 'without'} swaps",
            expected="one swap probability " + ("above 0" if swaps else "of 0"),
            got=f"swap probabilities {dataset['swap_probability'].values.tolist()}",
        )
    return dataset.isel(dynamics=int(np.flatnonzero(with_swaps == swaps)[0]))


def _temperature(dataset: xr.Dataset) -> float:
    if "temperature" not in dataset.attrs:
        raise NotApplicableError("the data do not say their temperature", expected="the attribute temperature")
    return float(dataset.attrs["temperature"])


def _is_equilibrated(dataset: xr.Dataset) -> bool:
    """Test whether the swap dynamics relaxed often enough before the measurement; true if the dataset has no record."""
    require_variables(dataset, "swap_probability")
    if "equilibration_sweeps" not in dataset.attrs or not np.any(dataset["swap_probability"].values > 0.0):
        return True
    slowest = float(_run(dataset, swaps=True)["relaxation_time"].max(skipna=False))
    return float(dataset.attrs["equilibration_sweeps"]) >= RELAXATIONS_OF_EQUILIBRATION * slowest


def _reference(found: _Relaxation, reference_time: float | None) -> float:
    if reference_time is not None:
        return reference_time
    if not found.relaxed[0]:
        raise NotApplicableError(
            "the liquid did not relax at its highest temperature", got=f"T = {found.temperature[0]:g}"
        )
    return float(np.exp(found.logarithm()[0]))


def _inside(found: _Relaxation, reference: float, window: tuple[float, float]) -> BooleanArray:
    ratio = np.exp(found.logarithm()) / reference
    return np.asarray((ratio >= window[0]) & (ratio <= window[1]))


def _fit(found: _Relaxation, replicas: NDArray[np.intp], chosen: NDArray[np.intp]) -> _PowerLaw | None:
    """Least squares over T_d between 0 and the lowest temperature; None without an interior minimum."""
    temperature, logarithm = found.temperature[chosen], found.logarithm(replicas)[chosen]
    lowest, log_gaps = float(temperature.min()), np.log(_GAPS)

    def residual(log_gap: ArrayLike) -> FloatArray:
        return _line(temperature, logarithm, lowest * (1.0 - np.exp(log_gap)))[2]

    best = int(np.argmin(residual(log_gaps)))
    if best in (0, len(log_gaps) - 1):
        return None
    bracket = (log_gaps[best - 1], log_gaps[best + 1])
    log_gap = minimize_scalar(lambda x: float(residual(x)), bounds=bracket, method="bounded", options={"xatol": 1e-9}).x
    divergence = lowest * (1.0 - math.exp(log_gap))
    return _PowerLaw(divergence, *map(float, _line(temperature, logarithm, np.asarray(divergence))))


def _interval(found: _Relaxation, chosen: NDArray[np.intp], level: float) -> tuple[float, float]:
    """Limits of T_d, always below the lowest temperature; NaN if a subset of replicas shows no divergence."""
    lowest = float(found.temperature[chosen].min())

    def log_gap(replicas: NDArray[np.intp]) -> float:
        fitted = _fit(found, replicas, chosen)
        return math.nan if fitted is None else math.log(lowest - fitted.divergence)

    _, low, high = jackknife_interval(log_gap, len(found.time), level)
    return lowest - math.exp(high), lowest - math.exp(low)


def _line(
    temperature: FloatArray, logarithm: FloatArray, divergence: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Exponent, constant and residual sum of squares of the best line in ln(T - T_d), for every T_d."""
    place = np.log(temperature - divergence[..., None])
    centre = place.mean(axis=-1)
    deviation = logarithm - logarithm.mean()
    centred = place - centre[..., None]
    slope = np.sum(centred * deviation, axis=-1) / np.sum(centred**2, axis=-1)
    squares = np.sum((deviation - slope[..., None] * centred) ** 2, axis=-1)
    return -slope, logarithm.mean() - slope * centre, squares


def _details(found: _Relaxation, best: _PowerLaw, chosen: NDArray[np.intp], reference: float) -> dict[str, Any]:
    everything = np.arange(len(found.time))
    relaxed = found.relaxed
    others = {}
    for low, high in _OTHER_WINDOWS:
        members = np.flatnonzero(_inside(found, reference, (low, high)))
        other = _fit(found, everything, members) if len(members) >= FEWEST_TEMPERATURES else None
        others[f"{low:g} to {high:g}"] = None if other is None else other.divergence
    without = _fit(found, everything, chosen[:-1]) if len(chosen) > FEWEST_TEMPERATURES else None
    return {
        "gamma": best.exponent,
        "ln_prefactor": best.constant,
        "rms_residual": math.sqrt(best.residual / len(chosen)),
        "arrhenius_rms_residual": math.sqrt(_arrhenius_residual(found, chosen) / len(chosen)),
        "reference_time": reference,
        "fitted_temperatures": found.temperature[chosen].tolist(),
        "temperatures": found.temperature[relaxed].tolist(),
        "relaxation_times": np.exp(found.logarithm()[relaxed]).tolist(),
        "censored_temperatures": found.temperature[~relaxed].tolist(),
        "slowest_fitted": float(np.exp(found.logarithm()[chosen].max()) / reference),
        "other_windows": others,
        "without_lowest": None if without is None else without.divergence,
    }


def _arrhenius_residual(found: _Relaxation, chosen: NDArray[np.intp]) -> float:
    """Residual sum of squares of ln(tau) = constant + E/T."""
    _, residual, *_ = np.polyfit(1.0 / found.temperature[chosen], found.logarithm()[chosen], 1, full=True)
    return float(residual[0])


def _warnings(
    found: _Relaxation,
    chosen: NDArray[np.intp],
    reference: float,
    window: tuple[float, float],
    details: dict[str, Any],
    interval: tuple[float, float, float],
    unequilibrated: tuple[float, ...],
) -> tuple[str, ...]:
    value, low, high = interval
    sentences = []
    if unequilibrated:
        sentences.append(f"not equilibrated, left out: T = {_listed(unequilibrated)}")
    if details["slowest_fitted"] < _FILLED * window[1]:
        sentences.append(
            f"the fit ends at {details['slowest_fitted']:.0f} times {reference:.3g} where the window reaches to "
            f"{window[1]:g}: slower liquids would lower T_d"
        )
    without = details["without_lowest"]
    if without is not None and not low <= without <= high:
        sentences.append(
            f"T_d rests on the lowest temperature: {without:.3g} without T = {found.temperature[chosen[-1]]:g}"
        )
    # Mean squares: the power law has three parameters, Arrhenius' law two.
    power_law, arrhenius = details["rms_residual"] ** 2, details["arrhenius_rms_residual"] ** 2
    if arrhenius / (len(chosen) - 2) <= power_law / (len(chosen) - 3):
        sentences.append("Arrhenius' law, which has no arrest, describes the same relaxation times as well")
    below = found.temperature[found.relaxed & (found.temperature <= value)]
    if len(below):
        sentences.append(f"no divergence: the liquid relaxes below T_d at T = {_listed(below)}")
    return tuple(sentences)


def _listed(values: Sequence[float] | FloatArray) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
