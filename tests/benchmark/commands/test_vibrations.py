"""The command ``vibrations``: a matrix in a file, with and without a card, and what it refuses."""

import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import read


@pytest.fixture
def ring(tmp_path):
    """Springs of strength 2 between 9 particles on a ring, in one dimension."""
    matrix = 4.0 * np.eye(9) - 2.0 * (np.roll(np.eye(9), 1, axis=0) + np.roll(np.eye(9), -1, axis=0))
    np.save(tmp_path / "ring.npy", matrix)
    (tmp_path / "card.toml").write_text("masses = 2.0\nmass_weighted = false\ndimension = 1\n")
    return tmp_path


@pytest.mark.parametrize("trusted", [["--trust-files"], []])
def test_a_matrix_gives_modes_and_a_file(ring, capsys, trusted):
    command = ["vibrations", f"{ring / 'ring.npy'}", "--card", f"{ring / 'card.toml'}", "-o", f"{ring / 'modes.nc'}"]
    assert main([*command, "--eigenvectors", *trusted]) == 0
    reported = capsys.readouterr().out
    assert "sample 0: 9 modes, 1 zero modes, 0 unstable; lowest 0.68404" in reported
    found = read(ring / "modes.nc")
    expected = np.sort(np.sqrt(2.0 - 2.0 * np.cos(2.0 * np.pi * np.arange(9) / 9.0)))
    np.testing.assert_allclose(found["eigenfrequency"].values[0], expected, atol=1e-12)
    assert found["eigenvector"].shape == (1, 9, 9, 1)


def test_the_lowest_modes_of_two_samples(ring, capsys):
    path = f"{ring / 'ring.npy'}"
    assert main(["vibrations", path, path, "--card", f"{ring / 'card.toml'}", "--modes", "2", "--trust-files"]) == 0
    reported = capsys.readouterr().out
    assert "sample 1: 3 modes, 1 zero modes" in reported
    assert "translation_cost 0" in reported


def test_ambiguity_and_bad_options_are_explained(ring, capsys):
    assert main(["vibrations", f"{ring / 'ring.npy'}", "--trust-files"]) == 2
    assert main(["vibrations", f"{ring / 'ring.npy'}", "--modes", "few"]) == 2
    assert "expected all, or a number of modes" in capsys.readouterr().err
    assert main(["vibrations", f"{ring / 'none.npy'}"]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["vibrations", f"{ring / 'ring.npy'}", "--ase", "nothing"]) == 2
