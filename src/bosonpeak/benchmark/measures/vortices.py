"""Measures for the claims about modes in space: genuine vortices below the first phonon, or superposed waves.

All take an opener, the group to look at and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
With the parameter ``fields`` a measure looks at fields of known kind in the place of the glasses' modes
(`bosonpeak.benchmark.measures.null_modes`): so are the controls made. Windows are in units of each sample's own omega_0
(`StoredModes.ratio`), since a mode is compared with the waves of its own sample.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from scipy import special

from bosonpeak.benchmark.measures.base import part
from bosonpeak.benchmark.measures.null_modes import PLANTED_FIELDS, own_seed, planted_modes, with_null_modes
from bosonpeak.benchmark.measures.potentials import potential_of
from bosonpeak.datasets.arrays import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.stored_modes import StoredModes
from bosonpeak.validators.waves.phonon_contrast import (
    AT_THE_PHONON,
    HIGHEST,
    mean_wave_share,
    superposed_fraction,
    wave_contrast,
)
from bosonpeak.validators.waves.shell_splitting import (
    ShellSplitting,
    SplittingEstimates,
    first_shell_splitting,
    splitting_estimates,
)
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, SIGNIFICANCE

if TYPE_CHECKING:
    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.validators.vortices.census import SplitShell, VortexCensus
    from bosonpeak.validators.vortices.stress_and_vorticity import StressCorrelations, StressVorticity


def census(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    highest: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    split: bool = False,
    chains: int | None = None,
    fields: str = "",
) -> VortexCensus:
    """The fractions of `vortex_census`.

    Parameters
    ----------
    open_cell, cell
        The ensemble.
    with_cells : sequence of str
        Other ensembles of the same box and number of particles, whose chains are counted with it.
    highest : float
        Modes below this fraction of their sample's omega_0 are judged.
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

    data = _together([_modes_of(_some_chains(open_cell(each), chains), fields) for each in (cell, *with_cells)])
    modes = StoredModes(data)
    shell = split_shell(_splittings(modes), modes.first_phonon) if split else None
    return vortex_census(data, highest=highest, wave_share=wave_share, shell=shell)


def superposed_waves(
    open_cell: OpenCell,
    cell: str,
    *,
    with_cells: Sequence[str] = (),
    low: float = 0.0,
    high: float = HIGHEST,
    wave_share: float = LEAST_WAVE_SHARE,
    chains: int | None = None,
    fields: str = "",
) -> Estimate:
    """Fraction of the modes in a window, of one or several ensembles, that cannot be told from superposed waves."""
    data = _together([_modes_of(_some_chains(open_cell(each), chains), fields) for each in (cell, *with_cells)])
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


def first_shell(open_cell: OpenCell, cell: str) -> SplittingEstimates:
    """How far disorder splits the first shell of waves."""
    modes = StoredModes(open_cell(cell))
    return splitting_estimates(_splittings(modes), modes.first_phonon, chain=modes.cluster)


def foot_of_the_shell(open_cell: OpenCell, cell: str, *, significance: float = SIGNIFICANCE) -> Estimate:
    """Frequency, in units of a sample's own omega_0, below which the split shell explains no mode."""
    modes = StoredModes(open_cell(cell))
    splittings = _splittings(modes)
    shell = split_shell(splittings, modes.first_phonon)
    single = -math.expm1(math.log1p(-significance) / shell.waves)
    return Estimate(
        "foot of the split shell over the sample's omega_0",
        shell.mean + shell.rms * float(special.ndtri(single)),
        math.nan,
        math.nan,
        1.0 - significance,
        len(splittings),
        f"the lowest of {shell.waves} normal levels about {shell.mean:.3f} with rms {shell.rms:.3f} is higher with "
        f"probability {1.0 - significance:g}",
    )


def modes_at_small_stress(
    open_cell: OpenCell,
    cell: str,
    *,
    low: float = 0.0,
    high: float = HIGHEST,
    chains: int | None = None,
    fields: str = "",
) -> StressVorticity:
    """Excess rank correlations of the modes of a window with the local stresses.

    Parameters
    ----------
    open_cell, cell
        The ensemble; its potential must be known.
    low, high : float
        Window in units of each sample's own omega_0, below whose waves the modes are to lie.
    chains : int, optional
        Look at the first stored configuration of so many chains only.
    fields : str
        Fields of known kind in the place of the modes: also those that turn, or strain, where stresses are small.
    """
    from bosonpeak.validators.vortices.stress_and_vorticity import StressVorticity, stress_vorticity

    planted = fields if fields in PLANTED_FIELDS else ""
    modes = StoredModes(_modes_of(_some_chains(open_cell(cell), chains), "" if planted else fields))
    found = [
        (correlations, label)
        for correlations, label in zip(_stress_correlations(modes, low, high, planted), modes.cluster, strict=True)
        if correlations is not None
    ]
    if not found:
        raise NotApplicableError("no stored mode lies in the window", expected=f"[{low:g}, {high:g}) omega_0")
    judged = stress_vorticity([each for each, _ in found], [label for _, label in found])
    return StressVorticity(
        *(
            dataclasses.replace(each, window=(low, high))
            for each in (judged.vorticity, judged.strain, judged.difference)
        )
    )


def _stress_correlations(
    modes: StoredModes, low: float, high: float, planted: str = ""
) -> list[StressCorrelations | None]:
    """Correlations of each configuration, None without a mode in the window; `planted` replaces the modes."""
    from bosonpeak.generators.glasses.pair_stresses import pair_stresses
    from bosonpeak.validators.vortices.stress_and_vorticity import deviator_size, particle_stresses, stress_correlations

    require_variables(modes.dataset, "diameter")
    potential, inside = potential_of(modes.dataset), (modes.ratio >= low) & (modes.ratio < high)
    diameters = modes.dataset["diameter"].values
    found: list[StressCorrelations | None] = []
    for index, ((places, vectors), chosen) in enumerate(zip(modes, inside, strict=True)):
        if not chosen.any():
            found.append(None)
            continue
        pairs = pair_stresses(places, diameters[index], modes.box, potential)
        size = deviator_size(particle_stresses(pairs.pairs, pairs.stress, len(places)))
        shown = planted_modes(places, modes.box, size, int(chosen.sum()), planted) if planted else vectors[chosen]
        seed = int(own_seed(places).generate_state(1)[0])
        found.append(stress_correlations(places, shown, modes.box, size, seed=seed))
    return found


def split_shell(splittings: Sequence[ShellSplitting], first_phonon: FloatArray) -> SplitShell:
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


def _splittings(modes: StoredModes) -> list[ShellSplitting]:
    """Splitting of the first transverse shell of each stored configuration."""
    return [
        first_shell_splitting(positions, modes.box, frequency, vectors)
        for (positions, vectors), frequency in zip(modes, modes.frequency, strict=True)
    ]


def _modes_of(data: xr.Dataset, fields: str, fields_at_the_phonon: str = "") -> xr.Dataset:
    return with_null_modes(data, fields, fields_at_the_phonon) if fields else data


def _some_chains(data: xr.Dataset, chains: int | None) -> xr.Dataset:
    """The first configuration of each of the first chains, or everything."""
    if chains is None:
        return data
    first = np.sort(np.unique(StoredModes(data).cluster, return_index=True)[1])
    return data.isel(configuration=first[:chains])


def _together(ensembles: Sequence[xr.Dataset]) -> xr.Dataset:
    """Configurations and modes of ensembles of one kind as one ensemble; chains of different ones are independent."""
    if len(ensembles) == 1:
        return ensembles[0]
    modes = [StoredModes(each) for each in ensembles]
    shapes = {(tuple(each.box), each.dataset.sizes["particle"]) for each in modes}
    if len(shapes) > 1:
        raise NotApplicableError("ensembles of different boxes cannot be counted together", got=f"{len(shapes)} boxes")
    ranks = min(each.dataset.sizes["low_mode"] for each in modes)
    first = np.cumsum([0, *(int(each.cluster.max()) + 1 for each in modes)])
    columns = {
        "position": ("configuration particle axis", [each.dataset["position"].values for each in modes]),
        "eigenvector": (
            "configuration low_mode particle axis",
            [each.dataset["eigenvector"].values[:, :ranks] for each in modes],
        ),
        "eigenfrequency": ("sample mode", [each.frequency[:, :ranks] for each in modes]),
        "first_phonon": ("sample", [each.first_phonon for each in modes]),
        "chain": ("sample", [each.cluster + start for each, start in zip(modes, first, strict=False)]),
    }
    together = {name: (dims.split(), np.concatenate(parts)) for name, (dims, parts) in columns.items()}
    count = len(together["first_phonon"][1])
    return xr.Dataset(
        {**together, "configuration_index": ("configuration", np.arange(count)), "box": ("axis", modes[0].box)}
    )


def superposed_waves_at_the_phonon(
    open_cell: OpenCell, cell: str, *, with_cells: Sequence[str] = (), fields: str = ""
) -> Estimate:
    """What `superposed_waves` measures, among modes at the phonon."""
    low, high = AT_THE_PHONON
    found = superposed_waves(open_cell, cell, with_cells=with_cells, low=low, high=high, fields=fields)
    return dataclasses.replace(found, name=f"{found.name}, at the phonon")


def wave_share_at_the_phonon(open_cell: OpenCell, cell: str, *, fields: str = "") -> Estimate:
    """What `wave_share_of_modes` measures, of modes at the phonon."""
    low, high = AT_THE_PHONON
    found = wave_share_of_modes(open_cell, cell, low=low, high=high, fields=fields)
    return dataclasses.replace(found, name=f"{found.name}, at the phonon")


MEASURES: dict[str, Measure] = {
    "genuine-vortices": part(census, "genuine"),
    "genuine-vortices-if-mixed": part(census, "genuine_if_mixed"),
    "irrotational-modes": part(census, "irrotational"),
    "modes-turning-by-chance": part(census, "random"),
    "superposed-waves": superposed_waves,
    "superposed-waves-at-the-phonon": superposed_waves_at_the_phonon,
    "wave-share": wave_share_of_modes,
    "wave-share-at-the-phonon": wave_share_at_the_phonon,
    "less-wave-than-phonon": less_wave_than_phonon,
    "first-shell-mean": part(first_shell, "relative_mean"),
    "first-shell-splitting": part(first_shell, "relative_rms"),
    "first-shell-splitting-in-spacings": part(first_shell, "rms_in_spacings"),
    "first-shell-mixing": part(first_shell, "mixing"),
    "first-shell-states-per-wave": part(first_shell, "states_per_wave"),
    "first-shell-foot": foot_of_the_shell,
    "vorticity-at-small-stress": part(modes_at_small_stress, "vorticity"),
    "strain-at-small-stress": part(modes_at_small_stress, "strain"),
    "vorticity-less-strain-at-small-stress": part(modes_at_small_stress, "difference"),
}
