"""Glasses of no regime: what is measured of them, and where they lie on the curve of modes per particle."""

import re

import numpy as np
import pytest

from bosonpeak.benchmark.figures.limit import Glasses, modes_in_scaled_frequency
from bosonpeak.benchmark.judging.measurements import ReferenceData
from bosonpeak.benchmark.report.html import render_html
from bosonpeak.benchmark.report.words.wording import step_line
from bosonpeak.benchmark.scoring.mechanics_axis import MEASURED
from bosonpeak.benchmark.scoring.objections import why_off_the_first_phonon
from bosonpeak.benchmark.scoring.submission_score import SCALED_MODES, score

CARD = """\
[[ensemble]]
system = "glass"
dimension = 3
particles = 2000
units = "rad/ps"
[ensemble.variables]
first_phonon = "phonons.txt"
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Forty glasses in rad/ps of an omega^4 spectrum with a hundred modes below the first phonon."""
    folder = tmp_path_factory.mktemp("run")
    generator = np.random.default_rng(11)
    counts = generator.poisson(60.0, 40)
    rows = [np.sort(9.0 * generator.random(count) ** 0.2) for count in counts]
    flat, offsets = np.concatenate(rows), np.concatenate([[0], np.cumsum(counts)])
    np.savez(folder / "modes.npz", omega=flat, offsets=offsets)
    np.savetxt(folder / "phonons.txt", np.full(40, 10.0))
    (folder / "card.toml").write_text(CARD)
    return folder


@pytest.fixture(scope="module")
def card(run):
    return score([run], trust_files=True)


def test_exponent_and_levels_are_measured_and_neither_right_nor_wrong(card):
    items = {item.name: item for item in card.score.axis("claims").items if item.outcome != "missing"}
    assert {name.split(" ")[0] for name in items} == {"exponent", "level"}
    assert all(item.outcome == "undecided" and "measured, no reference" in item.evidence for item in items.values())
    reported = next(item.evidence for name, item in items.items() if name.startswith("exponent"))
    low, high = map(float, re.search(r"\[(.+?), (.+?)\]", reported).groups())
    assert low < 4.0 < high < 6.0
    assert card.score.correctness.decided == 0
    absent = [item for item in card.score.axis("claims").items if item.name.startswith("vortices")]
    assert [item.outcome for item in absent] == ["missing"]


ALONE = 'system = "glass"\ndimension = 3\nparticles = {}\n[variables]\n{}'


def test_random_matrices_with_three_zeros_are_measured_and_not_right(tmp_path):
    generator = np.random.default_rng(5)
    factors = [generator.standard_normal((60, 120)) for _ in range(4)]
    rows = [np.sqrt(np.linalg.eigvalsh(factor @ factor.T)) for factor in factors]
    np.savetxt(tmp_path / "modes.txt", np.array([[0.0, 0.0, 0.0, *row] for row in rows]).T)
    (tmp_path / "card.toml").write_text(ALONE.format(21, ""))
    card = score(tmp_path, trust_files=True)
    assert card.score.correctness.decided == 0
    zero = next(
        item for item in card.score.axis("mechanics").items if item.name == "zero modes" and item.where == "glass"
    )
    assert (zero.outcome, zero.evidence.partition(":")[0]) == ("undecided", MEASURED)
    steps = card.score.next_steps
    assert [step.track for step in steps] == [None, None, "conformance"]
    assert "pair potential on the card" in steps[0].what
    assert "first_phonon" in steps[1].what
    assert "items on these data" in step_line(steps[0])


def test_errors_of_matrices_stand_in_the_score(tmp_path):
    generator = np.random.default_rng(5)
    ring = 2.0 * np.eye(12) - np.roll(np.eye(12), 1, axis=0) - np.roll(np.eye(12), -1, axis=0)
    for number in range(2):
        matrix = np.kron(ring, np.diag([1.0, 2.0, 3.0])) * (1.0 + 0.01 * generator.standard_normal((36, 36)))
        np.save(tmp_path / f"matrix-{number}.npy", matrix.astype(np.float32))
    (tmp_path / "card.toml").write_text("mass_weighted = false\nmasses = 28.0\n" + ALONE.format(12, ""))
    items = {item.name: item for item in score(tmp_path, trust_files=True).score.axis("mechanics").items}
    for name in ("symmetry of the matrices", "cost of a translation"):
        assert items[name].outcome == "undecided"
        assert 1e-3 < float(items[name].evidence.split()[-3]) < 0.1


@pytest.mark.parametrize(
    ("dataset", "group", "dimension", "particles"),
    [("glass/kob-andersen", "T-0.6", 3, 1000), ("glass/modes-2d", "m-2/T-1.00", 2, 400)],
)
def test_frequencies_fit_the_first_phonon(dataset, group, dimension, particles):
    assert why_off_the_first_phonon(ReferenceData().cell(dataset, group), dimension) == ""


def test_squared_frequencies_are_told_by_the_first_phonon(tmp_path):
    data = ReferenceData().cell("glass/kob-andersen", "T-0.6")
    np.save(tmp_path / "modes.npy", data["eigenfrequency"].values ** 2)
    np.savetxt(tmp_path / "phonons.txt", data["first_phonon"].values)
    (tmp_path / "card.toml").write_text(ALONE.format(1000, 'first_phonon = "phonons.txt"'))
    card = score(tmp_path, trust_files=True)
    (remark,) = card.score.objections
    assert "rescaled (note)" in remark
    assert 'quantity = "eigenvalue"' in remark
    exponent = next(item for item in card.score.axis("claims").items if item.name.startswith("exponent"))
    assert exponent.outcome == "missing"
    assert "of the first phonon" in exponent.evidence


def test_they_lie_beside_the_reference_in_a_frequency_without_units(card):
    (panel,) = card.figures[SCALED_MODES].panels
    mine, *references = panel.series
    assert len(references) == 3
    # n/N = 60/2000 (omega/9)^5 at omega a/v_T = 2 pi omega/(10 * 2000^(1/3)).
    x, y = np.array(mine.x), np.array(mine.y)
    expected = 60.0 / 2000.0 * (x * 10.0 * 2000.0 ** (1 / 3) / (2.0 * np.pi) / 9.0) ** 5
    np.testing.assert_allclose(y[-10:], expected[-10:], rtol=0.15)
    assert "Modes per particle in scaled frequency" in render_html(card)


def test_the_curve_knows_neither_units_nor_the_number_of_lists():
    data = ReferenceData().cell("glass/taper-2", "T-1.00")
    scaled = data[["eigenfrequency", "first_phonon"]] * 7.3
    figures = [
        modes_in_scaled_frequency([Glasses("mine", each, 1000, 3)], [Glasses("theirs", data, 1000, 3)])
        for each in (scaled, scaled.isel(sample=slice(0, 100)))
    ]
    mine, theirs = figures[0].panels[0].series[:2]
    np.testing.assert_allclose(mine.x, theirs.x, rtol=1e-9)
    np.testing.assert_allclose(mine.y, theirs.y, rtol=1e-9)
    part = figures[1].panels[0].series[0]
    assert np.interp(theirs.x[30], part.x, part.y) == pytest.approx(theirs.y[30], rel=0.3)
