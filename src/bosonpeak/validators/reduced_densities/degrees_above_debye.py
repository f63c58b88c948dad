"""Share of the degrees of freedom that take part in the excess of low-frequency modes over Debye's law."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.datasets.subsets import rows_of
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import Ensemble, one_ensemble, require_variables
from bosonpeak.validators.estimates.intervals import FEWEST_SAMPLES, LEVEL, clustered_fraction, require_level
from bosonpeak.validators.reduced_densities.debye_constants import debye_levels, dimension_of

_VECTORS = ("eigenvector", "lowest_eigenvector")


def excess_participation(data: Ensemble, *, level: float = LEVEL) -> Estimate:
    """Share of the degrees of freedom whose own density of states below the last stored mode exceeds Debye's.

    Parameters
    ----------
    data : xarray.Dataset, xarray.DataTree or str
        With ``eigenvector`` or ``lowest_eigenvector`` (configuration, low_mode, particle, axis), normalised, of the
        lowest modes, ``eigenfrequency`` (sample, mode), and a Debye level or moduli.
    level : float
        Confidence level; samples, not degrees of freedom, are independent.

    Returns
    -------
    Estimate
        Details: ``excess``, the number of modes over Debye's; ``modes``, the mean number of modes that are counted;
        ``random_modes``, the share if the same number of modes were random vectors.

    Raises
    ------
    NotApplicableError
        If a variable is missing, or there are fewer than three configurations.

    Notes
    -----
    The density of states of degree of freedom i is sum_k e_ki^2 delta(omega - omega_k): C. Jiang, arXiv 2601.09064. A
    finite number n of modes gives even random vectors a weight that scatters like chi-squared with n degrees of
    freedom, so that the share is at most ``random_modes``.

    Examples
    --------
    >>> from bosonpeak.datasets import open_dataset
    >>> found = excess_participation(open_dataset("glass/modes-3d/m-2/T-1.00"))
    >>> found.details["excess"] > 1.5
    True
    """
    require_level(level)
    dataset = one_ensemble(data)
    name = next((each for each in _VECTORS if each in dataset), _VECTORS[0])
    require_variables(dataset, name, "eigenfrequency")
    dimension = dimension_of(dataset)
    vectors = dataset[name].variable
    if dataset.sizes["configuration"] < FEWEST_SAMPLES:
        raise NotApplicableError(
            "too few samples have eigenvectors", expected=f"{FEWEST_SAMPLES}", got=str(dataset.sizes["configuration"])
        )
    degrees = dataset.sizes["particle"] * dataset.sizes["axis"]
    levels = None if dimension is None else debye_levels(dataset, dimension, degrees, None, None)
    if dimension is None or levels is None:
        raise NotApplicableError("the Debye level is unknown", expected="debye_level, or moduli and a density")
    samples = rows_of(dataset, "configuration")
    frequency = dataset["eigenfrequency"].values
    levels = np.broadcast_to(levels, len(frequency))
    counted = dataset.sizes["low_mode"] - 1
    hits, expected, excess = [], [], []
    for row, sample in enumerate(samples):
        # The last mode ends the window, so that it is not counted.
        end = frequency[sample, counted]
        weight = (vectors.isel(configuration=row, low_mode=slice(counted)).values.astype(np.float64) ** 2).sum(axis=0)
        debye = levels[sample] * end**dimension / dimension
        hits.append(int((weight > debye).sum()))
        expected.append(float(chi2.sf(degrees * debye, counted)))
        excess.append(counted / (degrees * debye))
    value, low, high = clustered_fraction(np.array(hits), np.full(len(hits), degrees), level)
    return Estimate(
        name="share of degrees of freedom with more low-frequency modes than Debye's law",
        value=value,
        low=low,
        high=high,
        level=level,
        n=len(hits),
        method="squared components of the lowest modes over Debye's number of modes; clustered by sample",
        details={"excess": float(np.mean(excess)), "modes": counted, "random_modes": float(np.mean(expected))},
    )
