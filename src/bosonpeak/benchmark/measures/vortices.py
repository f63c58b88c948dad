"""Measures for the claims about modes in space: genuine vortices below the first phonon, or superposed waves.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
With the parameter ``fields`` a measure looks at fields of known kind in the place of the glasses' modes
(`bosonpeak.benchmark.measures.null_modes`): so are the controls made.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import special

from bosonpeak.benchmark.measures.null_modes import with_null_modes
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.waves.phonon_contrast import (
    AT_THE_PHONON,
    HIGHEST,
    mean_wave_share,
    superposed_fraction,
    wave_contrast,
)
from bosonpeak.validators.waves.shell_splitting import ShellSplitting, first_shell_splitting, splitting_estimates
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, SIGNIFICANCE

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.validators.vortices.census import SplitShell
    from bosonpeak.validators.vortices.stress_and_vorticity import StressCorrelations


def _fraction(feature: str) -> Measure:
    def apply(
        open_cell: OpenCell,
        cell: str,
        *,
        highest: float = HIGHEST,
        wave_share: float = LEAST_WAVE_SHARE,
        split: bool = False,
        chains: int | None = None,
        fields: str = "",
    ) -> Estimate:
        """One of the fractions of `vortex_census`.

        Parameters
        ----------
        open_cell, cell
            The ensemble.
        highest : float
            Modes below this fraction of omega_0 are judged.
        wave_share : float
            Least share of waves in what the rival may call superposed waves.
        split : bool
            Whether genuine modes must lie below what the splitting of the first shell, measured on the stored modes,
            explains.
        chains : int, optional
            Look at the first stored configuration of so many chains only, for the sake of time; at all unless told.
        fields : str
            Fields of known kind in the place of the modes.
        """
        from bosonpeak.validators.vortices.census import vortex_census

        data = _modes_of(_some_chains(open_cell(cell), chains), fields)
        shell = split_shell(_splittings(data), _first_phonon(data)) if split else None
        data = _below(data, highest)
        estimate = getattr(vortex_census(data, highest=highest, wave_share=wave_share, shell=shell), feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def superposed_waves(
    open_cell: OpenCell,
    cell: str,
    *,
    low: float = 0.0,
    high: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    chains: int | None = None,
    fields: str = "",
) -> Estimate:
    """Fraction of the modes in a window that cannot be told from superposed waves."""
    data = _modes_of(_some_chains(open_cell(cell), chains), fields)
    return superposed_fraction(data, low=low, high=high, wave_share=wave_share)


def wave_share_of_modes(
    open_cell: OpenCell, cell: str, *, low: float = 0.0, high: float = HIGHEST, fields: str = ""
) -> Estimate:
    """Mean share of the first shell's waves in the modes of a window."""
    return mean_wave_share(_modes_of(open_cell(cell), fields), low=low, high=high)


def less_wave_than_phonon(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    highest: float = HIGHEST,
    fields: str = "",
    fields_at_the_phonon: str = "",
) -> Estimate:
    """Probability that a low mode has less of the waves than a mode at the phonon, over one or several ensembles."""
    ensembles = [_modes_of(open_cell(group), fields, fields_at_the_phonon) for group in (cell, *with_cells)]
    return wave_contrast(ensembles, highest=highest)


def _shell(feature: str) -> Measure:
    def apply(open_cell: OpenCell, cell: str) -> Estimate:
        data = open_cell(cell)
        found = splitting_estimates(_splittings(data), _first_phonon(data), chain=_chain(data))
        estimate = getattr(found, feature)
        assert isinstance(estimate, Estimate)
        return estimate

    return apply


def foot_of_the_shell(open_cell: OpenCell, cell: str, *, significance: float = SIGNIFICANCE) -> Estimate:
    """Frequency, in units of omega_0, below which the split shell explains no mode."""
    data = open_cell(cell)
    splittings = _splittings(data)
    shell = split_shell(splittings, _first_phonon(data))
    single = -math.expm1(math.log1p(-significance) / shell.waves)
    return Estimate(
        "foot of the split shell over omega_0",
        shell.mean + shell.rms * float(special.ndtri(single)),
        math.nan,
        math.nan,
        1.0 - significance,
        len(splittings),
        f"the lowest of {shell.waves} normal levels about {shell.mean:.3f} with rms {shell.rms:.3f} is higher with "
        f"probability {1.0 - significance:g}",
    )


def _stress(feature: str) -> Measure:
    def apply(
        open_cell: OpenCell,
        cell: str,
        *,
        low: float = 0.0,
        high: float = HIGHEST,
        chains: int | None = None,
        fields: str = "",
    ) -> Estimate:
        """Excess rank correlation of the modes of a window with the local stresses.

        Parameters
        ----------
        open_cell, cell
            The ensemble; its potential must be that of soft spheres.
        low, high : float
            Window in units of omega_0.
        chains : int, optional
            Look at the first stored configuration of so many chains only.
        fields : str
            Fields of known kind in the place of the modes.
        """
        from bosonpeak.validators.vortices.stress_and_vorticity import stress_vorticity

        data = _modes_of(_some_chains(open_cell(cell), chains), fields)
        found = [
            (correlations, label)
            for correlations, label in zip(_stress_correlations(data, low, high), _chain(data), strict=True)
            if correlations is not None
        ]
        if not found:
            raise NotApplicableError("no stored mode lies in the window", expected=f"[{low:g}, {high:g}) omega_0")
        judged = stress_vorticity([each for each, _ in found], [label for _, label in found])
        estimate = getattr(judged, feature)
        assert isinstance(estimate, Estimate)
        return dataclasses.replace(estimate, window=(low, high))

    return apply


def _stress_correlations(data: xr.Dataset, low: float, high: float) -> list[StressCorrelations | None]:
    """Of each configuration, None for those without a mode in the window."""
    from bosonpeak.generators.glasses.pair_stresses import pair_stresses
    from bosonpeak.generators.sample_generators.particle_systems import soft_sphere_potential
    from bosonpeak.validators.vortices.stress_and_vorticity import deviator_size, particle_stresses, stress_correlations

    require_variables(data, "position", "diameter", "eigenvector", "box")
    parameters = json.loads(data.attrs.get("parameters", "{}"))
    if not {"exponent", "cutoff", "taper"} <= set(parameters):
        raise NotApplicableError("the potential is unknown", expected="exponent, cutoff and taper in the parameters")
    potential, box = soft_sphere_potential(parameters), data["box"].values
    inside = (_frequency_ratio(data) >= low) & (_frequency_ratio(data) < high)
    found: list[StressCorrelations | None] = []
    for index, chosen in enumerate(inside):
        here = data.isel(configuration=index)
        if not chosen.any():
            found.append(None)
            continue
        places = here["position"].values
        pairs = pair_stresses(places, here["diameter"].values, box, potential)
        size = deviator_size(particle_stresses(pairs.pairs, pairs.stress, len(places)))
        found.append(stress_correlations(places, here["eigenvector"].values[chosen], box, size, seed=index))
    return found


def _frequency_ratio(data: xr.Dataset) -> NDArray[np.float64]:
    """Frequencies of the stored modes in units of omega_0, shape (configurations, modes)."""
    require_variables(data, "eigenvector", "configuration_index", "eigenfrequency", "first_phonon")
    sample = data["configuration_index"].values.astype(np.int64)
    frequency = data["eigenfrequency"].values[sample, : data.sizes["low_mode"]]
    return np.asarray(frequency / data["first_phonon"].values[sample, None])


def split_shell(splittings: Sequence[ShellSplitting], first_phonon: NDArray[np.float64]) -> SplitShell:
    """The shell of an ensemble, from those of its samples.

    Parameters
    ----------
    splittings : sequence of ShellSplitting
        One a sample.
    first_phonon : ndarray of float64, shape (samples,)
        omega_0 of each.

    Returns
    -------
    SplitShell
        Mean over samples and root mean square deviation about it, in units of each sample's own omega_0.
    """
    from bosonpeak.validators.vortices.census import SplitShell

    means = np.array([each.mean for each in splittings]) / first_phonon
    widths = np.array([each.rms for each in splittings]) / first_phonon
    waves = len(splittings[0].frequency)
    return SplitShell(float(means.mean()), math.sqrt(float((widths**2).mean() + means.var())), waves)


def _splittings(data: xr.Dataset) -> list[ShellSplitting]:
    """Splitting of the first transverse shell of each stored configuration."""
    require_variables(data, "position", "eigenvector", "box", "configuration_index", "eigenfrequency", "first_phonon")
    sample = data["configuration_index"].values.astype(np.int64)
    modes = data.sizes["low_mode"]
    return [
        first_shell_splitting(
            data["position"].values[index],
            data["box"].values,
            data["eigenfrequency"].values[which, :modes],
            data["eigenvector"].values[index],
        )
        for index, which in enumerate(sample)
    ]


def _first_phonon(data: xr.Dataset) -> NDArray[np.float64]:
    return np.asarray(data["first_phonon"].values[data["configuration_index"].values.astype(np.int64)])


def _chain(data: xr.Dataset) -> NDArray[np.int64]:
    sample = data["configuration_index"].values.astype(np.int64)
    return np.asarray(data["chain"].values[sample], dtype=np.int64) if "chain" in data else sample


def _modes_of(data: xr.Dataset, fields: str, fields_at_the_phonon: str = "") -> xr.Dataset:
    return with_null_modes(data, fields, fields_at_the_phonon) if fields else data


def _some_chains(data: xr.Dataset, chains: int | None) -> xr.Dataset:
    """The first configuration of each of the first chains, or everything."""
    if chains is None:
        return data
    first = np.sort(np.unique(_chain(data), return_index=True)[1])
    return data.isel(configuration=first[:chains])


def _below(data: xr.Dataset, highest: float) -> xr.Dataset:
    """Without the modes of a rank at which no configuration has one below that; one is kept to show that."""
    used = int((_frequency_ratio(data) < highest).any(axis=0).sum())
    if used == 0:
        raise NotApplicableError("no stored mode lies below the first phonon", expected=f"below {highest:g} omega_0")
    return data.isel(low_mode=slice(used + 1))


def _at_the_phonon(measure: Measure) -> Measure:
    def apply(open_cell: OpenCell, cell: str, *, fields: str = "") -> Estimate:
        low, high = AT_THE_PHONON
        found = measure(open_cell, cell, low=low, high=high, fields=fields)
        return dataclasses.replace(found, name=f"{found.name}, at the phonon")

    return apply


MEASURES: dict[str, Measure] = {
    "genuine-vortices": _fraction("genuine"),
    "genuine-vortices-if-mixed": _fraction("genuine_if_mixed"),
    "irrotational-modes": _fraction("irrotational"),
    "modes-turning-by-chance": _fraction("random"),
    "superposed-waves": superposed_waves,
    "superposed-waves-at-the-phonon": _at_the_phonon(superposed_waves),
    "wave-share": wave_share_of_modes,
    "wave-share-at-the-phonon": _at_the_phonon(wave_share_of_modes),
    "less-wave-than-phonon": less_wave_than_phonon,
    "first-shell-mean": _shell("relative_mean"),
    "first-shell-splitting": _shell("relative_rms"),
    "first-shell-splitting-in-spacings": _shell("rms_in_spacings"),
    "first-shell-mixing": _shell("mixing"),
    "first-shell-states-per-wave": _shell("states_per_wave"),
    "first-shell-foot": foot_of_the_shell,
    "vorticity-at-small-stress": _stress("vorticity"),
    "strain-at-small-stress": _stress("strain"),
    "vorticity-less-strain-at-small-stress": _stress("difference"),
}
