"""Check that data have the variables that a function draws, and name the functions that fit other data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import xarray as xr

from bosonpeak.datasets.arguments import kind_of
from bosonpeak.datasets.errors import NotApplicableError

_MODES, _STATES = {"eigenfrequency"}, {"density_of_states", "frequency"}
_PARTICLES = {"position", "diameter", "box"}

NEEDED: dict[str, tuple[set[str], ...]] = {
    "reduced_density": (_MODES, _STATES),
    "density": (_MODES, _STATES),
    "cumulative_count": ({"eigenfrequency", "first_phonon"},),
    "local_exponent": ({"eigenfrequency", "first_phonon", "particles"}, {"local_exponent", "frequency"}),
    "participation": ({"eigenfrequency", "participation_ratio"},),
    "level_spacings": (_MODES,),
    "mode": ({"eigenvector", "position"},),
    "stresses": ({"stress_count", "stress_edge"}, {"chain_stress_count", "stress_edge"}),
    "coordination": ({"coordination_number"}, {"coordination_fraction"}, _PARTICLES),
    "current_correlation": ({"current_correlation", "wavenumber", "frequency"},),
    "dynamic_structure_factor": ({"current_correlation", "wavenumber", "frequency"},),
}
"""Sets of variables, one of which each function needs."""

_OF_DATASETS = frozenset({
    "local_exponent", "participation", "mode", "stresses", "current_correlation", "dynamic_structure_factor",
})  # fmt: skip
"""Functions that do not draw plain arrays."""


@contextlib.contextmanager
def fitting(function: str, data: Any) -> Iterator[None]:
    """Check a dataset, and add the functions that fit it to an error of the measurement inside the context."""
    require_fitting(function, data)
    try:
        yield
    except NotApplicableError as error:
        others = [name for name in that_fit(data) if name != f"bosonpeak.plot.{function}"]
        if others:
            hint = f"other figures of these data: {', '.join(others)}"
            error = NotApplicableError(
                error.what,
                expected=error.expected,
                got=error.got,
                where=error.where,
                likely_cause=f"{error.likely_cause}; {hint}" if error.likely_cause else hint,
                done=error.done,
            )
        raise error from None


def that_fit(data: Any) -> list[str]:
    """Names of the functions that draw a dataset, opened if it is given by its name."""
    if isinstance(data, str):
        from bosonpeak.datasets.opening import open_dataset

        data = open_dataset(data)
    return [f"bosonpeak.plot.{name}" for name in NEEDED if isinstance(data, xr.Dataset) and _fits(name, data)]


def require_fitting(function: str, data: Any) -> None:
    """Raise NotApplicableError that names the fitting functions, if a dataset lacks what the function draws."""
    if function not in _OF_DATASETS if not isinstance(data, xr.Dataset) else _fits(function, data):
        return
    what = f"bosonpeak.plot.{function} cannot draw these data"
    needed = ", or ".join(" and ".join(sorted(names)) for names in NEEDED[function])
    if not isinstance(data, xr.Dataset):
        raise NotApplicableError(what, expected=f"a dataset, or its name, with {needed}", got=kind_of(data))
    others = that_fit(data)
    raise NotApplicableError(
        what,
        expected=needed,
        got=", ".join(map(str, data.data_vars)) or "no variables",
        likely_cause=f"data of another kind, which {', '.join(others)} can draw"
        if others
        else "data of a kind that no function of bosonpeak.plot draws; bosonpeak.validators measures them",
    )


def _fits(function: str, data: xr.Dataset) -> bool:
    known = set(map(str, data.variables)) | set(data.attrs)
    return any(names <= known for names in NEEDED[function])
