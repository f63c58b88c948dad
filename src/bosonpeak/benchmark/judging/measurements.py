"""Registered datasets by the names of their ensembles, and their measurements, shared by verdicts and figures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement, Role
from bosonpeak.benchmark.judging.claim import Claim, ClaimTest, Measured
from bosonpeak.benchmark.measures.base import AtHome, Made, OpenEnsemble
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.errors import ClaimError, NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate

Outcome = Estimate | NotApplicableError
"""Result of a measurement: a value, or the error of a measure that does not apply to the data."""


def measurement_key(test: Measured, cell: str) -> str:
    """Unique key of a measurement."""
    return json.dumps([test.measure, test.dataset, cell, test.parameters], sort_keys=True)


class Measurements:
    """Measurements of claims, with cached results: an Estimate or NotApplicableError per `measurement_key`."""

    def __init__(self, open_ensemble: OpenEnsemble, made: Mapping[str, Outcome] | None = None) -> None:
        self._open_ensemble = open_ensemble
        self._made: dict[str, Outcome] = dict(made or {})
        self._kept: dict[Made, Any] = {}

    def of(self, test: Measured, cell: str) -> Estimate:
        """Measure a test, control or context on an ensemble; raises `NotApplicableError` if not applicable."""
        key = measurement_key(test, cell)
        if key not in self._made:
            self._made[key] = self._measured(test, cell)
        found = self._made[key]
        if isinstance(found, NotApplicableError):
            raise found
        return found

    def _measured(self, test: Measured, cell: str) -> Outcome:
        home = AtHome(test.dataset, self._open_ensemble, self._kept)
        try:
            return measure(test.measure, home, cell, test.parameters)
        except NotApplicableError as error:
            return error

    def evidence(self, claim: Claim) -> list[Measurement]:
        """Successful measurements of a claim, as input of its figure."""
        asked: list[tuple[Role, ClaimTest]] = [
            *(("test", test) for test in claim.tests),
            *(("control", control.test) for control in claim.controls),
            *(("context", test) for test in claim.context),
        ]
        found = []
        for role, test in asked:
            for cell in test.cells:
                try:
                    estimate = self.of(test, cell)
                except NotApplicableError:
                    continue
                expect = test.expect.limits if test.expect is not None else None
                found.append(
                    Measurement(claim.id, role, test.measure, test.dataset, cell, estimate, test.parameters, expect)
                )
        return found


def evidence_by_figure(claims: Sequence[Claim], measurements: Measurements) -> dict[str, Evidence]:
    """Measurements of the claims that share a figure, by the name of the figure."""
    names = sorted({claim.figure for claim in claims if claim.figure})
    return {
        name: Evidence(found for claim in claims if claim.figure == name for found in measurements.evidence(claim))
        for name in names
    }


class ReferenceData:
    """Registered datasets, each opened once."""

    def __init__(self) -> None:
        self._open: dict[str, xr.DataTree] = {}

    def cell(self, dataset: str, group: str) -> xr.Dataset:
        """Load an ensemble of a registered dataset; raise `ClaimError` if the dataset has no such group."""
        if dataset not in self._open:
            self._open[dataset] = _as_tree(open_dataset(dataset))
        try:
            return self._open[dataset][group].to_dataset()
        except KeyError as error:
            raise ClaimError("a claim names an ensemble that is not there", got=group, where=dataset) from error


def _as_tree(data: xr.Dataset | xr.DataTree) -> xr.DataTree:
    return data if isinstance(data, xr.DataTree) else xr.DataTree(data)
