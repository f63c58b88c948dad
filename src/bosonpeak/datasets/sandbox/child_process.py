"""Parent side of the sandboxed process: start with an empty environment, send requests, end under all conditions."""

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
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import Limits
from bosonpeak.datasets.sandbox.messages import MessageError, receive, send

_START = "import sys; sys.path[:] = sys.argv[2:]; from {module} import main; main(sys.argv[1])"
_MOST_TOLD = 2000
_READ_AT_ONCE = 1 << 16
_KNOWN_ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, BosonpeakError)
}


class ChildProcess:
    """Process with an empty environment that answers requests about files; ``module.main(task)`` confines it first."""

    def __init__(self, module: str, task: str, limits: Limits) -> None:
        if not can_confine():
            raise ForeignInputError(
                "untrusted files cannot be read safely on this system",
                expected="Linux 5.13 or newer with Landlock and seccomp, on x86-64 or 64-bit ARM",
                likely_cause="the option --trust-files (trust_files=True) reads them in this process, with all its "
                "permissions: for trusted files only",
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
        """Make the process import `extras` and confine itself before any untrusted file; return the protections."""
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
                "the reading process could not be confined",
                got=str(answer.get("refused", ""))[:_MOST_TOLD],
                likely_cause="a container that forbids it; --trust-files reads in place",
                done="nothing was read",
            )
        return tuple(map(str, answer["protections"]))

    def ask(self, operation: str, where: Path, records: Mapping[str, Any], **arguments: Any) -> Any:
        """Request a single operation on a file; `records` maps names to the dataclasses that an answer may contain."""
        self.ask_for_each([operation], **arguments)
        return self.answer(where, records)

    def ask_for_each(self, operations: Sequence[str], **arguments: Any) -> None:
        """Send several operations in one request; call `answer` once per operation, in the same order."""
        self._exchanged(
            str(arguments.get("path", "the files")), lambda: send([list(operations), arguments], self._write)
        )

    def answer(self, where: Path, records: Mapping[str, Any]) -> Any:
        """Receive the result of the next requested operation; arguments and errors as in `ask`."""
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
                done="nothing was kept",
            )
        return answer.get("value")

    @property
    def ended(self) -> bool:
        """Test whether the process has ended, by itself or by `close`."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Kill the process and release its streams."""
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
            -signal.SIGKILL: "the system was out of memory, or the process was killed",
        }
        self._complaints.seek(0)
        reported = self._complaints.read(1 << 16).decode("utf-8", "replace").strip().splitlines()[-1:]
        return ForeignInputError(
            "the process that read the file died",
            got=": ".join([how, *reported])[:_MOST_TOLD],
            where=where,
            likely_cause=causes.get(code, "a damaged file, or a file made to crash a library"),
            done="nothing was kept; this process is unaffected",
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
            "the reading process returned an invalid answer",
            got=got[:_MOST_TOLD],
            where=where,
            likely_cause="a file that took over the process",
            done="nothing was kept",
        )


def _import_path() -> list[str]:
    """Directories from which the process imports this package and its dependencies."""
    own = os.fspath(Path(bosonpeak.__file__).parents[1])
    return list(dict.fromkeys([own, *(os.path.abspath(entry) for entry in sys.path if entry)]))


def _rebuilt(answer: Mapping[str, Any], where: str) -> BosonpeakError:
    kind = _KNOWN_ERRORS.get(str(answer["error"]), ForeignInputError)
    fields = answer.get("fields")
    reported = {key: text for key, text in fields.items() if isinstance(text, str)} if isinstance(fields, dict) else {}
    known = {key: reported[key] for key in ("expected", "got", "where", "likely_cause", "done") if key in reported}
    if kind is errors.SchemaError and isinstance(fields, dict):
        broken = fields.get("violations")
        violations = list(map(str, broken)) if isinstance(broken, list) else []
        return errors.SchemaError(reported.get("what", ""), violations=violations, **known)
    return kind(reported.get("what", "the file could not be read"), **{"where": where, **known})
