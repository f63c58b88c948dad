"""Seccomp: a Linux process gives up all system calls not needed for reading and computing (seccomp(2))."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterator
from typing import NamedTuple

NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "readv": (19, 65),
    "write": (1, 64),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "stat": (4, None),
    "lstat": (6, None),
    "lseek": (8, 62),
    "munmap": (11, 215),
    "brk": (12, 214),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getdents64": (217, 61),
    "openat": (257, 56),
    "open": (2, None),
    "flock": (73, 32),
    "ftruncate": (77, 46),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    "umask": (95, 166),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "uname": (63, 160),
    "getrlimit": (97, 163),
    "membarrier": (324, 283),
    "dup": (32, 23),
    "poll": (7, None),
    "ppoll": (271, 73),
    "select": (23, None),
    "pselect6": (270, 72),
    "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21),
    "epoll_wait": (232, None),
    "epoll_pwait": (281, 22),
    "eventfd2": (290, 19),
    "recvfrom": (45, 207),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "socketpair": (53, 199),
    "sendto": (44, 206),
    "clone": (56, 220),
    "clone3": (435, 435),
}
"""Number of each system call that is allowed, on x86-64 and on 64-bit ARM; None where there is none of that name."""

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column of `NUMBERS`, and what the kernel calls the machine."""

_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_LOAD, _IS_EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE = 0x00050000
_SET_SECCOMP, _FILTER = 22, 2

_EXECUTABLE = 4
_THREAD = 0x00010000
_LOCAL_SOCKET = 1
_DO_NOT_BLOCK = 0x5421
_HARMLESS_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030)
"""Duplicates, flags and locks of files; not the owner, to whom the kernel would send signals."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


class _Condition(NamedTuple):
    """Permitted values of 32 bits of a system call's argument, after masking."""

    offset: int
    mask: int
    allowed: tuple[int, ...]


def _argument(index: int, mask: int, *allowed: int, upper: bool = False) -> _Condition:
    return _Condition(_ARGUMENTS_AT + 8 * index + 4 * upper, mask, allowed)


_WHOLE = 0xFFFFFFFF
_CONDITIONS = {
    # No executable memory.
    "mmap": (_argument(2, _EXECUTABLE, 0),),
    "mprotect": (_argument(2, _EXECUTABLE, 0),),
    "fcntl": (_argument(1, _WHOLE, *_HARMLESS_FCNTL),),
    "ioctl": (_argument(1, _WHOLE, _DO_NOT_BLOCK),),
    # Socket pairs wake an event loop; they have no address, and connect is forbidden.
    "socketpair": (_argument(0, _WHOLE, _LOCAL_SOCKET),),
    "sendto": (_argument(4, _WHOLE, 0), _argument(4, _WHOLE, 0, upper=True)),
    # Threads are permitted, processes are not.
    "clone": (_argument(0, _THREAD, _THREAD),),
}


def has_system_call_filter() -> bool:
    """Test whether the system call numbers of this platform are known here."""
    return sys.platform == "linux" and platform.machine() in _MACHINES and sys.byteorder == "little"


def give_up_system_calls() -> None:
    """Restrict this thread and its children to the system calls needed for reading files and computing."""
    # Call before other threads exist and after all imports, which need executable memory.
    if not has_system_call_filter():
        raise OSError(errno.ENOSYS, f"no list of system calls for {sys.platform} on {platform.machine()}")
    instructions = [_Instruction(*parts) for parts in _filter(*_MACHINES[platform.machine()])]
    array = (_Instruction * len(instructions))(*instructions)
    program = _Program(len(instructions), array)
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(
        _SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program), ctypes.c_ulong(0), ctypes.c_ulong(0)
    ):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _filter(column: int, machine: int) -> Iterator[tuple[int, int, int, int]]:
    yield _LOAD, 0, 0, _MACHINE_AT
    yield _IS_EQUAL, 1, 0, machine
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER_AT
    for name, numbers in NUMBERS.items():
        number = numbers[column]
        if number is not None:
            block = list(_answer(name))
            yield _IS_EQUAL, 0, len(block), number
            yield from block
    yield _RETURN, 0, 0, _REFUSE | errno.EPERM


def _answer(name: str) -> Iterator[tuple[int, int, int, int]]:
    """Filter instructions that decide on a single system call."""
    if name == "clone3":  # a filter cannot read its flags in memory; after ENOSYS the C library uses clone
        yield _RETURN, 0, 0, _REFUSE | errno.ENOSYS
        return
    for offset, mask, allowed in _CONDITIONS.get(name, ()):
        yield _LOAD, 0, 0, offset
        yield _AND, 0, 0, mask
        for left, value in zip(range(len(allowed), 0, -1), allowed, strict=True):
            yield _IS_EQUAL, left, 0, value  # jump over the remaining comparisons and the refusal
        yield _RETURN, 0, 0, _REFUSE | errno.EPERM
    yield _RETURN, 0, 0, _ALLOW
