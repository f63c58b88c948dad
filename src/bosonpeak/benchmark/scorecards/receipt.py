"""Receipts of verdicts for a paper, a review or an archive: data, code, command and verdicts."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

import bosonpeak
from bosonpeak.benchmark.scorecards.claim_results import Verdict
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.documents.record import ReadOnly, Record, Text, record
from bosonpeak.datasets.errors import BosonpeakError, SchemaError, StoreError
from bosonpeak.datasets.provenance import source_commit
from bosonpeak.datasets.publication.release_check import Finding
from bosonpeak.datasets.registry import complete_entry

RECEIPT_VERSION = "1"


@record
class DataReceipt(Record):
    """Judged dataset: `sha256` is the digest of the file, `content_digest` the digest of its variables."""

    version: int
    sha256: Text
    content_digest: Text


@record
class ClaimReceipt(Record):
    """Verdicts on a claim and its parts."""

    verdict: Literal[Verdict, "in part"]  # "in part" in receipts of schema version 3 and earlier
    parts: Annotated[Mapping[Text, Verdict], ReadOnly]


@record
class Receipt(Record):
    """Receipt of a run: data, code, command and verdicts.

    `made`: ISO date and time, UTC; `command`: arguments of ``bosonpeak``; `commit`: of the code, empty if unknown, with
    ``+modified`` if files differed from the commit.
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
        """SHA-256 over all other fields; it reveals accidental changes, but is not a signature."""
        fields = [self.made, self.command, self.code_version, self.commit, dict(self.environment)]
        parts = [{name: part.to_dict() for name, part in mapping.items()} for mapping in (self.data, self.claims)]
        return f"sha256:{hashlib.sha256(json.dumps([*fields, *parts], sort_keys=True).encode()).hexdigest()}"

    def to_json(self) -> str:
        """Return the receipt as JSON text."""
        document = {"receipt_version": RECEIPT_VERSION, **self.to_dict()}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a receipt from a JSON file; SchemaError if it is of another version or was changed."""
        try:
            document = json.loads(Path(path).read_bytes())
        except OSError as error:
            raise StoreError("a receipt cannot be read", got=error.strerror or str(error), where=str(path)) from error
        except ValueError as error:
            raise SchemaError("a receipt is not valid JSON", got=str(error), where=str(path)) from error
        if not isinstance(document, dict) or document.pop("receipt_version", None) != RECEIPT_VERSION:
            raise SchemaError("this is not a receipt", expected=f"receipt_version {RECEIPT_VERSION!r}", where=str(path))
        return cls.from_dict(document)


def receipt_of(scorecard: Scorecard, command: Sequence[str]) -> Receipt:
    """Make a receipt of verdicts on registered data."""
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
    """Yield findings of a receipt's comparison with the local code and data, without a new judgement."""
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
