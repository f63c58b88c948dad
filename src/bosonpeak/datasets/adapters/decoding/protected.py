"""Decoding of untrusted submissions in confined processes."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.foreign_configuration import RawConfiguration
from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.formats import Operation, format_of
from bosonpeak.datasets.adapters.decoding.records import CHECKED_RECORDS
from bosonpeak.datasets.adapters.files.stored_files import is_zarr_store
from bosonpeak.datasets.adapters.files.unpacking import CONTENT, may_be_packed, unpacked
from bosonpeak.datasets.adapters.matrices.raw_matrix import RawMatrix
from bosonpeak.datasets.adapters.spectra.raw_spectra import RawSpectra
from bosonpeak.datasets.errors import BosonpeakError, ForeignInputError
from bosonpeak.datasets.sandbox.child_process import ChildProcess
from bosonpeak.datasets.sandbox.limits import DEFAULT_LIMITS, Limits
from bosonpeak.datasets.storage.raw_groups import StoredGroup
from bosonpeak.datasets.storage.scratch_folder import scratch_folder
from bosonpeak.datasets.storage.zarr_metadata import METADATA_FILE

_CHILD = "bosonpeak.datasets.adapters.decoding.child"
_MOST_SNIFFED = 50_000

_MOST_TOGETHER = 1000
"""Files per request."""

_Asked = tuple[str, str]


class ProtectedDecoder:
    """Decoder that starts its process at once and confines the process before any file is read."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._process = ChildProcess(_CHILD, "decode", limits)
        self._readable: Path | None = None
        self._foreseen: deque[_Asked] = deque()
        self._underway: deque[_Asked] = deque()
        self._card: dict[str, Any] = {}
        self.protections: tuple[str, ...] = ()

    def confine(self, readable: Path) -> None:
        """Allow the process to read a single file or folder and nothing else; errors as of `ChildProcess`."""
        self._readable = Path(os.path.realpath(readable))
        self.protections = self._process.confine([self._readable], [], _extras(self._readable))

    @property
    def ended(self) -> bool:
        """Test whether the process has ended, killed by a file or by its time limit."""
        return self._process.ended

    def __enter__(self) -> ProtectedDecoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()

    def foresee(self, files: Iterable[tuple[Operation, Path]], card: Mapping[str, Any]) -> None:
        """See `Decoder`; the process reads announced files in batches ahead of the requests."""
        self._foreseen, self._card = deque((operation, os.fspath(path)) for operation, path in files), dict(card)

    def stored(self, path: Path, card: Mapping[str, Any]) -> StoredGroup:
        """See `Decoder`."""
        found: StoredGroup = _expected(StoredGroup, self._ask("stored", path, card=dict(card)), path)
        return found

    def groups(self, path: Path, *, with_values: bool = True) -> dict[str, StoredGroup]:
        """See `Decoder`."""
        found = self._ask("groups", path, with_values=with_values)
        if not isinstance(found, dict) or not found:
            raise _unexpected(found, path)
        return {name: _expected(StoredGroup, group, path) for name, group in found.items()}

    def spectra(self, path: Path, card: Mapping[str, Any]) -> RawSpectra | RawMatrix:
        """See `Decoder`."""
        answer = self._ask("spectra", path, card=dict(card))
        found: RawSpectra | RawMatrix = _expected((RawSpectra, RawMatrix), answer, path)
        return found

    def configurations(self, path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
        """See `Decoder`."""
        found = self._ask("configurations", path, card=dict(card))
        return [_expected(RawConfiguration, frame, path) for frame in _expected(list, found, path)]

    def numbers(self, path: Path, *, matrix: bool = False) -> NDArray[Any]:
        """See `Decoder`."""
        found: NDArray[Any] = _expected(np.ndarray, self._ask("numbers", path, matrix=matrix), path)
        return found

    def _ask(self, operation: str, path: Path, **arguments: Any) -> Any:
        asked = (operation, os.fspath(path))
        is_foreseen = arguments == {"card": self._card}
        if not self._underway and is_foreseen and self._foreseen and self._foreseen[0] == asked:
            together = [self._foreseen.popleft() for _ in range(min(_MOST_TOGETHER, len(self._foreseen)))]
            self._process.ask_for_each(
                [name for name, _ in together], paths=[place for _, place in together], card=self._card
            )
            self._underway.extend(together)
        if self._underway and is_foreseen and self._underway[0] == asked:
            self._underway.popleft()
            return self._process.answer(path, CHECKED_RECORDS)
        while self._underway and not self.ended:  # not the announced order: discard pending answers
            with contextlib.suppress(BosonpeakError):
                self._process.answer(Path(self._underway.popleft()[1]), CHECKED_RECORDS)
        return self._process.ask(operation, path, CHECKED_RECORDS, path=asked[1], **arguments)


@contextlib.contextmanager
def opened(
    path: str | os.PathLike[str], *, trust_files: bool = False, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[Path, Decoder]]:
    """Yield a folder, file or unpacked archive with its decoder, which is in this process if ``trust_files`` is set."""
    source = Path(path)
    if trust_files:
        with unpacked(source, limits=limits) as content:
            yield content, IN_PLACE
        return
    # The decoder's imports take longer than unpacking, so its process starts first.
    with ProtectedDecoder(limits) as decoder, _unpacked_apart(source, limits) as content:
        decoder.confine(content)
        yield content, decoder


@contextlib.contextmanager
def _unpacked_apart(source: Path, limits: Limits) -> Iterator[Path]:
    if not may_be_packed(source):
        yield source
        return
    with scratch_folder() as scratch, ChildProcess(_CHILD, "unpack", limits) as process:
        process.confine([Path(os.path.realpath(source))], [scratch], ())
        where = os.path.realpath(source)
        is_archive = process.ask("unpack", source, {}, path=where, scratch=os.fspath(scratch), limits=asdict(limits))
        process.close()
        yield scratch / CONTENT if is_archive is True else source


def _extras(readable: Path) -> list[str]:
    """Installed optional packages needed by the files below a path, judged by their first bytes."""
    files: Iterator[Path] = iter([readable])
    if readable.is_dir() and not is_zarr_store(readable):
        files = (Path(folder, name) for folder, _, names in os.walk(readable) for name in names)
    needed = {module for _, file in zip(range(_MOST_SNIFFED), files, strict=False) for module in _needed(file)}
    return [module for module in sorted(needed) if importlib.util.find_spec(module.partition(".")[0]) is not None]


def _needed(file: Path) -> tuple[str, ...]:
    path = file.parent if file.name == METADATA_FILE else file
    is_readable = is_zarr_store(path) or (path.is_file() and not path.is_symlink())
    return format_of(path).extras if is_readable else ()


def _expected(kind: Any, found: Any, path: Path) -> Any:
    if not isinstance(found, kind):
        raise _unexpected(found, path)
    return found


def _unexpected(found: Any, path: Path) -> ForeignInputError:
    return ForeignInputError(
        "the reading process returned an invalid answer", got=type(found).__name__, where=str(path)
    )
