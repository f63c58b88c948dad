"""Files of others, read by a process that can do nothing else: the same numbers, whatever happens to the process."""

import io
import os
import signal
import tarfile
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bosonpeak.benchmark.commands.main import main
from bosonpeak.datasets import convert, read
from bosonpeak.datasets.adapters.decoding import protected
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE
from bosonpeak.datasets.adapters.decoding.protected import ProtectedDecoder, opened
from bosonpeak.datasets.adapters.decoding.records import CHECKED_RECORDS
from bosonpeak.datasets.adapters.folders import read_folder
from bosonpeak.datasets.errors import BosonpeakError, CardError, ForeignInputError
from bosonpeak.datasets.sandbox import child_process
from bosonpeak.datasets.sandbox.child_process import ChildProcess
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")

FOREIGN = Path(__file__).parents[2] / "foreign_files"
CARDS = ({}, {"lammps_units": "real", "style": "regular", "masses": [3.0, 5.0]}, {"masses": 1.0, "sizes": "diameters"})
SPECTRUM = "".join(f"{0.1 * k!r}\n" for k in range(1, 60))


def outcome(path, output, card, trust_files):
    try:
        convert(path, output, card, trust_files=trust_files)
    except BosonpeakError as error:
        return type(error), str(error)
    return read(output).drop_attrs(deep=False), read(output).attrs


def mixed_folder(folder, number=25):
    """Spectra as text, as arrays and as netCDF, one after the other."""
    for k in range(number):
        values = 0.03 * (k + 1) + np.arange(20.0)
        if k % 3 == 0:
            np.savetxt(folder / f"{k:02d}.txt", values, header="frequency")
        elif k % 3 == 1:
            np.savez(folder / f"{k:02d}.npz", frequency=values[None])
        else:
            xr.Dataset({"frequency": (("sample", "mode"), values[None])}).to_netcdf(folder / f"{k:02d}.nc")


@pytest.mark.parametrize("together", [1, 4, 1000])
def test_files_that_are_asked_for_together_are_those_of_the_folder(tmp_path, monkeypatch, together):
    monkeypatch.setattr(protected, "_MOST_TOGETHER", together)
    mixed_folder(tmp_path)
    requests = []
    send = child_process.send
    monkeypatch.setattr(child_process, "send", lambda *request: (requests.append(request[0]), send(*request)))
    with opened(tmp_path) as (content, decoder):
        there = read_folder(content, {}, decoder=decoder)
    assert len(requests) == 1 + -(-25 // together)
    assert there.spectra.identical(read_folder(tmp_path, {}).spectra)


def test_what_turns_out_otherwise_than_foreseen_is_read_all_the_same(tmp_path):
    mixed_folder(tmp_path)
    files = sorted(tmp_path.glob("*.txt"))
    with opened(tmp_path) as (_, decoder):
        decoder.foresee([("spectra", file) for file in files], {})
        for file, card in [(files[0], {}), (files[1], {"columns": ["frequency"]}), (files[5], {}), (files[2], {})]:
            (found,) = decoder.spectra(file, card).samples
            assert found.tolist() == np.loadtxt(file).tolist()
        assert decoder.numbers(files[3]).ravel().tolist() == np.loadtxt(files[3]).tolist()


def test_the_file_that_killed_the_process_is_named_among_many(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    folder.mkdir()
    mixed_folder(folder)
    (folder / "11.nc").write_text("1.0\n2.0\n")
    (tmp_path / "patched_child.py").write_text(
        "import os\n"
        "os.environ['OPENBLAS_NUM_THREADS'] = os.environ['OMP_NUM_THREADS'] = '1'\n"
        "from bosonpeak.datasets.adapters.decoding import decoder\n"
        "from bosonpeak.datasets.adapters.decoding.child import main\n"
        "raw_of_file = decoder.raw_of_file\n"
        "decoder.raw_of_file = lambda file, card: os._exit(9) if file.name == '11.nc' else raw_of_file(file, card)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(protected, "_CHILD", "patched_child")
    with opened(folder) as (content, decoder), pytest.raises(ForeignInputError, match="died") as caught:
        read_folder(content, {}, decoder=decoder)
    assert caught.value.where.endswith("11.nc")


@pytest.mark.parametrize("name", sorted(path.name for path in FOREIGN.iterdir()))
def test_the_same_as_in_place(tmp_path, name):
    sound = False
    for card in CARDS:
        here, there = (outcome(FOREIGN / name, tmp_path / "out.nc", card, trusted) for trusted in (True, False))
        sound = sound or isinstance(here[0], xr.Dataset)
        assert here[1] == there[1]
        assert here[0].identical(there[0]) if isinstance(here[0], xr.Dataset) else here[0] is there[0]
        if sound:
            break
    assert sound or name.endswith((".traj", ".gsd")) or "metal" in name


def test_stores_and_collections(tmp_path, make_modes):
    dataset = make_modes(3, 20)
    for path in (tmp_path / "x.nc", tmp_path / "x.zarr"):
        from bosonpeak.datasets import write

        write(dataset, path)
        with opened(path) as (content, decoder):
            (there,), (here,) = (who.groups(content).values() for who in (decoder, IN_PLACE))
            hollow = decoder.groups(content, with_values=False)["/"]
        assert there.attributes == here.attributes
        for key, variable in here.variables.items():
            np.testing.assert_array_equal(there.variables[key].values, variable.values)
            assert there.variables[key].dimensions == variable.dimensions
            assert hollow.variables[key].values.shape == variable.values.shape
            assert hollow.variables[key].values.dtype == variable.values.dtype


def test_one_process_whatever_the_number_of_files(tmp_path, monkeypatch):
    started = []
    popen = child_process.subprocess.Popen
    monkeypatch.setattr(
        child_process.subprocess, "Popen", lambda *args, **options: started.append(args) or popen(*args, **options)
    )
    folder = tmp_path / "run"
    folder.mkdir()
    for number in range(100):
        (folder / f"glass-{number}.txt").write_text(SPECTRUM)
    with opened(folder) as (content, decoder):
        assert read_folder(content, {}, decoder=decoder).spectra.sizes["sample"] == 100
    assert sum("-I" in arguments for (arguments,) in started) == 1


@pytest.mark.parametrize("pack", ["zip", "tar.gz"])
def test_archives_of_what_needs_other_packages(tmp_path, make_modes, pack):
    from bosonpeak.datasets import write

    write(make_modes(3, 20), tmp_path / "x.zarr")
    files = {
        f"run/x.zarr/{path.relative_to(tmp_path / 'x.zarr')}": path.read_bytes()
        for path in (tmp_path / "x.zarr").rglob("*")
        if path.is_file()
    }
    archive = tmp_path / f"run.{pack}"
    if pack == "zip":
        with zipfile.ZipFile(archive, "w") as stream:
            for name, content in files.items():
                stream.writestr(name, content)
    else:
        with tarfile.open(archive, "w:gz") as stream:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                stream.addfile(entry, io.BytesIO(content))
    convert(archive, tmp_path / "out.nc")
    assert read(tmp_path / "out.nc").sizes == {"sample": 3, "mode": 20}


def test_nothing_of_the_environment_and_no_file_beside(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "hunter2")
    (tmp_path / "x.txt").write_text(SPECTRUM)
    (tmp_path / "secret.txt").write_text(SPECTRUM)
    with ProtectedDecoder() as decoder:
        assert Path(f"/proc/{decoder._process._process.pid}/environ").read_bytes() == b""
        decoder.confine(tmp_path / "x.txt")
        assert decoder.spectra(tmp_path / "x.txt", {}).samples[0].size == 59
        with pytest.raises(ForeignInputError, match="Permission denied"):
            decoder.spectra(tmp_path / "secret.txt", {})
        assert "no files but those named (Landlock" in "; ".join(decoder.protections)


def test_errors_arrive_whole(tmp_path):
    (tmp_path / "x.txt").write_text(SPECTRUM)
    with opened(tmp_path / "x.txt") as (content, decoder):
        with pytest.raises(CardError, match="unknown content in the card") as caught:
            decoder.spectra(content, {"content": "poetry"})
        assert caught.value.expected == "'spectrum' or 'matrix' or 'configuration'"
        assert decoder.spectra(content, {}).place(0, 3) == f"{content}, line 4, column 1"


def test_limits_are_kept(tmp_path):
    # A file with a hole, of which a single copy does not fit.
    np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float64, (130_000_000,)).flush()
    reported = pytest.raises(ForeignInputError, match=r"memory limit|died")
    with opened(tmp_path / "x.npy", limits=Limits(memory=1 << 30)) as (content, decoder), reported:
        decoder.spectra(content, {})


# A process that answers waits a little: the task may still be on its way when the answer is there.
BAD = {
    "died": ("import os, signal\ndef main(task): os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "failed": ("def main(task): raise ValueError('no such thing')", "exit code 1: ValueError: no such thing"),
    "silent": ("import time\ndef main(task): time.sleep(60)", "take too long"),
    "ended": ("def main(task): pass", "exit code 0"),
    "long header": (
        "import os, time\ndef main(task): os.write(1, b'\\xff' * 8), time.sleep(2)",
        "a header of 18,446,744,073,709,551,615",
    ),
    "garbage": (
        "import os, time\ndef main(task): os.write(1, (9).to_bytes(8, 'little') + b'\\x80garbage!'), time.sleep(2)",
        "JSONDecode|Unicode",
    ),
    "deep": (
        "import os, time\ndef main(task): os.write(1, (10**5).to_bytes(8, 'little') + b'[' * 10**5), time.sleep(2)",
        "RecursionError",
    ),
    "not locked in": (
        "from bosonpeak.datasets.sandbox.messages import send\nimport os\n"
        "def main(task): send({'refused': 'because'}, lambda data: os.write(1, data))",
        "because",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_one_clear_error_whatever_becomes_of_the_process(tmp_path, monkeypatch, kind, capsys):
    code, reported = BAD[kind]
    (tmp_path / "bad_child.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(protected, "_CHILD", "bad_child")
    (tmp_path / "x.txt").write_text(SPECTRUM)
    seconds = "1" if kind == "silent" else "5"
    with pytest.raises(ForeignInputError, match=reported):
        convert(tmp_path / "x.txt", tmp_path / "out.nc", limits=Limits(seconds=float(seconds)))
    asked = ["datasets", "convert", str(tmp_path / "x.txt"), "-o", str(tmp_path / "out.nc"), "--time-limit", seconds]
    assert main(asked) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert "Traceback" not in printed
    assert not (tmp_path / "out.nc").exists()


LIES = {
    "an array of objects": "{'value': {'array': 0}, 'arrays': [['|O', [1]]]}",
    "a record": "{'value': {'array': 0}, 'arrays': [['i4,i4', [1]]]}",
    "more than the limit": "{'value': {'array': 0}, 'arrays': [['<f8', [1 << 40]]]}",
    "a negative length": "{'value': {'array': 0}, 'arrays': [['<f8', [-1, -1]]]}",
    "an unknown record": "{'value': {'record': ['Popen', {'table': []}]}, 'arrays': []}",
    "a record with other fields": "{'value': {'record': ['RawSpectra', {'table': [['samples', 'x']]}]}, 'arrays': []}",
    "an array that is not there": "{'value': {'array': 3}, 'arrays': []}",
    "two kinds at once": "{'value': {'array': 0, 'texts': 1}, 'arrays': []}",
    "another value": "{'value': {'table': [['value', 7]]}, 'arrays': []}",
}

LIAR = """
import json, os
from bosonpeak.datasets.sandbox.messages import receive, send
def main(task):
    def read_into(buffer):
        while buffer:
            buffer = buffer[os.readv(0, [buffer]):]
    write = lambda data: os.write(1, data)
    receive(read_into, 1 << 20)
    send({{"protections": ["none"]}}, write)
    receive(read_into, 1 << 20)
    header = json.dumps({lie}).encode()
    write(len(header).to_bytes(8, "little") + header)
"""


@pytest.mark.parametrize("kind", LIES)
def test_what_a_process_in_a_strangers_hands_says_is_checked(tmp_path, monkeypatch, kind):
    (tmp_path / "lying_child.py").write_text(textwrap.dedent(LIAR.format(lie=LIES[kind])))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(protected, "_CHILD", "lying_child")
    (tmp_path / "x.txt").write_text(SPECTRUM)
    with opened(tmp_path / "x.txt") as (content, decoder), pytest.raises(ForeignInputError, match="invalid answer"):
        decoder.spectra(content, {})


@pytest.mark.parametrize("name", CHECKED_RECORDS)
def test_no_record_is_made_of_nonsense(name):
    for fields in ({}, {"values": 1}, {"samples": [1.0]}, {"dtype": 3, "shape": "x"}):
        with pytest.raises(ValueError, match="impossible"):
            CHECKED_RECORDS[name](**fields)


def test_the_process_ends_with_its_block(tmp_path):
    with ProtectedDecoder() as decoder:
        pid = decoder._process._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_process_ends_with_its_parent(tmp_path):
    (tmp_path / "x.txt").write_text(SPECTRUM)
    parent, reported = os.pipe()
    if not (pid := os.fork()):
        decoder = ProtectedDecoder()
        decoder.confine(tmp_path / "x.txt")
        os.write(reported, str(decoder._process._process.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    child = int(os.read(parent, 20))
    os.close(parent)
    os.close(reported)
    for _ in range(200):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        signal.sigtimedwait([], 0.05)
    pytest.fail("the process outlived its parent")


def test_without_protection_only_trusted_files_are_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(child_process, "can_confine", lambda: False)
    (tmp_path / "x.txt").write_text(SPECTRUM)
    command = ["datasets", "convert", str(tmp_path / "x.txt"), "-o", str(tmp_path / "out.nc")]
    assert main(command) == 2
    assert "--trust-files" in capsys.readouterr().err
    assert not (tmp_path / "out.nc").exists()
    assert main([*command, "--trust-files"]) == 0


def test_registered_data_are_read_in_place_wherever_they_lie(tmp_path, monkeypatch, capsys):
    from bosonpeak.datasets import fetch

    path = tmp_path / "copy.nc"
    path.write_bytes(fetch("network/nine-node").read_bytes())
    monkeypatch.setattr(child_process, "can_confine", lambda: False)
    assert main(["datasets", "validate", str(path), "network/nine-node"]) == 0
    assert main(["datasets", "info", str(path)]) == 0
    path.write_bytes(path.read_bytes() + b"\0")
    assert main(["datasets", "info", str(path)]) == 2


def test_a_process_that_cannot_be_locked_in_reads_nothing():
    reported = pytest.raises(ForeignInputError, match="could not be confined")
    with ChildProcess("bosonpeak.datasets.adapters.decoding.child", "decode", Limits()) as process, reported as caught:
        process.confine([Path("/nonexistent")], [], ())
    assert caught.value.got == "No such file or directory"
