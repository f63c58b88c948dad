"""Units: products, powers and roots of known symbols."""

import pytest

from bosonpeak.datasets.schema.units import unknown_unit_symbols


@pytest.mark.parametrize(
    "units",
    ["1", "a", "sqrt(t0/m)", "sqrt(m/t0)", "1/sqrt(t0/m)", "t0 a^2/m", "t0*a**2/m", "rad/ps", "THz", "cm^-1", "m s-2"],
)
def test_known(units):
    assert unknown_unit_symbols(units) == ()


@pytest.mark.parametrize(
    ("units", "unknown"),
    [
        ("furlong/t0", ("furlong",)),
        ("hz", ("hz",)),
        ("2pi", ("pi",)),
        ("a; rm", ("rm", ";")),
        ("a$", ("$",)),
        ("", ("an empty unit",)),
        ("  ", ("an empty unit",)),
    ],
)
def test_unknown(units, unknown):
    assert unknown_unit_symbols(units) == unknown
