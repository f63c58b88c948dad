"""The parent's side of a protected process: started with nothing, asked, and ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import bosonpeak
from bosonpeak.datasets import errors
from bosonpeak.datasets.errors import BosonpeakError, ForeignInputError
from bosonpeak.datasets.protection.confinement import can_confine
from bosonpeak.datasets.protection.limits import Limits
from bosonpeak.datasets.protection.messages import MessageError, receive, send

_START = "import sys; sys.path[:] = sys.argv[2:]; from {module} import main; main(sys.argv[1])"
_MOST_TOLD = 2000
_READ_AT_ONCE = 1 << 16
_KNOWN_ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, BosonpeakError)
}


class ChildProcess:
    """A process with an empty environment that answers questions about files.

    Parameters
    ----------
    module : str
        What it runs: a module with a function ``main(task)`` that locks itself in before it answers.
    task : str
        Argument of that function.
    limits : Limits

    Raises
    ------
    ForeignInputError
        If this system has nothing to lock a process in with.
    """

    def __init__(self, module: str, task: str, limits: Limits) -> None:
        if not can_confine():
            raise ForeignInputError(
                "files of others cannot be read safely on this system",
                expected="Linux 5.13 or newer with Landlock and seccomp, on x86-64 or 64-bit ARM",
                likely_cause="the option --trust-files (trust_files=True) reads them in this process, with all its "
                "rights: for files of your own, or of somebody whom you would let run programs here",
                done="nothing was read",
            )
        self._limits = limits
        self._end = time.monotonic() + limits.seconds
        self._come = memoryview(b"")
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START.format(module=module), task, *_import_path()],
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
            bufsize=0,
        )

    def confine(self, readable: Sequence[Path], writable: Sequence[Path], extras: Sequence[str]) -> tuple[str, ...]:
        """Have it lock itself in; no file of a stranger is touched before.

        Parameters
        ----------
        readable, writable : sequence of Path
            As for `bosonpeak.datasets.protection.confinement.confine`.
        extras : sequence of str
            Modules that it imports before.

        Returns
        -------
        tuple of str
            The protections that are on.

        Raises
        ------
        ForeignInputError
            If it cannot.
        """
        request = {
            "readable": [os.fspath(path) for path in readable],
            "writable": [os.fspath(path) for path in writable],
            "extras": list(extras),
            "limits": asdict(self._limits),
        }
        self._exchanged("the files", lambda: send(request, self._write))
        answer = self._received("the files", None)
        if "protections" not in answer:
            raise ForeignInputError(
                "the process that reads files of others could not be locked in",
                got=str(answer.get("refused", ""))[:_MOST_TOLD],
                likely_cause="a container that forbids it; --trust-files reads in place",
                done="nothing was read",
            )
        return tuple(map(str, answer["protections"]))

    def ask(self, operation: str, where: Path, records: Mapping[str, Any], **arguments: Any) -> Any:
        """Have it do something.

        Parameters
        ----------
        operation : str
        where : Path
            The file, for messages.
        records : mapping of str to callable
            What makes dataclasses of what it sends, by name.
        **arguments
            Of the operation.

        Returns
        -------
        object

        Raises
        ------
        BosonpeakError
            As the readers of files do.
        ForeignInputError
            If it dies, takes too long, or answers what is no answer.
        """
        self.ask_for_each([operation], **arguments)
        return self.answer(where, records)

    def ask_for_each(self, operations: Sequence[str], **arguments: Any) -> None:
        """Have it do several things one after the other; `answer` gives what came of each, in their order.

        Parameters
        ----------
        operations : sequence of str
        **arguments
            Of all of them; ``paths``, if it is given, holds one ``path`` for each.

        Raises
        ------
        ForeignInputError
            If it has died, or takes too long.
        """
        self._exchanged(
            str(arguments.get("path", "the files")), lambda: send([list(operations), arguments], self._write)
        )

    def answer(self, where: Path, records: Mapping[str, Any]) -> Any:
        """What came of the next thing that it was asked for; parameters and errors as of `ask`."""
        answer = self._received(str(where), records)
        if not isinstance(answer, dict):
            raise self._nonsense("no table", str(where))
        if "error" in answer:
            raise _rebuilt(answer, str(where))
        if "failure" in answer:
            raise ForeignInputError(
                "the file could not be read",
                got=str(answer["failure"])[:_MOST_TOLD],
                where=str(where),
                likely_cause="a damaged file, or one made to be unreadable",
                done="nothing of it was kept",
            )
        return answer.get("value")

    @property
    def ended(self) -> bool:
        """Whether it has ended, of itself or by `close`."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, at once."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _received(self, where: str, records: Mapping[str, Any] | None) -> Any:
        return self._exchanged(where, lambda: receive(self._read_into, self._limits.memory, records))

    def _exchanged(self, where: str, step: Callable[[], Any]) -> Any:
        try:
            return step()
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise self._dead(where) from None
        except TimeoutError:
            raise self._late(where) from None
        except MessageError as error:
            raise self._nonsense(str(error), where) from None

    def _write(self, data: memoryview) -> None:
        assert self._process.stdin is not None
        descriptor = self._process.stdin.fileno()
        while data:
            self._wait(descriptor, select.POLLOUT)
            data = data[os.write(descriptor, data[: select.PIPE_BUF]) :]

    def _read_into(self, buffer: memoryview) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        while buffer:
            if not self._come:
                self._wait(descriptor, select.POLLIN)
                self._come = memoryview(os.read(descriptor, _READ_AT_ONCE))
                if not self._come:
                    raise EOFError
            count = min(len(buffer), len(self._come))
            buffer[:count], self._come = self._come[:count], self._come[count:]
            buffer = buffer[count:]

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = self._end - time.monotonic()
        if left <= 0 or not poll.poll(1000 * left):
            raise TimeoutError

    def _dead(self, where: str) -> ForeignInputError:
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        causes = {
            -signal.SIGXCPU: f"it took more than {self._limits.seconds:g} s",
            -signal.SIGKILL: "the system was out of memory, or somebody ended it",
        }
        self._complaints.seek(0)
        told = self._complaints.read(1 << 16).decode("utf-8", "replace").strip().splitlines()[-1:]
        return ForeignInputError(
            "the process that read the file died",
            got=": ".join([how, *told])[:_MOST_TOLD],
            where=where,
            likely_cause=causes.get(code, "a file that trips a library up: damaged, or made for it"),
            done="nothing of it was kept; this process was not touched",
        )

    def _late(self, where: str) -> ForeignInputError:
        self.close()
        return ForeignInputError(
            "the files take too long to read",
            expected=f"all files of a submission within {self._limits.seconds:g} s",
            where=where,
            likely_cause="files made to be slow, or very large ones: the limit can be raised",
            done="the process that read them was ended",
        )

    def _nonsense(self, got: str, where: str) -> ForeignInputError:
        self.close()
        return ForeignInputError(
            "the process that read the file gave no sound answer",
            got=got[:_MOST_TOLD],
            where=where,
            likely_cause="a file that took the process over",
            done="nothing of it was kept",
        )


def _import_path() -> list[str]:
    """Where the process finds this package and those that it needs."""
    own = os.fspath(Path(bosonpeak.__file__).parents[1])
    return list(dict.fromkeys([own, *(os.path.abspath(entry) for entry in sys.path if entry)]))


def _rebuilt(answer: Mapping[str, Any], where: str) -> BosonpeakError:
    kind = _KNOWN_ERRORS.get(str(answer["error"]), ForeignInputError)
    fields = answer.get("fields")
    told = {key: text for key, text in fields.items() if isinstance(text, str)} if isinstance(fields, dict) else {}
    known = {key: told[key] for key in ("expected", "got", "where", "likely_cause", "done") if key in told}
    if kind is errors.SchemaError and isinstance(fields, dict):
        broken = fields.get("violations")
        violations = list(map(str, broken)) if isinstance(broken, list) else []
        return errors.SchemaError(told.get("what", ""), violations=violations, **known)
    return kind(told.get("what", "the file could not be read"), **{"where": where, **known})
