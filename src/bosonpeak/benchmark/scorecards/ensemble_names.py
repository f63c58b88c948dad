"""Legend labels of ensembles, from the names of dataset and group."""

from __future__ import annotations

import re

SYMBOLS = {"T": "T*", "taper": "m", "m": "m", "delta": "δ", "N": "N", "probability": "p", "k": "k"}
"""Symbols of what stands before a number in a name; other words stay as they are."""

MINIMISERS = {"descent": "overdamped descent", "fire": "FIRE", "l-bfgs": "L-BFGS"}
"""Levels that name a minimiser, where hyphens and small letters would not."""


def named(name: str) -> str:
    """Name of a dataset or group in words and symbols: "situation-2/delta-0.1" becomes "situation 2, δ = 0.1"."""
    return ", ".join(_level(level) for level in name.split("/"))


def number_in(name: str) -> float:
    """Last number in a name; NaN if there is none."""
    found = re.findall(r"-(inf|\d+(?:\.\d+)?)\b", name)
    return float(found[-1]) if found else float("nan")


def own_name(dataset: str) -> str:
    """Last level of a dataset's name, in words and symbols: "glass/taper-inf" becomes "m = ∞"."""
    return _level(dataset.rpartition("/")[2])


def _level(level: str) -> str:
    word, _, number = level.rpartition("-")
    if not re.fullmatch(r"inf|\d+(\.\d+)?", number):
        return MINIMISERS.get(level, level.replace("-", " "))
    number = number.replace("inf", "∞")
    return f"{SYMBOLS[word]} = {number}" if word in SYMBOLS else f"{word.replace('-', ' ')} {number}"
