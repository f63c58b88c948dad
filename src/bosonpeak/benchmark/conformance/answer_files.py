"""Files of answers beside the cases, one per quantity: safe reading of untrusted files, and writing for a code."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bosonpeak.benchmark.conformance.cases import Case, load_cases
from bosonpeak.benchmark.conformance.fresh_cases import fresh_cases_in, is_fresh
from bosonpeak.benchmark.conformance.simulation_code import SimulationCode, given_answers
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.formats import PLAIN_NUMBERS
from bosonpeak.datasets.adapters.files.foreign_file import existing_file
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError, StoreError
from bosonpeak.datasets.storage.atomic import write_bytes

_MATRICES = ("hessian",)
_ENDINGS = (".txt", ".npy", ".npz", ".mtx")


def read_answers(folder: Path, case: Case, decoder: Decoder = IN_PLACE) -> dict[str, FloatArray]:
    """Read the answers to a case, by quantity in the shape of the reference; missing files are left out."""
    found: dict[str, FloatArray] = {}
    for quantity, reference in case.references.items():
        files = [path for ending in _ENDINGS if (path := folder / case.name / f"{quantity}{ending}").is_file()]
        if len(files) > 1:
            raise ForeignInputError(
                f"there are two answers for {quantity}", got=", ".join(path.name for path in files), where=case.name
            )
        if files:
            shape = (case.problem.degrees_of_freedom,) * 2 if quantity == "hessian" else reference.value.shape
            values = decoder.numbers(_no_link(files[0], folder), matrix=quantity == "hessian")
            found[quantity] = _shaped(_finite(values, files[0]), shape, files[0])
    return found


def asked_cases(folder: Path, *, with_references: bool = True) -> tuple[Case, ...]:
    """Cases against which the answers in a directory are scored: its fresh cases, else all stored cases."""
    return fresh_cases_in(folder, with_references=with_references) if is_fresh(folder) else load_cases()


def cases_in(folder: Path, expected: str, *, with_references: bool = True) -> list[Case]:
    """Cases with a folder in a directory; `ForeignInputError`, showing ``expected``, if there are none."""
    cases = [case for case in asked_cases(folder, with_references=with_references) if (folder / case.name).is_dir()]
    if not cases:
        raise ForeignInputError(
            "there are no cases in the directory",
            expected=expected,
            got="a directory" if folder.is_dir() else "no directory",
            where=str(folder),
        )
    return cases


def write_answers(code: SimulationCode, directory: str | Path) -> tuple[Path, ...]:
    """Compute all quantities with a code and write the answers beside the exported cases; return the files."""
    folder = Path(directory)
    cases = cases_in(folder, "what bosonpeak conformance export wrote", with_references=False)
    _require_none(folder, cases)
    written = []
    for case in cases:
        for quantity, values in given_answers(code, case.problem, tuple(case.references)).items():
            path = folder / case.name / f"{quantity}{'.npy' if quantity in _MATRICES else '.txt'}"
            write_bytes(path, _binary(values) if quantity in _MATRICES else _text(values))
            written.append(path)
    return tuple(written)


def _no_link(path: Path, folder: Path) -> Path:
    if path.is_symlink() or path.parent.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        raise ForeignInputError("an answer is a link", expected="a file", where=str(path), done="it was not followed")
    return existing_file(path, PLAIN_NUMBERS)


def _finite(values: NDArray[np.generic], path: Path) -> FloatArray:
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        raise ForeignInputError(
            "the answer has elements that are not finite numbers", got=str(values.dtype), where=str(path)
        )
    return values.astype(np.float64)


def _shaped(values: FloatArray, shape: tuple[int, ...], path: Path) -> FloatArray:
    """Reshape numbers to the requested rows and columns; a list may be given as a single row or column."""
    listed = len(shape) < 2 and values.size == int(np.prod(shape)) and max(values.shape, default=1) == values.size
    if values.shape != shape and not listed:
        raise ForeignInputError(
            "the answer has the wrong shape",
            expected=str(shape) if shape else "one number",
            got=str(values.shape),
            where=str(path),
            likely_cause="particles missing, or rows and columns exchanged",
        )
    return values.reshape(shape)


def _require_none(folder: Path, cases: list[Case]) -> None:
    for case in cases:
        for quantity in case.references:
            for ending in _ENDINGS:
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
