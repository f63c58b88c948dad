"""Curves of any data for the panels of the claims' figures: the panel's quantity, measured as for the panel."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from bosonpeak.benchmark.figures import levels, plane_waves, quasi_equilibrium, vortices
from bosonpeak.benchmark.figures.curves import BIN_WIDTH, density_band, mode_steps, neighbour_counts
from bosonpeak.benchmark.figures.marks import modes_a_particle_band
from bosonpeak.benchmark.judging.claim import ClaimTest
from bosonpeak.benchmark.measures.base import AtHome
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.plot.exponents import count_curve, end_of_lists, ensembles_by_size, exponent_curve
from bosonpeak.plot.figure import Panel, Series
from bosonpeak.plot.mode_statistics import ratio_curve
from bosonpeak.plot.structures import coordination_curve, stress_curve
from bosonpeak.validators.estimates.inputs import one_ensemble
from bosonpeak.validators.glasses.coordination import coordination_numbers
from bosonpeak.validators.levels.below_phonon import low_ratio_distribution
from bosonpeak.validators.levels.participation import mean_participation
from bosonpeak.validators.levels.spacing_statistics import ratio_distribution
from bosonpeak.validators.power_laws.local_exponent import local_exponent
from bosonpeak.validators.power_laws.low_mode_counts import low_modes_and_small_stresses, reduced_cumulative_count
from bosonpeak.validators.power_laws.modes_below_foot import modes_below_foot
from bosonpeak.validators.power_laws.small_stresses import stress_distribution, stress_relation
from bosonpeak.validators.spectra.network_structure import coordination_distribution
from bosonpeak.validators.theories.quasi_equilibrium import reduced_curves
from bosonpeak.validators.theories.theory_curves import local_slopes, maximum
from bosonpeak.validators.waves.bands_and_smearing import band_maxima
from bosonpeak.validators.waves.currents import mean_correlation, stored_currents

_FEWEST, _LOWEST, _HIGHEST = 10, 0.15, 1.1
_MOST_ROWS = 8
_POINTS = 60


@dataclass(frozen=True)
class Own:
    """Data to draw, their label, the panel with its limits of the abscissa, and the tests of the claim."""

    data: Any
    label: str
    panel: Panel
    ends: tuple[float, float]
    tests: Sequence[ClaimTest]

    @property
    def ensemble(self) -> xr.Dataset:
        """The data as one ensemble."""
        return one_ensemble(self.data)

    def number(self, pattern: str) -> float:
        """Number in the title of the panel."""
        found = re.search(pattern, self.panel.title)
        return float(found[1]) if found else math.nan


Builder = Callable[[Own], Sequence[Series]]


def own_curves(figure: str, own: Own) -> Sequence[Series] | None:
    """Series of the data for a panel of a figure; None if the panel takes no other data."""
    build = next(
        (
            build
            for names, y_label, build in _CURVES
            if re.fullmatch(names, figure) and re.match(y_label, own.panel.y_label)
        ),
        None,
    )
    return None if build is None else build(own)


# --- glasses ---


def _local_exponent(own: Own) -> list[Series]:
    ((_, sizes),) = ensembles_by_size(own.data, None).items()
    found = local_exponent(sizes)
    return [exponent_curve(own.label, found, 0, 1.0 / float(sizes[0]["first_phonon"].mean()))]


def _count(own: Own) -> list[Series]:
    end = min(_HIGHEST, end_of_lists(own.ensemble))
    power = own.number(r"\bs = (\d+(?:\.\d+)?)")
    return [count_curve(own.label, reduced_cumulative_count(own.ensemble, exponent=power, low=_LOWEST, high=end), 0)]


def _modes_a_particle(own: Own) -> list[Series]:
    (found,) = modes_below_foot(own.ensemble)
    modes = np.sort(found.frequency)
    x = np.geomspace(0.25 * found.foot, found.foot, _POINTS)
    counts = np.searchsorted(modes, x)
    return [modes_a_particle_band(own.label, x, counts, found.samples * found.particles, order=0)]


def _stresses(own: Own) -> list[Series]:
    return [stress_curve(own.label, own.ensemble, 0, fewest=_FEWEST)]


def _stresses_by_decade(own: Own) -> list[Series]:
    window = next(mark for mark in own.panel.marks if mark.kind == "span")
    assert window.start is not None
    assert window.stop is not None
    found = stress_distribution(own.ensemble, low=window.start, high=window.stop).by_decade
    columns = (found[name].values for name in ("stress", "exponent", "lower", "upper"))
    return [Series.of(own.label, "points", *columns)]


def _counted(place: int) -> Builder:
    """Low modes, or components of small stresses, of a glass: a level across the panel."""

    def build(own: Own) -> list[Series]:
        limits = {name: own.tests[0].parameters[name] for name in ("below", "stress")}
        counts = low_modes_and_small_stresses(own.ensemble, **limits)[place]
        number = float(counts.sum()) / own.ensemble.sizes["sample"]
        return [Series.of(f"{own.label}: {number:.3g}", "line", own.ends, [number, number])]

    return build


def _relation(own: Own) -> list[Series]:
    found = stress_relation(own.ensemble).details
    low, high = found["s_interval_without_gates"]
    return [Series.of(own.label, "points", [5.0 + 2.0 * found["alpha"]], [found["s"]], [low], [high])]


def _ratios(own: Own) -> list[Series]:
    part, count = own.panel.title.split()[:2]
    found = ratio_distribution(own.ensemble, part=part, count=int(count), highest=4.0, bins=20)
    return [ratio_curve(own.label, "points", found, 0)]


def _low_ratios(own: Own) -> list[Series]:
    found = low_ratio_distribution(own.ensemble, high=own.number(r"below (\S+) ω₀"))
    return [ratio_curve(own.label, "points", found, 0)]


def _extents(own: Own) -> list[Series]:
    return [replace(levels.extent_of_modes(own.ensemble, 0), label=own.label)]


def _wave_shares(own: Own) -> list[Series]:
    return [vortices.wave_shares(own.label, [own.ensemble], 0)]


def _waves(own: Own) -> list[Series]:
    ensemble = own.ensemble.isel(configuration=0)
    return [replace(each, label=f"{own.label}, {each.label}") for each in vortices.waves_of_mode(ensemble)]


def _steps(own: Own) -> list[Series]:
    return [mode_steps(own.ensemble["eigenfrequency"].values, own.label, vortices.SPECTRUM_BINS)]


# --- networks and structure ---


def _density(reference: str, high: float) -> Builder:
    """Reduced density over a reference: the crystal of the network paper, the own Debye level, or the own crystal."""
    return lambda own: [density_band(own.ensemble, own.label, reference, high=high, width=BIN_WIDTH)]


def _coordination(own: Own) -> list[Series]:
    if own.panel.title.startswith("neighbours"):
        return [neighbour_counts(coordination_numbers(own.ensemble, "delaunay"), own.label, 0)]
    return [coordination_curve(own.label, coordination_distribution(own.ensemble), 0)]


def _participation_number(own: Own) -> list[Series]:
    test = next(each for each in own.tests if each.measure == "participation")
    found, nodes = mean_participation(own.ensemble, **test.parameters), own.ensemble.sizes["node"]
    columns = ([getattr(found, name) * nodes] for name in ("value", "low", "high"))
    return [Series.of(own.label, "points", [nodes], *columns)]


# --- waves and media ---


def _damping(own: Own) -> list[Series]:
    return [plane_waves.relative_width(own.label, own.ensemble, 0)]


def _band(own: Own) -> list[Series]:
    lowest = next(float(test.parameters["lowest"]) for test in own.tests if "lowest" in test.parameters)
    mean = mean_correlation(stored_currents(own.ensemble))
    return [
        Series.of(own.label, "points", mean.wavenumber, band_maxima(mean, lowest=lowest, polarisation="transverse"))
    ]


def _smearing(own: Own) -> list[Series]:
    return [replace(plane_waves.quartiles(own.ensemble), label=own.label)]


def _medium(layers: Callable[[xr.Dataset], Sequence[Series]], media: Callable[[Own], Series] | None = None) -> Builder:
    """Curves of layers by their contrast, or of isotropic media."""

    def build(own: Own) -> list[Series]:
        if media is None or "contrast" in own.ensemble.dims:
            return [replace(each, label=f"{own.label}, {each.label}") for each in layers(own.ensemble)]
        return [media(own)]

    return build


def _medium_density(own: Own) -> Series:
    return quasi_equilibrium.binned(own.label, reduced_curves(own.ensemble), 0)


def _medium_energy(own: Own) -> Series:
    return replace(quasi_equilibrium.sampled_energy(own.ensemble, "", 0), label=own.label)


def _energies(along: bool) -> Builder:
    return _medium(lambda data: quasi_equilibrium.energy_curves(data, along), None if along else _medium_energy)


# --- theories ---


def _rows(own: Own, variable: str) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Labels, frequencies and values of a variable of a theory, one curve for each of at most eight media."""
    data = own.ensemble
    if variable not in data or "frequency" not in data[variable].dims:
        raise NotApplicableError(
            "these are not curves of the theory", expected=variable, got=", ".join(map(str, data.data_vars))
        )
    parameters = [name for name in data[variable].dims if name != "frequency"]
    stacked = data[[variable]].stack(curve=parameters) if parameters else data[[variable]].expand_dims("curve")
    count = stacked.sizes["curve"]
    for place in np.unique(np.linspace(0, count - 1, min(count, _MOST_ROWS)).astype(int)):
        row = stacked.isel(curve=int(place))
        words = [f"{str(name).replace('_', ' ')} {float(row[name]):.3g}" for name in parameters]
        yield ", ".join([own.label, *words]), data["frequency"].values, row[variable].values


def _theory(variable: str, change: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]) -> Builder:
    """Curves of a variable of a theory, after a change of abscissae and ordinates."""
    return lambda own: [
        Series.of(label, "line", *change(x, y), order=order) for order, (label, x, y) in enumerate(_rows(own, variable))
    ]


def _slopes(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return np.sqrt(x[1:] * x[:-1]), local_slopes(x, y)


def _over(power: int) -> Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    return lambda x, y: (x, y / x**power)


def _as_it_is(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    return x, y


def _tops(height: bool) -> Builder:
    """Frequency or height of the maximum against the distance from the instability."""

    def build(own: Own) -> list[Series]:
        data = own.ensemble
        if "distance_to_instability" not in data.dims:
            raise NotApplicableError(
                "these are not media on the way to an instability", expected="distance_to_instability"
            )
        shown = data["reduced_density_of_states"]
        others = {str(name): 0 for name in shown.dims if name not in ("frequency", "distance_to_instability")}
        rows = shown.isel(others).transpose("distance_to_instability", "frequency").values
        found = [maximum(data["frequency"].values, row)[int(height)] for row in rows]
        return [Series.of(own.label, "points", data["distance_to_instability"].values, found)]

    return build


# --- estimates ---


def _estimate(*names: str) -> Builder:
    """Estimate of the data by the claim's own measure, as a level across the panel with its interval."""

    def build(own: Own) -> list[Series]:
        test = next((each for name in names for each in own.tests if each.measure == name), None)
        if test is None:
            raise NotApplicableError(
                "no test of the claim measures the quantity of this panel", expected=" or ".join(names)
            )
        ensemble = own.ensemble
        parameters = {key: value for key, value in test.parameters.items() if key not in _OF_OTHERS}
        found = measure(test.measure, AtHome("", lambda dataset, group: ensemble), "", parameters)
        columns = (np.full(2, value) for value in (found.value, found.low, found.high))
        return [Series.of(f"{own.label}: {found.value:.3g}", "band", own.ends, *columns)]

    return build


_OF_OTHERS = ("other_cells", "other_dataset", "with_cells")
"""Parameters that name further ensembles of the claim."""

_CURVES: tuple[tuple[str, str, Builder], ...] = (
    ("glass-(local-exponent|cumulative-count|limit)", r"s$", _local_exponent),
    ("glass-cumulative-count", r"F\(", _count),
    ("glass-limit", r"n\(", _modes_a_particle),
    ("glass-stresses", r"P\(", _stresses),
    ("glass-stresses", r"α$", _stresses_by_decade),
    ("glass-exponents", r"s$", lambda own: (_relation if "α" in own.panel.x_label else _estimate("exponent"))(own)),
    ("glass-exponents-between", r"α$", _estimate("stress-exponent")),
    ("glass-exponents-(between|by-temperature|by-pinned-share)", r"s$", _estimate("exponent", "limit-exponent")),
    ("glass-level-ratios", r"P\(", _ratios),
    ("glass-level-ratios", r"likeness", _estimate("goe-likeness")),
    ("glass-low-levels", r"P\(", _low_ratios),
    ("glass-low-levels", r"likeness", _estimate("goe-likeness-below-phonon")),
    (
        "glass-mode-extent",
        r"participation number",
        lambda own: (_extents if own.panel.x_label.startswith("ω") else _estimate("participation-number"))(own),
    ),
    ("glass-vortex-modes", r"share of waves", _wave_shares),
    ("glass-vortex-modes", r"probability", _estimate("less-wave-than-phonon")),
    ("glass-vortex-modes", r"share of \|u\|", _waves),
    ("glass-vortex-modes", r"modes per glass", _steps),
    ("glass-intensity", r"modes", _counted(0)),
    ("glass-intensity", r"components", _counted(1)),
    ("glass-local-moduli", r"γ", _estimate("local-disorder")),
    ("glass-small-stress", r"excess rank", _estimate("vorticity-at-small-stress")),
    ("glass-tensor-form", r"share", _estimate("stable-coupling")),
    ("glass-tensor-form", r"s$", _estimate("tensor-exponent")),
    ("network-.*", r"g\(ω\)/ω", _density("paper", 3.2)),
    ("network-.*", r"g / g_Debye", _density("own-debye", 3.0)),
    ("network-.*", r"g / g_crystal", _density("rescaled-crystal", 1.5)),
    ("network-van-hove", r"prominence", _estimate("van-hove-prominence")),
    ("network-peak-position", r"ω at", _estimate("peak-position")),
    ("network-peak-position", r"largest", _estimate("peak-height")),
    ("network-localisation", r"N e", _participation_number),
    ("network-(solid-)?coordination", r"fraction", _coordination),
    ("quasi-equilibrium-reduced-density", r"D/D", _medium(quasi_equilibrium.contrast_curves, _medium_density)),
    ("quasi-equilibrium-reduced-density", r"slope", _medium(quasi_equilibrium.amplitude_curves)),
    ("quasi-equilibrium-energy", r"slope", lambda own: _energies("along" in own.panel.title)(own)),
    ("quasi-equilibrium-crossover", r"frequency of the step/", _estimate("medium-step")),
    ("wave-damping", r"Γ/Ω", _damping),
    ("wave-band", r"maximum", _band),
    ("wave-smearing", r"ω", _smearing),
    ("elasticity-reduced-density", r"g", _theory("reduced_density_of_states", _as_it_is)),
    ("elasticity-boson-peak", r"ω", _tops(height=False)),
    ("elasticity-boson-peak", r"g", _tops(height=True)),
    ("elasticity-attenuation", r"Γ", _theory("attenuation", _over(4))),
    ("elasticity-attenuation", r"d ln", _theory("attenuation", _slopes)),
    ("elasticity-with-stresses", r"g", _theory("density_of_states", _over(2))),
    ("elasticity-with-stresses", r"s$", _theory("density_of_states", _slopes)),
    ("elasticity-local-exponent", r"s$", _theory("local_exponent", lambda x, y: (x**2, y))),
)
"""Figures, quantities of their panels (beginnings of the label of the ordinate), and the curves of other data."""
