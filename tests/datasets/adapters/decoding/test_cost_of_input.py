"""Small files that unpack to large work are refused for their content, below the limits of the protected process."""

import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import h5py
import numpy as np
import pytest

from bosonpeak.datasets import convert
from bosonpeak.datasets.adapters.files.text_lines import LONGEST_LINE, text_lines
from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits

pytestmark = pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")

SMALL = Limits(memory=1 << 30, seconds=DEFAULT_LIMITS.seconds)
"""A quarter of the default memory, so that a refusal that needs the memory limit fails the test."""


def zipped(path, name, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def one_line_of_numbers(path):
    zipped(path, "frequencies.txt", b"1 " * (33 << 20))


def one_word(path):
    zipped(path, "frequencies.txt", b"1" * (64 << 20))


def one_line_of_commas(path):
    zipped(path, "frequencies.csv", b"," * (64 << 20))


def empty_lines(path):
    zipped(path, "frequencies.txt", b"\n" * (32 << 20))


def long_comment(path):
    zipped(path, "frequencies.txt", b"#" + b" " * (64 << 20) + b"\n1\n")


def dump_of_one_line(path):
    zipped(path, "run.dump", b"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n" + b"1 " * (33 << 20))


def array_of_a_false_shape(path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }"
    header += b" " * (118 - len(header)) + b"\n"
    zipped(path, "frequencies.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


def compressed_zeros(path):
    content = io.BytesIO()
    np.save(content, np.zeros(100 << 17))
    zipped(path, "frequencies.npy", content.getvalue())


def chunks_of_zeros(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("frequency", shape=(1000, 10**9), chunks=(1, 10**6), compression="gzip", dtype="f8")


def many_members(path):
    with tarfile.open(path, "w:gz") as archive:
        for number in range(50_001):
            archive.addfile(tarfile.TarInfo(f"{number}.txt"))


def text_in_gzip(path):
    path.write_bytes(gzip.compress(b"1 " * (33 << 20)))


def text_in_xz(path):
    path.write_bytes(lzma.compress(b"1 " * (33 << 20), preset=0))


COSTLY = {
    "input.zip": (one_line_of_numbers, one_word, one_line_of_commas, empty_lines, long_comment, dump_of_one_line),
    "arrays.zip": (array_of_a_false_shape, compressed_zeros),
    "input.h5": (chunks_of_zeros,),
    "input.tar.gz": (many_members,),
    "input.txt.gz": (text_in_gzip,),
    "input.txt.xz": (text_in_xz,),
}
SLOW = {many_members}
CASES = [
    pytest.param(name, make, id=make.__name__, marks=[pytest.mark.slow] if make in SLOW else [])
    for name, makers in COSTLY.items()
    for make in makers
]


@pytest.mark.parametrize(("name", "make"), CASES)
def test_a_small_file_of_large_content_is_refused_before_the_work(tmp_path, name, make):
    make(tmp_path / name)
    assert (tmp_path / name).stat().st_size < 2_000_000
    card = {"quantity": "frequency", "units": "dimensionless"}
    with pytest.raises(BosonpeakError) as caught:
        convert(tmp_path / name, tmp_path / "out.nc", card, limits=SMALL)
    message = str(caught.value)
    assert "memory" not in message, message
    assert "took longer" not in message, message
    assert not (tmp_path / "out.nc").exists()


def test_the_longest_line_is_split_and_a_longer_one_is_not(tmp_path):
    file = tmp_path / "x.txt"
    file.write_bytes(b"1" * LONGEST_LINE + b"\n2\n")
    assert [len(line) for line in text_lines(file)] == [LONGEST_LINE, 1]
    file.write_bytes(b"2\n" + b"1" * (LONGEST_LINE + 1))
    with pytest.raises(BosonpeakError, match="a line is too long") as caught:
        text_lines(file)
    assert caught.value.where == f"{file}, line 2"
