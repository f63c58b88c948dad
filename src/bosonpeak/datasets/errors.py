"""The errors that users meet: one class a failure mode, each message complete on its own."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any


class BosonpeakError(Exception):
    """A failure that the user can act on.

    Parameters
    ----------
    what : str
        What went wrong, as one clause.
    expected, got : str, optional
        What was required and what was found instead.
    where : str, optional
        The file, recipe, sample or option concerned.
    likely_cause : str, optional
        What usually makes this happen, or how to mend it.
    done : str, optional
        What was done about it, and what was left untouched.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str = "",
        got: str = "",
        where: str = "",
        likely_cause: str = "",
        done: str = "",
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
        told = [f"  {label}: {_on_its_lines(text)}" for label, text in details if text]
        return "\n".join([" ".join(self.what.split()), *told])

    def __reduce__(self) -> tuple[object, ...]:
        """Survive pickling, so that an error raised in a worker process arrives whole."""
        return _rebuild, (type(self), dict(self.__dict__))


def _on_its_lines(text: str) -> str:
    """A field with no other lines than those that are indented below its first one, as lists of violations are."""
    return "\n    ".join(" ".join(line.split()) for line in text.split("\n    "))


def _rebuild(kind: type[BosonpeakError], fields: dict[str, Any]) -> BosonpeakError:
    return kind(**fields)


def did_you_mean(word: str, known: Iterable[str], most: int = 1) -> str:
    """Question after the known words that a mistyped one resembles.

    Parameters
    ----------
    word : str
        What was found.
    known : iterable of str
        What could have stood there.
    most : int
        Words that the question may name.

    Returns
    -------
    str
        Such as ``"did you mean 'exponent'?"``; empty if no known word resembles it.
    """
    close = difflib.get_close_matches(word, list(known), n=most)
    return f"did you mean {' or '.join(map(repr, close))}?" if close else ""


class SchemaError(BosonpeakError):
    """A dataset does not have the shape, types, units or values that its kind requires.

    Parameters
    ----------
    what : str
        What went wrong, as one clause.
    violations : sequence of str, optional
        Every rule that was broken, one line each, with group, variable, position and value.
    **details : str
        As for :class:`BosonpeakError`.
    """

    def __init__(self, what: str, *, violations: Sequence[str] = (), **details: str) -> None:
        self.violations = tuple(violations)
        super().__init__(what, **details)

    def _message(self) -> str:
        return "\n".join([super()._message(), *(f"  - {' '.join(line.split())}" for line in self.violations)])


class StoreError(BosonpeakError):
    """A file could not be read or written."""


class SignatureError(BosonpeakError):
    """A signature is not of anybody who is trusted, or cannot be made."""


class DigestMismatchError(StoreError):
    """A file's content is not what its recorded digest says."""


class RegistryError(BosonpeakError):
    """A named dataset is unknown or cannot be fetched."""


class DataUnavailableError(RegistryError):
    """A named dataset exists, but is not on this machine and cannot be fetched now."""


class RecipeError(BosonpeakError):
    """A recipe is malformed or asks for something impossible."""


class ResumeError(RecipeError):
    """An interrupted run's finished samples belong to another recipe."""


class ForeignInputError(BosonpeakError):
    """Data from outside cannot be read or do not make sense."""


class CardError(ForeignInputError):
    """A submission card has unknown, missing or contradictory entries."""


class ConvergenceError(BosonpeakError):
    """An iteration stopped before it reached its tolerance."""


class NotApplicableError(BosonpeakError):
    """An estimator does not apply to these data, and says why."""


class ClaimError(BosonpeakError):
    """A claim file is malformed."""


class RecomputationError(BosonpeakError):
    """A code did not install, or the recipe that runs it for the leaderboard did not come to its end."""


class BlindDataWarning(UserWarning):
    """Somebody opens data whose frequencies nobody is to read before an analysis, fixed beforehand, opens them."""
