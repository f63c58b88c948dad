"""Measures for claims about modes in space, genuine vortices or superposed waves, and their control fields.

With the parameter ``fields`` a measure replaces the glass's modes with fields of known kind, at the same particles and
frequencies: a field without vortices must not count as a vortex on the very points of the test. Windows are in units of
each sample's own omega_0 (`StoredModes.ratio`), since a mode is compared with the waves of its own sample. All measures
take an opener, the group and the claim's parameters, as described in `bosonpeak.benchmark.measures`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.random import SeedSequence
from scipy import special

from bosonpeak.benchmark.measures.base import part, potential_of
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.memoise import remembered
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
    from collections.abc import Callable

    from bosonpeak.benchmark.measures.base import Measure, OpenCell
    from bosonpeak.validators.vortices.census import SplitShell, VortexCensus
    from bosonpeak.validators.vortices.stress_and_vorticity import StressCorrelations, StressVorticity


PATCH_RADIUS = (0.2, 0.35)
"""Smallest and largest radius of rotating patches over the length of the box: two particles across at N = 1000."""

CORRELATION_LENGTH = 0.1
"""Of smooth fields, over the length of the box."""

SEPARATED_AT = 0.85
"""Fraction of omega_0 between modes below the phonon and modes at it."""


SPOTS = 4
"""Places at which a planted field turns or strains."""

SMALLEST_SHARE = 0.1
"""Share of the particles, those in the surroundings of smallest stress, among which these places are drawn."""


def with_null_modes(dataset: xr.Dataset, fields: str, fields_at_the_phonon: str = "") -> xr.Dataset:
    """Replace a glass ensemble's eigenvectors by fields of known kind.

    Parameters
    ----------
    dataset : xarray.Dataset
        Glass ensemble whose modes in space are stored: what `StoredModes` needs.
    fields : str
        One of `NULL_FIELDS`.
    fields_at_the_phonon : str
        Another one for the modes above `SEPARATED_AT`; the same unless told otherwise.

    Returns
    -------
    xarray.Dataset
        Everything else as it was; the same fields at every call.

    Raises
    ------
    ClaimError
        If there are no such fields.
    """
    chosen = (fields, fields_at_the_phonon or fields)
    unknown = [name for name in chosen if name not in NULL_FIELDS]
    if unknown:
        raise ClaimError("no such fields", expected=", ".join(NULL_FIELDS), got=", ".join(unknown))
    modes = StoredModes(dataset)
    vectors = np.empty(dataset["eigenvector"].shape)
    for index, (places, ratio) in enumerate(zip(dataset["position"].values, modes.ratio, strict=True)):
        low = ratio < SEPARATED_AT
        for stream, (name, these) in enumerate(zip(chosen, (low, ~low), strict=True)):
            if these.any():
                vectors[index, these] = _null_modes(places, modes.box, name, int(these.sum()), stream)
    return dataset.assign(eigenvector=(dataset["eigenvector"].dims, vectors))


def planted_modes(places: FloatArray, box: FloatArray, stress_size: FloatArray, count: int, kind: str) -> FloatArray:
    """Fields that turn, or that strain, where the local stresses are small, as modes.

    Each field is the sum of a few patches u = A r exp(-r^2 / (2 R^2)) about particles whose surroundings have small
    stresses, with a random antisymmetric A (rotation) or a random symmetric one without trace (strain).

    Parameters
    ----------
    places : ndarray of float64, shape (particles, dimension)
    box : ndarray of float64, shape (dimension,)
    stress_size : ndarray of float64, shape (particles,)
        Size of each particle's stress; its mean with the weights exp(-r^2 / (2 R^2)) is the stress of surroundings.
    count : int
        Number of fields.
    kind : str
        One of `PLANTED_FIELDS`.

    Returns
    -------
    ndarray of float64, shape (count, particles, dimension)
        The same fields at every call.
    """
    from bosonpeak.generators.nulls.displacement_fields import as_modes

    sign = PLANTED_FIELDS[kind]
    generator = np.random.default_rng(own_seed(places))
    offset = places[:, None] - places
    offset -= box * np.round(offset / box)
    weight = np.exp(-0.5 * (offset**2).sum(axis=2) / (CORRELATION_LENGTH * float(box.min())) ** 2)
    around = weight @ stress_size / weight.sum(axis=1)
    smallest = np.argsort(around)[: max(SPOTS, int(SMALLEST_SHARE * len(places)))]
    fields = np.zeros((count, *places.shape))
    for field in fields:
        for spot in generator.choice(smallest, SPOTS, replace=False):
            matrix = generator.standard_normal((len(box), len(box)))
            matrix += sign * matrix.T
            matrix -= np.trace(matrix) / len(box) * np.eye(len(box))
            field += weight[:, spot, None] * (offset[:, spot] @ matrix.T) / np.linalg.norm(matrix)
    return np.asarray(as_modes(fields))


@remembered(2048)
def _null_modes(places: FloatArray, box: FloatArray, name: str, count: int, stream: int) -> FloatArray:
    """Fields of a kind as modes, from one of the random streams that belong to a configuration."""
    from bosonpeak.generators.nulls.displacement_fields import as_modes

    return as_modes(NULL_FIELDS[name](places, box, count, own_seed(places).spawn(2)[stream]))


def own_seed(places: FloatArray) -> SeedSequence:
    """Randomness that belongs to a configuration, so that glasses differ and repetitions do not."""
    return SeedSequence(int.from_bytes(hashlib.sha256(np.ascontiguousarray(places).tobytes()).digest()[:16]))


def _superposed_waves(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    from bosonpeak.generators.nulls.displacement_fields import degenerate_waves

    return degenerate_waves(box, count, seed).at(places)


def _rotating_patches(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
    from bosonpeak.generators.nulls.displacement_fields import rotating_patch

    generator = np.random.default_rng(seed)
    low, high = (share * float(box.min()) for share in PATCH_RADIUS)
    return np.stack([
        rotating_patch(
            places,
            box,
            generator.random(len(box)) * box,
            generator.uniform(low, high),
            axis=generator.standard_normal(3),
        )
        for _ in range(count)
    ])  # fmt: skip


def _smooth_fields(share: float | None) -> Callable[[FloatArray, FloatArray, int, SeedSequence], FloatArray]:
    def fields(places: FloatArray, box: FloatArray, count: int, seed: SeedSequence) -> FloatArray:
        from bosonpeak.generators.nulls.displacement_fields import gaussian_fields

        length = CORRELATION_LENGTH * float(box.min())
        even = 1.0 - 1.0 / len(box)
        return gaussian_fields(
            box, count, seed, correlation_length=length, transverse_share=even if share is None else share
        ).at(places)

    return fields


NULL_FIELDS: dict[str, Callable[[FloatArray, FloatArray, int, SeedSequence], FloatArray]] = {
    "superposed-waves": _superposed_waves,
    "rotating-patches": _rotating_patches,
    "random-fields": _smooth_fields(None),
    "irrotational-fields": _smooth_fields(0.0),
}
"""Superposed degenerate waves of the first transverse shell, patches that turn, smooth fields of random polarisation,
and smooth fields without rotation."""

PLANTED_FIELDS = {"rotation-at-small-stress": -1.0, "strain-at-small-stress": 1.0}
"""Fields that turn, and fields that strain, at small stresses: the sign with which A's transpose is added to A."""


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
