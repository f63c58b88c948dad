"""Claims: one TOML file each, which a physicist can read and argue with."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from bosonpeak.benchmark.scorecards.claim_results import DECISIONS, Decision, Expectation
from bosonpeak.datasets.adapters.files.foreign_file import natural_order
from bosonpeak.datasets.errors import ClaimError


@dataclass(frozen=True)
class ClaimTest:
    """One measurement that a claim stands or falls by, on one or more ensembles of one dataset.

    Parameters
    ----------
    name : str
        What is measured, in words.
    measure : str
        Name of a measure, see `bosonpeak.benchmark.measures`.
    dataset : str
        Registered dataset.
    cells : tuple of str
        Groups of the dataset; every one of them must pass.
    parameters : mapping
        Further arguments of the measure.
    expect : Expectation or None
        None for context that is reported and decides nothing.
    """

    name: str
    measure: str
    dataset: str
    cells: tuple[str, ...]
    parameters: Mapping[str, Any]
    expect: Expectation | None

    @property
    def datasets(self) -> tuple[str, ...]:
        """The dataset, and the other one that a comparison takes."""
        other = self.parameters.get("other_dataset")
        return (self.dataset,) if other is None else (self.dataset, other)


@dataclass(frozen=True)
class Control:
    """Data with a known answer, put through one of the claim's own tests."""

    name: str
    test: ClaimTest
    must_be: Decision


@dataclass(frozen=True)
class Claim:
    """A published claim with its rival and the tests that decide between them."""

    id: str
    title: str
    statement: str
    source: str
    rival: str
    rival_reading: str
    regime: Mapping[str, Any]
    tests: tuple[ClaimTest, ...]
    context: tuple[ClaimTest, ...]
    controls: tuple[Control, ...]
    recorded: Decision | None
    figure: str | None = None
    text: str = field(default="", repr=False)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets that the claim needs."""
        everything = [*self.tests, *self.context, *(control.test for control in self.controls)]
        return tuple(dict.fromkeys(name for test in everything for name in test.datasets))


def load_claims() -> tuple[Claim, ...]:
    """All claims of the suite, in the order of their ids.

    Returns
    -------
    tuple of Claim

    Raises
    ------
    ClaimError
        If a claim file is malformed, or two claims share an id.
    """
    folder = resources.files("bosonpeak.benchmark") / "claims"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: natural_order(f.name))
    claims = tuple(parse_claim(file.read_text(encoding="utf-8"), where=file.name) for file in files)
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        repeated = ", ".join(sorted({i for i in ids if ids.count(i) > 1}))
        raise ClaimError("two claims share an id", expected="unique ids", got=repeated)
    return claims


def find_claim(identifier: str) -> Claim:
    """The claim with the given id, in any case.

    Raises
    ------
    ClaimError
        If there is none.
    """
    claims = load_claims()
    for claim in claims:
        if claim.id.lower() == identifier.lower():
            return claim
    raise ClaimError("no such claim", expected=", ".join(claim.id for claim in claims), got=repr(identifier))


_CLAIM_KEYS = {"id", "title", "statement", "source", "rival", "rival_reading", "regime", "figure"}
_TABLES = {"test", "context", "control", "recorded"}
_TEST_KEYS = {"name", "measure", "dataset", "cells", "parameters", "expect"}
_CONTROL_KEYS = {"name", "test", "dataset", "cells", "parameters", "must_be"}


def parse_claim(text: str, *, where: str = "") -> Claim:
    """Read one claim from TOML.

    Parameters
    ----------
    text : str
        Content of a claim file.
    where : str
        Name of the file, for messages.

    Raises
    ------
    ClaimError
        If the file is not TOML, keys are missing or unknown, or an expectation is empty.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ClaimError("a claim is not valid TOML", got=str(error), where=where) from error
    _check_keys(document, _CLAIM_KEYS | _TABLES, _CLAIM_KEYS - {"figure"} | {"test"}, where)
    tests = tuple(_parse_test(entry, where, decides=True) for entry in document["test"])
    context = tuple(_parse_test(entry, where, decides=False) for entry in document.get("context", []))
    by_name = {test.name: test for test in tests}
    controls = tuple(_parse_control(entry, by_name, where) for entry in document.get("control", []))
    recorded = document.get("recorded", {}).get("verdict")
    if recorded is not None and recorded not in DECISIONS:
        raise ClaimError("unknown recorded verdict", expected=" or ".join(DECISIONS), got=repr(recorded), where=where)
    return Claim(
        **{key: document[key] for key in _CLAIM_KEYS - {"figure"}},
        figure=document.get("figure"),
        tests=tests,
        context=context,
        controls=controls,
        recorded=recorded,
        text=text,
    )


def _parse_test(entry: Mapping[str, Any], where: str, *, decides: bool) -> ClaimTest:
    needed = {"name", "measure", "dataset", "cells"} | ({"expect"} if decides else set())
    _check_keys(entry, _TEST_KEYS, needed, f"{where}, test {entry.get('name', '?')!r}")
    return ClaimTest(
        name=entry["name"],
        measure=entry["measure"],
        dataset=entry["dataset"],
        cells=tuple(entry["cells"]),
        parameters=dict(entry.get("parameters", {})),
        expect=_parse_expectation(entry["expect"], where) if decides else None,
    )


def _parse_expectation(entry: Mapping[str, Any], where: str) -> Expectation:
    _check_keys(entry, {"value", "tolerance", "low", "high", "why"}, {"why"}, f"{where}, expect")
    if "value" in entry:
        low, high = entry["value"] - entry["tolerance"], entry["value"] + entry["tolerance"]
    else:
        low, high = entry.get("low", -math.inf), entry.get("high", math.inf)
    if low > high or (math.isinf(low) and math.isinf(high)):
        raise ClaimError(
            "an expectation that cannot fail or cannot hold", got=f"low = {low}, high = {high}", where=where
        )
    return Expectation(float(low), float(high), entry["why"])


def _parse_control(entry: Mapping[str, Any], tests: Mapping[str, ClaimTest], where: str) -> Control:
    _check_keys(entry, _CONTROL_KEYS, {"name", "test", "dataset", "cells", "must_be"}, f"{where}, control")
    if entry["test"] not in tests:
        raise ClaimError("a control names no test", expected=", ".join(tests), got=repr(entry["test"]), where=where)
    test = tests[entry["test"]]
    controlled = ClaimTest(
        name=test.name,
        measure=test.measure,
        dataset=entry["dataset"],
        cells=tuple(entry["cells"]),
        parameters=dict(test.parameters) | dict(entry.get("parameters", {})),
        expect=test.expect,
    )
    return Control(entry["name"], controlled, entry["must_be"])


def _check_keys(entry: Mapping[str, Any], known: set[str], needed: set[str], where: str) -> None:
    unknown, missing = sorted(set(entry) - known), sorted(needed - set(entry))
    if unknown or missing:
        problems = [f"unknown key {key}" for key in unknown] + [f"missing key {key}" for key in missing]
        raise ClaimError("a claim file does not have the right keys", got="; ".join(problems), where=where)
