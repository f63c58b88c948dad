"""A third party's eigenfrequencies, made without this package, through the whole of `bosonpeak score`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.cards.card_file import parse_card
from bosonpeak.benchmark.scoring.submission_score import score
from bosonpeak.datasets.errors import BosonpeakError, ForeignInputError

SCRIPT = Path(__file__).with_name("foreign_networks.py")
CARD = """
system = "spring-network"
dimension = 2
nodes = 900
displacement = 0.2
situation = 2
[code]
name = "a stranger's script"
version = "1"
"""


@pytest.fixture(scope="module")
def submission(tmp_path_factory):
    assert "bosonpeak" not in SCRIPT.read_text().replace("bosonpeak score", "")
    folder = tmp_path_factory.mktemp("foreign")
    for name in ("frequencies.npz", "frequencies.csv", "frequencies.txt"):
        subprocess.run([sys.executable, str(SCRIPT), str(folder / name)], check=True)
    (folder / "card.toml").write_text(CARD)
    return folder


@pytest.fixture(scope="module")
def scorecard(submission):
    return score([submission / "frequencies.npz"], submission / "card.toml")


def test_what_applies_is_run_and_the_rest_is_explained(scorecard):
    run = {claim.id for claim in scorecard.claims}
    left_out = {entry.id: entry.why for entry in scorecard.not_run}
    assert {"NET-2", "NET-4", "NET-8"} <= run
    assert {"NET-1", "NET-3", "NET-6"} <= set(left_out)
    assert "situation-2/delta-0.2" in left_out["NET-1"]
    assert run.isdisjoint(left_out)
    assert scorecard.code.name == "a stranger's script"


def test_the_stranger_sees_the_excess_that_the_reference_has(scorecard):
    claim = scorecard.claim("NET-2")
    assert claim.estimate.low < 0.13 < claim.estimate.high
    assert claim.recorded is None
    assert scorecard.exit_code == 0


def test_formats_agree(submission, scorecard):
    for name in ("frequencies.csv", "frequencies.txt"):
        other = score([submission / name], submission / "card.toml")
        for claim in scorecard.claims:
            assert other.claim(claim.id).verdict == claim.verdict
            for test, same in zip(claim.tests, other.claim(claim.id).tests, strict=True):
                assert same.estimate.value == pytest.approx(test.estimate.value, rel=1e-6)


def test_a_recorded_verdict_that_changes_fails(submission, tmp_path):
    card = tmp_path / "card.toml"
    card.write_text(CARD + '[recorded.NET-4]\n"a peak is left, springs by distance" = "refuted"\n')
    assert score([submission / "frequencies.npz"], card).exit_code == 1


def test_eigenvalues_are_understood_when_the_card_says_so(submission, scorecard, tmp_path):
    with np.load(submission / "frequencies.npz") as archive:
        np.savez(tmp_path / "eigenvalues.npz", eigenvalues=archive["frequencies"] ** 2)
    card = tmp_path / "card.toml"
    card.write_text(CARD.replace("situation = 2", 'situation = 2\nquantity = "eigenvalue"'))
    found = score([tmp_path / "eigenvalues.npz"], card)
    assert found.claim("NET-2").estimate.value == pytest.approx(scorecard.claim("NET-2").estimate.value, rel=1e-9)


def damaged(rows, how):
    rows = rows.copy()
    if how == "nan":
        rows[1, 5] = np.nan
    elif how == "unsorted":
        rows[2, 10], rows[2, 500] = rows[2, 500], rows[2, 10]
    elif how == "zero modes dropped":
        rows = rows[:, 1:]
    return rows


@pytest.mark.parametrize("how", ["nan", "unsorted", "zero modes dropped"])
def test_damaged_data_are_refused(submission, tmp_path, how):
    with np.load(submission / "frequencies.npz") as archive:
        np.savez(tmp_path / "damaged.npz", frequencies=damaged(archive["frequencies"], how))
    with pytest.raises(BosonpeakError) as caught:
        score([tmp_path / "damaged.npz"], submission / "card.toml")
    assert "damaged.npz" in str(caught.value)


def test_an_imaginary_mode_printed_as_a_negative_frequency_is_told_where_a_density_is_asked_for(submission, tmp_path):
    with np.load(submission / "frequencies.npz") as archive:
        rows = archive["frequencies"].copy()
    rows[0, 0] = -0.3
    np.savez(tmp_path / "unstable.npz", frequencies=rows)
    found = score([tmp_path / "unstable.npz"], submission / "card.toml")
    why = {entry.id: entry.why for entry in found.not_run}
    assert "1 mode of negative omega^2" in why["NET-2"]


def test_two_files_or_no_card_are_refused(submission):
    path = submission / "frequencies.npz"
    with pytest.raises(ForeignInputError, match="one ensemble"):
        score([path, path], submission / "card.toml")
    with pytest.raises(BosonpeakError, match="card"):
        score([path])
    assert parse_card(CARD).code_version == "1"
