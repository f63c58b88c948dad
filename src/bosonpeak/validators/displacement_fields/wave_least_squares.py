"""Least-squares plane waves through displacements at disordered points.

A sum over particles, sum_j u_j exp(-i k.r_j) / N, mixes the waves: one wave of unit amplitude contributes to another
the structure amplitude sum_j exp(i (k - k').r_j) / N, with mean square S(k - k') / N. The normal equations undo the
mixing: A^H A a = A^H u, where (A^H A)_kk' are these structure amplitudes, for all waves below a wave number at once. A
field made only of these waves is recovered exactly, for any structure.

Two solvers share one result: a Cholesky factor for up to about a thousand waves, and conjugate gradients for more, in
which the matrix acts as a convolution, so that the cost is linear in the number of particles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.fft
from scipy import linalg

from bosonpeak.datasets.array_types import BooleanArray, ComplexArray, FloatArray, IntegerArray
from bosonpeak.datasets.errors import ConvergenceError, NotApplicableError
from bosonpeak.validators.displacement_fields.fourier import FourierSums, phase_factors, wave_number_grid
from bosonpeak.validators.displacement_fields.particle_fields import ParticleFields

DENSE_UNKNOWNS = 1001
"""Up to this many real unknowns a component, the normal equations are factored."""

WORST_CONDITION = 1e6
"""Normal equations of a larger condition number are refused."""

LOWER_SHARE = 0.8
"""The fit is repeated with the waves below this share of the highest wave number."""

_TOLERANCE = 1e-8
_ITERATIONS = 500


@dataclass(frozen=True)
class FittedWaves:
    """Amplitudes a_k (modes, waves, dimension) of u(r) = a_0 + Re sum_k a_k exp(i k.r), one of each pair +-k."""

    amplitudes: ComplexArray
    lower: ComplexArray  # from the waves up to `LOWER_SHARE` of the highest wave number only
    unresolved: FloatArray  # (modes,), squares not reproduced


class WaveFit(Protocol):
    """Least squares for any number of modes on the same particles."""

    wave_numbers: IntegerArray
    """One of each pair +-n by ascending |k|, k = 2 pi n / L; shape (waves, dimension)."""

    condition: float
    """Condition number of the normal equations."""

    def fit(self, vectors: FloatArray) -> FittedWaves:
        """Amplitudes of modes, shape (modes, particles, dimension)."""
        ...


def wave_fit(fields: ParticleFields, *, waves_per_particle: float) -> WaveFit:
    """Prepare the least squares; `NotApplicableError` for too many waves, or large holes between particles."""
    if not 0.0 < waves_per_particle < 1.0:
        raise NotApplicableError(
            "no such number of waves", expected="0 < waves_per_particle < 1", got=f"{waves_per_particle:g}"
        )
    particles = len(fields.positions)
    numbers = lowest_wave_numbers(fields.box, int(waves_per_particle * particles) // 2)
    if len(numbers) == 0:
        raise NotApplicableError("too few particles for any wave", expected="several a wave", got=f"{particles}")
    kind = _DenseWaveFit if 2 * len(numbers) + 1 <= DENSE_UNKNOWNS else _IterativeWaveFit
    fitting: WaveFit = kind(fields.positions, fields.box, numbers)
    if not fitting.condition <= WORST_CONDITION:
        raise NotApplicableError(
            "the waves cannot be distinguished on these particles",
            expected=f"a condition number of at most {WORST_CONDITION:g}",
            got=f"{fitting.condition:.3g}",
            likely_cause="particles leave a hole wider than the shortest wavelength: ask for fewer waves a particle",
        )
    return fitting


def lowest_wave_numbers(box: FloatArray, count: int) -> IntegerArray:
    """Wave numbers n != 0 of lowest |k|, one of each pair +-n, in complete shells; at most ``count``."""
    dimension = len(box)
    ball = {2: math.pi, 3: 4.0 * math.pi / 3.0}[dimension]
    # Radius of a ball with more than twice the requested waves, so that all requested waves are inside.
    radius = (2.0 * (2.0 * count + 1.0) / ball / box.prod()) ** (1.0 / dimension) + 1.0 / box.min()
    reach = (radius * box).astype(int) + 1
    axes = np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij")
    numbers = np.stack([axis.ravel() for axis in axes], axis=1)
    numbers = numbers[len(numbers) // 2 + 1 :]
    square = ((numbers / box) ** 2).sum(axis=1)
    order = np.argsort(square, kind="stable")
    numbers, square = numbers[order], square[order]
    while 0 < count < len(square) and square[count] <= square[count - 1] * (1.0 + 1e-9):
        count -= 1
    return np.asarray(numbers[:count])


def _lower_count(numbers: IntegerArray, box: FloatArray) -> int:
    wavenumber = np.linalg.norm(numbers / box, axis=1)
    return max(int(np.count_nonzero(wavenumber <= LOWER_SHARE * wavenumber[-1])), 1)


class _DenseWaveFit:
    """Cholesky factor of the real normal equations; rows 1, cos, sin, cos, sin ... of norm near sqrt(N)."""

    def __init__(self, positions: FloatArray, box: FloatArray, numbers: IntegerArray) -> None:
        self.wave_numbers = numbers
        factors = math.sqrt(2.0) * phase_factors(positions, box, numbers)
        self._rows = np.empty((2 * len(numbers) + 1, len(positions)))
        self._rows[0] = 1.0
        self._rows[1::2] = factors.real
        self._rows[2::2] = factors.imag
        normal = self._rows @ self._rows.T
        spectrum = linalg.eigvalsh(normal)
        self.condition = float(spectrum[-1] / spectrum[0]) if spectrum[0] > 0.0 else math.inf
        if self.condition <= WORST_CONDITION:
            self._factor = linalg.cholesky(normal, lower=True, check_finite=False)
            # The leading block of a Cholesky factor is the factor of the leading block.
            lower = 2 * _lower_count(numbers, box) + 1
            self._lower_factor = np.asfortranarray(self._factor[:lower, :lower])

    def fit(self, vectors: FloatArray) -> FittedWaves:
        modes, particles, dimension = vectors.shape
        given = vectors.transpose(1, 0, 2).reshape(particles, modes * dimension)
        right = self._rows @ given
        solution = linalg.cho_solve((self._factor, True), right, check_finite=False)
        fewer = linalg.cho_solve((self._lower_factor, True), right[: len(self._lower_factor)], check_finite=False)
        left = ((given - self._rows.T @ solution) ** 2).sum(axis=0)
        shape = (modes, dimension)
        return FittedWaves(_complex(solution, shape), _complex(fewer, shape), left.reshape(shape).sum(axis=1))


def _complex(solution: FloatArray, shape: tuple[int, int]) -> ComplexArray:
    """Amplitudes from the coefficients of sqrt(2) cos and sqrt(2) sin, shape (modes, waves, dimension)."""
    amplitude = math.sqrt(2.0) * (solution[1::2] - 1j * solution[2::2])
    return np.asarray(amplitude.reshape(-1, *shape).transpose(1, 0, 2))


class _IterativeWaveFit:
    """Conjugate gradients on the half grid of `FourierSums`, with coefficients zero outside the ball of waves."""

    # The normal matrix is a convolution with the structure amplitudes: a field on a grid, multiplied by the density
    # there.

    def __init__(self, positions: FloatArray, box: FloatArray, numbers: IntegerArray) -> None:
        self.wave_numbers = numbers
        reach = tuple(int(n) for n in np.abs(numbers).max(axis=0))
        self._sizes = tuple(scipy.fft.next_fast_len(4 * n + 1, real=True) for n in reach)
        self._sums = FourierSums(positions, box, reach)
        self._density = self._density_on_grid(positions, box, reach)
        self._place(numbers, reach)
        wavenumber = np.linalg.norm(numbers / box, axis=1)
        grid = np.meshgrid(*wave_number_grid(reach), indexing="ij")
        square = sum((number / length) ** 2 for number, length in zip(grid, box, strict=True))
        self._inside = square <= (wavenumber[-1] * (1.0 + 1e-9)) ** 2
        self._lower = _lower_count(numbers, box)
        self._inside_lower = square <= (wavenumber[self._lower - 1] * (1.0 + 1e-9)) ** 2
        # The half grid stores one wave of each pair +-n, but both waves on the plane n = 0 of the last axis.
        self._weight = np.where(grid[-1] > 0, 2.0, 1.0)
        self._embedding = np.ix_(*[
            number % size for number, size in zip(wave_number_grid(reach), self._sizes, strict=True)
        ])  # fmt: skip
        probe = np.random.default_rng(0).standard_normal(len(positions))
        _, self.condition = self._solve(self._sums(probe), self._inside)

    def fit(self, vectors: FloatArray) -> FittedWaves:
        modes, _, dimension = vectors.shape
        full = np.empty((modes, len(self.wave_numbers), dimension), complex)
        lower = np.empty((modes, self._lower, dimension), complex)
        unresolved = (vectors**2).sum(axis=(1, 2))
        for mode in range(modes):
            for axis in range(dimension):
                right = self._sums(vectors[mode, :, axis])
                solution, _ = self._solve(right, self._inside)
                unresolved[mode] -= self._product(solution, right)
                full[mode, :, axis] = self._listed(solution)
                fewer, _ = self._solve(right, self._inside_lower, solution)
                lower[mode, :, axis] = self._listed(fewer)[: self._lower]
        return FittedWaves(full, lower, np.maximum(unresolved, 0.0))

    def _density_on_grid(self, positions: FloatArray, box: FloatArray, reach: tuple[int, ...]) -> FloatArray:
        """Particle density on the grid, with waves up to twice the highest wave number."""
        twice = tuple(2 * n for n in reach)
        place = np.ix_(*[number % size for number, size in zip(wave_number_grid(twice), self._sizes, strict=True)])
        spectrum = np.zeros((*self._sizes[:-1], self._sizes[-1] // 2 + 1), complex)
        spectrum[place] = FourierSums(positions, box, twice)(np.ones(len(positions)))
        return np.asarray(scipy.fft.irfftn(spectrum, s=self._sizes, norm="forward"))

    def _place(self, numbers: IntegerArray, reach: tuple[int, ...]) -> None:
        """Set the half-grid index of each listed wave, and a flag if the grid stores the conjugate wave."""
        self._conjugate = numbers[:, -1] < 0
        stored = np.where(self._conjugate[:, None], -numbers, numbers)
        self._index = tuple(
            stored[:, axis] % (2 * reach[axis] + 1) if axis < len(reach) - 1 else stored[:, axis]
            for axis in range(len(reach))
        )

    def _listed(self, coefficients: ComplexArray) -> ComplexArray:
        values = 2.0 * coefficients[self._index]
        return np.asarray(np.where(self._conjugate, values.conj(), values))

    def _product(self, first: ComplexArray, second: ComplexArray) -> float:
        return float((self._weight * (first.real * second.real + first.imag * second.imag)).sum())

    def _times(self, coefficients: ComplexArray, inside: BooleanArray) -> ComplexArray:
        spectrum = np.zeros((*self._sizes[:-1], self._sizes[-1] // 2 + 1), complex)
        spectrum[self._embedding] = coefficients
        field = scipy.fft.irfftn(spectrum, s=self._sizes, norm="forward")
        field *= self._density
        return np.asarray(np.where(inside, scipy.fft.rfftn(field, norm="forward")[self._embedding], 0.0))

    def _solve(
        self, right: ComplexArray, inside: BooleanArray, start: ComplexArray | None = None
    ) -> tuple[ComplexArray, float]:
        """Solution, and the condition number estimated by the iteration."""
        right = np.where(inside, right, 0.0)
        solution = np.zeros_like(right) if start is None else np.where(inside, start, 0.0)
        residual = right if start is None else right - self._times(solution, inside)
        direction = residual.copy()
        square = self._product(residual, residual)
        goal = _TOLERANCE**2 * self._product(right, right)
        steps: list[tuple[float, float]] = []
        while square > goal:
            if len(steps) == _ITERATIONS:
                raise ConvergenceError(
                    "the fit of waves does not converge",
                    expected=f"a relative residual of {_TOLERANCE:g} in {_ITERATIONS} steps",
                    got=f"{math.sqrt(square / goal) * _TOLERANCE:.2g}",
                    likely_cause="particles leave a hole wider than the shortest wavelength: ask for fewer waves",
                )
            image = self._times(direction, inside)
            length = square / self._product(direction, image)
            solution = solution + length * direction
            residual = residual - length * image
            previous, square = square, self._product(residual, residual)
            steps.append((length, square / previous))
            direction = residual + steps[-1][1] * direction
        return solution, _lanczos_condition(steps)


def _lanczos_condition(steps: list[tuple[float, float]]) -> float:
    """Condition number of a matrix from the step lengths and residual ratios of conjugate gradients."""
    if not steps:
        return 1.0
    length, ratio = np.array(steps).T
    diagonal = 1.0 / length
    diagonal[1:] += ratio[:-1] / length[:-1]
    beside = np.sqrt(ratio[:-1]) / length[:-1]
    ritz = linalg.eigvalsh_tridiagonal(diagonal, beside) if len(diagonal) > 1 else diagonal
    return float(ritz[-1] / ritz[0])
