"""Scales of a material in the place of those of a model."""

import cf_units
import numpy as np
import pytest
from scipy import constants

from bosonpeak.datasets import open_dataset, to_physical_units
from bosonpeak.datasets.errors import NotApplicableError

ARGON = {"a": "0.34 nm", "epsilon": "0.0104 eV", "m": "39.948 u"}
FREQUENCY = np.sqrt(0.0104 * constants.e / (39.948 * constants.atomic_mass * 0.34e-9**2))


@pytest.fixture(scope="module")
def glass():
    return open_dataset("glass/sizes", group="N-500")


def test_frequencies_and_moduli_of_argon(glass):
    argon = to_physical_units(glass, ARGON)
    np.testing.assert_allclose(argon["eigenfrequency"], glass["eigenfrequency"] * FREQUENCY, rtol=1e-8)
    pressure = 0.0104 * constants.e / 0.34e-9**3
    np.testing.assert_allclose(argon["shear_modulus"], glass["shear_modulus"] * pressure, rtol=1e-8)
    assert argon["sweep"].variable.identical(glass["sweep"].variable)
    assert argon["parent_temperature"].item() == argon.attrs["parent_temperature"]
    assert argon["parent_temperature"].item() == pytest.approx(
        glass["parent_temperature"].item() * 0.0104 * constants.e, rel=1e-8
    )
    assert "content_digest" not in argon.attrs


def test_udunits_reads_every_unit(glass):
    argon = to_physical_units(glass, ARGON)
    assert cf_units.Unit(argon["eigenfrequency"].attrs["units"]) == cf_units.Unit("s-1")
    assert cf_units.Unit(argon["shear_modulus"].attrs["units"]) == cf_units.Unit("Pa")
    assert cf_units.Unit(argon["transverse_velocity"].attrs["units"]) == cf_units.Unit("m s-1")
    assert cf_units.Unit(argon["residual_force"].attrs["units"]) == cf_units.Unit("N")
    for name, variable in argon.variables.items():
        assert not cf_units.Unit(variable.attrs["units"]).is_unknown(), name


def test_units_of_one_s_own(glass):
    argon = to_physical_units(glass, ARGON, wanted={"eigenfrequency": "rad * THz"})
    np.testing.assert_allclose(argon["eigenfrequency"], glass["eigenfrequency"] * FREQUENCY / 1e12, rtol=1e-8)
    assert argon["eigenfrequency"].attrs["units"] == "rad * THz"


@pytest.mark.parametrize(
    ("scales", "wanted", "message"),
    [
        ({"a": "0.34 nm", "m": "40 u"}, {}, "was not given"),
        (ARGON | {"epsilon": "3 nonsense"}, {}, "cannot be converted"),
        (ARGON | {"b": "1 m"}, {}, "not a scale"),
        (ARGON, {"eigenfrequency": "kg"}, "another dimension"),
    ],
)
def test_what_cannot_be_converted(glass, scales, wanted, message):
    with pytest.raises(NotApplicableError, match=message):
        to_physical_units(glass, scales, wanted=wanted)
