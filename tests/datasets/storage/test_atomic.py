"""Atomic writing: what is refused beforehand, and what remains after a failure."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bosonpeak.datasets.errors import StoreError
from bosonpeak.datasets.storage.atomic import exchange, replacing, replacing_directory, writable_target, write_bytes


def refusal(path, data=b"new"):
    with pytest.raises(StoreError) as caught:
        write_bytes(path, data)
    return caught.value


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_last_content_wins(tmp_path_factory, first, second):
    path = tmp_path_factory.mktemp("atomic") / "x"
    write_bytes(path, first)
    write_bytes(path, second)
    assert path.read_bytes() == second
    assert list(path.parent.iterdir()) == [path]


def test_a_link_keeps_pointing_at_the_file_that_is_replaced(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


def test_a_missing_directory_is_named(tmp_path):
    error = refusal(tmp_path / "none" / "x")
    assert "directory of the output file does not exist" in error.what
    assert error.where == str(tmp_path / "none" / "x")


def test_a_directory_or_a_device_is_no_target(tmp_path):
    assert refusal(tmp_path).got == "a directory"
    if Path("/dev/full").exists():
        assert refusal("/dev/full").got == "not a regular file"
        assert Path("/dev/full").is_char_device()


def test_a_file_marked_read_only_is_left_alone_even_by_the_superuser(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(0o444)
    assert "read-only" in refusal(path).what
    assert path.read_bytes() == b"old"


def test_a_directory_marked_read_only_is_left_alone(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(0o555)
    try:
        assert "read-only" in refusal(folder / "x").what
        assert list(folder.iterdir()) == []
    finally:
        folder.chmod(0o755)


def test_a_name_that_is_too_long(tmp_path):
    assert refusal(tmp_path / ("x" * 300)).likely_cause == "the file name is too long"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_system_call_leaves_no_trace(tmp_path, monkeypatch, call):
    path = tmp_path / "x"
    path.write_bytes(b"old")

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    error = refusal(path)
    assert error.got == os.strerror(errno.ENOSPC)
    assert "disk is full" in error.likely_cause
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_cannot_force_the_new_name_to_disk_is_told_that_the_new_file_is_there(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    fsync = os.fsync

    def not_of_a_directory(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", not_of_a_directory)
    with pytest.raises(StoreError) as caught:
        write_bytes(path, b"new")
    assert "the new file is complete" in caught.value.done
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ZeroDivisionError])
def test_any_exception_in_the_block_passes_and_leaves_no_trace(tmp_path, failure):
    def interrupted():
        with replacing(tmp_path / "x") as temporary:
            temporary.write_bytes(b"half")
            raise failure

    with pytest.raises(failure):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_the_target_appears_only_at_the_end(tmp_path):
    with replacing(tmp_path / "x") as temporary:
        temporary.write_bytes(b"all")
        assert temporary.parent == tmp_path
        assert not (tmp_path / "x").exists()
    assert (tmp_path / "x").read_bytes() == b"all"


def test_the_target_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert writable_target("x") == tmp_path.resolve() / "x"


def test_a_name_is_synchronised_after_it_was_given(tmp_path, monkeypatch):
    """A power cut forgets a rename whose directory was not forced to disk, however safe the file itself is."""
    reported, synchronise, replace = [], os.fsync, os.replace

    def fsync(descriptor):
        reported.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        synchronise(descriptor)

    def named(source, target):
        reported.append(("replace", str(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", named)
    write_bytes(tmp_path / "x", b"new")
    assert [what for what, _ in reported] == ["fsync", "replace", "fsync"]
    assert reported[0][1].endswith(".part")
    assert reported[2][1] == str(tmp_path)


def test_a_directory_is_replaced_without_a_moment_in_which_there_is_none(tmp_path):
    target = tmp_path / "x"
    stop = threading.Event()
    missing = []

    def watch():
        while not stop.is_set():
            if not target.exists():
                missing.append(1)

    target.mkdir()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for number in range(50):
            with replacing_directory(target) as temporary:
                temporary.mkdir()
                (temporary / "file").write_text(str(number))
    finally:
        stop.set()
        watcher.join()
    assert missing == []
    assert (target / "file").read_text() == "49"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("moved", [True, False])
def test_without_an_exchange_a_directory_is_replaced_all_the_same(tmp_path, monkeypatch, moved):
    monkeypatch.setattr("bosonpeak.datasets.storage.atomic.exchange", lambda first, second: False)
    target = tmp_path / "x"
    if moved:
        target.mkdir()
        (target / "old").touch()
    with replacing_directory(target) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_store_is_on_disk_before_it_takes_its_name_and_the_name_afterwards(tmp_path, monkeypatch):
    reported, synchronise, change = [], os.fsync, exchange

    def fsync(descriptor):
        reported.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        synchronise(descriptor)

    def exchanged(first, second):
        reported.append("exchange")
        return change(first, second)

    (tmp_path / "x").mkdir()
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("bosonpeak.datasets.storage.atomic.exchange", exchanged)
    with replacing_directory(tmp_path / "x") as temporary:
        (temporary / "inside").mkdir(parents=True)
        (temporary / "inside" / "file").write_text("new")
    moment = reported.index("exchange")
    assert {temporary, temporary / "inside", temporary / "inside" / "file"} <= set(reported[:moment])
    assert reported[moment + 1 :] == [tmp_path]


def test_a_file_of_the_old_store_that_cannot_be_removed_at_once_is_removed_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "old").touch()
    unlink, failures = os.unlink, []

    def failing(path, **options):
        if not failures:
            failures.append(path)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", failing)
    with replacing_directory(tmp_path / "x") as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert failures
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
