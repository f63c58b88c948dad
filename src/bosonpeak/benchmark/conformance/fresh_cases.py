"""Fresh cases as files with digests, and as scorable cases whose references are computed on demand."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import Case, Problem, Reference, load_case
from bosonpeak.benchmark.conformance.random_problems import ATTEMPTS, KINDS, drawn_problem, drawn_start
from bosonpeak.benchmark.conformance.relaxation import ANSWERS, relaxed_references
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

MANIFEST = "fresh.json"
"""Seed, attempts and digests, beside the cases."""

LARGEST_MANIFEST = 1_000_000

_SAME_PLACE = 1e-9
_AT_REST = 1e-8


@functools.lru_cache(maxsize=2)
def drawn_cases(seed: int) -> tuple[tuple[Case, int], ...]:
    """Cases of a seed with their attempts; references have shapes and required digits, but values NaN."""
    drawn = [(drawn_problem(name, seed), kind) for name, kind in KINDS.items()]
    return tuple((_case(problem, kind.template, {}), attempt) for (problem, attempt), kind in drawn)


def manifest(seed: int, attempts: Mapping[str, int], files: Mapping[str, bytes]) -> str:
    """Text of the file `MANIFEST`, as JSON."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return json.dumps({"seed": seed, "attempts": dict(attempts), "sha256": digests}, indent=1) + "\n"


def is_fresh(folder: Path) -> bool:
    """Test whether a directory holds fresh cases."""
    return (folder / MANIFEST).is_file()


def drawn_kinds(folder: Path) -> tuple[str, ...]:
    """Kinds of cases drawn into a directory; later versions of this package draw more kinds."""
    return tuple(_manifest(folder)["attempts"])


def fresh_cases_in(folder: Path, seed: int | None = None, *, with_references: bool = True) -> tuple[Case, ...]:
    """Read the fresh cases of an exported directory, and compare them with the draw of their seed."""
    # Without references their values are NaN, which suffices to answer the cases.
    stated = _manifest(folder)
    if seed is not None and seed != stated["seed"]:
        raise ForeignInputError(
            "these are cases of another seed", expected=str(seed), got=str(stated["seed"]), where=str(folder)
        )
    names = [name for name in KINDS if (folder / name).is_dir()]
    made = _with_references if with_references else _without_references
    return tuple(made(name, *_as_drawn(folder, name, stated)) for name in names)


def _as_drawn(folder: Path, name: str, stated: Mapping[str, Any]) -> tuple[int, int, bytes]:
    """Seed, attempt and stored file of a case."""
    attempt = stated["attempts"].get(name)
    if not isinstance(attempt, int) or not 0 <= attempt < ATTEMPTS:
        raise ForeignInputError("the manifest does not say how the case was drawn", got=repr(attempt), where=name)
    return stated["seed"], attempt, _unchanged(folder, f"{name}/configuration.txt", stated["sha256"])


def _without_references(name: str, seed: int, attempt: int, text: bytes) -> Case:
    kind = KINDS[name]
    return _case(_placed(drawn_start(name, seed, attempt), text, name, exactly=not kind.is_relaxed), kind.template, {})


@functools.lru_cache(maxsize=2 * len(KINDS))
def _with_references(name: str, seed: int, attempt: int, text: bytes) -> Case:
    """Case with computed references, cached because a comparison of codes reuses the same cases."""
    from bosonpeak.benchmark.conformance import extended_precision as extended

    problem, kind = _without_references(name, seed, attempt, text).problem, KINDS[name]
    terms = extended.spring_terms(problem) if problem.components == 1 else extended.pair_terms(problem)
    wanted = tuple(name for name in load_case(kind.template).references if name not in ANSWERS)
    found = {
        key: (value.astype(np.float64), scale)
        for key, (value, scale) in extended.references(problem, terms, wanted).items()
    }
    if kind.is_start:
        found |= relaxed_references(problem)
    elif kind.is_relaxed and float(np.abs(found["forces"][0]).max()) > _AT_REST:
        raise ForeignInputError(
            "the configuration is not a minimum", got=f"a force of {np.abs(found['forces'][0]).max():.1e}", where=name
        )
    return _case(problem, kind.template, found)


def _placed(start: Problem, text: bytes, name: str, *, exactly: bool) -> Problem:
    """Problem with the positions of its file; diameters (``exactly``: everything) must equal the draw of the seed."""
    try:
        rows = np.array([[float(word) for word in line.split()] for line in text.decode().splitlines()[1:]])
    except ValueError as error:
        raise ForeignInputError("the configuration cannot be read", got=str(error), where=name) from error
    drawn = np.column_stack([start.positions, start.diameters])
    fits = rows.shape == drawn.shape and np.isfinite(rows).all()
    compared = slice(None) if exactly else slice(-1, None)
    if not fits or np.abs(rows[:, compared] - drawn[:, compared]).max() > _SAME_PLACE:
        raise ForeignInputError(
            "the case differs from the case that its seed draws",
            where=name,
            likely_cause="files that were edited, or cases of another version of this package",
        )
    fields = {**vars(start), "positions": rows[:, :-1], "diameters": rows[:, -1]}
    return Problem(**fields)


def _unchanged(folder: Path, name: str, digests: Mapping[str, str]) -> bytes:
    path = folder / name
    if path.is_symlink() or path.parent.is_symlink():
        raise ForeignInputError("a case is a link", expected="a file", where=name, done="it was not followed")
    try:
        content = _bounded(path)
    except OSError as error:
        raise ForeignInputError("a file of the case cannot be read", got=str(error), where=name) from error
    found = hashlib.sha256(content).hexdigest()
    if found != digests.get(name):
        raise ForeignInputError(
            "a file of the case is not the one that was drawn",
            expected=f"sha256 {digests.get(name)}",
            got=found,
            where=name,
        )
    return content


def _bounded(path: Path) -> bytes:
    """Content of a file, cut at the limit; its size beforehand could be the size of another file."""
    with open(path, "rb") as stream:
        return stream.read(LARGEST_MANIFEST)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        document = None if path.is_symlink() else json.loads(_bounded(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ForeignInputError("the manifest of the fresh cases cannot be read", got=str(error)) from error
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    tables = [found.get(name) for name in ("attempts", "sha256")]
    if not all(isinstance(table, dict) for table in tables) or not _is_seed(found.get("seed")):
        raise ForeignInputError("the manifest of the fresh cases is damaged", where=str(path))
    return found


def _is_seed(seed: object) -> bool:
    return isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 1 << 128


def _case(problem: Problem, template: str, found: Mapping[str, tuple[FloatArray, float]]) -> Case:
    practice = load_case(template)
    references = {
        name: Reference(
            found[name][0] if found else np.full(_shape(name, problem), np.nan),
            found[name][1] if found else float("nan"),
            of_practice.required,
            of_practice.correct,
            of_practice.wrong,
            of_practice.closest,
        )
        for name, of_practice in practice.references.items()
    }
    given = ", ".join(f"{key} {value}" for key, value in problem.interaction.items() if value is not None)
    title = f"{len(problem.positions)} {'nodes' if problem.components == 1 else 'particles'}, {given}"
    return Case(problem, title, practice.tests, references)


def _shape(name: str, problem: Problem) -> tuple[int, ...]:
    count, dimension = problem.positions.shape
    components = {2: 3, 3: 6}[dimension]
    listed = {
        "forces": (count, dimension),
        "stress": (dimension, dimension),
        "hessian": (3, problem.degrees_of_freedom),
        "eigenvalues": (problem.degrees_of_freedom,),
        "stiffness": (components, components),
        "contacts": (count,),
        "relaxed_positions": (count, dimension),
    }
    return listed.get(name, ())
