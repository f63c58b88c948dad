"""Kind ``theory-spectrum``: parameters are dimensions with coordinates, frequency is the last one."""

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import read, validate, write
from bosonpeak.datasets.errors import SchemaError


def labelled(units, long_name="a quantity"):
    return {"units": units, "long_name": long_name}


@pytest.fixture
def spectrum(theory_spectrum):
    return theory_spectrum


def changed(dataset, name, position, value):
    copy = dataset.copy(deep=True)
    copy[name].values[position] = value
    return copy


def test_a_grid_survives_a_file(spectrum, tmp_path):
    write(spectrum, tmp_path / "theory.nc")
    found = read(tmp_path / "theory.nc")
    validate(found, "theory-spectrum")
    assert found["density_of_states"].sel(disorder_parameter=0.2).values[-1] == pytest.approx(0.8)


def test_no_parameters_and_several_parameters(spectrum):
    validate(spectrum.isel(disorder_parameter=0, drop=True))
    second = xr.DataArray([1.0, 2.0, 3.0], dims="ratio", attrs=labelled("1"))
    grid = spectrum.expand_dims(ratio=second).transpose("disorder_parameter", "ratio", "frequency")
    grid["ratio"].attrs = labelled("1")
    validate(grid)


def test_nan_marks_where_there_is_no_solution(spectrum):
    validate(changed(spectrum, "density_of_states", (0, 1), np.nan))


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda d: d.drop_vars("density_of_states"), "density_of_states: missing"),
        (lambda d: d.transpose("frequency", "disorder_parameter"), "frequency is not the last dimension"),
        (lambda d: d.drop_vars("disorder_parameter"), "a parameter has no coordinate of its own name"),
        (lambda d: d.isel(disorder_parameter=[1, 0]), "a parameter is not ascending"),
        (lambda d: d.isel(frequency=[1, 0, 2]), "frequency: unsorted"),
        (lambda d: changed(d, "density_of_states", (0, 1), -1.0), "density_of_states: negative beyond round-off"),
        (lambda d: changed(d, "density_of_states", (0, 1), np.inf), "density_of_states: infinite"),
        (lambda d: changed(d, "debye_level", 0, 0.0), "debye_level: not above zero"),
        (lambda d: d.assign(density_of_states=d["density_of_states"] * np.nan), "no solution anywhere"),
        (lambda d: d.assign(debye_level=d["density_of_states"]), "debye_level: depends on more"),
        (lambda d: d.assign_attrs(theory=""), "'theory'"),
    ],
)
def test_rules(spectrum, build, text):
    with xr.set_options(keep_attrs=True):
        damaged = build(spectrum)
    with pytest.raises(SchemaError) as caught:
        validate(damaged)
    assert any(text in line for line in caught.value.violations), caught.value.violations
