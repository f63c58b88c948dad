"""What claims measure, each measurement made once: verdicts are passed on it, and figures are drawn from it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bosonpeak.benchmark.figures.evidence import Evidence, Measurement, Role
from bosonpeak.benchmark.judging.claim import Claim, ClaimTest
from bosonpeak.benchmark.measures.base import OpenEnsemble, at_home_in
from bosonpeak.benchmark.measures.registry import measure
from bosonpeak.datasets.errors import NotApplicableError
from bosonpeak.validators.estimates.estimate import Estimate


class Measurements:
    """Makes the measurements of claims, and keeps what came out.

    Parameters
    ----------
    open_ensemble : OpenEnsemble
    """

    def __init__(self, open_ensemble: OpenEnsemble) -> None:
        self._open_ensemble = open_ensemble
        self._made: dict[str, Estimate | NotApplicableError] = {}

    def of(self, test: ClaimTest, cell: str) -> Estimate:
        """What a test, a control or a context measures on one ensemble.

        Raises
        ------
        NotApplicableError
            If the measure does not apply to the data.
        """
        key = json.dumps([test.measure, test.dataset, cell, test.parameters], sort_keys=True)
        if key not in self._made:
            try:
                self._made[key] = measure(
                    test.measure, at_home_in(test.dataset, self._open_ensemble), cell, test.parameters
                )
            except NotApplicableError as error:
                self._made[key] = error
        found = self._made[key]
        if isinstance(found, NotApplicableError):
            raise found
        return found

    def evidence(self, claim: Claim) -> list[Measurement]:
        """All that could be measured for a claim, as its figure takes it."""
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
    """What was measured by the claims that name each figure, by the figure's name."""
    names = sorted({claim.figure for claim in claims if claim.figure})
    return {
        name: Evidence(found for claim in claims if claim.figure == name for found in measurements.evidence(claim))
        for name in names
    }
