"""User-facing errors: one class per failure mode, each message complete without a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


class BosonpeakError(Exception):
    """A failure that the user can act on.

    `what` is the failure in one clause; `expected` and `got` contrast requirement and finding; `where` names the file,
    recipe, sample or option; `likely_cause` is the usual cause or remedy; `done` says which action was taken and which
    data are untouched.
    """

    def __init__(
        self, what: str, *, expected: str = "", got: str = "", where: str = "", likely_cause: str = "", done: str = ""
    ) -> None:
        self.what = what
        self.expected = expected
        self.got = got
        self.where = where
        self.likely_cause = likely_cause
        self.done = done
        super().__init__(self._message())

    def _message(self) -> str:
        details = (
            ("expected", self.expected),
            ("got", self.got),
            ("where", self.where),
            ("likely cause", self.likely_cause),
            ("done", self.done),
        )
        reported = [f"  {label}: {_on_its_lines(text)}" for label, text in details if text]
        return "\n".join([" ".join(self.what.split()), *reported])

    def __reduce__(self) -> tuple[object, ...]:
        """Support pickling, so that an error raised in a worker process arrives with all its fields."""
        return _rebuild, (type(self), dict(self.__dict__))


def _on_its_lines(text: str) -> str:
    """Indent every line of a field after the first, so that a list of violations stays below its heading."""
    return "\n    ".join(" ".join(line.split()) for line in text.split("\n    "))


def _rebuild(kind: type[BosonpeakError], fields: dict[str, Any]) -> BosonpeakError:
    return kind(**fields)


def did_you_mean(word: str, known: Iterable[str], most: int = 1) -> str:
    """Suggest up to `most` known words similar to a mistyped word: ``"did you mean 'exponent'?"``, or ``""``."""
    close = difflib.get_close_matches(word, list(known), n=most)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else ""


class SchemaError(BosonpeakError):
    """A dataset does not have the shape, types, units or values that its kind requires.

    `violations` has one line per broken rule, with group, variable, position and value.
    """

    def __init__(self, what: str, *, violations: Sequence[str] = (), **details: str) -> None:
        self.violations = tuple(violations)
        super().__init__(what, **details)

    def _message(self) -> str:
        return "\n".join([super()._message(), *(f"  - {' '.join(line.split())}" for line in self.violations)])


class StoreError(BosonpeakError):
    """A file could not be read or written."""


class SignatureError(BosonpeakError):
    """A signature was not made with a trusted key, or cannot be made."""


class DigestMismatchError(StoreError):
    """The content of a file does not match its recorded digest."""


class RegistryError(BosonpeakError):
    """A named dataset is unknown or cannot be fetched."""


class DataUnavailableError(RegistryError):
    """A named dataset exists, but has no copy on this machine and cannot be downloaded now."""


class RecipeError(BosonpeakError):
    """A recipe is invalid or requests something impossible."""


class ResumeError(RecipeError):
    """The finished samples of an interrupted run belong to another recipe."""


class ForeignInputError(BosonpeakError):
    """Data from outside the package cannot be read or are inconsistent."""


class CardError(ForeignInputError):
    """A submission card has unknown, missing or contradictory entries."""


class ConvergenceError(BosonpeakError):
    """An iteration stopped before it reached its tolerance."""


class NotApplicableError(BosonpeakError):
    """An estimator does not apply to the given data, for the reason in the message."""


class ClaimError(BosonpeakError):
    """A claim file is invalid."""


class RecomputationError(BosonpeakError):
    """Installing a code, or running its recipe for the leaderboard, failed."""


class BlindDataWarning(UserWarning):
    """The opened data are blind: only an analysis fixed beforehand should read their frequencies."""
