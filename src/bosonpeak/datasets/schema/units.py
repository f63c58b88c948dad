"""Permitted unit symbols; units are products, quotients, powers and square roots of symbols."""

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
    """Unknown symbols in a unit such as ``"sqrt(t0/m)"``; ``"furlong/t0"`` gives ``("furlong",)``."""
    if not units.strip():
        return ("an empty unit",)
    words = tuple(word for word in _WORD.findall(units) if word != "sqrt" and word not in SYMBOLS)
    rest = _WORD.sub("", units)
    if not _REMAINDER.fullmatch(rest):
        return (*words, *sorted(set(re.sub(r"[\d\s./*^()+-]", "", rest))))
    return words


def pint_expression(units: str) -> str:
    """Translate a unit for `pint`: ``"sqrt(epsilon/m)"`` becomes ``"(reduced_epsilon/reduced_m)**0.5"``."""
    # The symbol m is the particle mass in model units and the metre in SI units.
    reduced = REDUCED if set(_WORD.findall(units)) & (set(REDUCED) - {"m"}) else ()
    if not reduced and "sqrt" not in units:
        return units
    text = _root_as_power(units).replace("^", "**")
    text = _WORD.sub(lambda word: f"reduced_{word[0]}" if word[0] in reduced else word[0], text)
    return re.sub(r"(?<=[\w)])\s+(?=[\w(])", " * ", text)


def _root_as_power(units: str) -> str:
    """Rewrite ``sqrt(...)`` as ``(...)**0.5``."""
    while (start := units.find("sqrt(")) >= 0:
        depth, end = 0, start + 4
        while end < len(units):
            depth += {"(": 1, ")": -1}.get(units[end], 0)
            end += 1
            if depth == 0:
                break
        units = f"{units[:start]}{units[start + 4 : end]}**0.5{units[end:]}"
    return units
