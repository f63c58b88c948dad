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

REDUCED = ("t0", "m", "a", "epsilon", "sigma", "tau", "omega0", "omega_D", "kB")
"""Symbols that stand for scales of a model; the others are units of the SI or beside it."""

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


def pint_expression(units: str) -> str:
    """A unit as `pint` reads it, with scales of the model as ``reduced_...``.

    Parameters
    ----------
    units : str
        Such as ``"sqrt(epsilon/(m a^2))"``.

    Returns
    -------
    str
        The same with ``**`` and ``*`` written out; a unit without any scale of a model is one of the SI and stays.

    Examples
    --------
    >>> pint_expression("sqrt(epsilon/(m a^2))")
    '(reduced_epsilon/(reduced_m * reduced_a**2))**0.5'
    >>> pint_expression("meV")
    'meV'
    """
    # Beside scales of a model m is the mass of a particle, beside units of the SI the metre.
    reduced = REDUCED if set(_WORD.findall(units)) & (set(REDUCED) - {"m"}) else ()
    if not reduced and "sqrt" not in units:
        return units
    text = _root_as_power(units).replace("^", "**")
    text = _WORD.sub(lambda word: f"reduced_{word[0]}" if word[0] in reduced else word[0], text)
    return re.sub(r"(?<=[\w)])\s+(?=[\w(])", " * ", text)


def _root_as_power(units: str) -> str:
    """Write ``sqrt(...)`` as ``(...)**0.5``."""
    while (start := units.find("sqrt(")) >= 0:
        depth, end = 0, start + 4
        while end < len(units):
            depth += {"(": 1, ")": -1}.get(units[end], 0)
            end += 1
            if depth == 0:
                break
        units = f"{units[:start]}{units[start + 4 : end]}**0.5{units[end:]}"
    return units
