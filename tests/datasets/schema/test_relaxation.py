"""Kind ``relaxation``: what is required, what may be missing, and what contradicts itself."""

import numpy as np
import pytest

from bosonpeak.datasets import read, validate, write
from bosonpeak.datasets.errors import SchemaError


def changed(dataset, name, position, value):
    copy = dataset.copy(deep=True)
    copy[name].values[position] = value
    return copy


def test_relaxation_times_without_curves_are_enough(relaxation):
    validate(relaxation[["relaxation_time", "relaxation_time_bound", "swap_probability"]])


def test_censored_times_survive_a_file(relaxation, tmp_path):
    write(relaxation, tmp_path / "relaxation.nc")
    found = read(tmp_path / "relaxation.nc")
    validate(found, "relaxation")
    assert np.array_equal(found["relaxation_time"].values, relaxation["relaxation_time"].values, equal_nan=True)
    assert np.isnan(found["relaxation_time"].values[2, 0])


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda d: d.drop_vars("relaxation_time_bound"), "missing required variable 'relaxation_time_bound'"),
        (lambda d: d.drop_vars("lag"), "overlap: lag is missing"),
        (lambda d: d.isel(sample=slice(0)), "no sample, or no dynamics"),
        (lambda d: changed(d, "relaxation_time", (0, 0), 0.0), "relaxation_time: not above zero"),
        (lambda d: changed(d, "relaxation_time", (0, 0), np.inf), "relaxation_time: infinite"),
        (
            lambda d: changed(d, "relaxation_time", (1, 0), 101.0),
            "relaxation_time: above its bound, the longest lag, 1 of 6 values, first (sample 1, dynamics 0: 101)",
        ),
        (lambda d: changed(d, "relaxation_time_bound", (2, 0), np.nan), "relaxation_time_bound: not a finite number"),
        (lambda d: changed(d, "relaxation_time_bound", (2, 0), 90.0), "relaxation_time_bound: below the longest lag"),
        (lambda d: changed(d, "swap_probability", 0, 0.2), "swap_probability: the same for two dynamics"),
        (lambda d: changed(d, "swap_probability", 1, 1.2), "swap_probability: above one"),
        (lambda d: changed(d, "overlap", (0, 0, 1), 1.01), "overlap: above one"),
        (lambda d: changed(d, "overlap", (0, 0, 1), np.nan), "overlap: NaN where there is a lag"),
        (lambda d: changed(d, "overlap", (0, 1, 2), 0.1), "overlap: NaN where there is a lag, or the reverse"),
        (lambda d: changed(d, "lag", (0, 1), 1.0), "lag: unsorted"),
        (lambda d: changed(d, "equilibration_sweep", 1, 50), "equilibration_sweep: unsorted"),
        (lambda d: d.assign_attrs(temperature="cold"), "'temperature'"),
        (lambda d: d.assign_attrs(parameters="{"), "'parameters'"),
    ],
)
def test_rules(relaxation, build, text):
    with pytest.raises(SchemaError) as caught:
        validate(build(relaxation))
    assert any(text in line for line in caught.value.violations), caught.value.violations
