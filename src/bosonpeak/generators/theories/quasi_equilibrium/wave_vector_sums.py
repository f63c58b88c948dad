"""Double sum of eq. 11 of the quasi-equilibrium theory on a discrete grid of wave vectors.

For omega > 0 the sum over n and m leaves, for every wave vector q, the mode k = q +- k_G/2 with

    C(q, omega) = (2 pi c^2 / N) k^2 / (k^2 +- (3/4) k_G^2) delta(omega - c k),

twice (m = n, and m the inverse of n), a factor that eq. 12 and this module drop. Eq. 11 prints the minus sign in the
denominator, eqs 16 and 20 the plus sign. The shift moves weight along q and not along omega: if q runs over all wave
vectors, the density of states equals exactly the density without shift. Only if q is confined to the Debye sphere,
modes with a shifted wave vector outside are lost (neglected in eq. 15).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bosonpeak.datasets.arrays import BooleanArray, FloatArray
from bosonpeak.datasets.errors import SchemaError
from bosonpeak.generators.theories.quasi_equilibrium.closed_form import GRADIENT_COEFFICIENT


@dataclass(frozen=True)
class ModeSum:
    """All modes of the Debye sphere, with the wave vector at which eq. 11 shows them.

    Arrays (modes,): `mode_wavenumber` |k| > 0 in Debye wavenumbers, with frequency c |k|; `shown_wavenumber` |q| at
    which the mode appears in C(q, omega); `weight` k^2 / (k^2 +- (3/4) k_G^2), 1 without modulation, infinite at a zero
    denominator.
    """

    mode_wavenumber: FloatArray
    shown_wavenumber: FloatArray
    weight: FloatArray

    @property
    def inside(self) -> BooleanArray:
        """Modes that are shown inside the Debye sphere."""
        return np.asarray(self.shown_wavenumber <= 1.0 + 1e-12)

    @property
    def lost_fraction(self) -> float:
        """Share of the weight that is shown outside the Debye sphere."""
        return float(self.weight[~self.inside].sum() / self.weight.sum())

    def density(self, edges: FloatArray, *, confined: bool) -> FloatArray:
        """Weight per mode and frequency in bins of omega / omega_D, for all q or only q in the Debye sphere.

        `edges`: (bins + 1,); returns (bins,).
        """
        kept = self.inside if confined else np.ones(len(self.weight), dtype=bool)
        summed, _ = np.histogram(self.mode_wavenumber[kept], edges, weights=self.weight[kept])
        return np.asarray(summed / (len(self.weight) * np.diff(edges)))

    def smearing(self, mode_wavenumber: float) -> tuple[float, float, float]:
        """Lowest and highest |q| at which the modes of one shell appear, and their mean weight.

        `mode_wavenumber`: k_0 of a shell on the grid, in Debye wavenumbers; `SchemaError` for an unknown shell.
        """
        shell = np.abs(self.mode_wavenumber - mode_wavenumber) < 1e-9
        if not shell.any():
            raise SchemaError("no mode of the grid has this wavenumber", got=f"{mode_wavenumber:g}")
        shown = self.shown_wavenumber[shell]
        return float(shown.min()), float(shown.max()), float(self.weight[shell].mean())


def mode_sum(radius: int, half_shift: int, *, shift_sign: int = 1, gradient_sign: int = 1) -> ModeSum:
    """Sum of eq. 11 over all wave vectors 2 pi n / L in the Debye sphere, k_G along the first axis.

    `radius`: Debye wavenumber in units of 2 pi / L; `half_shift`: k_G/2 in the same units, an integer, because off the
    grid no delta function of eq. 11 is ever met; `shift_sign`: a mode k appears at q = k - k_G/2 (1, as printed) or k +
    k_G/2 (-1, as follows from eq. 8); `gradient_sign`: sign of (3/4) k_G^2, 1 for eq. 16, -1 for eq. 11 as printed.
    """
    if radius < 1 or half_shift < 0 or shift_sign not in (1, -1) or gradient_sign not in (1, -1):
        raise SchemaError(
            "impossible grid of wave vectors",
            expected="radius >= 1, half_shift >= 0, signs 1 or -1",
            got=f"radius = {radius}, half_shift = {half_shift}, signs {shift_sign} and {gradient_sign}",
        )
    axis = np.arange(-radius, radius + 1, dtype=np.float64)
    along, across = axis[:, None], axis[:, None] ** 2 + axis[None, :] ** 2
    squared = along[:, :, None] ** 2 + across[None, :, :]
    sphere = (squared <= radius**2) & (squared > 0.0)
    shifted = (along[:, :, None] - shift_sign * half_shift) ** 2 + across[None, :, :]
    k2 = squared[sphere]
    denominator = k2 + gradient_sign * GRADIENT_COEFFICIENT * (2.0 * half_shift) ** 2
    weight = np.divide(k2, denominator, out=np.full(k2.shape, np.inf), where=denominator != 0.0)
    return ModeSum(np.sqrt(k2) / radius, np.sqrt(shifted[sphere]) / radius, weight)


def overlap_of_spheres(shift: float) -> float:
    """Share of the Debye sphere inside a copy shifted by ``shift`` Debye wavenumbers, 0 to 2."""
    return float(1.0 - 0.75 * shift + 0.0625 * shift**3)
