"""Correlation between the rotation of a mode and the local stresses.

In generalised heterogeneous elasticity (Schirmacher et al., Nat. Commun. 15, 3107 (2024), eqs 66-85) the vorticity
eta_l at a place l is an oscillator with the frozen-in stress sigma_l as its spring: its energy is quadratic in eta_l
with coefficient sigma_l (eq. 70), its resonance is at zeta omega^2 = sigma_l (eq. 81), and strain drives it (eq. 71). A
low mode should therefore rotate where |sigma_l| is small.

**Stress.** sigma^ab = e_a e_b r phi'(r) belongs to a pair (eq. 86); the theory uses its traceless part (eq. 89). A
particle is assigned half the stress of each of its pairs, and |sigma_l| is the Frobenius norm of the traceless part,
sqrt(sum_ab s_ab^2).

**Correlation.** Spearman's rank correlation over the particles between |sigma_l| and |eta_l|, or the size of the
traceless strain, from affine fits (`local_strain`). Both fields are smooth on some scale, so that a correlation of one
mode scatters by far more than 1/sqrt(N), and fits detect more where neighbours are many.

**Null.** The same mode elsewhere in the same glass: its plane waves (`helmholtz`) are shifted by random vectors, which
keeps spectrum, polarisation, shape and extent, and evaluated and fitted on the same particles. The excess of the mode's
correlation over the mean of its copies is 0 if the position of the mode is independent of the stresses. The mode itself
is also reconstructed from its waves, so that only the position differs. For fields resolved by the waves mode and
copies are exchangeable; unresolved sharp edges leave a spurious excess of about 0.02.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.datasets.arguments import instances, numbers, whole_number
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.displacement_fields.helmholtz import WAVES_PER_PARTICLE, HelmholtzDecomposition, decomposed
from bosonpeak.validators.displacement_fields.local_strain import LocalStrains, fitted_strains
from bosonpeak.validators.displacement_fields.particle_fields import ParticleFields, checked_fields, chosen_radius
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval, require_level
from bosonpeak.validators.estimates.memoise import remembered
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import StoredModes, own_seed
from bosonpeak.validators.waves.phonon_contrast import HIGHEST

COPIES = 12
"""Shifted copies of each mode."""


@dataclass(frozen=True)
class StressCorrelations:
    """Rank correlations with |sigma_l| per mode: raw, minus the mean over shifted copies, and scatter of the copies."""

    vorticity: FloatArray
    strain: FloatArray
    vorticity_excess: FloatArray
    strain_excess: FloatArray
    vorticity_scatter: FloatArray


@dataclass(frozen=True)
class StressVorticity:
    """Mean excess correlations with |sigma_l| of vorticity, strain and their difference, with intervals over chains."""

    vorticity: Estimate
    strain: Estimate
    difference: Estimate


def particle_stresses(pairs: ArrayLike, stress: ArrayLike, particles: int) -> FloatArray:
    """Stress of each particle: half the stress of each of its pairs.

    Parameters
    ----------
    pairs : array_like of int, shape (pairs, 2)
        Particles, each pair once.
    stress : array_like, shape (pairs, dimension, dimension)
        sigma_ab of each pair.
    particles : int
        Number of particles.

    Returns
    -------
    ndarray of float64, shape (particles, dimension, dimension)
        Adds up to the stress of all pairs.

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other.

    Examples
    --------
    The first two of three particles pull at each other.

    >>> import numpy as np
    >>> pull = np.diag([2.0, 0.0])
    >>> particle_stresses([[0, 1]], [pull], 3)[:, 0, 0].tolist()
    [1.0, 1.0, 0.0]
    """
    ends = numbers(pairs, "pairs", "two particles", finite=True).astype(np.int64)
    values = numbers(stress, "pairs", "dimension", "dimension")
    particles, square = whole_number(particles, "particles"), values.shape[1] == values.shape[2]
    if ends.shape != (len(values), 2) or not square or not ((ends >= 0) & (ends < particles)).all():
        raise NotApplicableError(
            "pairs and stresses do not fit each other",
            expected=f"(pairs, 2) below {particles} and (pairs, dimension, dimension)",
            got=f"{ends.shape} and {values.shape}",
        )
    summed = np.zeros((particles, *values.shape[1:]))
    for end in (0, 1):
        np.add.at(summed, ends[:, end], 0.5 * values)
    return summed


def deviator_size(tensor: ArrayLike) -> FloatArray:
    """Frobenius norm of the traceless part of symmetric tensors, over the last two axes."""
    values = np.asarray(tensor, dtype=np.float64)
    dimension = values.shape[-1]
    trace = np.trace(values, axis1=-2, axis2=-1) / dimension
    return np.asarray(np.linalg.norm(values - trace[..., None, None] * np.eye(dimension), axis=(-2, -1)))


@remembered(512)
def stress_correlations(
    positions: ArrayLike,
    vectors: ArrayLike,
    box: ArrayLike,
    stress_size: ArrayLike,
    *,
    radius: float | None = None,
    copies: int = COPIES,
    seed: int = 0,
) -> StressCorrelations:
    """Rank correlation of rotation and strain with the local stress, for the modes of one configuration.

    Parameters
    ----------
    positions : array_like, shape (particles, dimension)
    vectors : array_like, shape (modes, particles, dimension)
        Displacements of any norm.
    box : array_like
        Length of the periodic box, one number or one an axis.
    stress_size : array_like, shape (particles,)
        |sigma_l|, from `particle_stresses` and `deviator_size`.
    radius : float, optional
        Of the affine fits; three mean particle distances by default.
    copies : int
        Shifted copies of each mode, at least two.
    seed : int
        Of the shifts.

    Returns
    -------
    StressCorrelations

    Raises
    ------
    NotApplicableError
        If the arrays do not fit each other, or there are fewer than two copies.

    Examples
    --------
    A stress proportional to the rotation has the same ranking.

    >>> import numpy as np
    >>> from bosonpeak.validators.displacement_fields import local_strains
    >>> positions = np.random.default_rng(1).uniform(0.0, 10.0, (100, 2))
    >>> waves = np.sin(2.0 * np.pi * positions / 10.0)[None, :, ::-1]
    >>> turning = abs(local_strains(positions, waves, 10.0).vorticity[0])
    >>> stress_correlations(positions, waves, 10.0, turning).vorticity.round(6).tolist()
    [1.0]
    """
    fields = checked_fields(positions, vectors, box)
    size, copies = numbers(stress_size, "particles"), whole_number(copies, "copies")
    if size.shape != (len(fields.positions),) or not np.isfinite(size).all() or copies < 2:
        raise NotApplicableError(
            "no correlation with these stresses",
            expected=f"one finite size for each of {len(fields.positions)} particles, and two copies or more",
            got=f"shape {size.shape}, {copies} copies",
        )
    waves = decomposed(fields, waves_per_particle=WAVES_PER_PARTICLE, probes=0, seed=0)
    shifts = np.random.default_rng(seed).random((copies, fields.dimension)) * fields.box
    reach = chosen_radius(fields, radius)
    own, *copied = _correlations(fields, waves, [np.zeros(fields.dimension), *shifts], size, reach)
    chance = np.stack(copied)
    excess = own - chance.mean(axis=0)
    return StressCorrelations(own[0], own[1], excess[0], excess[1], chance[:, 0].std(axis=0, ddof=1))


@accept_old_spelling("correlations", positional=("chain",))
def stress_vorticity(
    data: Sequence[StressCorrelations], *, chain: ArrayLike | None = None, level: float = LEVEL
) -> StressVorticity:
    """Mean excess correlations over glasses.

    Parameters
    ----------
    data : sequence of StressCorrelations
        One a configuration, of the modes to average.
    chain : array_like, shape (configurations,), optional
        Independent run of each configuration; configurations of one chain are averaged first.
    level : float
        Confidence level of the Student-t intervals over chains.

    Returns
    -------
    StressVorticity

    Raises
    ------
    NotApplicableError
        If the number of labels is wrong, or there is no mode.

    Examples
    --------
    Random modes are uncorrelated with random stresses.

    >>> import numpy as np
    >>> from bosonpeak.validators.vortices import stress_correlations
    >>> generator = np.random.default_rng(1)
    >>> unrelated = []
    >>> for _ in range(4):
    ...     positions, modes = generator.uniform(0.0, 10.0, (100, 2)), generator.standard_normal((3, 100, 2))
    ...     unrelated.append(stress_correlations(positions, modes, 10.0, generator.random(100)))
    >>> found = stress_vorticity(unrelated)
    >>> found.vorticity.low < 0.0 < found.vorticity.high
    True
    """
    require_level(level)
    correlations = instances(data, StressCorrelations, "stress_correlations")
    labels = np.arange(len(correlations)) if chain is None else np.unique(np.asarray(chain), return_inverse=True)[1]
    if labels.shape != (len(correlations),) or not all(len(each.vorticity) for each in correlations) or not len(labels):
        raise NotApplicableError(
            "no correlations to average", expected="a label and at least one mode for each configuration"
        )
    vorticity = np.array([each.vorticity_excess.mean() for each in correlations])
    strain = np.array([each.strain_excess.mean() for each in correlations])
    modes = int(sum(len(each.vorticity) for each in correlations))

    def estimate(name: str, values: FloatArray) -> Estimate:
        by_chain = np.bincount(labels, weights=values) / np.bincount(labels)
        value, low, high = mean_interval(by_chain, level=level)
        method = "rank correlation less that of shifted copies of each mode; mean over chains, Student-t interval"
        return Estimate(name, value, low, high, level, len(by_chain), method, details={"modes": modes})

    return StressVorticity(
        vorticity=estimate("excess correlation of vorticity with local stress", vorticity),
        strain=estimate("excess correlation of strain with local stress", strain),
        difference=estimate("excess correlation with local stress, vorticity less strain", vorticity - strain),
    )


def modes_at_small_stress(
    data: Ensemble, stress_size: Callable[[int], FloatArray], *, low: float = 0.0, high: float = HIGHEST
) -> StressVorticity:
    """Excess rank correlations of modes in a window with the stress sizes (particles,) of each configuration."""
    modes = StoredModes(one_ensemble(data))
    inside = (modes.ratio >= low) & (modes.ratio < high)
    found = []
    for index, ((places, vectors), chosen) in enumerate(zip(modes, inside, strict=True)):
        if chosen.any():
            seed = int(own_seed(places).generate_state(1)[0])
            found.append(stress_correlations(places, vectors[chosen], modes.box, stress_size(index), seed=seed))
    if not found:
        raise NotApplicableError("no stored mode lies in the window", expected=f"[{low:g}, {high:g}) omega_0")
    judged = stress_vorticity(found, chain=modes.cluster[inside.any(axis=1)])
    return StressVorticity(
        *(replace(each, window=(low, high)) for each in (judged.vorticity, judged.strain, judged.difference))
    )


def _correlations(
    fields: ParticleFields, waves: HelmholtzDecomposition, shifts: Sequence[FloatArray], size: FloatArray, radius: float
) -> FloatArray:
    """Rank correlations of vorticity and strain with the stresses of shifted modes, shape (shifts, 2, modes)."""
    # A shift only changes the phase of each wave, so that sines and cosines are computed once for all shifts.
    phases = np.exp(-1j * np.asarray(shifts) @ waves.wave_vectors.T)
    amplitudes = (phases[:, None, :, None] * waves.amplitudes).reshape(-1, *waves.amplitudes.shape[1:])
    moved = replace(waves, amplitudes=amplitudes).displacements(fields.positions)
    strains = fitted_strains(ParticleFields(fields.positions, moved, fields.box), radius)
    found = np.stack([_rank_correlation(values, size) for values in _sizes(strains)])
    return found.reshape(2, len(shifts), -1).swapaxes(0, 1)


def _sizes(strains: LocalStrains) -> tuple[FloatArray, FloatArray]:
    turning = strains.vorticity
    turning = np.abs(turning) if turning.ndim == 2 else np.linalg.norm(turning, axis=2)
    return turning, deviator_size(strains.strain)


def _rank_correlation(values: FloatArray, size: FloatArray) -> FloatArray:
    """Spearman's correlation of each row with the sizes, over particles with a fit."""
    from scipy.stats import rankdata

    fitted = ~np.isnan(values[0])
    ranks = rankdata(values[:, fitted], axis=1)
    against = rankdata(size[fitted])
    ranks -= ranks.mean(axis=1, keepdims=True)
    against -= against.mean()
    return np.asarray(ranks @ against / np.sqrt((ranks**2).sum(axis=1) * (against**2).sum()))
