"""Files that tripped a reader up: each gets an error of its own, in place and through the protected process."""

import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.benchmark.cards.card_file import read_reader_part
from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import convert, write
from bosonpeak.datasets.adapters.files.foreign_file import natural_order
from bosonpeak.datasets.errors import ForeignInputError

COMMAND = "import sys; from bosonpeak.benchmark.commands.main import main; sys.exit(main())"
FOREIGN = Path(__file__).parents[1] / "foreign_files"


def npy(header, data=b"", version=1):
    text = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<L", len(text)) + text + data


def described(shape, descr="'<f8'"):
    return f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"


HEADERS = {
    "NUL": npy("{'descr': '<f8\0', 'fortran_order': False, 'shape': (3,), }", bytes(24)),
    "brackets": npy("(" * 5000),
    "deep nesting": npy(described("(" * 200 + "3" + ")" * 200), bytes(24)),
    "an unclosed text": npy("{'descr': '''<f8"),
    "no table": npy("[1, 2]"),
    "other keys": npy("{1: 2}"),
    "a negative shape": npy(described("(-3,)"), bytes(24)),
    "two negative lengths": npy(described("(-3, -1)"), bytes(24)),
    "more than memory addresses": npy(described(f"({2**62}, 4)"), bytes(24)),
    "nothing of too many": npy(described(f"(0, {2**70})")),
    "sixty-five dimensions": npy(described("(" + "1, " * 65 + ")"), bytes(8)),
    "texts of no length": npy(described("(10,)", "'|S0'")),
    "wide texts of no length": npy(described("(10,)", "'<U0'")),
    "arrays in an array": npy(described("(2,)", "('<f8', (3,))"), bytes(48)),
    "a flag for a length": npy(described("(True, 3)"), bytes(24)),
    "a text for a length": npy(described("('3',)"), bytes(24)),
    "a type of no kind": npy(described("(3,)", "'<q99'"), bytes(24)),
    "a type that is a table": npy(described("(3,)", "{'names': ['a'], 'formats': ['O']}"), bytes(24)),
    "an unknown version": npy(described("(3,)"), bytes(24), version=9),
    "text beyond ASCII": npy(described("(3,)", "'<f\xff'"), bytes(24)),
    "one byte": b"\x93NUMPY",
}


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("packed", [False, True], ids=["npy", "npz"])
def test_headers_of_arrays(tmp_path, kind, packed):
    path = tmp_path / "x"
    path.write_bytes(HEADERS[kind])
    if packed:
        with zipfile.ZipFile(tmp_path / "y", "w") as archive:
            archive.writestr("omega.npy", HEADERS[kind])
        path = tmp_path / "y"
    with pytest.raises(ForeignInputError):
        convert(path, tmp_path / "out.nc", trust_files=True)


@pytest.mark.parametrize("kind", ["NUL", "deep nesting", "sixty-five dimensions"])
def test_headers_of_arrays_by_command(tmp_path, kind, capsys):
    (tmp_path / "x.npy").write_bytes(HEADERS[kind])
    assert main(["datasets", "convert", str(tmp_path / "x.npy"), "-o", str(tmp_path / "out.nc")]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_names_with_numbers_of_five_thousand_digits(tmp_path):
    digits = "9" * 5000
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        for name in (f"a{digits}", "a10", "a2"):
            with archive.open(f"{name}.npy", "w") as stream:
                np.save(stream, np.arange(1.0, 60.0))
    convert(tmp_path / "x.npz", tmp_path / "out.nc", trust_files=True)
    names = ["a10", f"a{digits}", "a2", "a02", "b", "a", "a\N{ARABIC-INDIC DIGIT THREE}"]
    assert sorted(names, key=natural_order)[:4] == ["a", "a2", "a02", "a10"]


def test_numbers_of_five_thousand_digits_on_a_card(tmp_path, capsys):
    card, path = tmp_path / "card.toml", tmp_path / "x.txt"
    path.write_text("0.1\n0.2\n")
    for text in (f"particles = {'9' * 5000}", f"particles = 0x{'f' * 5000}", f"[{'9' * 5000}]", "particles = 1e999"):
        card.write_text(text)
        command = ["datasets", "convert", str(path), "-o", str(tmp_path / "out.nc"), "--card", str(card)]
        assert main(command) == 2
        assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize("first", ["", "\x0c", "\x1c", "  "])
def test_force_constants_with_an_empty_first_line(tmp_path, first):
    text = (FOREIGN / "phonopy-force-constants.txt").read_text()
    (tmp_path / "x").write_text(f"{first}\n{text}")
    with pytest.raises(ForeignInputError):
        convert(tmp_path / "x", tmp_path / "out.nc", {"masses": 1.0}, trust_files=True)
    (tmp_path / "x").write_text(first + text if first.strip(" ") else "\x0b" + text)
    with pytest.raises(ForeignInputError):
        convert(tmp_path / "x", tmp_path / "out.nc", {"masses": 1.0}, trust_files=True)


def test_gsd_without_frames(tmp_path):
    gsd = pytest.importorskip("gsd.hoomd", reason="pip install bosonpeak[gsd]")
    with gsd.open(tmp_path / "x.gsd", "w"):
        pass
    for trusted in (True, False):
        with pytest.raises(ForeignInputError, match="there are no configurations in the file"):
            convert(tmp_path / "x.gsd", tmp_path / "out.nc", trust_files=trusted)


def test_ase_without_frames(tmp_path):
    pytest.importorskip("ase", reason="pip install bosonpeak[ase]")
    content = bytearray((FOREIGN / "ase-trajectory.traj").read_bytes())
    content[32:40] = bytes(8)  # the number of images
    (tmp_path / "x.traj").write_bytes(content)
    for trusted in (True, False):
        with pytest.raises(ForeignInputError, match=r"no configurations in the file|damaged"):
            convert(tmp_path / "x.traj", tmp_path / "out.nc", trust_files=trusted)


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\0b", "a\nb", "a\ud800b", "/", "x" * 300, "a "])
def test_names_of_attributes_in_a_store(tmp_path, make_modes, name):
    store = tmp_path / "x.zarr"
    write(make_modes(3, 20), store)
    for file in (store / "zarr.json", store / "eigenfrequency" / "zarr.json"):
        before = file.read_text()
        metadata = json.loads(before)
        metadata["attributes"][name] = "x"
        file.write_text(json.dumps(metadata))
        with pytest.raises(ForeignInputError, match="is not a name of an attribute"):
            convert(store, tmp_path / "out.nc", trust_files=True)
        file.write_text(before)
    convert(store, tmp_path / "out.nc", trust_files=True)


def test_a_card_with_a_byte_order_mark(tmp_path):
    (tmp_path / "card.toml").write_text('quantity = "eigenvalue"\n', encoding="utf-8-sig")
    assert read_reader_part(tmp_path / "card.toml") == {"quantity": "eigenvalue"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device there")
@pytest.mark.parametrize("arguments", [["datasets", "list"], ["claims", "list"], ["--version"]])
def test_output_to_a_full_device(arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: the output could not be written")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
