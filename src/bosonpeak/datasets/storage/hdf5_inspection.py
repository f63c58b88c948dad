"""What an HDF5 file holds, looked at before the netCDF library acts on it.

HDF5 can lead out of itself: values in other files, links into other files, arrays put together from other files. It
can also lead in circles. Datasets need none of that, and a stranger's file that has it reads whatever its reader may.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from h5py import h5a, h5d, h5f, h5g, h5l, h5o, h5p, h5s, h5t

from bosonpeak.datasets.errors import StoreError

DEEPEST_GROUP = 16
"""Groups inside each other; those of this package's files lie three deep."""

MOST_OBJECTS = 100_000
"""Groups and arrays of a file."""

MOST_ATTRIBUTES = 1000
"""Attributes of one group or array; the reference data have some thirty."""

LARGEST_ATTRIBUTE = 1 << 20
"""Bytes of one attribute; the longest of the reference data, a recipe, has some thousand."""

_HARMLESS_BYTES = 1 << 26
_LARGEST_RATIO = 2000
_HARMLESS_CHUNKS = 10_000
_LEAST_BYTES_A_CHUNK = 8
"""Every chunk that was written has an entry in an index that takes more."""

_HEAP = b"GCOL\x01\0\0\0"
"""Signature and version of a global heap, in which names and references of varying length lie."""

_HEAP_NUMBER = 2
"""Bytes of an object's number in a global heap, which a count of as many and four that are reserved follow."""

_LINKS = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link into another file"}
_PLAIN = (h5t.INTEGER, h5t.FLOAT, h5t.BITFIELD, h5t.STRING, h5t.ENUM)


@dataclass
class _Walk:
    """What was met so far."""

    available: int
    where: str
    met: set[tuple[int, int]] = field(default_factory=set)
    declared: int = 0


def require_self_contained(source: bytes | str | os.PathLike[str], where: str) -> None:
    """Refuse an HDF5 file that leads out of itself or in circles, or declares more than it can hold.

    Nothing that a link or an array points to is opened.

    Parameters
    ----------
    source : bytes or path-like
        The content of a file, or its path.
    where : str
        Name of the file, for messages.

    Raises
    ------
    StoreError
        If an array lies in other files or is put together from them; a group or an array is reached by a link, or
        twice; groups lie deeper than `DEEPEST_GROUP`; there are more objects or attributes than datasets have; an
        array has elements of varying length or that refer to others; or more bytes or chunks are declared than the
        file can hold.
    OSError, RuntimeError, ValueError, KeyError
        If the file is damaged, as the library says it.
    """
    available = len(source) if isinstance(source, bytes) else os.stat(source).st_size
    file = _opened(source)
    try:
        with _bytes_of(source) as content:
            _inspect_heaps(content, file.get_create_plist().get_sizes()[1], where)
        _inspect_group(h5g.open(file, b"/"), "/", 0, _Walk(available, where))
    finally:
        file.close()


def _opened(source: bytes | str | os.PathLike[str]) -> Any:
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    if isinstance(source, bytes):
        access.set_fapl_core(backing_store=False)
        access.set_file_image(source)
        # The library takes two images of one name for the same file while the first is open.
        return h5f.open(secrets.token_hex(8).encode(), h5f.ACC_RDONLY, fapl=access)
    access.set_file_locking(False, True)
    return h5f.open(os.fsencode(source), h5f.ACC_RDONLY, fapl=access)


@contextlib.contextmanager
def _bytes_of(source: bytes | str | os.PathLike[str]) -> Iterator[bytes | mmap.mmap]:
    if isinstance(source, bytes):
        yield source
        return
    with open(source, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def _inspect_heaps(content: bytes | mmap.mmap, length: int, where: str) -> None:
    """Walk the objects of global heaps as the library does, which does not end at one that takes no room."""
    place = 0
    while (start := content.find(_HEAP, place)) >= 0:
        place = start + len(_HEAP)
        end = min(start + int.from_bytes(content[place : place + length], "little"), len(content))
        place += length
        header = -(-(2 * _HEAP_NUMBER + 4 + length) // 8) * 8
        while place + header <= end:
            number = int.from_bytes(content[place : place + _HEAP_NUMBER], "little")
            sized = place + 2 * _HEAP_NUMBER + 4
            size = int.from_bytes(content[sized : sized + length], "little")
            taken = header + -(-size // 8) * 8 if number else size
            if not header <= taken <= end - place:
                raise StoreError(
                    "the HDF5 file is damaged",
                    expected="objects in its global heap that lie one behind the other",
                    got=f"at byte {place}: one of {size:,} bytes where {end - place:,} are left",
                    where=where,
                    done="nothing was loaded",
                )
            place += taken


def _inspect_group(group: Any, path: str, depth: int, walk: _Walk) -> None:
    if depth > DEEPEST_GROUP:
        raise _refused(f"groups that lie deeper than {DEEPEST_GROUP}", path, walk)
    _inspect_object(group, path, walk)
    for name in group:
        child = f"{path.rstrip('/')}/{name.decode('utf-8', 'replace')}"
        kind = group.links.get_info(name).type
        if kind != h5l.TYPE_HARD:
            raise _refused(_LINKS.get(kind, "a link of an unknown kind"), child, walk)
        kind = h5o.get_info(group, name).type
        if kind == h5o.TYPE_GROUP:
            _inspect_group(h5g.open(group, name), child, depth + 1, walk)
        elif kind == h5o.TYPE_DATASET:
            _inspect_array(h5d.open(group, name), child, walk)
        elif kind == h5o.TYPE_NAMED_DATATYPE:
            _inspect_type(h5t.open(group, name), child, walk)


def _inspect_object(found: Any, path: str, walk: _Walk) -> None:
    info = h5o.get_info(found)
    key = (info.fileno, info.addr)
    if key in walk.met:
        raise _refused("an object that is reached twice", path, walk)
    walk.met.add(key)
    if len(walk.met) > MOST_OBJECTS:
        raise _refused(f"more than {MOST_OBJECTS:,} groups and arrays", path, walk)
    if info.num_attrs > MOST_ATTRIBUTES:
        raise _refused(f"{info.num_attrs:,} attributes of one object", path, walk)
    for index in range(info.num_attrs):
        attribute = h5a.open(found, index=index)
        if attribute.get_storage_size() > LARGEST_ATTRIBUTE:
            raise _refused(f"an attribute of {attribute.get_storage_size():,} bytes", path, walk)


def _inspect_array(array: Any, path: str, walk: _Walk) -> None:
    # The layout comes first: to ask a virtual array for its shape may open the files that it is made of.
    created = array.get_create_plist()
    if created.get_layout() == h5d.VIRTUAL:
        raise _refused("an array that is put together from other files", path, walk)
    if created.get_external_count():
        raise _refused("an array whose values lie in other files", path, walk)
    _inspect_object(array, path, walk)
    _inspect_type(array.get_type(), path, walk)
    space = array.get_space()
    shape = space.get_simple_extent_dims() if space.get_simple_extent_type() == h5s.SIMPLE else ()
    walk.declared += math.prod(shape) * array.get_type().get_size()
    if walk.declared > _HARMLESS_BYTES and walk.declared > _LARGEST_RATIO * walk.available:
        raise _refused(f"the file declares {walk.declared:,} bytes of arrays in {walk.available:,} bytes", path, walk)
    if created.get_layout() == h5d.CHUNKED:
        chunks = math.prod(-(-length // part) for length, part in zip(shape, created.get_chunk(), strict=True))
        if chunks > _HARMLESS_CHUNKS and _LEAST_BYTES_A_CHUNK * chunks > walk.available:
            raise _refused(f"it declares {chunks:,} chunks in {walk.available:,} bytes", path, walk)


def _inspect_type(found: Any, path: str, walk: _Walk) -> None:
    kind = found.get_class()
    if kind == h5t.COMPOUND:
        parts = [found.get_member_type(index) for index in range(found.get_nmembers())]
        unfit = any(part.get_class() not in _PLAIN for part in parts)
    else:
        unfit = kind not in _PLAIN
    if unfit:
        raise _refused("elements that are neither numbers nor texts", path, walk)


def _refused(got: str, path: str, walk: _Walk) -> StoreError:
    return StoreError(
        "the HDF5 file holds what no dataset needs",
        expected="arrays of numbers and texts that lie in the file itself, each in one place",
        got=f"{ascii(path)[1:-1][:80]}: {got}",
        where=walk.where,
        likely_cause="a file that refers to others: copy the values into one file, such as with h5repack or ncks",
        done="nothing was loaded",
    )
