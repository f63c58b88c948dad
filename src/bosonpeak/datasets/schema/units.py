"""Which unit symbols a dataset may use; units are products, quotients, powers and square roots of them."""

from __future__ import annotations

import re

SYMBOLS: dict[str, str] = {
    "t0": "spring constant of the reference bond",
    "m": "particle mass (or metre, in SI products)",
    "a": "lattice constant",
    "epsilon": "energy scale of the pair potential",
    "sigma": "length scale of the pair potential",
    "tau": "time scale of the model",
    "omega0": "lowest transverse phonon frequency",
    "omega_D": "Debye frequency",
    "kB": "Boltzmann constant",
    "rad": "radian",
    "s": "second",
    "ps": "picosecond",
    "fs": "femtosecond",
    "Hz": "hertz",
    "GHz": "gigahertz",
    "THz": "terahertz",
    "cm": "centimetre",
    "nm": "nanometre",
    "angstrom": "ångström",
    "J": "joule",
    "kcal": "kilocalorie",
    "mol": "mole",
    "eV": "electronvolt",
    "meV": "millielectronvolt",
    "K": "kelvin",
    "kg": "kilogram",
    "u": "atomic mass unit",
    "N": "newton",
    "Pa": "pascal",
    "GPa": "gigapascal",
}

_WORD = re.compile(r"[^\W\d]\w*")
_REMAINDER = re.compile(r"[\d\s./*^()+-]*")


def unknown_unit_symbols(units: str) -> tuple[str, ...]:
    """Parts of a unit that mean nothing here.

    Parameters
    ----------
    units : str
        Such as ``"sqrt(t0/m)"``, ``"t0 a^2/m"`` or ``"1"``.

    Returns
    -------
    tuple of str
        Empty if the unit is understood.

    Examples
    --------
    >>> unknown_unit_symbols("sqrt(t0/m)")
    ()
    >>> unknown_unit_symbols("furlong/t0")
    ('furlong',)
    """
    if not units.strip():
        return ("an empty unit",)
    words = tuple(word for word in _WORD.findall(units) if word != "sqrt" and word not in SYMBOLS)
    rest = _WORD.sub("", units)
    if not _REMAINDER.fullmatch(rest):
        return (*words, *sorted(set(re.sub(r"[\d\s./*^()+-]", "", rest))))
    return words
