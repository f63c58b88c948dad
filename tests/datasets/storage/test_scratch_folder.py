"""Temporary folders: gone after their block, after their process, and not before."""

import os
import signal
import subprocess
import sys
import tempfile

import pytest
from filelock import FileLock

from bosonpeak.datasets.storage.scratch_folder import scratch_folder

HOLDER = """
from bosonpeak.datasets.storage.scratch_folder import scratch_folder
with scratch_folder() as folder:
    (folder / "gigabytes").write_text("unpacked")
    print(folder, flush=True)
    input()
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(temporary):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env=os.environ | {"TMPDIR": str(temporary), "TEMP": str(temporary)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().strip().endswith("content")
    return process


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("failure", [None, ZeroDivisionError, KeyboardInterrupt])
def test_nothing_is_left_after_the_block(temporary, failure):
    try:
        with scratch_folder() as folder:
            assert list(folder.iterdir()) == []
            assert folder.parent.name.startswith("bosonpeak-scratch-")
            (folder / "x").write_text("1")
            if failure:
                raise failure
    except (ZeroDivisionError, KeyboardInterrupt):
        pass
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_and_what_a_living_one_holds_stays(temporary):
    dead, living = holder(temporary), holder(temporary)
    try:
        dead.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        dead.wait()
        assert names(temporary).count("gigabytes") == 2
        with scratch_folder():
            assert names(temporary) == ["gigabytes", "lock", "lock"]
        assert names(temporary) == ["gigabytes", "lock"]
    finally:
        living.communicate("\n")
        dead.stdin.close()
        dead.stdout.close()
    assert list(temporary.iterdir()) == []


def test_folders_that_are_not_surely_abandoned_stay(temporary):
    """Another program's, one whose lock was not made yet, and a link to somebody's folder."""
    (temporary / "bosonpeak-scratch-new").mkdir()
    (temporary / "other").mkdir()
    (temporary / "other" / "lock").touch()
    (temporary / "other" / "content").mkdir()
    (temporary / "other" / "content" / "x").touch()
    (temporary / "bosonpeak-scratch-link").symlink_to(temporary / "other")
    (temporary / "bosonpeak-scratch-held").mkdir()
    held = FileLock(temporary / "bosonpeak-scratch-held" / "lock")
    before = sorted(path.name for path in temporary.iterdir())
    with held, scratch_folder():
        pass
    assert sorted(path.name for path in temporary.iterdir()) == before
    assert (temporary / "other" / "content" / "x").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no such owner there")
@pytest.mark.parametrize("stranger", [False, True])
def test_another_users_folder_stays(temporary, monkeypatch, stranger):
    folder = temporary / "bosonpeak-scratch-left"
    (folder / "content").mkdir(parents=True)
    (folder / "lock").touch()
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + stranger)
    with scratch_folder():
        assert folder.exists() == stranger


def test_a_folder_that_was_taken_for_abandoned_is_made_again(temporary, monkeypatch):
    make, taken = tempfile.mkdtemp, []

    def robbed(**options):
        folder = make(**options)
        if not taken:
            taken.append(FileLock(f"{folder}/lock"))
            taken[0].acquire()
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", robbed)
    with scratch_folder() as folder:
        assert not str(folder).startswith(str(taken[0].lock_file).removesuffix("lock"))
    taken[0].release()
    assert list(temporary.iterdir()) == []


def test_a_folder_without_its_lock_is_given_to_nobody(temporary, monkeypatch):
    make, taken = tempfile.mkdtemp, []

    def robbed(**options):
        folder = make(**options)
        taken.append(FileLock(f"{folder}/lock"))
        taken[-1].acquire()
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", robbed)
    with pytest.raises(OSError, match="lock"), scratch_folder():
        pytest.fail("it was given")
    for lock in taken:
        lock.release()
    assert len(taken) == 5
    assert list(temporary.iterdir()) == []


def test_who_never_gets_a_lock_is_told_and_leaves_nothing(temporary, monkeypatch):
    def refuse(self, *arguments, **options):
        raise OSError("held by somebody")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(OSError, match="held by somebody"), scratch_folder():
        raise AssertionError("it was let in without a lock")
    assert names(temporary) == []
    assert list(temporary.iterdir()) == []
