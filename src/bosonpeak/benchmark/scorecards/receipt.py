"""A receipt of verdicts: which data, which code, which command, what came out; for a paper, a review, an archive."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import bosonpeak
from bosonpeak.benchmark.scorecards.claim_results import Verdict, Whole
from bosonpeak.benchmark.scorecards.record import Record, record
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.benchmark.scorecards.values import ReadOnly, Text
from bosonpeak.datasets.errors import BosonpeakError, SchemaError, StoreError
from bosonpeak.datasets.provenance import source_commit
from bosonpeak.datasets.publication.checking import Finding
from bosonpeak.datasets.registry import complete_entry

RECEIPT_VERSION = "1"


@record
class DataReceipt(Record):
    """A dataset that was judged.

    Parameters
    ----------
    version : int
    sha256 : str
        Of the file.
    content_digest : str
        Of what the file says.
    """

    version: int
    sha256: Text
    content_digest: Text


@record
class ClaimReceipt(Record):
    """What became of a claim, part by part."""

    verdict: Whole
    parts: Annotated[Mapping[Text, Verdict], ReadOnly]


@record
class Receipt(Record):
    """What was judged by what, and what came out.

    Parameters
    ----------
    made : str
        ISO date and time, UTC.
    command : tuple of str
        Arguments of ``bosonpeak``.
    code_version : str
    commit : str
        Of the code; empty if unknown, with ``+modified`` if files differed from it.
    environment : mapping of str to str
        Versions and platform.
    data : mapping of str to DataReceipt
    claims : mapping of str to ClaimReceipt
    """

    follows: ClassVar[Mapping[str, Mapping[str, Any]]] = {"digest": {"type": "string"}}

    made: Text
    command: tuple[Text, ...]
    code_version: Text
    commit: Text
    environment: Annotated[Mapping[Text, Text], ReadOnly]
    data: Annotated[Mapping[Text, DataReceipt], ReadOnly]
    claims: Annotated[Mapping[Text, ClaimReceipt], ReadOnly]

    @property
    def digest(self) -> str:
        """SHA-256 over everything else, which tells an accident from the receipt that was written; no signature."""
        fields = [self.made, self.command, self.code_version, self.commit, dict(self.environment)]
        parts = [{name: part.to_dict() for name, part in mapping.items()} for mapping in (self.data, self.claims)]
        return f"sha256:{hashlib.sha256(json.dumps([*fields, *parts], sort_keys=True).encode()).hexdigest()}"

    def to_json(self) -> str:
        """The receipt as JSON text."""
        document = {"receipt_version": RECEIPT_VERSION, **self.to_dict()}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a receipt from a JSON file.

        Raises
        ------
        StoreError
            If the file cannot be read.
        SchemaError
            If it is no receipt of this version, or not the one that was written.
        """
        try:
            document = json.loads(Path(path).read_bytes())
        except OSError as error:
            raise StoreError("a receipt cannot be read", got=error.strerror or str(error), where=str(path)) from error
        except ValueError as error:
            raise SchemaError("a receipt is not valid JSON", got=str(error), where=str(path)) from error
        if not isinstance(document, dict) or document.pop("receipt_version", None) != RECEIPT_VERSION:
            raise SchemaError("this is no receipt", expected=f"receipt_version {RECEIPT_VERSION!r}", where=str(path))
        return cls.from_dict(document)


def receipt_of(scorecard: Scorecard, command: Sequence[str]) -> Receipt:
    """Receipt of verdicts on reference data.

    Parameters
    ----------
    scorecard : Scorecard
        Of registered data.
    command : sequence of str
        Arguments of ``bosonpeak``.

    Returns
    -------
    Receipt

    Raises
    ------
    RegistryError
        If a dataset of the scorecard is not registered.
    """
    entries = {source.name: complete_entry(source.name) for source in scorecard.data}
    return Receipt(
        made=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        command=tuple(command),
        code_version=bosonpeak.__version__,
        commit=source_commit(),
        environment=scorecard.environment,
        data={
            name: DataReceipt(version=entry.version, sha256=entry.sha256, content_digest=entry.content_digest)
            for name, entry in entries.items()
        },
        claims={
            claim.id: ClaimReceipt(verdict=claim.verdict, parts={part.name: part.verdict for part in claim.parts})
            for claim in scorecard.claims
        },
    )


def check_receipt(path: str | Path) -> Iterator[Finding]:
    """Compare a receipt with the code and the data that are here; nothing is judged again.

    Parameters
    ----------
    path : path-like
        The JSON file.

    Yields
    ------
    Finding

    Raises
    ------
    StoreError, SchemaError
        If it cannot be read, or is not the receipt that was written.
    """
    receipt = Receipt.read(path)
    yield Finding(f"receipt of {receipt.made}: {receipt.digest}", True)
    here = (bosonpeak.__version__, source_commit())
    same = (receipt.code_version, receipt.commit) == here
    yield Finding(
        f"code: {receipt.code_version}, commit {receipt.commit or 'unknown'}"
        + ("" if same else f"; here {here[0]}, commit {here[1] or 'unknown'}"),
        same,
    )
    for name, judged in receipt.data.items():
        try:
            entry = complete_entry(name)
        except BosonpeakError as error:
            yield Finding(f"{name}: {error.what}", False)
            continue
        same = entry.content_digest == judged.content_digest
        yield Finding(
            f"{name}: {'the content that was judged' if same else 'another content'} "
            f"(version {judged.version}{'' if same else f', here {entry.version}'})",
            same,
        )
    for identifier, claim in receipt.claims.items():
        yield Finding(f"{identifier}: {claim.verdict}, as written; not judged again", True)
