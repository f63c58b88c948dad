"""Receipts of verdicts: what they hold, and what they are held against."""

import dataclasses

import pytest

from bosonpeak.benchmark.scorecards.receipt import ClaimReceipt, DataReceipt, Receipt, check_receipt
from bosonpeak.datasets.errors import SchemaError, StoreError
from bosonpeak.datasets.provenance import source_commit
from bosonpeak.datasets.registry import complete_entry

NAME = "network/nine-node"


@pytest.fixture
def receipt():
    entry = complete_entry(NAME)
    return Receipt(
        made="2026-01-31T12:00:00+00:00",
        command=("verify",),
        code_version="0.1.0",
        commit=source_commit(),
        environment={"python": "3.13"},
        data={NAME: DataReceipt(version=1, sha256=entry.sha256, content_digest=entry.content_digest)},
        claims={"NET-6": ClaimReceipt(verdict="in part", parts={"one": "supported", "other": "undecided"})},
    )


def faults(receipt, tmp_path):
    (tmp_path / "receipt.json").write_text(receipt.to_json())
    return [finding.what for finding in check_receipt(tmp_path / "receipt.json") if not finding.good]


def test_it_is_read_back_as_it_was_written(receipt, tmp_path):
    assert faults(receipt, tmp_path) == []
    assert Receipt.read(tmp_path / "receipt.json") == receipt


def test_other_code_and_other_data_are_said(receipt, tmp_path):
    other = dataclasses.replace(receipt, commit="0" * 40)
    (fault,) = faults(other, tmp_path)
    assert fault.startswith(f"code: 0.1.0, commit {'0' * 40}; here 0.1.0")
    moved = dataclasses.replace(receipt.data[NAME], content_digest="sha256:other")
    (fault,) = faults(dataclasses.replace(receipt, data={NAME: moved}), tmp_path)
    assert "another content" in fault
    (fault,) = faults(dataclasses.replace(receipt, data={"gone": moved}), tmp_path)
    assert "no dataset named 'gone'" in fault


def test_the_digest_covers_everything(receipt):
    changes = [
        {"made": "2026-02-01T12:00:00+00:00"},
        {"command": ("verify", "--suite", "full")},
        {"code_version": "0.2.0"},
        {"environment": {"python": "3.12"}},
        {"data": {}},
        {"claims": {"NET-6": ClaimReceipt(verdict="in part", parts={"one": "supported", "other": "refuted"})}},
    ]
    digests = {dataclasses.replace(receipt, **change).digest for change in changes}
    assert len(digests | {receipt.digest}) == len(changes) + 1


def test_what_is_no_receipt(receipt, tmp_path):
    file = tmp_path / "receipt.json"
    with pytest.raises(StoreError):
        Receipt.read(file)
    for text in ("", "[]", "{}", '{"receipt_version": "2"}'):
        file.write_text(text)
        with pytest.raises(SchemaError):
            Receipt.read(file)
    file.write_text(receipt.to_json().replace('"undecided"', '"supported"'))
    with pytest.raises(SchemaError, match="contradicts itself"):
        Receipt.read(file)
