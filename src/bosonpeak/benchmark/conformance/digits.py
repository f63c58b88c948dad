"""Scores of answers against references: matching digits for every quantity of every case."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bosonpeak.benchmark.conformance.answer_files import cases_in, read_answers
from bosonpeak.benchmark.conformance.cases import OPTIONAL, Case, Reference, load_cases
from bosonpeak.benchmark.conformance.fresh_cases import is_fresh
from bosonpeak.benchmark.conformance.relaxation import ENERGY, PLACES, judged_places, stopped_early
from bosonpeak.benchmark.conformance.simulation_code import SimulationCode, answers_of, derived
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError

Status = Literal["matches", "differs", "missing"]

SCHEMA_VERSION = "1"

MOST_DIGITS = 15.0
"""More cannot be distinguished from the rounding of the references."""

_COUNTS = ("contacts",)
_MENDED = 1.0
_STORED_SINGLE, _SINGLE, _MOST_SINGLE = 4.0, 5.0, 7.9
"""Digits that single precision keeps of the terms of a sum: the fewest where the answer itself is stored in it, the
fewest elsewhere, and the most."""

_NEAR = 1e-3
"""Share of its scale by which an energy may lie above the minimum, and be that of a minimiser that stopped early."""

_SLIPS = {"the other sign": -1.0, "twice the value": 0.5, "half the value": 2.0}


@dataclass(frozen=True)
class QuantityResult:
    """Score of a quantity of a case; ``digits`` is None if missing, ``required`` is 0 for counts (must be equal)."""

    case: str
    quantity: str
    status: Status
    digits: float | None
    required: float
    reason: str = ""


@dataclass(frozen=True)
class ConformanceResult:
    """Scores of a code for every quantity of every case, including unanswered quantities."""

    code_name: str
    code_version: str
    results: tuple[QuantityResult, ...]

    def count(self, status: Status) -> int:
        """Number of quantities with this status."""
        return sum(result.status == status for result in self.results)

    @property
    def share(self) -> float:
        """Share of matching quantities among all quantities; a missing answer counts as a mismatch."""
        return self.count("matches") / len(self.results)

    @property
    def exit_code(self) -> int:
        """Return 0 if at least one quantity is answered and every answer matches, else 1."""
        return int(self.count("differs") > 0 or self.count("matches") == 0)

    def to_json(self) -> str:
        """The result as JSON text."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "code": {"name": self.code_name, "version": self.code_version},
            "matches": self.count("matches"),
            "differs": self.count("differs"),
            "missing": self.count("missing"),
            "results": [asdict(result) for result in self.results],
        }
        return json.dumps(document, indent=1, allow_nan=False) + "\n"


def score_answers(
    directory: str | Path, *, code_name: str = "unnamed", code_version: str = "", decoder: Decoder = IN_PLACE
) -> ConformanceResult:
    """Score the answers in a directory written by `export`.

    Parameters
    ----------
    directory : path-like
        Holds a folder for each case with a file for each quantity, such as ``forces.txt``.
    code_name, code_version : str
        The program that gave the answers.
    decoder : Decoder
        Reader of the files; by default this process.

    Returns
    -------
    ConformanceResult

    Raises
    ------
    ForeignInputError
        If the directory holds no case, or an answer cannot be read or has the wrong shape.

    Examples
    --------
    Each of two touching particles has one contact; no other quantity is answered.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from bosonpeak.benchmark.conformance.exporting import export
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = export(Path(folder) / "cases")
    ...     np.savetxt(Path(folder) / "cases" / "pair-across-boundary" / "contacts.txt", [1, 1])
    ...     result = score_answers(Path(folder) / "cases")
    >>> result.count("matches"), result.count("differs"), result.exit_code
    (1, 0, 0)
    """
    folder = Path(directory)
    cases = cases_in(folder, "what bosonpeak conformance export wrote, with answers added")
    return _scored(
        cases if is_fresh(folder) else load_cases(),
        lambda case: derived(case.problem, read_answers(folder, case, decoder)),
        code_name,
        code_version,
    )


def score_code(code: SimulationCode, cases: Sequence[Case] | None = None) -> ConformanceResult:
    """Run a code on the cases and score it.

    Parameters
    ----------
    code : SimulationCode
    cases : sequence of Case, optional
        By default all.

    Returns
    -------
    ConformanceResult
        Quantities that the code cannot express are missing.

    Examples
    --------
    >>> from bosonpeak.benchmark.conformance.cases import load_cases
    >>> from bosonpeak.benchmark.conformance.simulation_code import simulation_code
    >>> lattice = [case for case in load_cases() if case.name == "network-nine-nodes"]
    >>> result = score_code(simulation_code("bosonpeak"), lattice)
    >>> result.count("differs"), result.share
    (0, 1.0)
    """
    chosen = load_cases() if cases is None else cases
    return _scored(chosen, lambda case: answers_of(code, case.problem, tuple(case.references)), code.name, code.version)


def _scored(
    cases: Sequence[Case], answers: Callable[[Case], dict[str, FloatArray]], name: str, version: str
) -> ConformanceResult:
    results: list[QuantityResult] = []
    for case in cases:
        given = answers(case)
        answered_otherwise = [quantity for quantity in OPTIONAL if quantity not in given and "eigenvalues" in given]
        results += [result for result in compared(case, given) if result.quantity not in answered_otherwise]
    return ConformanceResult(name, version, tuple(results))


def matching_digits(value: ArrayLike, reference: ArrayLike, scale: float) -> float:
    """Matching digits: -log10 of the largest error over ``scale``, at most `MOST_DIGITS`."""
    # For sums the scale is the sum of the magnitudes of the terms, so that cancellation costs no digits.
    error = float(np.max(np.abs(np.asarray(value, dtype=np.float64) - np.asarray(reference, dtype=np.float64))))
    if not math.isfinite(error):
        return -math.inf
    return MOST_DIGITS if error <= scale * 10.0**-MOST_DIGITS else round(-math.log10(error / scale), 1)


def compared(case: Case, given: Mapping[str, FloatArray]) -> tuple[QuantityResult, ...]:
    """Score answers, completed by `derived`, against every reference; `ForeignInputError` for a wrong shape."""
    return tuple(
        _result(case, quantity, reference, given.get(quantity)) for quantity, reference in case.references.items()
    )


def _result(case: Case, quantity: str, reference: Reference, answer: FloatArray | None) -> QuantityResult:
    if answer is None:
        return QuantityResult(case.name, quantity, "missing", None, reference.required, f"it tests {case.tests}")
    value = _lowest(case, answer) if quantity == "lowest_eigenvalue" else answer
    if value.shape != reference.value.shape:
        raise ForeignInputError(
            f"the answer for {quantity} has the wrong shape",
            expected=str(reference.value.shape),
            got=str(value.shape),
            where=f"case {case.name}",
            likely_cause="particles missing, or rows and columns exchanged",
        )
    if quantity == PLACES:
        digits, reason = judged_places(case, value)
        status: Status = "matches" if digits >= reference.required else "differs"
        said = "" if status == "matches" else reason
        return QuantityResult(case.name, quantity, status, max(digits, 0.0), reference.required, said)
    digits = matching_digits(value, reference.value, reference.scale)
    matches = bool((value == reference.value).all()) if quantity in _COUNTS else digits >= reference.required
    shown = max(digits, 0.0)
    if matches:
        return QuantityResult(case.name, quantity, "matches", shown, reference.required)
    return QuantityResult(
        case.name, quantity, "differs", shown, reference.required, _reason(value, reference, quantity)
    )


def _lowest(case: Case, answer: FloatArray) -> FloatArray:
    """Pick from a full spectrum the eigenvalue at the position of the reference's lowest nonzero eigenvalue."""
    spectrum = case.references["eigenvalues"].value
    place = int(np.argmin(np.abs(spectrum - case.references["lowest_eigenvalue"].value)))
    return np.asarray(answer[place]) if answer.shape == spectrum.shape else answer


def _is_single(value: FloatArray) -> bool:
    """Test whether non-integer numbers are all representable in single precision."""
    finite = value[np.isfinite(value)]
    with np.errstate(over="ignore"):
        held = finite == finite.astype(np.float32).astype(np.float64)
    return bool(finite.size > 1 and held.all() and (finite != np.rint(finite)).any())


def _reason(value: FloatArray, reference: Reference, quantity: str) -> str:
    if quantity in _COUNTS:
        return f"{int(np.count_nonzero(value != reference.value))} of {value.size} counts differ"
    digits = matching_digits(value, reference.value, reference.scale)
    for text, factor in _SLIPS.items():
        mended = matching_digits(factor * value, reference.value, reference.scale)
        # Require a clear gain: halving a small error by chance does not prove a factor of two.
        if mended >= reference.required and mended > digits + _MENDED:
            return f"it has {text}"
    if quantity == ENERGY and 0.0 < float(value - reference.value) < _NEAR * reference.scale:
        return stopped_early(value, reference.value)
    if (_STORED_SINGLE if _is_single(value) else _SINGLE) <= digits <= _MOST_SINGLE:
        return f"it is good to {max(digits, 0.0):g} digits of {reference.scale:.3g}, as single precision is"
    if value.ndim == 2 and np.isfinite(value).all() and value.shape[0] > value.shape[1]:
        ordered, right = np.sort(value, axis=0), np.sort(reference.value, axis=0)
        if matching_digits(ordered, right, reference.scale) >= reference.required:
            return "particles are in another order"
    return f"errors above 1e-{reference.required:g} of {reference.scale:.3g}"
