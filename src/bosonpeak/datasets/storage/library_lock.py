"""Lock of the netCDF library, which crashes when two threads use it, even on different files."""

from __future__ import annotations

import threading

from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK


class LibraryLock:
    """Re-entrant lock that also holds the lock under which xarray reads netCDF files.

    Opening a file with xarray reads attributes without a lock, so that a thread holds this lock meanwhile and takes it
    again for each value. Unpickled, it is the lock of the new process: the locks of xarray are not.
    """

    def __init__(self) -> None:
        self._own, self._depth = threading.RLock(), 0

    def acquire(self, blocking: bool = True) -> bool:
        """Acquire both locks, and return whether this thread holds them."""
        if not self._own.acquire(blocking):
            return False
        if self._depth == 0 and not NETCDF4_PYTHON_LOCK.acquire(blocking):
            self._own.release()
            return False
        self._depth += 1
        return True

    def release(self) -> None:
        """Undo one acquisition; the last frees both locks."""
        self._depth -= 1
        if self._depth == 0:
            NETCDF4_PYTHON_LOCK.release()
        self._own.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __reduce__(self) -> str:
        return "LIBRARY_LOCK"


LIBRARY_LOCK = LibraryLock()
