"""Write the answers of a code that has a Python interface into an exported directory, as any other code would."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bosonpeak.benchmark.conformance.answer_files import ENDINGS
from bosonpeak.benchmark.conformance.cases import Case, load_cases
from bosonpeak.benchmark.conformance.simulation_code import SimulationCode, given_answers
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.datasets.storage.atomic import write_bytes

FloatArray = NDArray[np.float64]

_MATRICES = ("hessian",)


def write_answers(code: SimulationCode, directory: str | Path) -> tuple[Path, ...]:
    """Ask a code for everything and write what it answers beside the cases.

    Parameters
    ----------
    code : SimulationCode
    directory : path-like
        What `bosonpeak.benchmark.conformance.exporting.export` wrote; cases whose folder was removed are left out.

    Returns
    -------
    tuple of Path
        Files: text of 17 digits, Hessians as ``.npy``.

    Raises
    ------
    ForeignInputError
        If there are no cases in the directory.
    StoreError
        If there is an answer already.
    """
    folder = Path(directory)
    cases = [case for case in load_cases() if (folder / case.name).is_dir()]
    if not cases:
        raise ForeignInputError(
            "there are no cases in the directory",
            expected="what bosonpeak conformance export wrote",
            got="a directory" if folder.is_dir() else "no directory",
            where=str(directory),
        )
    _require_none(folder, cases)
    written = []
    for case in cases:
        for quantity, values in given_answers(code, case.problem, tuple(case.references)).items():
            path = folder / case.name / f"{quantity}{'.npy' if quantity in _MATRICES else '.txt'}"
            write_bytes(path, _binary(values) if quantity in _MATRICES else _text(values))
            written.append(path)
    return tuple(written)


def _require_none(folder: Path, cases: list[Case]) -> None:
    for case in cases:
        for quantity in case.references:
            for ending in ENDINGS:
                path = folder / case.name / f"{quantity}{ending}"
                if path.exists() or path.is_symlink():
                    raise StoreError(
                        "there is an answer already",
                        expected="cases without answers",
                        got=path.name,
                        where=str(path.parent),
                        done="nothing was written",
                    )


def _text(values: FloatArray) -> bytes:
    buffer = io.BytesIO()
    np.savetxt(buffer, np.atleast_1d(values), fmt="%.17g")
    return buffer.getvalue()


def _binary(values: FloatArray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
