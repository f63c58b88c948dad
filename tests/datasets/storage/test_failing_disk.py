"""Every call with which a file is written fails in turn: one clear error, the old file, and nothing beside it."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bosonpeak.datasets import write

SHIM = Path(__file__).parents[3] / "performance" / "fault_shim.c"

JOB = """
import ctypes, json, os, sys
from pathlib import Path

from bosonpeak.datasets import read, write
from bosonpeak.datasets.errors import StoreError

new, path, action, sticky = read(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
shim, found = ctypes.CDLL(None), []
old = path.read_bytes()
write(new, sys.argv[1])
contents = {old: "old", Path(sys.argv[1]).read_bytes(): "new"}
shim.fault_seen.restype = ctypes.c_long
struck = True
while struck:
    child = os.fork()
    if child == 0:
        shim.fault_arm(ctypes.c_long(len(found) + 1), action, sticky)
        try:
            write(new, path)
        except StoreError:
            os._exit(3)
        os._exit(0 if shim.fault_seen() > len(found) else 4)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    struck = code != 4
    if struck:
        found.append([code, contents.get(path.read_bytes(), "half"), os.listdir(path.parent) == [path.name]])
        path.write_bytes(old)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    if sys.platform != "linux" or shutil.which("cc") is None:
        pytest.skip("calls are caught on Linux, by a library that a C compiler makes")
    library = tmp_path_factory.mktemp("shim") / "fault_shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SHIM, "-ldl"], check=True)
    return library


@pytest.mark.parametrize(("number", "sticky"), [(errno.EIO, 0), (errno.ENOSPC, 1)], ids=["EIO", "ENOSPC"])
def test_whatever_call_fails_the_process_goes_on_with_one_error(make_modes, tmp_path, shim, number, sticky):
    """A library that writes itself ends the process if the last write of all fails."""
    new, folder = tmp_path / "new.nc", tmp_path / "place"
    folder.mkdir()
    write(make_modes(30, 40), new)
    write(make_modes(), folder / "x.nc")
    done = subprocess.run(
        [sys.executable, "-c", JOB, new, folder / "x.nc", str(number), str(sticky)],
        env=os.environ | {"LD_PRELOAD": str(shim)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    codes = [code for code, _, _ in found]
    assert set(codes) == {0, 3}
    states = [content for code, content, _ in found if code == 3]
    assert states.count("old") > 4
    # Only what makes the new name survive a power cut fails when the file is already there.
    assert states == ["old"] * states.count("old") + ["new"] * states.count("new")
    assert states.count("new") <= 2
    assert all(content == "new" for code, content, _ in found if code == 0)
    assert [entry for entry in found if not entry[2]] == []
