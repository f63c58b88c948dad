"""Probes for conventions: each planted error is distinguished from the truth, and doubt is kept."""

import math

import numpy as np
import pytest
import xarray as xr

from bosonpeak.datasets import read_frequencies, write
from bosonpeak.datasets.adapters.files.unit_inference import (
    ANGULAR_UNITS,
    Finding,
    probe_coordinates,
    probe_diameters,
    probe_mass_weighting,
    probe_quantity,
    probe_symmetry,
    probe_units,
    probe_zero_modes,
    settle,
)
from bosonpeak.datasets.errors import CardError, ForeignInputError

COUNT = 8
RING = 2.0 * np.eye(COUNT) - np.roll(np.eye(COUNT), 1, axis=0) - np.roll(np.eye(COUNT), -1, axis=0)
OMEGA = np.sqrt(np.maximum(np.linalg.eigvalsh(RING), 0.0))
MEAN_SQUARE = 2.0
"""Of a ring of unit springs: the trace over the number of nodes."""


@pytest.mark.parametrize(
    ("numbers", "reading"),
    [(OMEGA, "frequency"), (OMEGA**2, "eigenvalue"), (OMEGA / (2 * math.pi), "frequency_over_2pi")],
)
def test_the_trace_tells_the_quantity(numbers, reading):
    finding = probe_quantity(numbers, MEAN_SQUARE)
    assert finding.possible == (reading,)
    assert settle(finding, None) == settle(finding, reading) == reading


def test_another_unit_fits_no_quantity():
    finding = probe_quantity(3.0 * OMEGA, MEAN_SQUARE)
    assert finding.possible == ()
    with pytest.raises(ForeignInputError, match="no known reading of the quantity"):
        settle(finding, "frequency")


@pytest.mark.parametrize("units", ANGULAR_UNITS)
def test_the_trace_tells_the_units(units):
    finding = probe_units(OMEGA / ANGULAR_UNITS[units], MEAN_SQUARE)
    assert finding.possible == (units,)
    assert probe_units(1.7 * OMEGA / ANGULAR_UNITS[units], MEAN_SQUARE).possible == ()


def test_units_are_those_of_a_handbook():
    assert pytest.approx(2 * math.pi * 33.35641, rel=1e-6) == ANGULAR_UNITS["THz"] / ANGULAR_UNITS["1/cm"] * 2 * math.pi
    assert ANGULAR_UNITS["THz"] / ANGULAR_UNITS["meV"] == pytest.approx(4.135667, rel=1e-6)
    assert ANGULAR_UNITS["sqrt(eV/(angstrom^2 u))"] / (2 * math.pi) == pytest.approx(15.633302, rel=1e-6)


def test_symmetry():
    assert probe_symmetry(RING).possible == ("symmetrised",)
    noisy = RING + 1e-9 * np.random.default_rng(0).standard_normal(RING.shape)
    assert probe_symmetry(noisy).possible == ("finite differences",)
    assert probe_symmetry(RING[::-1] + np.triu(RING)).possible == ()


class TestMasses:
    """Force constants, the same over sqrt(m_i m_j), and masses in the wrong order."""

    MASSES = np.linspace(1.0, 3.0, COUNT)

    def weighted(self, masses):
        return RING / np.sqrt(masses[:, None] * masses[None, :])

    def test_with_masses(self):
        assert probe_mass_weighting(RING, 1, self.MASSES).possible == ("false",)
        assert probe_mass_weighting(self.weighted(self.MASSES), 1, self.MASSES).possible == ("true",)
        assert probe_mass_weighting(self.weighted(self.MASSES), 1, self.MASSES[::-1]).possible == ()

    def test_without_masses_the_matrix_tells_them_itself(self):
        assert probe_mass_weighting(self.weighted(self.MASSES), 1).possible == ("true",)
        assert probe_mass_weighting(RING, 1).possible == ("true", "false")
        assert probe_mass_weighting(RING + np.diag(np.arange(COUNT)), 1).possible == ()

    def test_equal_masses_cannot_be_told(self):
        four = np.full(COUNT, 4.0)
        assert probe_mass_weighting(RING, 1, four).possible == ("true", "false")
        assert probe_mass_weighting(self.weighted(four), 1, four).possible == ("true", "false")
        assert probe_mass_weighting(RING, 1, np.ones(COUNT)).possible == ("true",)

    def test_components_of_a_particle_are_adjacent(self):
        plane = np.kron(RING, np.array([[2.0, 0.5], [0.5, 1.0]]))
        roots = np.sqrt(np.repeat(self.MASSES, 2))
        assert probe_mass_weighting(plane / np.outer(roots, roots), 2).possible == ("true",)
        grouped = np.kron(np.array([[2.0, 0.5], [0.5, 1.0]]), RING)
        assert probe_mass_weighting(grouped / np.outer(roots, roots), 2, self.MASSES).possible == ()


def test_zero_modes():
    assert probe_zero_modes(OMEGA, COUNT, 1).possible == ("kept",)
    assert probe_zero_modes(OMEGA[1:], COUNT, 1).possible == ("dropped",)
    assert probe_zero_modes(OMEGA[1:], COUNT - 1, 1).possible == ()
    three = np.concatenate([np.zeros(3), OMEGA[1:]])
    assert probe_zero_modes(three, len(three), 3).possible == ("kept",)
    assert probe_zero_modes(three[1:], len(three), 3).possible == ()


def test_coordinates():
    rng = np.random.default_rng(4)
    box = np.array([3.0, 4.0])
    fractions = rng.random((40, 2))
    assert probe_coordinates(fractions, box).possible == ("fractional",)
    assert probe_coordinates(fractions * box, box).possible == ("absolute",)
    assert "unwrapped" in probe_coordinates(fractions * 3 * box, box).evidence
    assert probe_coordinates(fractions[:5], box).possible == ("absolute", "fractional")
    assert probe_coordinates(fractions, np.ones(2)).possible == ("absolute",)


def test_diameters():
    grid = np.stack(np.meshgrid(np.arange(5), np.arange(5)), axis=-1).reshape(-1, 2).astype(float)
    box = np.full(2, 5.0)
    assert probe_diameters(grid, box, np.ones(25)).possible == ("diameters",)
    assert probe_diameters(grid, box, np.full(25, 0.5)).possible == ("radii",)
    assert len(probe_diameters(grid, box, np.full(25, 0.1)).possible) == 2


def test_settling():
    open_question = Finding("quantity", ("frequency", "eigenvalue"), "no evidence")
    assert settle(open_question, "eigenvalue") == "eigenvalue"
    with pytest.raises(CardError, match="ambiguous") as caught:
        settle(open_question, None, "file.txt")
    assert caught.value.where == "file.txt"
    with pytest.raises(CardError, match="contradicts the data"):
        settle(open_question, "frequency_over_2pi")
    assert "nothing known fits" in str(Finding("units", (), "1 unit is 3"))


class TestSpectraInFiles:
    """A card that knows the trace, or the number of degrees of freedom, is held against the numbers."""

    def read(self, tmp_path, numbers, **card):
        path = tmp_path / "spectrum.txt"
        np.savetxt(path, numbers, fmt="%.17g")
        return read_frequencies(path, card)

    @pytest.mark.parametrize("numbers", [OMEGA, OMEGA**2, OMEGA / (2 * math.pi)])
    def test_the_trace_decides_where_the_card_is_silent(self, tmp_path, numbers):
        found = self.read(tmp_path, numbers, mean_square_frequency=MEAN_SQUARE)
        np.testing.assert_allclose(found["eigenfrequency"].values[0], OMEGA, rtol=1e-12, atol=1e-12)
        assert "mean omega^2" in found.attrs["input_warnings"]

    def test_a_card_that_contradicts_the_trace(self, tmp_path):
        with pytest.raises(CardError, match="contradicts the data on the quantity"):
            self.read(tmp_path, OMEGA, mean_square_frequency=MEAN_SQUARE, quantity="eigenvalue")
        with pytest.raises(ForeignInputError, match="no known reading of the quantity"):
            self.read(tmp_path, 1.5 * OMEGA, mean_square_frequency=MEAN_SQUARE)

    @pytest.mark.parametrize("units", ANGULAR_UNITS)
    @pytest.mark.parametrize("quantity", ["frequency", "eigenvalue"])
    def test_the_trace_tells_in_which_units_a_file_is(self, tmp_path, units, quantity):
        """OMEGA in rad/ps, as somebody writes it in another unit, and says nothing."""
        numbers = OMEGA / ANGULAR_UNITS[units]
        numbers = numbers**2 if quantity == "eigenvalue" else numbers
        known = {"mean_square_frequency": MEAN_SQUARE, "mean_square_units": "rad/ps"}
        found = self.read(tmp_path, numbers, **known)
        np.testing.assert_allclose(found["eigenfrequency"].values[0], OMEGA, rtol=1e-12, atol=1e-12)
        assert found["eigenfrequency"].attrs["units"] == "rad/ps"
        assert f"units: {units} (" in found.attrs["input_warnings"]
        assert found.attrs["source_quantity"] == quantity
        stated = self.read(tmp_path, numbers, **known, units=units, quantity=quantity)
        np.testing.assert_array_equal(stated["eigenfrequency"], found["eigenfrequency"])
        other = next(name for name in ANGULAR_UNITS if name != units)
        with pytest.raises(CardError, match="contradicts the data on the units"):
            self.read(tmp_path, numbers, **known, units=other)

    def test_units_that_the_trace_excludes(self, tmp_path):
        known = {"mean_square_frequency": MEAN_SQUARE, "mean_square_units": "rad/ps"}
        with pytest.raises(ForeignInputError, match="no known reading of the quantity"):
            self.read(tmp_path, 1.7 * OMEGA, **known)
        with pytest.raises(CardError, match="unknown unit"):
            self.read(tmp_path, OMEGA, **known | {"mean_square_units": "THz"})
        found = self.read(tmp_path, OMEGA / (2 * math.pi), **known, quantity="frequency_over_2pi")
        np.testing.assert_allclose(found["eigenfrequency"].values[0], OMEGA, rtol=1e-12, atol=1e-12)

    def test_two_readings_of_quantity_and_units(self, tmp_path):
        """Numbers whose mean square in THz is that of their square roots in 1/cm."""
        ratio = (ANGULAR_UNITS["1/cm"] / ANGULAR_UNITS["THz"]) ** 2
        numbers = OMEGA * ratio * OMEGA.mean() / (OMEGA**2).mean()
        mean_square = float((numbers**2).mean()) * ANGULAR_UNITS["THz"] ** 2
        known = {"mean_square_frequency": mean_square, "mean_square_units": "rad/ps"}
        with pytest.raises(CardError, match="leave the quantity ambiguous"):
            self.read(tmp_path, numbers, **known)
        for units, quantity in (("THz", "frequency"), ("1/cm", "eigenvalue")):
            found = self.read(tmp_path, numbers, **known, units=units)
            assert found.attrs["source_quantity"] == quantity

    def test_a_file_that_names_its_units(self, tmp_path):
        path = tmp_path / "spectrum.nc"
        xr.Dataset({"omega": (("sample", "mode"), OMEGA[None], {"units": "THz"})}).to_netcdf(path)
        with pytest.raises(CardError, match="disagree on the units"):
            read_frequencies(path, {"units": "rad/ps"})
        known = {"mean_square_units": "rad/ps"}
        with pytest.raises(CardError, match="contradicts the data on the units"):
            read_frequencies(path, known | {"mean_square_frequency": MEAN_SQUARE})
        found = read_frequencies(path, known | {"mean_square_frequency": MEAN_SQUARE * (2 * math.pi) ** 2})
        np.testing.assert_allclose(found["eigenfrequency"].values[0], 2 * math.pi * OMEGA, rtol=1e-12, atol=1e-12)

    def test_zero_modes_that_were_dropped(self, tmp_path):
        known = {"degrees_of_freedom": COUNT, "components": 1}
        assert "zero_modes: kept" in self.read(tmp_path, OMEGA, **known).attrs["input_warnings"]
        assert "zero_modes: dropped" in self.read(tmp_path, OMEGA[1:], **known).attrs["input_warnings"]
        with pytest.raises(CardError, match="contradicts the data on the zero_modes"):
            self.read(tmp_path, OMEGA[1:], **known, zero_modes="kept")
        with pytest.raises(ForeignInputError, match="no known reading of the zero_modes"):
            self.read(tmp_path, np.r_[0.0, OMEGA], **known)

    @pytest.mark.parametrize(
        "card",
        [{"mean_square_frequency": -1.0}, {"degrees_of_freedom": 2.5}, {"degrees_of_freedom": 8, "components": "x"}],
    )
    def test_cards_that_make_no_sense(self, tmp_path, card):
        with pytest.raises(CardError, match="impossible"):
            self.read(tmp_path, OMEGA, **card)

    def test_a_zarr_store_of_this_package(self, tmp_path):
        pytest.importorskip("zarr")
        found = self.read(tmp_path, OMEGA)
        write(found, tmp_path / "modes.zarr")
        again = read_frequencies(tmp_path / "modes.zarr", {})
        np.testing.assert_array_equal(again["eigenfrequency"].values, found["eigenfrequency"].values)
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / "zarr.json").write_text("{}")
        with pytest.raises(ForeignInputError):
            read_frequencies(tmp_path / "empty", {})
