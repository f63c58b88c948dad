"""Hostile and damaged input: one clear error each, nothing executed, nothing overwritten, no memory taken."""

import gzip
import io
import stat
import struct
import sys
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import convert
from bosonpeak.datasets.errors import BosonpeakError

FOREIGN = Path(__file__).parents[1] / "foreign_files"
PRECIOUS = b"a file that was there before"
MOST_MEMORY = 200 << 20
TEN_GB = 10 * 1024**3
SPECTRUM = "".join(f"{0.1 * k!r}\n" for k in range(1, 60))


def foreign(name):
    return (FOREIGN / name).read_bytes()


def replaced(name, *changes):
    content = foreign(name)
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    return content


def zipped(*members, link=False):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = ((stat.S_IFLNK if link else stat.S_IFREG) | 0o777) << 16
            archive.writestr(entry, content)
    return stream.getvalue()


def tarred(name, content=b"", kind=tarfile.REGTYPE, target=""):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname, entry.size = kind, target, len(content)
        archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


def npy(shape, descr="'<f8'", data=bytes(80)):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def pickled():
    stream = io.BytesIO()
    np.save(stream, np.array([print, 1.0], dtype=object), allow_pickle=True)
    return stream.getvalue()


def sparse(**changes):
    arrays = {
        "format": np.array("csr"),
        "shape": np.array([3, 3]),
        "data": np.ones(3),
        "indices": np.arange(3),
        "indptr": np.arange(4),
    }
    stream = io.BytesIO()
    np.savez(stream, **(arrays | changes))
    return stream.getvalue()


def spectra(table):
    stream = io.BytesIO()
    np.save(stream, np.asarray(table))
    return stream.getvalue()


def netcdf(tmp_path, sizes, padding=0, form="NETCDF4"):
    path = tmp_path / "bomb.nc"
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.set_fill_off()
        for name, size in zip(("sample", "mode"), sizes, strict=True):
            file.createDimension(name, size)
        options = {"zlib": True, "chunksizes": (1, min(1000, sizes[1]))} if form == "NETCDF4" else {}
        file.createVariable("omega", "f8", ("sample", "mode"), **options)
        if padding:
            file.createDimension("junk", padding)
            file.createVariable("junk", "u1", ("junk",))[:] = np.random.default_rng(0).integers(0, 256, padding)
    content = path.read_bytes()
    path.unlink()
    return content


def classic(sizes):
    """A NetCDF-3 header that declares an array, and no data."""
    content = b"CDF\x02" + struct.pack(">L", 0) + struct.pack(">2L", 10, len(sizes))
    for index, size in enumerate(sizes):
        content += struct.pack(">L4sL", 1, b"xyzw"[index : index + 1], size)
    content += struct.pack(">2L", 0, 0) + struct.pack(">2L", 11, 1) + struct.pack(">L8s", 5, b"omega")
    content += struct.pack(">L", len(sizes)) + struct.pack(f">{len(sizes)}L", *range(len(sizes)))
    return content + struct.pack(">2L", 0, 0) + struct.pack(">2LQ", 6, 0xFFFFFFFC, len(content) + 24)


def gsd_with(count):
    """A GSD file whose index says that the first large array has another number of rows."""
    content = bytearray(foreign("hoomd-configuration.gsd"))
    (location, entries) = struct.unpack_from("<2Q", content, 8)
    for entry in range(entries):
        start = location + 32 * entry
        _, rows = struct.unpack_from("<2Q", content, start)
        if rows == 12:
            struct.pack_into("<Q", content, start + 8, count)
            break
    return bytes(content)


CASES = {
    # archives
    "zip: a name that leads upwards": lambda tmp: (zipped(("../evil.txt", SPECTRUM)), {}),
    "zip: an absolute name": lambda tmp: (zipped(("/tmp/evil.txt", SPECTRUM)), {}),
    "zip: a link": lambda tmp: (zipped(("spectrum.txt", "/etc/passwd"), link=True), {}),
    "npz: a name that leads upwards": lambda tmp: (zipped(("../evil.npy", npy("(10,)"))), {}),
    "npz: a link": lambda tmp: (zipped(("omega.npy", "/etc/passwd"), link=True), {}),
    "tar: a name that leads upwards": lambda tmp: (tarred("../evil.txt", b"0.1\n"), {}),
    "tar: a link": lambda tmp: (tarred("spectrum.txt", b"", tarfile.SYMTYPE, "/etc/passwd"), {}),
    "tar: a hard link": lambda tmp: (tarred("spectrum.txt", b"", tarfile.LNKTYPE, "/etc/passwd"), {}),
    "tar: a device": lambda tmp: (tarred("spectrum.txt", b"", tarfile.CHRTYPE), {}),
    "tar.gz: a bomb": lambda tmp: (gzip.compress(tarred("zeros.txt", bytes(80 << 20))), {}),
    "zip: an archive in an archive": lambda tmp: (zipped(("inner.zip", zipped(("a.txt", SPECTRUM)))), {}),
    "zip: HTML in a name": lambda tmp: (zipped(("<img src=x onerror=alert(1)>.txt", SPECTRUM)), {}),
    # headers that promise ten gigabytes
    "npy: ten gigabytes": lambda tmp: (npy(f"({TEN_GB // 8},)"), {}),
    "npy: more than memory addresses": lambda tmp: (npy(f"({2**62}, 4)"), {}),
    "npz: ten gigabytes": lambda tmp: (zipped(("omega.npy", npy(f"({TEN_GB // 8},)"))), {}),
    "sparse npz: ten gigabytes": lambda tmp: (sparse(shape=np.array([36_000, 36_000])), {}),
    "sparse npz: nothing in 9000 rows": lambda tmp: (
        sparse(shape=np.array([9000, 9000]), indptr=np.zeros(9001, int), data=np.empty(0), indices=np.empty(0, int)),
        {"masses": 1.0},
    ),
    "MatrixMarket: ten gigabytes": lambda tmp: (
        b"%%MatrixMarket matrix array real general\n36000 36000\n1.0\n",
        {},
    ),
    "MatrixMarket: nothing in 9000 rows": lambda tmp: (
        b"%%MatrixMarket matrix coordinate real general\n9000 9000 0\n",
        {"masses": 1.0},
    ),
    "MatrixMarket: more elements than lines": lambda tmp: (
        b"%%MatrixMarket matrix coordinate real general\n9000 9000 81000000\n1 1 1.0\n",
        {},
    ),
    "netCDF-4: ten gigabytes": lambda tmp: (netcdf(tmp, (100_000, 13_000)), {}),
    "netCDF-4: ten gigabytes beside junk": lambda tmp: (netcdf(tmp, (100_000, 13_000), 6 << 20), {}),
    "netCDF-3: ten gigabytes": lambda tmp: (classic((100_000, 13_000)), {}),
    "LAMMPS data: ten gigabytes": lambda tmp: (replaced("lammps-atomic.data", (b"12 atoms", b"450000000 atoms")), {}),
    "LAMMPS data: ten million": lambda tmp: (replaced("lammps-atomic.data", (b"12 atoms", b"9999999 atoms")), {}),
    "LAMMPS dump: ten gigabytes": lambda tmp: (replaced("lammps-absolute.dump", (b"\n12\n", b"\n450000000\n")), {}),
    "LAMMPS dump: ten million": lambda tmp: (replaced("lammps-absolute.dump", (b"\n12\n", b"\n9999999\n")), {}),
    "extended XYZ: ten million": lambda tmp: (replaced("ase-configuration.xyz", (b"12\n", b"9999999\n")), {}),
    "FORCE_CONSTANTS: 3000 atoms": lambda tmp: (
        replaced("phonopy-force-constants.txt", (foreign("phonopy-force-constants.txt").split(b"\n")[0], b"3000")),
        {},
    ),
    # damage
    "dynamical_matrix: truncated": lambda tmp: (foreign("two-atoms-real-eskm.bin")[:-8], {"content": "matrix"}),
    "dynamical_matrix: truncated within a number": lambda tmp: (foreign("two-atoms-real-eskm.bin")[:-3], {}),
    "dynamical_matrix: text, truncated": lambda tmp: (
        b"\n".join(foreign("two-atoms-real-eskm.txt").split(b"\n")[:-2]),
        {"content": "matrix"},
    ),
    "dynamical_matrix: the wrong N": lambda tmp: (
        foreign("two-atoms-real-eskm.bin"),
        {"lammps_units": "real", "style": "eskm", "particles": 3},
    ),
    "LAMMPS data: the wrong N": lambda tmp: (foreign("lammps-atomic.data"), {"particles": 13}),
    "LAMMPS dump: truncated": lambda tmp: (foreign("lammps-absolute.dump")[:-60], {}),
    "netCDF: truncated": lambda tmp: (netcdf(tmp, (10, 10))[:900], {}),
    "UTF-16": lambda tmp: (SPECTRUM.encode("utf-16"), {}),
    # what cannot be
    "LAMMPS data: shuffled ids, one twice": lambda tmp: (
        replaced("lammps-atomic.data", (b"6 1 2.78", b"7 1 2.78")),
        {},
    ),
    "LAMMPS dump: an id that is missing": lambda tmp: (replaced("lammps-absolute.dump", (b"\n11 ", b"\n14 ")), {}),
    "masses in the order of other atoms": lambda tmp: (
        foreign("two-atoms-real-eskm.bin"),
        {"lammps_units": "real", "style": "eskm", "masses": [5.0, 3.0]},
    ),
    "NaN: text": lambda tmp: (b"0.1\nnan\n", {}),
    "NaN: npy": lambda tmp: (spectra([0.1, np.nan, 0.3]), {}),
    "NaN: configuration": lambda tmp: (replaced("ase-configuration.xyz", (b"4.34259667", b"nan")), {}),
    "NaN: matrix": lambda tmp: (spectra([[1.0, -1.0], [-1.0, np.nan]]), {"content": "matrix", "dimension": 1}),
    "infinite": lambda tmp: (b"0.1\n1e999\n", {}),
    "negative": lambda tmp: (b"-3.0\n0.1\n0.2\n", {}),
    "objects": lambda tmp: (pickled(), {}),
    "units: the card names another style": lambda tmp: (foreign("lammps-atomic.data"), {"lammps_units": "metal"}),
    "units: two readings": lambda tmp: (foreign("two-atoms-real-eskm.bin"), {"lammps_units": "real"}),
    "units: of length": lambda tmp: (foreign("lammps-atomic.data"), {"length_units": "nm"}),
    "HTML: species": lambda tmp: (replaced("ase-configuration.xyz", (b"Ar ", b"<b>Ar</b> ")), {}),
    # cards
    "card: an unknown key": lambda tmp: (SPECTRUM.encode(), {"quantitty": "frequency"}),
    "card: a value of another type": lambda tmp: (SPECTRUM.encode(), {"columns": 5}),
    "card: an unknown quantity": lambda tmp: (SPECTRUM.encode(), {"quantity": "energy"}),
    "card: a group that is none": lambda tmp: (SPECTRUM.encode(), {"group": 7}),
    "card: HTML in a key": lambda tmp: (SPECTRUM.encode(), {"<script>": "x"}),
}


def toml(card):
    quoted = {"key": lambda key: '"' + key + '"', bool: lambda v: str(v).lower(), str: lambda v: f'"{v}"'}
    return "".join(f"{quoted['key'](key)} = {quoted.get(type(v), repr)(v)}\n" for key, v in card.items())


@pytest.fixture
def attack(tmp_path, capsys):
    """Try to convert in both ways; return the one error."""
    output = tmp_path / "output.nc"
    output.write_bytes(PRECIOUS)

    def attempt(path, card, card_file=None, most_memory=MOST_MEMORY):
        before = sorted(tmp_path.rglob("*"))
        tracemalloc.start()
        try:
            with pytest.raises(BosonpeakError) as caught:
                convert(path, output, card, trust_files=True)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < most_memory + 3 * (path.stat().st_size if path.is_file() else 0)
        assert sorted(tmp_path.rglob("*")) == before
        arguments = ["datasets", "convert", str(path), "-o", str(output)]
        if card_file is None and card:
            card_file = tmp_path / "card.toml"
            card_file.write_text(toml(card))
        assert main([*arguments, "--card", str(card_file)] if card_file else arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("error: ")
        assert "Traceback" not in printed.err
        assert "defect" not in printed.err
        assert sum(line.startswith("error: ") for line in printed.err.splitlines()) == 1
        assert output.read_bytes() == PRECIOUS
        return caught.value

    return attempt


@pytest.mark.parametrize("case", CASES)
def test_one_clear_error(attack, tmp_path, case):
    content, card = CASES[case](tmp_path)
    path = tmp_path / "input.any"
    path.write_bytes(content)
    attack(path, card)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "head", [b"", b"\x93NUMPY\x01\x00", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"\x1f\x8b", b"0.1\n"]
)
@pytest.mark.skipif(sys.platform == "win32", reason="sparse files need rights there")
def test_sparse_files_of_ten_gigabytes(attack, tmp_path, head):
    path = tmp_path / "input.any"
    with open(path, "wb") as stream:
        stream.write(head)
        stream.truncate(TEN_GB)
    with pytest.raises(BosonpeakError, match="too large"):
        convert(path, tmp_path / "output.nc", {}, trust_files=True)
    assert (tmp_path / "output.nc").read_bytes() == PRECIOUS
    assert main(["datasets", "convert", str(path), "-o", str(tmp_path / "output.nc")]) == 2


@pytest.mark.parametrize("count", [1_000, 450_000_000, 2**61])
def test_gsd_that_promises_more(attack, tmp_path, count):
    pytest.importorskip("gsd.hoomd", reason="pip install bosonpeak[gsd]")
    path = tmp_path / "input.gsd"
    path.write_bytes(gsd_with(count))
    # The gsd package allocates the claimed size; only the limit of the protected process bounds the size.
    attack(path, {}, most_memory=1 << 31)


@pytest.mark.parametrize("count", [1_000, 450_000_000, 2**61])
def test_ase_that_promises_more(attack, tmp_path, count):
    pytest.importorskip("ase", reason="pip install bosonpeak[ase]")
    content = foreign("ase-trajectory.traj")
    path = tmp_path / "input.traj"
    path.write_bytes(content.replace(b"[12, 3]", f"[{count}, 3]".encode().ljust(7)))
    assert path.read_bytes() != content
    attack(path, {})


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.txt", "a\nb.txt", "a\x1b[31m.txt"])
@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_names_of_files(attack, tmp_path, name):
    path = tmp_path / name
    path.write_text(SPECTRUM)
    error = attack(path, {})
    assert error.what == "the file name is not plain text"
    path.unlink()
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / name).write_text(SPECTRUM)
    assert attack(folder, {}).what == "the file name is not plain text"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (SPECTRUM, "".join(f"{0.1 * k / 6.2832!r}\n" for k in range(1, 60))),
        (SPECTRUM, "0.1\n0.2\n"),
        (foreign("lammps-atomic.data"), replaced("lammps-atomic.data", (b"units = real", b"units = metal"))),
        (foreign("lammps-atomic.data"), foreign("ase-configuration.xyz").split(b"\n12\n")[0]),
    ],
    ids=["THz and rad/ps", "other N", "real and metal", "a style and none"],
)
def test_folders_of_several_kinds(attack, tmp_path, first, second):
    folder = tmp_path / "run"
    folder.mkdir()
    for name, content in (("a", first), ("b", second)):
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    attack(folder, {"sizes": "diameters"})


@pytest.mark.parametrize(
    "content",
    [b"quantity = ", b"a = 1\na = 2\n", b"\xff\xfe", b"a = " + b"[" * 5000, b"# " + b"x" * 200_000],
    ids=["cut off", "a key twice", "not UTF-8", "deep", "long"],
)
def test_card_files(tmp_path, capsys, content):
    path, card, output = tmp_path / "x.txt", tmp_path / "card.toml", tmp_path / "out.nc"
    path.write_text(SPECTRUM)
    card.write_bytes(content)
    assert main(["datasets", "convert", str(path), "-o", str(output), "--card", str(card)]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: the card")
    assert "defect" not in printed
    assert not output.exists()
