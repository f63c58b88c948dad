"""Classification of displacement fields as superposed waves, vortex, irrotational, or random.

A mode that does not reject superposed transverse waves (`wave_overlap`) is called waves; otherwise, a mode that rotates
like chance (`chance_curl`) is random, the others are vortex or irrotational. Both nulls are tested at one significance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.helmholtz import curl_weight
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, exact_interval
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.vortices.chance_curl import ChanceCurl, independent_waves
from bosonpeak.validators.vortices.curl_content import Vorticity, vorticity
from bosonpeak.validators.waves.plane_waves import orthonormal_waves
from bosonpeak.validators.waves.wave_overlap import (
    LEAST_WAVE_SHARE,
    SIGNIFICANCE,
    WaveOverlap,
    judged_overlap,
    overlap_with_waves,
)

Kind = Literal["waves", "vortex", "irrotational", "random"]

KINDS: tuple[Kind, ...] = ("waves", "vortex", "irrotational", "random")


@dataclass(frozen=True)
class ModeKinds:
    """Kinds of modes with the p-values and effect sizes behind them, arrays (modes,)."""

    # `p_random`, `p_vortex` and `rotation` are NaN without a rotation test.

    kind: NDArray[np.str_]  # one of `KINDS`, or "not waves" without a test for rotation
    p_waves: FloatArray  # probability that dressed waves have at most this overlap with the waves
    p_mixed: FloatArray  # the same for a band of mixed waves, not used for the kind
    p_random: FloatArray  # two-sided probability of a curl content as far from its mean under chance
    p_vortex: FloatArray  # larger of p_waves and p_random, 1 if below chance
    wave_share: FloatArray  # effect size of the overlap, 0 random, 1 pure superposition
    rotation: FloatArray  # d (C - (d - 1)/d), 0 for random and 1 for divergence-free fields
    significance: float


def mode_kinds(
    overlap: WaveOverlap,
    curl_content: ArrayLike,
    curl_error: ArrayLike,
    waves: ArrayLike,
    dimension: int,
    *,
    significance: float = SIGNIFICANCE,
) -> ModeKinds:
    """Kinds of modes from overlap and curl content, each (modes,); a NaN curl content is not tested for rotation."""
    content, error = np.asarray(curl_content, dtype=np.float64), np.asarray(curl_error, dtype=np.float64)
    seen = ~np.isnan(content)
    if not content.shape == error.shape == np.shape(waves) == overlap.overlap.shape or not (error[seen] >= 0.0).all():
        raise NotApplicableError(
            "curl contents do not fit the modes",
            expected=f"shape {overlap.overlap.shape} for each, errors not negative",
            got=f"{content.shape}, {error.shape} and {np.shape(waves)}",
        )
    chance = ChanceCurl(dimension, np.asarray(waves, dtype=np.float64)[seen])
    turning, not_turning = np.full_like(content, np.nan), np.full_like(content, np.nan)
    turning[seen] = chance.above(content[seen], error[seen])
    not_turning[seen] = chance.below(content[seen], error[seen])
    p_random = np.minimum(1.0, 2.0 * np.minimum(turning, not_turning))
    kind = np.select(
        [overlap.p_waves > significance, ~seen, p_random > significance, turning < not_turning],
        ["waves", "not waves", "random", "vortex"],
        "irrotational",
    )
    return ModeKinds(
        kind=kind,
        p_waves=overlap.p_waves,
        p_mixed=overlap.p_mixed,
        p_random=p_random,
        p_vortex=np.where((turning < not_turning) | ~seen, np.maximum(overlap.p_waves, p_random), 1.0),
        wave_share=overlap.wave_share,
        rotation=(content - chance.mean) / (1.0 - chance.mean),
        significance=significance,
    )


def waves_of_modes(found: Vorticity) -> FloatArray:
    """Number of independent waves in the curl content of each mode, shape (modes,)."""
    decomposition = found.decomposition
    return independent_waves(decomposition.powers.full.sum(axis=2), curl_weight(decomposition, found.radius))


@remembered(4096)
def judged_modes(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    *,
    shells: int = 1,
    wave_share: float = LEAST_WAVE_SHARE,
    significance: float = SIGNIFICANCE,
    radius: float | None = None,
    turning: ArrayLike | None = None,
) -> ModeKinds:
    """Kinds of modes of one configuration, from positions and displacements.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    vectors : array_like, shape (modes, particles, dimension)
    box : array_like, shape (dimension,)
        Lengths of the periodic box.
    shells : int
        Shells of transverse waves that the rival may superpose; waves of one shell are degenerate.
    wave_share : float
        Least share of waves in a mode that the rival may call superposed waves.
    significance : float
        Of each of the two tests.
    radius : float, optional
        Of the neighbourhoods in `vorticity`.
    turning : array_like of bool, shape (modes,), optional
        Modes to test for rotation, by far the slowest part; all by default.

    Returns
    -------
    ModeKinds

    Examples
    --------
    A superposition of the four lowest transverse waves of a square, and random displacements:

    >>> import numpy as np
    >>> from bosonpeak.validators.waves import orthonormal_waves
    >>> generator = np.random.default_rng(1)
    >>> positions = generator.uniform(0.0, 10.0, (100, 2))
    >>> waves = orthonormal_waves(positions, [10.0, 10.0]).basis.reshape(4, 100, 2)
    >>> superposed = np.tensordot([0.5, 0.5, 0.5, 0.5], waves, 1)
    >>> judged_modes(positions, [superposed, generator.standard_normal((100, 2))], [10.0, 10.0]).kind.tolist()
    ['waves', 'random']
    """
    span = orthonormal_waves(positions, box, shells=shells)
    overlap = judged_overlap(
        overlap_with_waves(vectors, span)[:, -1], len(span.basis), span.freedom, wave_share=wave_share
    )
    chosen = np.ones(len(overlap.overlap), bool) if turning is None else np.asarray(turning, dtype=bool)
    content, error, waves = (np.full(len(chosen), np.nan) for _ in range(3))
    if chosen.any():
        found = vorticity(positions, np.asarray(vectors)[chosen], box, radius=radius)
        content[chosen], error[chosen], waves[chosen] = found.curl_content, found.error, waves_of_modes(found)
    return mode_kinds(overlap, content, error, waves, np.shape(positions)[1], significance=significance)


def below_the_shell(frequency_ratio: ArrayLike, mean: float, rms: float, waves: int) -> FloatArray:
    """Probability, shape (modes,), that the lowest of `waves` independent normal modes has a frequency as low."""
    if not rms > 0.0:
        raise NotApplicableError("a shell without width is not split", expected="a positive rms", got=f"{rms:g}")
    single = special.ndtr((np.asarray(frequency_ratio, dtype=np.float64) - mean) / rms)
    return np.asarray(-np.expm1(waves * np.log1p(-np.minimum(single, 1.0 - 1e-16))))


def null_error_rates(nulls: Mapping[str, tuple[Kind, ModeKinds]], *, level: float = LEVEL) -> dict[str, Estimate]:
    """Misclassification rates of fields of known kind, with exact binomial intervals over draws."""
    return {name: _error_rate(name, truth, found, level) for name, (truth, found) in nulls.items()}


def _error_rate(name: str, truth: Kind, found: ModeKinds, level: float) -> Estimate:
    wrong, draws = int(np.count_nonzero(found.kind != truth)), len(found.kind)
    low, high = exact_interval(wrong, draws, level)
    return Estimate(
        f"misjudged {name}",
        wrong / draws,
        low,
        high,
        level,
        draws,
        "share of independent draws; exact binomial interval",
        details={
            "truth": truth,
            "nominal": found.significance,
            **{kind: int(np.count_nonzero(found.kind == kind)) for kind in KINDS},
        },
    )
