"""Vortex modes below the first phonon that are not superpositions of waves, as a fraction of the low modes.

A mode is a genuine vortex mode if its frequency is below the first transverse phonon, if it rotates more than chance,
and if it has less overlap with the degenerate waves of the first shell than superposed waves would. All tests must
reject; the p-value is the maximum over the tests, so that no multiplicity correction is needed (Berger, 1982).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bosonpeak.datasets.array_types import BooleanArray, FloatArray, IntegerArray
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, clustered_fraction, require_level
from bosonpeak.validators.estimates.old_spellings import accept_old_spelling
from bosonpeak.validators.estimates.stored_modes import StoredModes
from bosonpeak.validators.vortices.mode_kinds import ModeKinds, below_the_shell, judged_modes
from bosonpeak.validators.waves.phonon_contrast import AT_THE_PHONON, HIGHEST
from bosonpeak.validators.waves.shell_splitting import SplitShell
from bosonpeak.validators.waves.wave_overlap import LEAST_WAVE_SHARE, SIGNIFICANCE

_OF_KINDS = ("kind", "p_waves", "p_mixed", "p_random", "wave_share", "rotation")


@dataclass(frozen=True)
class VortexCensus:
    """Kinds of the modes below the first phonon, as fractions."""

    # Modes above the limit are not tested for rotation: their kind is "waves" or "not waves", their rotation is NaN. If
    # `waves_at_the_phonon` is small, this glass has no waves of this length, and a low mode that is not a superposition
    # is nothing special.

    genuine: Estimate  # up to the significance of them may be superposed waves or random
    genuine_if_mixed: Estimate  # if the rival may call any mode of a mixed band waves
    waves: Estimate  # not distinguished from waves
    irrotational: Estimate  # rotate less than chance
    random: Estimate  # rotate like chance
    waves_at_the_phonon: Estimate | None  # control among modes at the first phonon
    modes: xr.Dataset  # ``kind``, ``genuine``, p-values, effect sizes and ``frequency_ratio`` of all


@accept_old_spelling("dataset")
def vortex_census(
    data: Ensemble,
    *,
    highest: float = HIGHEST,
    shells: int = 1,
    wave_share: float = LEAST_WAVE_SHARE,
    shell: SplitShell | None = None,
    significance: float = SIGNIFICANCE,
    radius: float | None = None,
    level: float = LEVEL,
) -> VortexCensus:
    """Fraction of genuine vortex modes among a glass ensemble's stored modes below the first phonon.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        Glass ensemble whose modes in space are stored: what `StoredModes` needs.
    highest : float
        Modes below this fraction of their sample's omega_0 are judged.
    shells : int
        Shells of transverse waves that the rival may superpose; waves of one shell are degenerate.
    wave_share : float
        Least share of waves in a mode that the rival may call superposed waves.
    shell : SplitShell, optional
        The measured shell; genuine modes must then also lie below the frequencies explained by its splitting.
    significance : float
        Of each test.
    radius : float, optional
        Of the neighbourhoods in `vorticity`.
    level : float
        Confidence level of the intervals over chains, or over configurations where chains are unknown.

    Returns
    -------
    VortexCensus

    Raises
    ------
    NotApplicableError
        If a variable is missing or no mode is below the limit.

    Examples
    --------
    Every tested mode is of one of four kinds.

    >>> from bosonpeak.datasets import open_dataset
    >>> discs = open_dataset("glass/modes-2d", group="m-2/T-1.00").isel(configuration=slice(20))
    >>> found = vortex_census(discs)
    >>> round(sum(each.value for each in (found.genuine, found.waves, found.irrotational, found.random)), 6)
    1.0
    """
    data = one_ensemble(data)
    require_level(level)
    modes = StoredModes(data)
    ratio, cluster = modes.ratio, modes.cluster
    kinds = [
        judged_modes(
            places,
            vectors,
            modes.box,
            shells=shells,
            wave_share=wave_share,
            significance=significance,
            radius=radius,
            turning=ratio[index] < highest,
        )
        for index, (places, vectors) in enumerate(modes)
    ]
    # Tested modes below the limit, and the control: modes at the first phonon.
    table = _table(kinds, ratio, shell, highest)
    judged = _Window(0.0, highest, ratio, cluster, table["wave_share"].values, level)
    control = _Window(*AT_THE_PHONON, ratio, cluster, table["wave_share"].values, level)
    of_waves = table["kind"].values == "waves"
    genuine = table["genuine"].values
    if not judged.inside.any():
        raise NotApplicableError("no mode lies below the first phonon", expected=f"below {highest:g} omega_0")
    return VortexCensus(
        genuine=judged.fraction("genuine vortex modes", genuine),
        genuine_if_mixed=judged.fraction(
            "genuine vortex modes, waves mixed", genuine & (table["p_mixed"].values <= significance)
        ),
        waves=judged.fraction("modes indistinguishable from superposed waves", of_waves),
        irrotational=judged.fraction("irrotational modes", table["kind"].values == "irrotational"),
        random=judged.fraction("modes that turn as chance has it", table["kind"].values == "random"),
        waves_at_the_phonon=control.fraction("modes at the phonon indistinguishable from superposed waves", of_waves)
        if control.inside.any()
        else None,
        modes=table,
    )


@dataclass(frozen=True)
class _Window:
    """Stored modes in a window of reduced frequency."""

    low: float
    high: float
    ratio: FloatArray
    cluster: IntegerArray
    wave_share: FloatArray
    level: float

    @property
    def inside(self) -> BooleanArray:
        return np.asarray((self.ratio >= self.low) & (self.ratio < self.high))

    def fraction(self, name: str, chosen: BooleanArray) -> Estimate:
        """Fraction of the chosen modes among the modes of the window."""
        hits = chosen[self.inside]
        label = np.broadcast_to(self.cluster[:, None], self.ratio.shape)[self.inside]
        trials = np.bincount(label)
        value, low, high = clustered_fraction(np.bincount(label, weights=hits), trials, self.level)
        return Estimate(
            name,
            value,
            low,
            high,
            self.level,
            int(np.count_nonzero(trials)),
            "fraction of modes; Clopper-Pearson at the effective number of modes, clustered by chain",
            window=(self.low, self.high),
            warnings=self._warnings(int(np.count_nonzero(trials))),
            details={
                "modes": len(hits),
                "hits": int(np.count_nonzero(hits)),
                "median_wave_share": float(np.median(self.wave_share[self.inside])),
            },
        )

    def _warnings(self, clusters: int) -> tuple[str, ...]:
        found: tuple[str, ...] = ()
        if clusters < FEWEST_SAMPLES:
            found += ("too few chains with such a mode for an interval",)
        censored = int(np.count_nonzero(self.ratio[:, -1] < self.high))
        if censored:
            found += (
                f"in {censored} of {len(self.ratio)} configurations the stored modes end below {self.high:g} omega_0: "
                "what lies between is missing",
            )
        return found


def _table(kinds: list[ModeKinds], ratio: FloatArray, shell: SplitShell | None, highest: float) -> xr.Dataset:
    columns = {name: np.stack([getattr(each, name) for each in kinds]) for name in _OF_KINDS}
    p_shell = np.full_like(ratio, np.nan)
    if shell is not None:
        p_shell = below_the_shell(ratio, shell.mean, shell.rms, shell.waves)
    p_value = np.fmax(np.stack([each.p_vortex for each in kinds]), p_shell)
    genuine = (ratio < highest) & (p_value <= kinds[0].significance)
    columns |= {"p_shell": p_shell, "p_value": p_value, "genuine": genuine, "frequency_ratio": ratio}
    return xr.Dataset({name: (("configuration", "low_mode"), values) for name, values in columns.items()})
