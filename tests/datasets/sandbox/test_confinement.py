"""A process that locked itself in: what it may still do, and what not."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import bosonpeak
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.seccomp import NUMBERS

pytestmark = pytest.mark.skipif(not can_confine(), reason="no Landlock and seccomp here")

SOURCES = os.fspath(Path(bosonpeak.__file__).parents[1])
HEADERS = {0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), 1: Path("/usr/include/asm-generic/unistd.h")}

LOCK = """
import ctypes, json, mmap, os, signal, socket, subprocess, sys, threading
from pathlib import Path
sys.path[:] = [{sources!r}, *sys.path]
from bosonpeak.datasets.sandbox.confinement import confine
from bosonpeak.datasets.sandbox.limits import Limits
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
confine([Path({inside!r})], [Path({scratch!r})], Limits(memory=1 << 30, seconds={seconds}, unpacked=1 << 20))
def call(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "")
def attempt():
{attempt}
try:
    found = attempt()
except BaseException as error:
    found = type(error).__name__
print(json.dumps(found))
"""


@pytest.fixture
def locked_in(tmp_path):
    """Run something in a process that may read one folder and write into another."""
    inside, scratch, secret = tmp_path / "inside", tmp_path / "scratch", tmp_path / "secret.txt"
    inside.mkdir()
    scratch.mkdir()
    (inside / "data.txt").write_text("0.1")
    secret.write_text("hunter2")
    (inside / "link.txt").symlink_to(secret)
    os.mkfifo(scratch / "pipe")

    def run(attempt, seconds=20.0):
        body = "\n".join(f"    {line}" for line in attempt.format(tmp=tmp_path).splitlines())
        code = LOCK.format(
            sources=SOURCES, inside=os.fspath(inside), scratch=os.fspath(scratch), attempt=body, seconds=seconds
        )
        done = subprocess.run([sys.executable, "-I", "-c", code], env={}, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else done.returncode

    return run


ALLOWED = {
    "read a named file": 'return open("{tmp}/inside/data.txt").read() == "0.1"',
    "list a named folder": 'return "data.txt" in os.listdir("{tmp}/inside")',
    "write into the scratch folder": 'return open("{tmp}/scratch/out", "w").write("x") == 1',
    "make and remove folders there": 'os.mkdir("{tmp}/scratch/d")\nos.rmdir("{tmp}/scratch/d")\nreturn True',
    "start a thread": "t = threading.Thread(target=int)\nt.start()\nt.join()\nreturn not t.is_alive()",
    "take memory": "return len(bytearray(1 << 28)) > 0",
}

REFUSED = {
    "read a file beside": 'return open("{tmp}/secret.txt").read()',
    "follow a link out": 'return open("{tmp}/inside/link.txt").read()',
    "read its parent's environment": 'return open(f"/proc/{{parent}}/environ", "rb").read().hex()',
    "read its own environment": 'return open("/proc/self/environ", "rb").read().hex()',
    "list the root": 'return os.listdir("/")',
    "read a named file for writing": 'return open("{tmp}/inside/data.txt", "r+").read()',
    "make a file beside": 'return open("{tmp}/new", "w").write("x")',
    "make a file in what is read": 'return open("{tmp}/inside/new", "w").write("x")',
    "remove what is read": 'return os.unlink("{tmp}/inside/data.txt")',
    "rename out": 'return os.rename("{tmp}/inside/data.txt", "{tmp}/scratch/x")',
    "make a link": 'return os.symlink("{tmp}/secret.txt", "{tmp}/scratch/x")',
    "make a hard link": 'return os.link("{tmp}/secret.txt", "{tmp}/scratch/x")',
    "make a named pipe": 'return os.mkfifo("{tmp}/scratch/x")',
    "change a mode": 'return os.chmod("{tmp}/inside/data.txt", 0o777)',
    "truncate": 'return os.truncate("{tmp}/secret.txt", 0)',
    "open an internet socket": "return socket.socket().fileno()",
    "open a local socket": "return socket.socket(socket.AF_UNIX).fileno()",
    "send to an address": "a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    'return a.sendto(b"x", "{tmp}/scratch/pipe")',
    "open a netlink socket": "return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).fileno()",
    "start a process": "return os.fork() * 0",
    "run a program": 'return subprocess.run([sys.executable, "-c", ""]).returncode',
    "become a program": 'return os.execv("/bin/true", ["true"])',
    "signal its parent": "return os.kill(parent, 0)",
    "trace its parent": "return call(101, 16, parent, 0, 0)",
    "read its parent's memory": "return call(310, parent, 0, 0, 0, 0, 0)",
    "run code from memory": "return mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).size()",
    "queue system calls": "return call(425, 8, 0)",
    "mount": 'return call(165, b"none", b"/tmp", b"tmpfs", 0, 0)',
    "make namespaces": "return call(272, 0x10000000)",
    "load a program into the kernel": "return call(321, 0, 0, 0)",
    "reach a file by its handle": "return call(304, 0, 0, 0)",
    "have itself signalled": "import fcntl\nreturn fcntl.fcntl(0, fcntl.F_SETOWN, parent)",
    "raise a limit": "import resource\nreturn resource.setrlimit(resource.RLIMIT_AS, (1 << 34, 1 << 34))",
    "take more memory": "return len(bytearray(1 << 31))",
    "fill the disk": 'return open("{tmp}/scratch/out", "wb", buffering=0).write(bytes(1 << 21)) > (1 << 20)',
}


@pytest.mark.parametrize("deed", ALLOWED)
def test_what_readers_need_is_allowed(locked_in, deed):
    assert locked_in(ALLOWED[deed]) is True


@pytest.mark.parametrize("deed", REFUSED)
def test_nothing_else_is(locked_in, deed, tmp_path):
    found = locked_in(REFUSED[deed])
    if deed == "fill the disk":  # what fits is written, and no more
        assert found in (False, "OSError") or found < 0
    else:
        assert found in ("PermissionError", "MemoryError", "ValueError"), f"could {deed}: {found}"
    assert (tmp_path / "secret.txt").read_text() == "hunter2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "scratch", "secret.txt"]


def test_an_endless_loop_ends(locked_in):
    assert locked_in("while True: pass", seconds=0.5) == -signal.SIGXCPU


@pytest.mark.parametrize("column", HEADERS)
def test_numbers_of_system_calls_are_those_of_the_headers(column):
    if not HEADERS[column].exists():
        pytest.skip("no headers of the kernel here")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s", HEADERS[column].read_text() + "\n")
    numbers = {name: int(number) for name, number in found}
    numbers.setdefault("newfstatat", numbers.get("fstatat"))
    for name, ours in NUMBERS.items():
        assert numbers.get(name) == ours[column], name
