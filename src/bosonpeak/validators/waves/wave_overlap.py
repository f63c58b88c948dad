"""Overlap of modes with the lowest plane waves, compared with chance and with true superpositions of waves.

The overlap q of a mode with the span of D waves among M = dN - d displacements has three reference laws in closed form.

*Random fields*: q ~ Beta(D/2, (M - D)/2), `SharedStates` with B = M.

*Superposed waves, dressed by disorder*: a superposition with arbitrary amplitudes carries the share P of the weight,
isotropic noise the rest; q follows the noncentral Beta law of noncentrality P M / (1 - P), `DressedWaves`. P = 1 is the
pure superposition, q = 1.

*Mixed waves*: the D waves and B - D other states, mixed with level repulsion as in the Gaussian orthogonal ensemble.
Every mode of this band is a random direction in it, q ~ Beta(D/2, (B - D)/2), `SharedStates`. The mean D/B equals the
mean of dressed waves with P = D/B, but the scatter is large, since some modes of a band are more wave-like than others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike
from scipy import special

from bosonpeak.datasets.arguments import instance, number, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import StoredModes
from bosonpeak.validators.waves.plane_waves import Polarisation, WaveSpan, as_rows, orthonormal_waves

LEAST_WAVE_SHARE = 0.5
"""Share of waves below which a mode is no longer called a superposition of waves: the greater part.

Write an eigenmode u = sqrt(q) w + sqrt(1 - q) v, w in the span and v orthogonal to it. H u = omega^2 u gives
q (<w|H|w> - omega^2) = (1 - q) (<v|H|v> - omega^2): above q = 1/2 the softer of its two constituents, the one that
makes it a low mode, is the wave; below 1/2 it is not.
"""

SIGNIFICANCE = 0.05
"""Probability at which a null is denied although it is true."""

_POISSON_REACH = 9.0
"""Standard deviations of the Poisson mixture that are summed; what lies outside is below 1e-18."""


@dataclass(frozen=True)
class SharedStates:
    """Overlap of a random direction among B `states` with the span of D of them, the `waves`; requires B > D."""

    waves: int
    states: float

    def __post_init__(self) -> None:
        if not 0 < self.waves < self.states:
            raise NotApplicableError(
                "no such distribution of overlaps",
                expected="more states than waves, and at least one wave",
                got=f"{self.waves} waves among {self.states:g} states",
            )

    @property
    def mean(self) -> float:
        """Mean overlap D / B."""
        return self.waves / self.states

    def below(self, overlap: ArrayLike) -> FloatArray:
        """Probability of an overlap not larger than the given values."""
        return np.asarray(special.betainc(*self._shape, np.clip(overlap, 0.0, 1.0)))

    def above(self, overlap: ArrayLike) -> FloatArray:
        """Probability of an overlap not smaller than the given values."""
        return np.asarray(special.betaincc(*self._shape, np.clip(overlap, 0.0, 1.0)))

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Quantiles of the overlap at given probabilities."""
        return np.asarray(special.betaincinv(*self._shape, np.asarray(probability, dtype=np.float64)), dtype=np.float64)

    @property
    def _shape(self) -> tuple[float, float]:
        return 0.5 * self.waves, 0.5 * (self.states - self.waves)


@dataclass(frozen=True)
class DressedWaves:
    """Overlap of superposed waves, dressed by isotropic noise, with their span: a noncentral Beta law."""

    waves: int  # dimension D of the span
    freedom: int  # dimension M of the space of modes
    wave_share: float  # share P of the weight; the mean overlap is P + (1 - P) D / M

    def __post_init__(self) -> None:
        if not (0 < self.waves < self.freedom and 0.0 < self.wave_share < 1.0):
            raise NotApplicableError(
                "no such distribution of overlaps",
                expected="0 < waves < freedom and 0 < wave_share < 1",
                got=f"{self.waves}, {self.freedom} and {self.wave_share:g}",
            )

    def below(self, overlap: ArrayLike) -> FloatArray:
        """Probability of an overlap not larger than the given values."""
        value = np.clip(np.asarray(overlap, dtype=np.float64), 0.0, 1.0)[..., None]
        mean = 0.5 * self.wave_share * self.freedom / (1.0 - self.wave_share)
        reach = _POISSON_REACH * (np.sqrt(mean) + 1.0)
        count = np.arange(max(0, int(mean - reach)), int(mean + reach) + 1)
        weight = np.exp(special.xlogy(count, mean) - mean - special.gammaln(count + 1.0))
        return np.asarray(np.minimum(self._central(count, value) @ weight, 1.0))

    def _central(self, count: IntegerArray, value: FloatArray) -> FloatArray:
        """Incomplete Beta functions I(D/2 + count, b) of each value, by downward recurrence of non-negative terms."""
        a, b = 0.5 * self.waves + count, 0.5 * (self.freedom - self.waves)
        logarithm = special.xlogy(a, value) + special.xlog1py(b, -value) - np.log(a) - special.betaln(a, b)
        steps = np.exp(logarithm)
        steps[..., -1] = special.betainc(a[-1], b, value[..., 0])
        return np.asarray(np.cumsum(steps[..., ::-1], axis=-1)[..., ::-1])


@dataclass(frozen=True)
class WaveOverlap:
    """Overlap of modes with a span of waves, effect size and p-values, each (modes,)."""

    overlap: FloatArray
    wave_share: FloatArray  # (q - D/M) / (1 - D/M): 0 for random fields, P for dressed waves, 1 for pure waves
    p_chance: FloatArray  # probability that a random field has at least this overlap
    p_waves: FloatArray  # largest probability that dressed waves have at most this overlap
    p_mixed: FloatArray  # the same for a mode of a mixed band
    waves: int
    freedom: int


def overlap_with_waves(vectors: ArrayLike, span: WaveSpan) -> FloatArray:
    """Share of each mode's weight in the span of the first 1, 2, ... shells of waves.

    Parameters
    ----------
    vectors : array_like, shape (modes, particles, dimension)
        Unit masses; of any norm, translations are taken out.
    span : WaveSpan
        On the same particles.

    Returns
    -------
    ndarray of float64, shape (modes, shells)
        Ascending along a row, between 0 and 1.

    Raises
    ------
    NotApplicableError
        If the modes have another number of components than the waves.

    Examples
    --------
    A wave of the first shell is in both spans, a wave of the second shell only in the wider span.

    >>> import numpy as np
    >>> from bosonpeak.validators.waves import orthonormal_waves
    >>> positions = np.random.default_rng(1).uniform(0.0, 6.0, (100, 3))
    >>> span = orthonormal_waves(positions, [6.0, 6.0, 6.0], shells=2)
    >>> modes = span.basis[[0, 12]].reshape(2, 100, 3)
    >>> abs(overlap_with_waves(modes, span)).round(6).tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    rows, span = as_rows(vectors), instance(span, WaveSpan, "orthonormal_waves")
    if rows.shape[1] != span.basis.shape[1]:
        raise NotApplicableError(
            "modes and waves belong to different particles",
            expected=f"{span.basis.shape[1]} components",
            got=str(rows.shape[1]),
        )
    weight = (rows @ span.basis.T) ** 2
    member = span.shell[:, None] <= np.arange(1, len(span.wavenumber) + 1)
    return np.asarray(np.clip(weight @ member, 0.0, 1.0))


def judged_overlap(
    overlap: ArrayLike, waves: int, freedom: int, *, wave_share: float = LEAST_WAVE_SHARE
) -> WaveOverlap:
    """Test of overlaps with a span against random fields and against superposed waves.

    Parameters
    ----------
    overlap : array_like, shape (modes,)
        From `overlap_with_waves`, for one number of shells.
    waves, freedom : int
        Dimension of the span and of the space of modes.
    wave_share : float
        Least share of waves in a mode that the rival may call superposed waves. A smaller share is more lenient to the
        rival; the share of the glass's own modes at the phonon frequency is the most lenient sensible choice.

    Returns
    -------
    WaveOverlap

    Raises
    ------
    NotApplicableError
        If even random fields have this share of waves.

    Examples
    --------
    Nothing, half and all of a mode in the span of twelve waves, of which random fields have 12/2997; the first mode is
    not a superposition of these waves.

    >>> found = judged_overlap([0.0, 0.5, 1.0], waves=12, freedom=2997)
    >>> found.wave_share.round(3).tolist()
    [-0.004, 0.498, 1.0]
    >>> (found.p_waves > 0.05).tolist()
    [False, True, True]
    """
    value = numbers(overlap, "modes", finite=True)
    waves, freedom = whole_number(waves, "waves"), whole_number(freedom, "freedom")
    if not waves / freedom < number(wave_share, "wave_share") < 1.0:
        raise NotApplicableError(
            "superposed waves cannot be distinguished from random fields",
            expected=f"a least wave share between {waves / freedom:.3g} and 1",
            got=f"{wave_share:g}",
        )
    chance = SharedStates(waves, freedom)
    return WaveOverlap(
        overlap=value,
        wave_share=(value - chance.mean) / (1.0 - chance.mean),
        p_chance=chance.above(value),
        p_waves=DressedWaves(waves, freedom, wave_share).below(value),
        p_mixed=SharedStates(waves, waves / wave_share).below(value),
        waves=waves,
        freedom=freedom,
    )


@accept_old_spelling("dataset")
def ensemble_wave_overlap(
    data: Ensemble, *, shells: int = 3, polarisation: Polarisation = "transverse", wave_share: float = LEAST_WAVE_SHARE
) -> xr.Dataset:
    """Overlap of a glass ensemble's stored modes with the lowest waves, shell by shell.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Glass ensemble whose modes in space are stored: what `StoredModes` needs.
    shells : int
        Overlaps are given for the span of the first 1, 2, ... shells.
    polarisation : {"transverse", "longitudinal"}
    wave_share : float
        Least share of waves, as for `judged_overlap`.

    Returns
    -------
    xarray.Dataset
        ``overlap``, ``wave_share``, ``p_chance``, ``p_waves`` and ``p_mixed`` (configuration, low_mode, shell), as in
        `WaveOverlap`; ``waves`` (shell); ``frequency_ratio`` (configuration, low_mode) in units of the sample's first
        phonon; ``sample`` (configuration).

    Raises
    ------
    NotApplicableError
        If positions, modes or first phonons are not stored.

    Examples
    --------
    In a square each of the lowest three shells has 4 waves; a wider span holds more of a mode.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-1.00").isel(configuration=slice(4))
    >>> overlap = ensemble_wave_overlap(discs)
    >>> overlap["waves"].values.tolist()
    [4, 8, 12]
    >>> bool((overlap["overlap"].diff("shell") >= 0.0).all())
    True
    """
    data = one_ensemble(data)
    modes = StoredModes(data)
    judged: list[list[WaveOverlap]] = []
    for places, vectors in modes:
        found, waves, freedom = _of_configuration(places, vectors, modes.box, shells, polarisation)
        judged.append([
            judged_overlap(found[:, k], int(n), freedom, wave_share=wave_share) for k, n in enumerate(waves)
        ])  # fmt: skip

    def field(name: str) -> tuple[tuple[str, str, str], FloatArray]:
        values = [[getattr(each, name) for each in row] for row in judged]
        return ("configuration", "low_mode", "shell"), np.moveaxis(np.array(values), 1, 2)

    return xr.Dataset(
        {
            **{name: field(name) for name in ("overlap", "wave_share", "p_chance", "p_waves", "p_mixed")},
            "waves": ("shell", np.array([each.waves for each in judged[0]])),
            "frequency_ratio": (("configuration", "low_mode"), modes.ratio),
            "sample": ("configuration", modes.sample),
        },
        coords={"shell": np.arange(1, shells + 1)},
        attrs={
            "polarisation": polarisation,
            "freedom": judged[0][0].freedom,
            "dimension": data.sizes["axis"],
            "least_wave_share": wave_share,
        },
    )


@remembered(4096)
def _of_configuration(
    places: FloatArray, vectors: FloatArray, box: FloatArray, shells: int, polarisation: Polarisation
) -> tuple[FloatArray, IntegerArray, int]:
    """Overlaps with the spans of the first shells, number of waves up to each shell, and the freedom of the span."""
    span = orthonormal_waves(places, box, shells=shells, polarisation=polarisation)
    return overlap_with_waves(vectors, span), span.waves_up_to, span.freedom
