"""Kind ``current-correlation``: spectra of plane waves, C(q, omega), of a solid or a medium.

The frequency axis consists of bins of equal width from zero up; a value is the mean of C over its bin, and for each
wave number the values add up to the share of the sum rule that lies below the highest bin's end::

    wavenumber           (wavenumber)                     a coordinate, ascending
    frequency            (frequency)                      centres of the bins
    current_correlation  (sample, wavenumber, frequency)  transverse, or of the only component
    longitudinal_current_correlation                      the same along the wave vector
    density_of_states    (sample, frequency)              mean of g over the bin, per degree of freedom
    resolution           (frequency)                      rms width with which a single mode is shown
    sound_speed          (sample)                         of the same waves, from the elastic moduli
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from bosonpeak.datasets.schema.attributes import JSON_OBJECT
from bosonpeak.datasets.schema.specification import (
    FINITE,
    NOT_NEGATIVE,
    POSITIVE,
    DatasetRule,
    KindSpecification,
    VariableSpecification,
    ascending,
    not_below_rounding,
)

# A positive kernel sums cancelling terms: a spectrum may fall below zero by this fraction of its maximum.
_UNDERSHOOT = 1e-6
_SUM_TOLERANCE = 1e-3


def _bins_are_equal(dataset: xr.Dataset) -> bool:
    centres = dataset["frequency"].values
    return len(centres) > 1 and bool(
        np.allclose(centres, centres[0] * (2.0 * np.arange(len(centres)) + 1.0), rtol=1e-6)
    )


def _obeys_the_sum_rule(dataset: xr.Dataset) -> xr.DataArray:
    width = 2.0 * dataset["frequency"][0]
    return (dataset["current_correlation"].astype(np.float64).sum("frequency") * width) <= 1.0 + _SUM_TOLERANCE


_SPECTRUM = not_below_rounding(_UNDERSHOOT)
_OF_WAVES = ("sample", "wavenumber", "frequency")

SPECIFICATION = KindSpecification(
    variables={
        "current_correlation": VariableSpecification(
            dims=_OF_WAVES, dtypes=("float64", "float32"), required=True, rules=(FINITE, _SPECTRUM)
        ),
        "longitudinal_current_correlation": VariableSpecification(
            dims=_OF_WAVES, dtypes=("float64", "float32"), rules=(FINITE, _SPECTRUM)
        ),
        "wavenumber": VariableSpecification(
            dims=("wavenumber",),
            dtypes=("float64",),
            required=True,
            rules=(FINITE, POSITIVE, ascending("wavenumber", strictly=True)),
        ),
        "frequency": VariableSpecification(
            dims=("frequency",), dtypes=("float64",), required=True, rules=(FINITE, POSITIVE)
        ),
        "resolution": VariableSpecification(
            dims=("frequency",), dtypes=("float64",), required=True, rules=(FINITE, NOT_NEGATIVE)
        ),
        "density_of_states": VariableSpecification(
            dims=("sample", "frequency"), dtypes=("float64", "float32"), rules=(FINITE, _SPECTRUM)
        ),
        "sound_speed": VariableSpecification(dims=("sample",), dtypes=("float64",), rules=(FINITE, POSITIVE)),
    },
    rules=(
        DatasetRule("frequency", "not the centres of equal bins from zero up", ("frequency",), _bins_are_equal),
        DatasetRule(
            "current_correlation", "adds up to more than one", ("current_correlation", "frequency"), _obeys_the_sum_rule
        ),
    ),
    attributes={"parameters": JSON_OBJECT},
)
