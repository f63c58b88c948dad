"""Export of the cases as files readable by any code, with a README for readers who do not know this package."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.benchmark.conformance.cases import OPTIONAL, Case, Problem, load_cases
from bosonpeak.benchmark.conformance.fresh_cases import MANIFEST, drawn_cases, manifest
from bosonpeak.benchmark.conformance.random_problems import KINDS
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import write_bytes

_FLAT_BOX = 1.0
_PRACTICE = """These are practice cases: their answers lie in the package, for you to look at. Who needs to know that
you computed yours asks for cases of a seed (`bosonpeak conformance export --seed S`)."""
_FRESH = """These cases were drawn from a seed. Their answers are stored nowhere: they are computed when yours are
scored, and so is the scale of errors. Leave the files as they are: `fresh.json` holds their digests."""


def export(directory: str | Path, cases: Sequence[Case] | None = None, *, seed: int | None = None) -> tuple[Path, ...]:
    """Write cases, all by default or fresh from ``seed``, into an empty directory; return the files, README first."""
    folder = Path(directory)
    drawn = () if seed is None else drawn_cases(seed)
    chosen: Sequence[Case] = [case for case, _ in drawn] if drawn else load_cases() if cases is None else cases
    _make(folder)
    if any(folder.iterdir()):
        raise StoreError(
            "the directory is not empty",
            expected="a new or empty directory",
            got=", ".join(sorted(entry.name for entry in folder.iterdir())[:5]),
            where=str(directory),
            done="nothing was written",
        )
    files = {"README.md": readme(chosen)}
    for case in chosen:
        files |= {f"{case.name}/{name}": text for name, text in _files(case).items()}
    if seed is not None:
        attempts = {case.name: attempt for case, attempt in drawn}
        files[MANIFEST] = manifest(seed, attempts, {name: text.encode() for name, text in files.items()})
    written = []
    for name, text in files.items():
        path = folder / name
        _make(path.parent)
        write_bytes(path, text.encode())
        written.append(path)
    return tuple(written)


def readme(cases: Sequence[Case]) -> str:
    """Text of the README: formulas, files, answers, and the table of cases."""
    standing = _FRESH if any(case.name in KINDS for case in cases) else _PRACTICE
    template = resources.files(__package__).joinpath("README.template.md").read_text(encoding="utf-8")
    rows = ["| case | content | requested quantities | detected mistakes |", "|---|---|---|---|"]
    rows += [f"| `{case.name}` | {case.title} | {', '.join(case.references)} | {case.tests} |" for case in cases]
    return template.replace("{{STANDING}}", standing).replace("{{CASES}}", "\n".join(rows))


def case_description(case: Case) -> dict[str, Any]:
    """Description of a case for the code under test, as JSON values."""
    problem = case.problem
    return {
        "name": case.name,
        "title": case.title,
        "dimension": problem.dimension,
        "particles": len(problem.positions),
        "box": problem.box.tolist(),
        **({"cell": problem.cell.tolist()} if problem.tilt.size else {}),
        "interaction": dict(problem.interaction),
        "answers": {
            name: {
                "shape": _shape(name, problem, reference.value.shape),
                "matching_digits_required": reference.required,
                **({"error_relative_to": reference.scale} if math.isfinite(reference.scale) else {}),
                "optional": name in OPTIONAL,
            }
            for name, reference in case.references.items()
        },
    }


def _files(case: Case) -> dict[str, str]:
    problem = case.problem
    files = {
        "case.json": json.dumps(case_description(case), indent=1) + "\n",
        "configuration.txt": _table(problem),
        "configuration.xyz": _extended_xyz(problem),
    }
    if len(problem.bonds):
        files["bonds.txt"] = "# node node, from 0\n" + "".join(f"{i} {j}\n" for i, j in problem.bonds.tolist())
    return files


def _table(problem: Problem) -> str:
    names = " ".join("xyz"[: problem.dimension])
    rows = np.column_stack([problem.positions, problem.diameters]).tolist()
    return f"# {names} diameter\n" + "".join(" ".join(map(repr, row)) + "\n" for row in rows)


def _extended_xyz(problem: Problem) -> str:
    edges = np.diag(np.full(3, _FLAT_BOX))
    edges[: problem.dimension, : problem.dimension] = problem.cell
    lattice = " ".join(map(repr, edges.ravel().tolist()))
    lines = [
        str(len(problem.positions)),
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:diameter:R:1 pbc="T T T"',
    ]
    for position, diameter in zip(problem.positions.tolist(), problem.diameters.tolist(), strict=True):
        coordinates = [*position, 0.0][:3]
        lines.append(" ".join(["X", *map(repr, coordinates), repr(diameter)]))
    return "\n".join(lines) + "\n"


def _shape(name: str, problem: Problem, stored: tuple[int, ...]) -> list[int]:
    return [problem.degrees_of_freedom] * 2 if name == "hessian" else list(stored)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            "the directory cannot be made", got=error.strerror or str(error), where=str(folder), done="nothing"
        ) from error
