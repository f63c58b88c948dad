"""What configurations must be to count as minima, item by item."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.cards.card import Card, EnsembleCard
from bosonpeak.benchmark.scoring import mechanics_axis
from bosonpeak.benchmark.scoring.examined import Examined, ExaminedEnsemble
from bosonpeak.benchmark.submission.reading import Submitted
from bosonpeak.benchmark.submission.recomputing import enriched, recompute
from bosonpeak.generators.glasses.inherent_structure import minimise
from bosonpeak.generators.particles.forces import energy_and_forces
from bosonpeak.generators.particles.potentials import LennardJones

POTENTIAL = LennardJones(1.8, "force-shifted", kob_andersen=True)
DIAMETER = np.where(np.arange(65) < 52, 1.0, 0.88)
BOX = np.full(2, (65 / 1.2) ** 0.5)
VALUES = {
    "particles": 65,
    "density": 1.2,
    "cutoff": 1.8,
    "parent_temperature": 0.6,
    "truncation": "force-shifted",
}


def mechanics_items(ensemble):
    examined = Examined(Path(), Card(()), (ensemble,))
    return mechanics_axis.items(examined, examined.without_regime)


@pytest.fixture(scope="module")
def minimum():
    start = np.random.default_rng(0).random((65, 2)) * BOX
    return minimise(start, DIAMETER, BOX, POTENTIAL, tolerance=1e-10).positions


def displaced(minimum, force):
    """The minimum, one particle moved until the largest force on any is the given one."""
    low, high = 0.0, 1e-2
    for _ in range(60):
        step = 0.5 * (low + high)
        positions = minimum + step * (np.arange(65) == 7)[:, None] * np.array([1.0, 0.0])
        largest = np.linalg.norm(energy_and_forces(positions, DIAMETER, BOX, POTENTIAL)[1], axis=1).max()
        low, high = (step, high) if largest < force else (low, step)
    return positions


@pytest.mark.parametrize(("force", "outcome"), [(1e-8, "met"), (8e-7, "met"), (2e-6, "not met"), (1e-4, "not met")])
def test_a_minimiser_that_stops_early_is_not_at_a_minimum(minimum, force, outcome):
    configurations = xr.Dataset(
        {
            "position": (("sample", "particle", "axis"), displaced(minimum, force)[None]),
            "diameter": (("sample", "particle"), DIAMETER[None]),
            "box": (("sample", "axis"), BOX[None]),
            "sample_index": ("sample", np.zeros(1, np.int32)),
        },
        attrs={"particles": 65, "dimension": 2},
    )
    card = EnsembleCard("kob-andersen", 2, VALUES, path="mine")
    submitted = Submitted(card, None, xr.Dataset(coords={"sample": np.arange(1)}), configurations)
    again = recompute(submitted)
    found = mechanics_items(ExaminedEnsemble(enriched(submitted, again), again))
    (item,) = [one for one in found if one.name == "force balance"]
    assert item.outcome == outcome


@pytest.mark.parametrize(("second", "counted"), [(-0.3, "2 unstable modes"), (np.nan, "1 unstable mode")])
def test_unstable_modes_are_no_minimum_and_are_counted(second, counted):
    rows = np.array([[0.5, 1.0], [0.6, 1.1]])
    below = np.array([[-0.4, second], [np.nan, np.nan]])
    data = xr.Dataset(
        {"eigenfrequency": (("sample", "mode"), rows), "unstable_frequency": (("sample", "unstable_mode"), below)}
    )
    submitted = Submitted(EnsembleCard("kob-andersen", 2, VALUES, path="mine"), None, data)
    items = mechanics_items(ExaminedEnsemble(submitted, recompute(submitted)))
    (item,) = [one for one in items if "stable" in one.name]
    assert item.outcome == "not met"
    assert item.evidence == f"{counted} in 1 of 2 samples; the lowest omega^2 is -0.16"
