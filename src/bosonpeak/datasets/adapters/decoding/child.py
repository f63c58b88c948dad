"""Program of a protected process: import all readers, confine the process, then answer requests."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bosonpeak.datasets.errors import BosonpeakError, SchemaError
from bosonpeak.datasets.sandbox.confinement import confine
from bosonpeak.datasets.sandbox.limits import Limits

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_LARGEST_REQUEST = 1 << 24


def main(task: str) -> None:
    """Answer requests on standard input until its end; ``task``, "decode" or "unpack", decides the early imports."""
    # Confinement requires a single thread; the environment is still empty at this point.
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    # Keep the pipes under private descriptors, so that a library that prints cannot corrupt the answers.
    requests, answers = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    # Import all modules that the readers would import later, which confinement prevents.
    for module in _LATE:
        importlib.import_module(module)
    operations, records = _of_unpacking() if task == "unpack" else _of_decoding()

    from bosonpeak.datasets.sandbox.messages import MessageError, receive, send

    def read_into(buffer: memoryview) -> None:
        while buffer:
            count = os.readv(requests, [buffer])
            if not count:
                os._exit(0)
            buffer = buffer[count:]

    def write(data: memoryview) -> None:
        while data:
            data = data[os.write(answers, data) :]

    # The first request names the allowed paths and limits; confinement precedes any access to a file.
    first = receive(read_into, _LARGEST_REQUEST)
    for extra in first["extras"]:
        importlib.import_module(extra)
    os.dup2(silence, 2)
    try:
        protections = confine(
            [Path(path) for path in first["readable"]],
            [Path(path) for path in first["writable"]],
            Limits(**first["limits"]),
        )
    except OSError as error:
        send({"refused": f"{error.strerror or error}"}, write)
        return
    send({"protections": protections}, write)
    while True:
        for operation, arguments in _each(*receive(read_into, _LARGEST_REQUEST)):
            try:
                answer = {"value": operations[operation](**arguments)}
            except BosonpeakError as error:
                answer = {"error": type(error).__name__, "fields": _fields(error)}
            except MemoryError:
                answer = {"failure": "MemoryError: memory limit reached"}
            except Exception as error:  # noqa: BLE001 - every failure of a reader is reported to the parent
                answer = {"failure": f"{type(error).__name__}: {error}"[:500]}
            try:
                send(answer, write, records)
            except (TypeError, MessageError, MemoryError) as error:
                send({"failure": f"{type(error).__name__}: {error}"[:500]}, write)


def _each(operations: list[str], arguments: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield one (operation, arguments) pair per file of a batched request."""
    paths = arguments.pop("paths", None)
    for number, operation in enumerate(operations):
        yield operation, arguments if paths is None else {**arguments, "path": paths[number]}


def _fields(error: BosonpeakError) -> dict[str, Any]:
    names = ("what", "expected", "got", "where", "likely_cause", "done")
    fields: dict[str, Any] = {name: str(getattr(error, name)) for name in names}
    if isinstance(error, SchemaError):
        fields["violations"] = [str(line) for line in error.violations]
    return fields


Operations = Mapping[str, Callable[..., Any]]


def _of_unpacking() -> tuple[Operations, Mapping[str, type]]:
    from bosonpeak.datasets.adapters.files.unpacking import unpack

    def unpack_file(path: str, scratch: str, limits: Mapping[str, Any]) -> bool:
        return unpack(Path(path), Path(scratch), Limits(**limits))

    return {"unpack": unpack_file}, {}


def _of_decoding() -> tuple[Operations, Mapping[str, type]]:
    from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE
    from bosonpeak.datasets.adapters.decoding.records import RECORDS, hollow

    for module in _LATE_IN_DECODING:
        importlib.import_module(module)

    def groups(path: str, with_values: bool) -> Any:
        found = IN_PLACE.groups(Path(path), with_values=with_values)
        return found if with_values else {name: hollow(group) for name, group in found.items()}

    return {
        "stored": lambda path, card: IN_PLACE.stored(Path(path), card),
        "groups": groups,
        "spectra": lambda path, card: IN_PLACE.spectra(Path(path), card),
        "configurations": lambda path, card: IN_PLACE.configurations(Path(path), card),
        "numbers": lambda path, matrix: IN_PLACE.numbers(Path(path), matrix=matrix),
    }, RECORDS


_LATE = ("encodings.ascii", "encodings.cp437", "encodings.idna", "encodings.latin_1", "encodings.utf_8_sig")
_LATE_IN_DECODING = (
    "bosonpeak.datasets.storage.external_references",
    "bosonpeak.datasets.storage.netcdf_codec",
    "bosonpeak.datasets.storage.zarr_codec",
)
