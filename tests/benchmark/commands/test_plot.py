"""The command ``bosonpeak plot``."""

import pytest

import bosonpeak
from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import write


def test_a_registered_name_is_drawn_with_the_same_bytes_again(tmp_path):
    paths = [tmp_path / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        assert main(["plot", "network/nine-node/added", "coordination", "-o", str(path), "--label", "toy"]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert b"coordination number" in paths[0].read_bytes()
    assert b"toy" in paths[0].read_bytes()


@pytest.mark.parametrize("trust", [[], ["--trust-files"]])
def test_a_file_is_drawn(tmp_path, trust, capsys):
    write(bosonpeak.open("glass/modes-3d/m-2/T-1.00"), tmp_path / "own.nc")
    output = tmp_path / "own.png"
    assert main(["plot", str(tmp_path / "own.nc"), "reduced-density", "-o", str(output), *trust]) == 0
    assert output.read_bytes().startswith(b"\x89PNG")
    assert "reduced density of" in capsys.readouterr().err


def test_the_figure_of_a_claim_has_the_curve_of_the_data(tmp_path, capsys):
    output = tmp_path / "claim.svg"
    assert main(["plot", "glass/taper-2/T-0.20", "claim:SIM-3", "-o", str(output), "--label", "mine"]) == 0
    assert "SIM-3" in output.read_text(encoding="utf-8")
    assert ">mine<" in output.read_text(encoding="utf-8")
    assert main(["plot", "glass/taper-2/T-0.20", "stresses:SIM-3", "-o", str(output)]) == 2
    assert main(["plot", "glass/taper-2/T-0.20", "claim:SIM-3", "-o", str(output), "--units", "THz"]) == 2
    assert "its own units" in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_mistakes_are_explained(tmp_path, capsys):
    figure = str(tmp_path / "a.svg")
    assert main(["plot", "network/nine-node/added", "coordinaton", "-o", figure]) == 2
    assert "did you mean 'coordination'?" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert main(["plot", "network/nine-node/added", "coordination", "-o", str(tmp_path / "a.bmp")]) == 2
    assert "svg, pdf, png" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert main(["plot", "network/nine-node/added", "stresses", "-o", figure]) == 2
    assert "bosonpeak.plot.coordination" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
