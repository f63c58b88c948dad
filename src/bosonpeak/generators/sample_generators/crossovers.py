"""Sample generator for spectra with a crossover of known place, on which the estimator of the crossover is checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bosonpeak.generators.glasses.quench import rounded_to_bits
from bosonpeak.generators.sample_generators.parameters import completed, refuse_impossible

Sample = Mapping[str, NDArray[Any]]

PARAMETERS: dict[str, Any] = {"crossover": 0.1, "highest": 0.3, "modes": 200, "modulation_wavenumber": 0.1}
"""Crossover b of D ~ omega^4 / (omega^2 + b^2), upper end of the spectrum, modes of a sample, and the c k_G that the
spectrum is said to belong to."""

_BITS = 16
_TABLE = 20001


class RandomCrossover:
    """Independent frequencies from omega^4 / (omega^2 + b^2), the law of the quasi-equilibrium theory (eq. 16)."""

    name = "random-crossover"
    kind = "mode-ensemble"

    def check(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Complete the parameters with defaults; refuse unknown or impossible ones."""
        complete = completed(parameters, PARAMETERS, self.name)
        refuse_impossible(
            complete,
            [
                ("crossover", "0 or more", 0.0 <= complete["crossover"] < math.inf),
                ("highest", "above 0", 0.0 < complete["highest"] < math.inf),
                ("modes", "at least 1", complete["modes"] >= 1),
                ("modulation_wavenumber", "0 or more", 0.0 <= complete["modulation_wavenumber"] < math.inf),
            ],
            self.name,
        )
        return complete

    def sample(self, parameters: Mapping[str, Any], seed: np.random.SeedSequence) -> dict[str, NDArray[Any]]:
        """Frequencies in ascending order."""
        uniform = np.random.default_rng(seed).random(parameters["modes"])
        frequency = crossover_quantile(uniform, parameters["crossover"], parameters["highest"])
        return {"eigenfrequency": rounded_to_bits(np.sort(frequency), _BITS)}

    def assemble(self, parameters: Mapping[str, Any], samples: Sequence[Sample]) -> xr.Dataset:
        """Stack the samples."""
        stacked = np.stack([sample["eigenfrequency"] for sample in samples])
        attributes = {"units": "omega_D", "long_name": "frequency, ascending"}
        return xr.Dataset(
            {"eigenfrequency": (("sample", "mode"), stacked, attributes)},
            attrs={"parameters": json.dumps(dict(parameters), sort_keys=True)},
        )


def crossover_quantile(
    probabilities: NDArray[np.float64], crossover_frequency: float, highest: float
) -> NDArray[np.float64]:
    """Frequencies below which the given shares of the spectrum lie.

    Parameters
    ----------
    probabilities : ndarray
        Numbers from 0 to 1.
    crossover_frequency : float
        b.
    highest : float
        Upper end of the spectrum.

    Returns
    -------
    ndarray
        Interpolated in a table of the count, omega^3/3 - b^2 omega + b^3 arctan(omega/b), in equal steps of omega^3.
    """
    x, u = np.cbrt(np.linspace(0.0, 1.0, _TABLE)), crossover_frequency / highest
    count = x**3 / 3.0 - (u**2 * x - u**3 * np.arctan2(x, u) if u > 0.0 else 0.0)
    # Far below the crossover the terms cancel: x^5/(5 u^2) - x^7/(7 u^4) is what remains of them.
    low = x < 0.05 * u
    count[low] = x[low] ** 5 / (5.0 * u**2) - x[low] ** 7 / (7.0 * u**4)
    return np.asarray(highest * np.cbrt(np.interp(probabilities, count / count[-1], x**3)))
