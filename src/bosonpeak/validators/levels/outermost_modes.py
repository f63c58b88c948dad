"""Lowest or highest modes of a spectrum by rank, and the growth of their extent with the box."""

from __future__ import annotations

import math
from collections.abc import Sequence

import xarray as xr

from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.inputs import require_variables
from bosonpeak.validators.estimates.intervals import t_factor
from bosonpeak.validators.levels.mode_extent import localisation

HIGHEST = "highest"


def outermost_modes(dataset: xr.Dataset, part: str, count: int) -> xr.Dataset:
    """Dataset of the `count` lowest or highest modes of an ensemble, under the names of its lowest modes."""
    if part not in ("lowest", HIGHEST):
        raise NotApplicableError("unknown part of the spectrum", expected=f"lowest or {HIGHEST}", got=repr(part))
    prefix, dimension = ("highest_", "high_mode") if part == HIGHEST else ("", "mode")
    names = [prefix + name for name in ("eigenfrequency", "participation_ratio")]
    require_variables(dataset, *names, "first_phonon")
    if dataset.sizes[dimension] < count:
        raise NotApplicableError(
            f"so many {part} modes are not stored", expected=f"{count}", got=f"{dataset.sizes[dimension]}"
        )
    chosen = dataset.isel({dimension: slice(-count, None) if part == HIGHEST else slice(count)})
    modes = {name.removeprefix(prefix): (("sample", "mode"), chosen[name].values) for name in names}
    labels = {name: dataset[name] for name in ("first_phonon", "chain") if name in dataset}
    return xr.Dataset({**labels, **modes}, attrs=dataset.attrs)


def growth_of_outermost_modes(
    smaller: xr.Dataset, larger: xr.Dataset, *, counts: Sequence[int], part: str = HIGHEST
) -> Estimate:
    """Exponent D of N e ~ N^D between two sizes, from the outermost modes; `counts` are equal shares of the spectra."""
    small, large = (
        localisation(outermost_modes(ensemble, part, count), high=math.inf).participation_number
        for ensemble, count in zip((smaller, larger), counts, strict=True)
    )
    sizes = [float(number.details["particles"]) for number in (small, large)]
    if sizes[0] == sizes[1]:
        raise NotApplicableError("no growth between equal sizes", expected="two sizes", got=f"{sizes[0]:g} twice")
    span = math.log(sizes[1] / sizes[0])
    chains = min(small.n, large.n)
    errors = [
        math.log(number.high / number.low) / (2.0 * t_factor(number.n, number.level)) for number in (small, large)
    ]
    half = math.hypot(*errors) * t_factor(chains, small.level) / abs(span)
    value = math.log(large.value / small.value) / span
    return Estimate(
        name=f"growth exponent D of N e between N = {sizes[0]:g} and {sizes[1]:g}, {part} modes",
        value=value,
        low=value - half,
        high=value + half,
        level=small.level,
        n=chains,
        method=f"geometric means over the {part} {counts[0]} and {counts[1]} modes; jackknives over chains",
        details={"participation_number": [small.value, large.value]},
    )
