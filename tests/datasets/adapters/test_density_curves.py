"""Curves of a density of states from files: units, reduced curves, errors, and all that is not a curve."""

import math

import numpy as np
import pytest

from bosonpeak.datasets import convert, read, validate
from bosonpeak.datasets.adapters import read_density_of_states
from bosonpeak.datasets.errors import CardError, ForeignInputError

OMEGA = np.linspace(0.02, 2.0, 100)
DENSITY = OMEGA**2 * (1.0 + np.exp(-((OMEGA - 0.4) ** 2) / 0.02))


def saved(path, *columns, header=""):
    np.savetxt(path, np.column_stack(columns), header=header)
    return path


@pytest.fixture
def curve(tmp_path):
    return saved(tmp_path / "dos.txt", OMEGA, DENSITY, header="frequency density")


def test_a_curve_is_read_as_it_is(curve):
    found = read_density_of_states(curve)
    validate(found, "density-of-states")
    np.testing.assert_array_equal(found["frequency"].values, OMEGA)
    np.testing.assert_array_equal(found["density_of_states"].values[0], DENSITY)
    assert "density_of_states_error" not in found
    assert found.attrs["source_file"] == "dos.txt"


def test_units_of_cycles_keep_the_number_of_modes(curve):
    found = read_density_of_states(curve, {"units": "THz", "dimension": 3})
    assert found["frequency"].attrs["units"] == "rad/ps"
    np.testing.assert_allclose(found["frequency"].values, 2.0 * math.pi * OMEGA)
    modes = np.trapezoid(found["density_of_states"].values[0], found["frequency"].values)
    assert modes == pytest.approx(np.trapezoid(DENSITY, OMEGA))
    cycles = read_density_of_states(curve, {"units": "sqrt(epsilon/m)/sigma", "quantity": "frequency_over_2pi"})
    np.testing.assert_allclose(cycles["frequency"].values, found["frequency"].values)
    assert cycles["frequency"].attrs["units"] == "sqrt(epsilon/m)/sigma"


@pytest.mark.parametrize("units", ["1", "THz"])
def test_a_reduced_curve_gives_the_density(tmp_path, units):
    path = saved(tmp_path / "reduced.txt", OMEGA, DENSITY / OMEGA**2, 0.01 * DENSITY / OMEGA**2)
    card = {"content": "reduced_density_of_states", "dimension": 3, "units": units}
    found = read_density_of_states(path, card)
    plain = read_density_of_states(saved(tmp_path / "plain.txt", OMEGA, DENSITY), {"units": units})
    np.testing.assert_allclose(found["density_of_states"].values, plain["density_of_states"].values)
    np.testing.assert_allclose(found["density_of_states_error"].values, 0.01 * plain["density_of_states"].values)
    assert found["dimension"].item() == 3
    with pytest.raises(CardError, match="needed for a reduced density"):
        read_density_of_states(path, {"content": "reduced_density_of_states"})


def test_frequencies_below_zero_without_weight_are_left_out(tmp_path):
    frequency = np.concatenate([[-0.1, -0.05], OMEGA])
    path = saved(tmp_path / "total_dos.dat", frequency, np.concatenate([[0.0, 1e-6], DENSITY]))
    found = read_density_of_states(path, {"units": "THz"})
    assert found.sizes["frequency"] == len(OMEGA)
    assert "2 rows of negative frequency left out" in found.attrs["input_warnings"]
    path = saved(tmp_path / "unstable.dat", frequency, np.concatenate([[0.0, 5.0], DENSITY]))
    with pytest.raises(ForeignInputError, match="imaginary frequencies"):
        read_density_of_states(path)


def test_a_curve_is_converted(curve, tmp_path):
    convert(curve, tmp_path / "dos.nc", {"content": "density_of_states", "dimension": 3}, trust_files=True)
    again = read(tmp_path / "dos.nc")
    assert again.attrs["kind"] == "density-of-states"
    np.testing.assert_array_equal(again["density_of_states"].values[0], DENSITY)


def test_the_boson_peak_of_a_curve_is_found(curve):
    from bosonpeak.validators import boson_peak

    found = boson_peak(read_density_of_states(curve, {"dimension": 3}))
    assert found.value == pytest.approx(boson_peak((OMEGA, DENSITY), dimension=3).value, rel=1e-12)
    assert found.value == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((OMEGA,), "not a curve"),
        ((OMEGA[:3], OMEGA[:3]), r"shape \(3, 2\)"),
        ((OMEGA[::-1], DENSITY), "row 2"),
        ((OMEGA, np.where(OMEGA > 1.0, np.nan, DENSITY)), "not a finite number"),
        ((OMEGA, -DENSITY), "contains unstable modes"),
    ],
)
def test_other_numbers_are_refused(columns, message, tmp_path):
    with pytest.raises(ForeignInputError, match=message):
        read_density_of_states(saved(tmp_path / "x.txt", *columns))


@pytest.mark.parametrize(
    "card", [{"units": "furlong"}, {"quantity": "eigenvalue"}, {"content": "matrix"}, {"dimension": 4}]
)
def test_cards_of_another_content_are_refused(card, curve):
    with pytest.raises(CardError):
        read_density_of_states(curve, card)
