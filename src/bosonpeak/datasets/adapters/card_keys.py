"""What a card for the readers of foreign files may say."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from bosonpeak.datasets.errors import CardError

_TEXT, _NUMBER, _COUNT, _FLAG, _LIST = "text", "a number", "a whole number", "true or false", "a list"

READER_KEYS: Mapping[str, tuple[str, ...]] = {
    "quantity": (_TEXT,),
    "units": (_TEXT,),
    "length_units": (_TEXT,),
    "columns": (_TEXT, _LIST),
    "group": (_TEXT,),
    "content": (_TEXT,),
    "title": (_TEXT,),
    "source": (_TEXT,),
    "licence": (_TEXT,),
    "masses": (_NUMBER, _LIST),
    "mass_weighted": (_FLAG,),
    "lammps_units": (_TEXT,),
    "style": (_TEXT,),
    "dimension": (_COUNT,),
    "particles": (_COUNT,),
    "mean_square_frequency": (_NUMBER,),
    "mean_square_units": (_TEXT,),
    "degrees_of_freedom": (_COUNT,),
    "components": (_COUNT,),
    "zero_modes": (_TEXT,),
    "coordinates": (_TEXT,),
    "sizes": (_TEXT,),
    "atom_style": (_TEXT,),
}
"""Key to what its value may be."""

SUBMISSION_KEYS = (
    "system",
    "nodes",
    "displacement",
    "situation",
    "density",
    "parent_temperature",
    "taper",
    "cutoff",
    "truncation",
    "samples_made",
    "independent_chains",
    "chain",
    "code",
    "provenance",
    "recorded",
)
"""Further keys of a card for a submission of one ensemble, which the readers pass over."""


def require_known_keys(card: Mapping[str, Any], where: str = "card") -> None:
    """Refuse a card with keys that no reader looks at, or with values of a wrong type.

    Parameters
    ----------
    card : mapping
    where : str
        Name of the card, for messages.

    Raises
    ------
    CardError
        With every such key, and the one that was probably meant.
    """
    problems = []
    for key, value in card.items():
        if key in SUBMISSION_KEYS and key not in READER_KEYS:
            continue
        if key not in READER_KEYS:
            close = difflib.get_close_matches(str(key), [*READER_KEYS, *SUBMISSION_KEYS], n=1)
            problems.append(f"unknown key {key!a}" + (f", did you mean {close[0]!r}?" if close else ""))
        elif not any(_is(value, wanted) for wanted in READER_KEYS[key]):
            problems.append(f"{key} = {ascii(value)[:40]} is not {' or '.join(READER_KEYS[key])}")
    if problems:
        raise CardError("the card cannot be used", got="; ".join(problems), where=where, done="nothing was read")


def _is(value: object, wanted: str) -> bool:
    if wanted == _FLAG:
        return isinstance(value, bool)
    types = {_TEXT: str, _NUMBER: int | float, _COUNT: int, _LIST: list | tuple}
    return isinstance(value, types[wanted]) and not isinstance(value, bool)
