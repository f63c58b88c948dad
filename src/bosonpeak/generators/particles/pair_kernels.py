"""Compiled energy of a pair and its derivatives: pair by pair, or for many pairs in loops made for vector units."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray

Code = tuple[int, ...]

INVERSE_POWER, LENNARD_JONES, HARMONIC, CUT_INVERSE_POWER, TABULATED = ((0,) * number for number in range(5))
"""Codes of the potentials. Tuple lengths are types for the compiler, so that kernels contain one potential each."""

# same order as `potentials.TRUNCATIONS`
_HARD, _SHIFTED, _FORCE_SHIFTED, _TAPERED = range(4)

# below this distance y from the cutoff exp(1/2 - 1/(2 y)) is smaller than all normal doubles
_SMALLEST_EXPONENTIAL_GAP = 7.1e-4

# gap assigned to pairs beyond their cutoff, so that all numbers stay finite
_NO_GAP = 1e-100

_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_INVERSE_FACTORIALS = tuple(1.0 / math.factorial(k) for k in range(12, 1, -1))


@njit(cache=True, error_model="numpy")
def pair_terms(code: Code, parameters: FloatArray, r: float, a_i: float, a_j: float) -> tuple[float, float, float]:
    """Energy, first and second derivative of a single pair, for compiled kernels."""
    if len(code) == 0:  # INVERSE_POWER
        return _inverse_power_terms(parameters, r, 0.5 * (a_i + a_j))
    if len(code) == 1:  # LENNARD_JONES
        return _lennard_jones_terms(parameters, r, a_i, a_j)
    if len(code) == 3:  # CUT_INVERSE_POWER
        return _cut_inverse_power_terms(parameters, r, 0.5 * (a_i + a_j))
    if len(code) == 4:  # TABULATED
        return _tabulated_terms(parameters, r, a_i, a_j)
    return _harmonic_terms(r, 0.5 * (a_i + a_j))


@njit(cache=True)
def pair_range(code: Code, parameters: FloatArray, largest_range: float, a_i: float, a_j: float) -> float:
    """Distance beyond which this pair does not interact, at most the largest range of all pairs."""
    by_pair = False
    if len(code) == 1:  # LENNARD_JONES
        by_pair = parameters[4] == 0.0
    if len(code) == 3:  # CUT_INVERSE_POWER
        by_pair = parameters[3] == 0.0
    return 0.5 * parameters[0] * (a_i + a_j) if by_pair else largest_range


@njit(cache=True, error_model="numpy")
def _inverse_power_terms(parameters: FloatArray, r: float, sigma: float) -> tuple[float, float, float]:
    cutoff = parameters[0]
    gap = (cutoff - r) / cutoff
    if gap <= 0.0:
        return 0.0, 0.0, 0.0
    exponent = int(parameters[1])
    x = r / cutoff
    amplitude = integer_power(sigma / cutoff, exponent)
    shape, slope, curvature = _shifted_power(x, gap, exponent)
    taper, taper_slope, taper_curvature = _taper_terms(x, gap, int(parameters[2]))
    return (
        amplitude * shape * taper,
        amplitude * (slope * taper + shape * taper_slope) / cutoff,
        amplitude * (curvature * taper + 2.0 * slope * taper_slope + shape * taper_curvature) / (cutoff * cutoff),
    )


@njit(cache=True, error_model="numpy")
def _lennard_jones_terms(parameters: FloatArray, r: float, a_i: float, a_j: float) -> tuple[float, float, float]:
    sigma, epsilon = 0.5 * (a_i + a_j), 1.0
    if parameters[3] != 0.0:
        sigma, epsilon = _kob_andersen_pair(a_i, a_j)
    reduced_cutoff = parameters[0] if parameters[4] == 0.0 else parameters[0] / sigma
    cutoff = reduced_cutoff * sigma
    gap = (cutoff - r) / cutoff
    if gap <= 0.0:
        return 0.0, 0.0, 0.0
    # Shifted energy with its derivatives by x = r / r_c: x^-12 - 1 and x^-6 - 1 without cancellation.
    x = r / cutoff
    sixth = 4.0 * epsilon * integer_power(1.0 / reduced_cutoff, 6)
    twelfth = sixth * integer_power(1.0 / reduced_cutoff, 6)
    p12, p12_slope, p12_curvature = _shifted_power(x, gap, 12)
    p6, p6_slope, p6_curvature = _shifted_power(x, gap, 6)
    energy = twelfth * p12 - sixth * p6
    slope = twelfth * p12_slope - sixth * p6_slope
    curvature = twelfth * p12_curvature - sixth * p6_curvature
    # Truncation: undo the shift, subtract the force at the cutoff, or apply the taper by the product rule.
    truncation = int(parameters[1])
    if truncation == _HARD:
        energy += twelfth - sixth
    elif truncation == _FORCE_SHIFTED:
        slope_at_cutoff = -12.0 * twelfth + 6.0 * sixth
        energy += gap * slope_at_cutoff
        slope -= slope_at_cutoff
    elif truncation == _TAPERED:
        taper, taper_slope, taper_curvature = _taper_terms(x, gap, int(parameters[2]))
        curvature = curvature * taper + 2.0 * slope * taper_slope + energy * taper_curvature
        slope = slope * taper + energy * taper_slope
        energy = energy * taper
    return energy, slope / cutoff, curvature / (cutoff * cutoff)


@njit(cache=True)
def _kob_andersen_pair(a_i: float, a_j: float) -> tuple[float, float]:
    minority = (1 if a_i < 0.94 else 0) + (1 if a_j < 0.94 else 0)
    if minority == 0:
        return 1.0, 1.0
    return (0.8, 1.5) if minority == 1 else (0.88, 0.5)


@njit(cache=True, error_model="numpy")
def _cut_inverse_power_terms(parameters: FloatArray, r: float, sigma: float) -> tuple[float, float, float]:
    cutoff = parameters[0] * sigma if parameters[3] == 0.0 else parameters[0]
    if r >= cutoff:
        return 0.0, 0.0, 0.0
    exponent = int(parameters[1])
    power = integer_power(sigma / r, exponent)
    energy = power - parameters[2] * integer_power(sigma / cutoff, exponent)
    slope, curvature = -exponent * power / r, exponent * (exponent + 1) * power / (r * r)
    if parameters[4] >= 0.0:
        taper, taper_slope, taper_curvature = _taper_terms(r / cutoff, (cutoff - r) / cutoff, int(parameters[4]))
        taper_slope, taper_curvature = taper_slope / cutoff, taper_curvature / (cutoff * cutoff)
        curvature = curvature * taper + 2.0 * slope * taper_slope + energy * taper_curvature
        slope = slope * taper + energy * taper_slope
        energy = energy * taper
    return energy, slope, curvature


@njit(cache=True, error_model="numpy")
def _harmonic_terms(r: float, sigma: float) -> tuple[float, float, float]:
    gap = (sigma - r) / sigma
    if gap <= 0.0:
        return 0.0, 0.0, 0.0
    return 0.5 * gap * gap, -gap / sigma, 1.0 / (sigma * sigma)


@njit(cache=True, error_model="numpy")
def _tabulated_terms(parameters: FloatArray, r: float, a_i: float, a_j: float) -> tuple[float, float, float]:
    """Quintic Hermite interpolation in the table of a pair of kinds; a parabola below the first knot."""
    # `parameters`: cutoff, first knot, step, number of knots, number of kinds, the kinds' values ascending, and for
    # each pair of kinds (i, j >= i) rows of energy, first and second derivative, one per knot.
    if r >= parameters[0]:
        return 0.0, 0.0, 0.0
    step, knots, kinds = parameters[2], int(parameters[3]), int(parameters[4])
    first, second = 0, 0
    for kind in range(1, kinds):
        middle = 0.5 * (parameters[4 + kind] + parameters[5 + kind])
        first += a_i > middle
        second += a_j > middle
    low, high = min(first, second), max(first, second)
    pair = low * kinds - (low * (low - 1)) // 2 + high - low
    place = (r - parameters[1]) / step
    left = min(max(int(place), 0), knots - 2)
    row = 5 + kinds + 3 * (pair * knots + left)
    u = place - left
    if u < 0.0:
        slope, curvature = parameters[row + 1], parameters[row + 2]
        distance = u * step
        return (
            parameters[row] + distance * (slope + 0.5 * distance * curvature),
            slope + distance * curvature,
            curvature,
        )
    # Taylor polynomial from the left knot, and the three coefficients that meet the right knot.
    value, slope, half = parameters[row], step * parameters[row + 1], 0.5 * step * step * parameters[row + 2]
    rest = parameters[row + 3] - value - slope - half
    rest_slope = step * parameters[row + 4] - slope - 2.0 * half
    rest_half = 0.5 * step * step * parameters[row + 5] - half
    third = 10.0 * rest - 4.0 * rest_slope + rest_half
    fourth = -15.0 * rest + 7.0 * rest_slope - 2.0 * rest_half
    fifth = 6.0 * rest - 3.0 * rest_slope + rest_half
    return (
        value + u * (slope + u * (half + u * (third + u * (fourth + u * fifth)))),
        (slope + u * (2.0 * half + u * (3.0 * third + u * (4.0 * fourth + u * 5.0 * fifth)))) / step,
        (2.0 * half + u * (6.0 * third + u * (12.0 * fourth + u * 20.0 * fifth))) / (step * step),
    )


@njit(cache=True, error_model="numpy")
def _shifted_power(x: float, gap: float, exponent: int) -> tuple[float, float, float]:
    """Value and derivatives of x^-n - 1, without cancellation: 1 - x^n = gap (1 + x + ... + x^(n-1))."""
    power, geometric_sum = _power_and_geometric_sum(x, exponent)
    inverse = 1.0 / power
    slope = -exponent * inverse / x
    return gap * geometric_sum * inverse, slope, -(exponent + 1) * slope / x


@njit(cache=True)
def _power_and_geometric_sum(x: float, exponent: int) -> tuple[float, float]:
    """Powers x^n and 1 + x + ... + x^(n-1), by doubling over the bits of n."""
    bit = 1
    while 2 * bit <= exponent:
        bit *= 2
    power, total = x, 1.0
    bit //= 2
    while bit > 0:
        total *= 1.0 + power
        power *= power
        if exponent & bit:
            total += power
            power *= x
        bit //= 2
    return power, total


@njit(cache=True, error_model="numpy")
def _taper_terms(x: float, gap: float, order: int) -> tuple[float, float, float]:
    """T_m and its first two derivatives with respect to x; order 0 is the exponential taper."""
    if order == 0:
        if gap < _SMALLEST_EXPONENTIAL_GAP:
            return 0.0, 0.0, 0.0
        inverse = 1.0 / gap
        value = math.exp(0.5 - 0.5 * inverse)
        square = inverse * inverse
        return value, -0.5 * square * value, (0.25 * square - inverse) * square * value
    base = gap * (1.0 + x)
    lower = integer_power(base, order - 2)
    return (
        lower * base * base,
        -2.0 * order * x * lower * base,
        lower * (4.0 * order * (order - 1) * x * x - 2.0 * order * base),
    )


@njit(cache=True, error_model="numpy")
def many_pair_slopes(
    code: Code,
    parameters: FloatArray,
    a_i: FloatArray,
    a_j: FloatArray,
    r: FloatArray,
    energy: FloatArray,
    slope: FloatArray,
) -> None:
    """Energies phi and slopes phi'/r of many pairs inside the range, all arrays of shape (pairs,)."""
    # Each loop uses few arrays: with more, the compiler cannot exclude overlaps and does not vectorise. Separate
    # allocations help this analysis more than rows of a matrix.
    if len(code) == 0:  # INVERSE_POWER
        _many_inverse_power_slopes(parameters, a_i, a_j, r, energy, slope)
        return
    if len(code) == 1 and parameters[4] == 0.0:  # LENNARD_JONES
        _many_lennard_jones_slopes(parameters, a_i, a_j, r, energy, slope)
        return
    for k in range(len(r)):
        terms = pair_terms(code, parameters, r[k], a_i[k], a_j[k])
        energy[k] = terms[0]
        slope[k] = terms[1] / r[k]


@njit(cache=True, error_model="numpy")
def _many_inverse_power_slopes(
    parameters: FloatArray, a_i: FloatArray, a_j: FloatArray, r: FloatArray, energy: FloatArray, slope: FloatArray
) -> None:
    cutoff, exponent, order = parameters[0], int(parameters[1]), int(parameters[2])
    inverse_cutoff = 1.0 / cutoff
    amplitude, x, gap = np.empty(len(r)), np.empty(len(r)), np.empty(len(r))
    power, total = np.empty(len(r)), np.empty(len(r))
    # Base a_ij / r_c of the amplitude, and the reduced distance with its gap to the cutoff.
    for k in range(len(r)):
        amplitude[k] = 0.5 * (a_i[k] + a_j[k]) * inverse_cutoff
    for k in range(len(r)):
        x[k] = r[k] * inverse_cutoff
        gap[k] = (cutoff - r[k]) * inverse_cutoff
    # Amplitude, x^n and geometric sum, then the taper; `energy` and `slope` serve as scratch until the end.
    _many_integer_powers(amplitude, exponent, energy, slope)
    _many_powers_and_geometric_sums(x, exponent, power, total)
    taper, taper_slope = energy, slope
    if order == 0:
        _many_exponential_tapers(gap, taper, taper_slope)
    else:
        _many_algebraic_tapers(x, gap, order, taper, taper_slope)
    # Shape x^-n - 1 = gap * sum / x^n (no cancellation), its slope, and the product rule with the taper.
    for k in range(len(r)):
        power[k] = 1.0 / power[k]
    shape = total
    for k in range(len(r)):
        shape[k] *= gap[k] * power[k]
    for k in range(len(r)):
        power[k] *= -exponent / x[k]
    for k in range(len(r)):
        slope[k] = power[k] * taper[k] + shape[k] * taper_slope[k]
    for k in range(len(r)):
        slope[k] *= amplitude[k] * inverse_cutoff / r[k]
    for k in range(len(r)):
        energy[k] *= amplitude[k] * shape[k]


@njit(cache=True, error_model="numpy")
def _many_lennard_jones_slopes(
    parameters: FloatArray, a_i: FloatArray, a_j: FloatArray, r: FloatArray, energy: FloatArray, slope: FloatArray
) -> None:
    """Like `_lennard_jones_terms`; pairs beyond their own cutoff are moved to the cutoff and contribute zero."""
    reduced_cutoff, truncation, order = parameters[0], int(parameters[1]), int(parameters[2])
    cutoff, strength, x, gap = np.empty(len(r)), np.empty(len(r)), np.empty(len(r)), np.empty(len(r))
    sixth = 4.0 * integer_power(1.0 / reduced_cutoff, 6)
    twelfth = sixth * integer_power(1.0 / reduced_cutoff, 6)
    slope_at_cutoff = -12.0 * twelfth + 6.0 * sixth
    # Cutoff and strength of each pair, then the reduced distance with its gap to the cutoff.
    if parameters[3] != 0.0:
        for k in range(len(r)):
            sigma, strength[k] = _kob_andersen_pair(a_i[k], a_j[k])
            cutoff[k] = reduced_cutoff * sigma
    else:
        for k in range(len(r)):
            strength[k] = 1.0
            cutoff[k] = 0.5 * reduced_cutoff * (a_i[k] + a_j[k])
    for k in range(len(r)):
        x[k] = min(r[k] / cutoff[k], 1.0)
        gap[k] = max((cutoff[k] - r[k]) / cutoff[k], _NO_GAP)
    # x^-6 and x^-6 - 1 (no cancellation) give the shifted energy and its slope in units of eps.
    power, total = np.empty(len(r)), np.empty(len(r))
    _many_powers_and_geometric_sums(x, 6, power, total)
    for k in range(len(r)):
        power[k] = 1.0 / power[k]
    for k in range(len(r)):
        total[k] *= gap[k] * power[k]
    for k in range(len(r)):
        energy[k] = (twelfth * (power[k] + 1.0) - sixth) * total[k]
    for k in range(len(r)):
        slope[k] = (6.0 * sixth - 12.0 * twelfth * power[k]) * power[k] / x[k]
    # Truncation: undo the shift, subtract the force at the cutoff, or apply the taper by the product rule.
    if truncation == _HARD:
        energy += twelfth - sixth
    elif truncation == _FORCE_SHIFTED:
        for k in range(len(r)):
            energy[k] += slope_at_cutoff * gap[k]
        slope -= slope_at_cutoff
    elif truncation == _TAPERED:
        taper, taper_slope = power, total
        if order == 0:
            _many_exponential_tapers(gap, taper, taper_slope)
        else:
            _many_algebraic_tapers(x, gap, order, taper, taper_slope)
        for k in range(len(r)):
            slope[k] = slope[k] * taper[k] + energy[k] * taper_slope[k]
        for k in range(len(r)):
            energy[k] *= taper[k]
    # Multiply by eps, and set pairs beyond their own cutoff to zero.
    for k in range(len(r)):
        strength[k] = strength[k] if gap[k] > _NO_GAP else 0.0
    for k in range(len(r)):
        energy[k] *= strength[k]
    for k in range(len(r)):
        slope[k] *= strength[k] / (cutoff[k] * r[k])


@njit(cache=True)
def _many_integer_powers(base: FloatArray, exponent: int, square: FloatArray, result: FloatArray) -> None:
    """Replace each base by its power; `square` and `result` are scratch."""
    for k in range(len(base)):
        square[k] = base[k]
        result[k] = 1.0
    while exponent > 0:
        if exponent & 1:
            for k in range(len(base)):
                result[k] *= square[k]
        exponent >>= 1
        if exponent > 0:
            for k in range(len(base)):
                square[k] *= square[k]
    for k in range(len(base)):
        base[k] = result[k]


@njit(cache=True)
def _many_powers_and_geometric_sums(x: FloatArray, exponent: int, power: FloatArray, total: FloatArray) -> None:
    bit = 1
    while 2 * bit <= exponent:
        bit *= 2
    for k in range(len(x)):
        power[k] = x[k]
        total[k] = 1.0
    bit //= 2
    while bit > 0:
        for k in range(len(x)):
            total[k] *= 1.0 + power[k]
            power[k] *= power[k]
        if exponent & bit:
            for k in range(len(x)):
                total[k] += power[k]
                power[k] *= x[k]
        bit //= 2


@njit(cache=True)
def _many_algebraic_tapers(
    x: FloatArray, gap: FloatArray, order: int, taper: FloatArray, taper_slope: FloatArray
) -> None:
    for k in range(len(x)):
        taper[k] = 1.0
    for _ in range(order - 1):
        for k in range(len(x)):
            taper[k] *= gap[k] * (1.0 + x[k])
    for k in range(len(x)):
        taper_slope[k] = -2.0 * order * x[k] * taper[k]
        taper[k] *= gap[k] * (1.0 + x[k])


@njit(cache=True, error_model="numpy")
def _many_exponential_tapers(gap: FloatArray, taper: FloatArray, taper_slope: FloatArray) -> None:
    """exp(1/2 - 1/(2 gap)) as 2^whole times a polynomial; values far below round-off are bounded by a normal number."""
    exponent_bits = np.empty(len(gap), np.int64)
    for k in range(len(gap)):
        argument = max(0.5 - 0.5 / gap[k], -700.0)
        whole = np.floor(argument * _LOG2_E + 0.5)
        rest = argument - whole * _LN2_HIGH - whole * _LN2_LOW
        series = _INVERSE_FACTORIALS[0]
        series = series * rest + _INVERSE_FACTORIALS[1]
        series = series * rest + _INVERSE_FACTORIALS[2]
        series = series * rest + _INVERSE_FACTORIALS[3]
        series = series * rest + _INVERSE_FACTORIALS[4]
        series = series * rest + _INVERSE_FACTORIALS[5]
        series = series * rest + _INVERSE_FACTORIALS[6]
        series = series * rest + _INVERSE_FACTORIALS[7]
        series = series * rest + _INVERSE_FACTORIALS[8]
        series = series * rest + _INVERSE_FACTORIALS[9]
        series = series * rest + _INVERSE_FACTORIALS[10]
        series = series * rest + 1.0
        series = series * rest + 1.0
        taper[k] = series
        exponent_bits[k] = (int(whole) + 1023) << 52
    scale = exponent_bits.view(np.float64)
    for k in range(len(gap)):
        taper[k] *= scale[k]
        taper_slope[k] = -0.5 * taper[k] / (gap[k] * gap[k])


@njit(cache=True)
def integer_power(base: float, exponent: int) -> float:
    """Non-negative integer power by squaring."""
    result, square = 1.0, base
    while exponent > 0:
        if exponent & 1:
            result *= square
        square *= square
        exponent >>= 1
    return result


@njit(cache=True)
def evaluate_pairs(
    code: Code, parameters: FloatArray, r: FloatArray, a_i: FloatArray, a_j: FloatArray, terms: FloatArray
) -> None:
    """Write `pair_terms` of many pairs into the three rows of `terms`."""
    for k in range(r.size):
        terms[0, k], terms[1, k], terms[2, k] = pair_terms(code, parameters, r[k], a_i[k], a_j[k])
