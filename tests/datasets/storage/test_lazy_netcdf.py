"""Files with values in Dask arrays: one handle for each file, used by one thread at a time."""

import os
import pickle
import threading
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

from bosonpeak.benchmark.submission import reference_ensembles
from bosonpeak.datasets import open_dataset, read, write
from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.manifest import attributes_of_file
from bosonpeak.datasets.opening import local_path
from bosonpeak.datasets.publication.data_card import data_card
from bosonpeak.datasets.storage.outline import outline

NAME = "network/nine-node"

WAIT = 0.2
"""Seconds after which an operation without the lock would have ended; a slow machine hides a fault, and shows none."""

OPERATIONS = {
    "read": lambda path: read(local_path(NAME)),
    "open lazily": lambda path: read(local_path(NAME), chunks={}),
    "load": lambda path: read(local_path(NAME), chunks={})["lattice"].to_dataset().load(scheduler="synchronous"),
    "write": lambda path: write(open_dataset(NAME, group="lattice"), path / "lattice.nc"),
    "outline": lambda path: outline(local_path(NAME)),
    "attributes of a manifest": lambda path: attributes_of_file(local_path(NAME)),
    "data card": lambda path: data_card(NAME),
    "reference ensembles": lambda path: list(reference_ensembles._stored()),
}


@pytest.fixture
def lattice(tmp_path):
    """Path of a file with one group, and its content."""
    content = open_dataset(NAME, group="lattice")
    write(content, tmp_path / "lattice.nc")
    return tmp_path / "lattice.nc", read(tmp_path / "lattice.nc")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_netcdf_library_is_used_by_one_thread_at_a_time(operation, tmp_path):
    OPERATIONS[operation](tmp_path)  # imports, and registries that are read once
    ended = threading.Event()
    thread = threading.Thread(target=lambda: (OPERATIONS[operation](tmp_path), ended.set()))
    with NETCDF4_PYTHON_LOCK:
        thread.start()
        assert not ended.wait(WAIT)
    thread.join(60.0)
    assert ended.is_set()


def test_values_agree_while_other_threads_open_and_write(lattice, tmp_path):
    path, expected = lattice
    wrong, over = [], threading.Event()

    def repeat(action):
        while not over.is_set():
            if not action().identical(expected):
                wrong.append(action)

    def written():
        write(expected, tmp_path / "again.nc")
        return read(tmp_path / "again.nc")

    actions = [lambda: read(path), lambda: read(path, chunks={}).load(scheduler="threads", num_workers=2), written]
    threads = [threading.Thread(target=repeat, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for _ in range(4):
        assert read(path, chunks={}).load(scheduler="threads", num_workers=4).identical(expected)
    over.set()
    for thread in threads:
        thread.join(60.0)
    assert not wrong
    assert not any(thread.is_alive() for thread in threads)


def test_datasets_of_a_file_share_one_handle(lattice):
    """Two open handles, closed before the file is opened again, end the process with HDF5 2.2."""
    path, expected = lattice
    held = [read(path, chunks={}) for _ in range(3)]
    for each in held:
        assert each.load(scheduler="threads", num_workers=2).identical(expected)
    assert _open_handles(path) == 1
    held.clear()
    for _ in range(3):
        assert read(path, chunks={}).load().identical(expected)


def _open_handles(path):
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("no list of open files on this system")
    return sum(os.path.realpath(each) == os.path.realpath(path) for each in folder.iterdir())


def test_a_file_that_changed_meanwhile_is_reported(lattice):
    path, _ = lattice
    opened = read(path, chunks={})
    os.utime(path, ns=(0, 0))
    with pytest.raises(StoreError, match="changed after it was opened"):
        opened.load()
    path.unlink()
    with pytest.raises(StoreError, match="does not exist"):
        opened.load()


def test_chunks_are_those_of_the_file(tmp_path):
    with netCDF4.Dataset(tmp_path / "foreign.nc", "w") as file:
        for name, length in (("sample", 6), ("mode", 10), ("letter", 3)):
            file.createDimension(name, length)
        numbers = file.createVariable("energy", "f8", ("sample", "mode"), chunksizes=(2, 5), fill_value=-1.0)
        numbers[:] = np.arange(60.0).reshape(6, 10)
        file.createVariable("flat", "i4", ("mode",), contiguous=True)[:] = np.arange(10)
        file.createVariable("word", "S1", ("sample", "letter"), fill_value=b"-")[:] = np.full((6, 3), b"x")
        file.createVariable("mode", str, ("mode",))[:] = np.array(list("abcdefghij"), dtype=object)
    lazy, whole = read(tmp_path / "foreign.nc", chunks={}), read(tmp_path / "foreign.nc", verify=False)
    assert lazy["energy"].chunks == ((2, 2, 2), (5, 5))
    assert lazy["mode"].values.tolist() == list("abcdefghij")
    assert lazy.identical(whole)
    assert lazy["energy"][1:4:2, [7, 2]].values.tolist() == [[17.0, 12.0], [37.0, 32.0]]
    assert read(tmp_path / "foreign.nc", chunks={"sample": 6})["energy"].chunks[0] == (6,)


def test_a_pickled_dataset_reads_its_file_again(lattice):
    path, expected = lattice
    content = pickle.dumps(read(path, chunks={}))
    assert pickle.loads(content).identical(expected)


def test_equal_files_are_equal_to_dask_until_they_change(lattice):
    path, _ = lattice
    first, again = (read(path, chunks={})["position"].data.name for _ in range(2))
    assert first == again
    os.utime(path, ns=(0, 0))
    assert read(path, chunks={})["position"].data.name != first
