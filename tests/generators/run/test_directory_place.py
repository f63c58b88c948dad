"""A directory of finished samples by itself: who may work in it, what is listed, and what is removed."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from filelock import Timeout

from bosonpeak.datasets.errors import StoreError
from bosonpeak.generators.run import shard_directory
from bosonpeak.generators.run.shard_directory import LOCK, DirectoryPlace

HOLDER = f"{LOCK}.holder"
PART = ".0123456789abcdef.part"


@pytest.fixture
def place(tmp_path):
    made = DirectoryPlace(tmp_path / "run")
    made.prepare()
    return made


def files(place):
    return sorted(path.relative_to(place.directory).as_posix() for path in place.directory.rglob("*") if path.is_file())


class LockThatFails:
    """Stands in for the system's; `failures` are raised one after the other, then it is held."""

    failures: tuple = ()
    released = 0
    options = None

    def __init__(self, path, **options):
        type(self).options = Path(path), options

    def acquire(self):
        cls = type(self)
        if cls.failures:
            failure, *rest = cls.failures
            cls.failures = tuple(rest)
            raise failure

    def release(self):
        type(self).released += 1


@pytest.fixture
def lock(monkeypatch):
    made = type("Lock", (LockThatFails,), {})
    monkeypatch.setattr(shard_directory, "FileLock", made)
    return made


def test_the_second_comer_is_told_who_is_at_work(place):
    with place.exclusive():
        assert files(place) == [LOCK, HOLDER]
        with pytest.raises(StoreError) as caught, place.exclusive():
            pytest.fail("both hold it")
        assert (place.directory / HOLDER).read_text() == f"{os.getpid()}\n"
        error = caught.value
        assert error.what == "another run is using these samples"
        assert (error.got, error.where) == (f"locked by process {os.getpid()}", str(place.directory))
        assert error.done == "nothing was changed"
        (place.directory / HOLDER).unlink()
        with pytest.raises(StoreError, match=r"locked by process \?"), place.exclusive():
            pytest.fail("both hold it")
    assert HOLDER not in files(place)
    with place.exclusive():
        pass


def test_the_lock_goes_when_the_block_fails(place):
    with pytest.raises(ZeroDivisionError), place.exclusive():
        raise ZeroDivisionError
    assert HOLDER not in files(place)
    with place.exclusive():
        pass


def test_the_lock_is_the_systems_and_waits_for_one_that_is_just_going(place, lock):
    with place.exclusive():
        assert lock.options == (place.directory / LOCK, {"timeout": 0.2, "fallback_to_soft": False})
        assert not lock.released
    assert lock.released == 1


@pytest.mark.parametrize("times", [1, 99])
def test_a_place_that_the_last_holder_takes_away_is_made_again(place, lock, times):
    lock.failures = (FileNotFoundError(errno.ENOENT, "gone"),) * times
    shutil.rmtree(place.directory)
    with place.exclusive():
        assert files(place) == [HOLDER]
    assert lock.released == times + 1


@pytest.mark.parametrize(
    ("failures", "got"),
    [
        ((FileNotFoundError(errno.ENOENT, "gone"),) * 100, "gone"),
        ((OSError(errno.EROFS, "read-only"),), "read-only"),
        ((OSError("no locks here"),), "no locks here"),
    ],
)
def test_a_place_that_cannot_be_locked(place, lock, failures, got):
    lock.failures = failures
    with pytest.raises(StoreError) as caught, place.exclusive():
        pytest.fail("it is locked")
    error = caught.value
    assert error.what == "the place for finished samples cannot be locked"
    assert (error.got, error.where, error.done) == (got, str(place.directory / LOCK), "nothing was computed")
    assert "without locks" in error.likely_cause
    assert lock.released == len(failures)
    assert not lock.failures


def test_whoever_waited_in_vain_leaves_the_holder_alone(place, lock):
    (place.directory / HOLDER).write_text("17\n")
    lock.failures = (Timeout("x"),)
    with pytest.raises(StoreError, match="locked by process 17"), place.exclusive():
        pytest.fail("it is locked")
    assert files(place) == [HOLDER]
    assert not lock.released
    (place.directory / HOLDER).write_bytes(b"\xff" * 40)
    lock.failures = (Timeout("x"),)
    with pytest.raises(StoreError) as caught, place.exclusive():
        pytest.fail("it is locked")
    assert caught.value.got == "locked by process " + "\N{REPLACEMENT CHARACTER}" * 32


def test_what_is_listed(place):
    for name in ("b.npz", LOCK, HOLDER, PART, ".0123.part", "a/000001.npz", "a/b/000002.npz", "a/note.txt"):
        (place.directory / name).parent.mkdir(parents=True, exist_ok=True)
        (place.directory / name).write_bytes(b"12345")
    assert place.entries() == [".0123.part", "a", "b.npz"]
    assert place.shards() == {"b.npz", "a/000001.npz", "a/b/000002.npz"}
    assert place.read("a/000001.npz") == b"12345"
    assert (place.ending("b.npz", 2), place.ending("b.npz", 9)) == (b"45", b"12345")
    assert (place.exists("a/note.txt"), place.exists("note.txt"), place.is_there()) == (True, False, True)
    assert (place.address, place.where("b.npz")) == (str(place.directory), str(place.directory / "b.npz"))
    assert place.free_space() > 0
    nothing = DirectoryPlace(place.directory / "none")
    assert (nothing.entries(), nothing.shards(), nothing.is_there()) == ([], set(), False)


def test_what_is_removed(place):
    for name in ("a/b/1.npz", "a/b/2.npz", "c/1.npz", "c/other"):
        place.write(name, b"1")
    place.remove(["a/b/1.npz", "a/b/2.npz", "c/1.npz", "was/never"], ["a/b", "c"])
    assert files(place) == ["c/other"]
    assert sorted(os.listdir(place.directory)) == ["c"]
    place.remove([], ["c/d", ""])
    place.remove(["c/other"], ["c"])
    assert os.listdir(place.directory) == []


def test_leftovers_are_temporary_files_of_ours(place):
    names = (PART, "a/.00000000000000ff.part", "b/.00000000000000ff.part", ".0123.part", "a/.xyz.part", "a/1.npz")
    for name in names:
        (place.directory / name).parent.mkdir(exist_ok=True)
        (place.directory / name).touch()
    place.clear_leftovers(["a"])
    assert files(place) == [".0123.part", "a/.xyz.part", "a/1.npz", "b/.00000000000000ff.part"]


def test_a_place_goes_with_its_locks_if_nothing_else_is_there(place):
    for name in (LOCK, HOLDER, "other"):
        (place.directory / name).touch()
    place.remove_itself()
    assert files(place) == ["other"]
    (place.directory / "other").unlink()
    (place.directory / LOCK).touch()
    place.remove_itself()
    assert not place.directory.exists()


def test_where_open_locks_cannot_be_removed_the_place_stays(place, monkeypatch):
    (place.directory / LOCK).touch()

    def refused(self, missing_ok=False):
        raise PermissionError(errno.EACCES, "it is open")

    monkeypatch.setattr(Path, "unlink", refused)
    place.remove_itself()
    assert files(place) == [LOCK]
    monkeypatch.undo()
    place.remove_itself()
    assert not place.directory.exists()


def test_what_cannot_be_removed_is_named(place):
    (place.directory / "a").mkdir()
    with pytest.raises(StoreError) as caught:
        place.remove(["a"], [])
    error = caught.value
    assert error.what == "a file in the place for finished samples cannot be removed"
    assert error.where == str(place.directory / "a")
    assert error.got in {os.strerror(number) for number in (errno.EISDIR, errno.EPERM, errno.EACCES)}  # by system
    assert error.done == "everything else was kept; run the same command again to resume"


def test_a_folder_that_went_while_it_was_written_to(place, monkeypatch):
    def gone(path, content):
        shutil.rmtree(path.parent)
        try:
            path.write_bytes(content)
        except OSError as error:
            raise StoreError("it cannot be written") from error

    monkeypatch.setattr(shard_directory, "write_bytes", gone)
    with pytest.raises(StoreError) as caught:
        place.write("a/1.npz", b"1")
    error = caught.value
    assert error.what == "the place for finished samples has disappeared"
    assert (error.got, error.where) == ("a folder that was removed during writing", str(place.directory / "a"))
    assert "run the same command again" in error.done


def test_any_other_failure_of_writing_is_told_as_it_is(place, monkeypatch):
    def full(path, content):
        raise StoreError("the disk is full") from OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(shard_directory, "write_bytes", full)
    with pytest.raises(StoreError, match="the disk is full"):
        place.write("1.npz", b"1")


def test_every_folder_that_is_made_is_made_to_last(place, monkeypatch):
    synchronised = []
    monkeypatch.setattr(shard_directory, "synchronise_directory", synchronised.append)
    DirectoryPlace(place.directory / "a" / "b").prepare()
    assert set(synchronised) == {place.directory, place.directory / "a"}
    assert (place.directory / "a" / "b").is_dir()


def test_a_file_in_the_way_of_a_folder(place):
    (place.directory / "a").touch()
    with pytest.raises(StoreError) as caught:
        DirectoryPlace(place.directory / "a").prepare()
    error = caught.value
    assert error.what == "directory for finished samples cannot be made"
    assert (error.got, error.where) == (os.strerror(errno.EEXIST), str(place.directory / "a"))
    assert "file of that name exists" in error.likely_cause
    assert error.done == "samples finished before, if any, were kept"
