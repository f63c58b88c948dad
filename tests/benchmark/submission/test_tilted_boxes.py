"""A glass told by other edges of its lattice is the same glass, and so it scores: forces, moduli, modes, and copies."""

import numpy as np
import pytest

from bosonpeak.benchmark.cards.card import Card
from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.scoring import claims_axis
from bosonpeak.benchmark.scoring.examined import Examined, ExaminedEnsemble
from bosonpeak.benchmark.submission.reading import NO_CUBES, read_run
from bosonpeak.benchmark.submission.recomputing import enriched, recompute
from bosonpeak.datasets import open_dataset
from bosonpeak.datasets.schema.configuration import cells
from bosonpeak.validators.comparisons.sample_repetitions import shared_samples, shortest_distances

SIDE, COUNT = 20.0, 2
CARD = """
[code]
name = "a stranger"
[[ensemble]]
system = "soft-spheres"
dimension = 2
particles = 400
density = 1.0
parent_temperature = 1.0
cutoff = 1.955
taper = 2
sizes = "diameters"
coordinates = "absolute"
"""
LEANING = np.array([[1.0, 1.0], [0.0, 1.0]])


@pytest.fixture(scope="module")
def stored():
    group = open_dataset("glass/modes-2d", group="m-2/T-1.00")
    return group["position"].values[:COUNT], group["diameter"].values[:COUNT]


def submitted(path, stored, edges, turn=0.0):
    """Glasses in files of extended XYZ, in a box with these edges, all of it turned by an angle."""
    turned = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    cell = np.zeros((3, 3))
    cell[2, 2] = 1.0
    cell[:2, :2] = SIDE * np.asarray(edges) @ turned
    lines = []
    for positions, diameters in zip(*stored, strict=True):
        lattice = " ".join(map(repr, cell.ravel().tolist()))
        lines += [str(len(positions)), f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:diameter:R:1 pbc="T T F"']
        rows = zip((positions @ turned).tolist(), diameters.tolist(), strict=True)
        lines += [f"A {x!r} {y!r} 0.0 {size!r}" for (x, y), size in rows]
    path.write_text("\n".join(lines) + "\n")
    return read_run(path, parse_card(CARD))[0]


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_what_is_computed_does_not_know_which_edges_were_told(tmp_path, stored, turn):
    upright = submitted(tmp_path / "upright.xyz", stored, np.eye(2))
    tilted = submitted(tmp_path / "tilted.xyz", stored, LEANING, turn)
    np.testing.assert_allclose(tilted.configurations["box"].values[0], SIDE * np.sqrt([2.0, 0.5]), rtol=1e-12)
    np.testing.assert_allclose(np.abs(tilted.configurations["box_tilt"].values), SIDE / np.sqrt(2.0), rtol=1e-12)
    here, there = recompute(upright), recompute(tilted)
    assert here.exists
    assert there.reason == ""
    assert there.structure["residual_force"].max() < 1e-8
    for name, values in here.structure.items():
        # Shear stresses of pairs are told along axes, which are others.
        if name != "residual_force" and not name.startswith("stress"):
            np.testing.assert_allclose(there.structure[name], values, rtol=1e-9, err_msg=name)
    for name, values in here.vibration.items():
        np.testing.assert_allclose(there.vibration[name], values, rtol=1e-6, err_msg=name)


def test_copies_are_found_behind_other_edges(tmp_path, stored):
    tilted = submitted(tmp_path / "tilted.xyz", stored, LEANING, 0.4)
    upright = submitted(tmp_path / "upright.xyz", stored, np.eye(2))
    boxes = tilted.configurations, upright.configurations
    rows = [
        shortest_distances(each["position"].values, cells(each) if "box_tilt" in each else each["box"].values)
        for each in boxes
    ]
    assert [one.other for one in shared_samples(*rows)] == list(range(len(rows[0])))


@pytest.mark.parametrize("edges", [LEANING, np.diag([2.0, 0.5])])
def test_boxes_that_are_no_squares_are_held_against_no_reference(tmp_path, stored, edges):
    found = submitted(tmp_path / "other.xyz", stored, edges)
    assert submitted(tmp_path / "square.xyz", stored, np.eye(2)).regime is not None
    assert found.regime is None
    richer = enriched(found, recompute(found))
    assert "first_phonon" not in richer.dataset
    examined = Examined(tmp_path, Card(()), (ExaminedEnsemble(richer, recompute(found)),))
    reported = {item.name: item.evidence for item in claims_axis.items(examined, examined.without_regime)}
    assert reported["exponent s of the density of states, two-sided window"] == f"not measured: {NO_CUBES}"
