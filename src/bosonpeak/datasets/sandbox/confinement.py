"""Self-confinement of a process, with a test that each protection works."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bosonpeak.datasets.sandbox.landlock import give_up_file_system, landlock_version
from bosonpeak.datasets.sandbox.limits import Limits
from bosonpeak.datasets.sandbox.seccomp import give_up_system_calls, has_system_call_filter

_SET_DEATH_SIGNAL, _SET_DUMPABLE, _KILLED = 1, 4, 9
_MOST_OPEN_FILES = 256


def can_confine() -> bool:
    """Test whether this platform supports `confine`."""
    return sys.platform == "linux" and has_system_call_filter() and landlock_version() > 0


def confine(readable: Sequence[Path], writable: Sequence[Path], limits: Limits) -> tuple[str, ...]:
    """Confine this process permanently to reading and writing the given paths; return the tested protections."""
    if threading.active_count() > 1 or len(os.listdir("/proc/self/task")) > 1:
        raise OSError(errno.EBUSY, "other threads would stay outside")
    _limit(limits)
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_SET_DEATH_SIGNAL, *map(ctypes.c_ulong, (_KILLED, 0, 0, 0)))
    library.prctl(_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))
    version = give_up_file_system(readable, writable)
    give_up_system_calls()
    _require_refusals()
    return (
        "an empty environment",
        f"no files but those named (Landlock {version})",
        "no network and no programs (seccomp)",
        f"{limits.memory / 2**30:g} GiB",
        f"{limits.seconds:g} s",
    )


def _limit(limits: Limits) -> None:
    import resource

    most = {
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_CPU: int(limits.seconds) + 1,
        resource.RLIMIT_FSIZE: limits.unpacked,
        resource.RLIMIT_NOFILE: _MOST_OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in most.items():
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # The hard CPU limit is a second later, so that SIGXCPU names the cause before SIGKILL.
        resource.setrlimit(kind, (bound, bound + 1 if kind == resource.RLIMIT_CPU and bound == value else bound))


def _require_refusals() -> None:
    """Try forbidden operations, and raise OSError if any of them succeeds."""
    attempts: dict[str, Callable[[], object]] = {
        "read a file": lambda: os.close(os.open("/proc/self/environ", os.O_RDONLY)),
        "list a folder": lambda: os.listdir("/"),
        "open a socket": lambda: socket.socket().close(),
        "start a process": os.fork,
        "run a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
    }
    for deed, attempt in attempts.items():
        try:
            made: object = attempt()
        except PermissionError:
            continue
        if deed == "start a process" and made == 0:
            os._exit(1)
        raise OSError(errno.EACCES, f"the process could still {deed}")
