"""Checks of the metadata of a Zarr store: only bounded arrays, and codecs and types for numbers, flags and texts."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

METADATA_FILE = "zarr.json"
"""Name of the file that every group and every array has."""

_LARGEST_METADATA = 1 << 24
_NAME = re.compile(r"[A-Za-z0-9_\u00a1-\ud7ff\ue000-\ufffd][^\x00-\x1f/\x7f-\xa0\ud800-\udfff]{0,254}(?<! )")
_DEEPEST_GROUP = 16
_HARMLESS_BYTES = 1 << 26
_LARGEST_RATIO = 2000
_HARMLESS_CHUNKS = 10_000
_MOST_CHUNKS_A_FILE = 100
_TEXT_ITEM_BYTES = 16
_ITEM_BYTES = {
    "bool": 1,
    **{f"{sign}int{8 * size}": size for size in (1, 2, 4, 8) for sign in ("", "u")},
    **{f"float{8 * size}": size for size in (2, 4, 8)},
    "string": _TEXT_ITEM_BYTES,
}
_COMPRESSORS = {"zstd", "blosc"}
_CODECS = {"bytes", "vlen-utf8", "crc32c", *_COMPRESSORS}
_CHECKSUM_BYTES = 4
_REPEATED_BYTE = 1
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True)
class _CompressedChunk:
    """A chunk file of compressed data, followed by `checksum_length` bytes of checksum."""

    file: Path
    compressor: str
    checksum_length: int


@dataclass
class _Sizes:
    """Bytes and files on disk, and bytes and chunks declared, summed over the store."""

    present: int = 0
    files: int = 0
    declared: int = 0
    chunks: int = 0
    compressed: list[_CompressedChunk] = field(default_factory=list)


@dataclass(frozen=True)
class ZarrGroup:
    """Attributes of one group of a store; `has_arrays` is true for arrays directly in the group."""

    attributes: Mapping[str, Any]
    has_arrays: bool


def checked_groups(store: Path, *, with_chunks: bool) -> dict[str, ZarrGroup]:
    """Groups of a Zarr store by path, the root (``"/"``) first, after a check for dangerous content."""
    sizes = _Sizes()
    root = _metadata(store)
    if root["node_type"] != "group":
        raise ValueError("the store is a bare array, not a group")
    groups = dict(_walk(store, "/", root, sizes))
    if with_chunks:
        sizes.declared += sum(map(_unpacked_size, sizes.compressed))
    if sizes.declared > _HARMLESS_BYTES and sizes.declared > _LARGEST_RATIO * sizes.present:
        raise ValueError(f"the store declares {sizes.declared:,} bytes of arrays in {sizes.present:,} bytes")
    if sizes.chunks > _HARMLESS_CHUNKS and sizes.chunks > _MOST_CHUNKS_A_FILE * sizes.files:
        raise ValueError(f"the store declares {sizes.chunks:,} chunks in {sizes.files:,} files")
    return groups


def _walk(folder: Path, path: str, metadata: Mapping[str, Any], sizes: _Sizes) -> Iterator[tuple[str, ZarrGroup]]:
    if path.count("/") > _DEEPEST_GROUP:
        raise ValueError(f"groups are nested deeper than {_DEEPEST_GROUP}")
    attributes = _checked_attributes(path, metadata)
    entries = sorted(folder.iterdir())
    children = {entry: _metadata(entry) for entry in entries if entry.is_dir() and not entry.is_symlink()}
    for entry in entries:
        if entry not in children:
            _count_file(entry, sizes)
    arrays = [child for child, found in children.items() if found["node_type"] == "array"]
    for child in arrays:
        _count_array(child, _joined(path, child.name), children[child], sizes)
    yield path, ZarrGroup(attributes, bool(arrays))
    for child, found in children.items():
        if found["node_type"] == "group":
            yield from _walk(child, _joined(path, child.name), found, sizes)


def _joined(path: str, name: str) -> str:
    return f"{path.rstrip('/')}/{name}"


def _metadata(folder: Path) -> dict[str, Any]:
    file = folder / METADATA_FILE
    if _regular_size(file) > _LARGEST_METADATA:
        raise ValueError(f"{file.name} of {folder.name} is larger than {_LARGEST_METADATA:,} bytes")
    found = json.loads(file.read_bytes())
    if not isinstance(found, dict) or found.get("zarr_format") != 3 or found.get("node_type") not in ("group", "array"):
        raise ValueError(f"{file.name} of {folder.name} describes neither a group nor an array of Zarr format 3")
    return found


def _count_array(folder: Path, path: str, metadata: Mapping[str, Any], sizes: _Sizes) -> None:
    item_bytes = _ITEM_BYTES.get(str(metadata.get("data_type")))
    if item_bytes is None:
        raise ValueError(f"{path}: data type {str(metadata.get('data_type'))[:80]} is not supported")
    _checked_attributes(path, metadata)
    codecs = _checked_codecs(path, metadata)
    compressor = next((name for name in codecs if name in _COMPRESSORS), "")
    checksum_length = _CHECKSUM_BYTES if codecs[-1] == "crc32c" else 0
    shape, chunk = metadata.get("shape"), _chunk_shape(metadata)
    if not _are_lengths(shape, 0) or not _are_lengths(chunk, 1) or len(shape) != len(chunk):
        raise ValueError(f"{path}: impossible shape {str(shape)[:80]} in chunks of {str(chunk)[:80]}")
    chunks = math.prod(-(-length // part) for length, part in zip(shape, chunk, strict=True))
    sizes.chunks += chunks
    sizes.declared += item_bytes * chunks * math.prod(chunk)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            file = Path(parent, name)
            if name in folders and not file.is_symlink():
                continue
            _count_file(file, sizes)
            if compressor and name != METADATA_FILE:
                sizes.compressed.append(_CompressedChunk(file, compressor, checksum_length))


def _checked_attributes(path: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes; raise ValueError for a name that is invalid in netCDF."""
    attributes = metadata.get("attributes", {})
    if not isinstance(attributes, dict):
        raise ValueError(f"{path}: attributes are not a table")
    odd = next((name for name in attributes if not _NAME.fullmatch(name)), None)
    if odd is not None:
        raise ValueError(f"{path}: {odd[:80]!a} is not a name of an attribute")
    return attributes


def _chunk_shape(metadata: Mapping[str, Any]) -> Any:
    grid = metadata.get("chunk_grid")
    if not isinstance(grid, dict) or grid.get("name") != "regular" or not isinstance(grid.get("configuration"), dict):
        return None
    return grid["configuration"].get("chunk_shape")


def _are_lengths(found: Any, least: int) -> TypeGuard[list[int]]:
    return isinstance(found, list) and all(type(length) is int and least <= length < 2**63 for length in found)


def _checked_codecs(path: str, metadata: Mapping[str, Any]) -> list[str]:
    """Names of the codecs of an array; raise ValueError for codecs that datasets do not need."""
    codecs = metadata.get("codecs")
    names = [str(codec.get("name")) if isinstance(codec, dict) else str(codec) for codec in codecs or ()]
    compressors = [name for name in names if name in _COMPRESSORS]
    is_last = not compressors or set(names[names.index(compressors[0]) + 1 :]) <= {"crc32c"}
    unknown = sorted(set(names) - _CODECS)
    if unknown or not names or len(compressors) > 1 or not is_last or names.count("crc32c") > 1:
        raise ValueError(
            f"{path}: codecs {', '.join(unknown or names)[:80] or 'none'}, where only "
            f"{', '.join(sorted(_CODECS))} are taken: one compressor, then one checksum"
        )
    if metadata.get("storage_transformers"):
        raise ValueError(f"{path}: storage transformers, which datasets do not need")
    return names


def _count_file(file: Path, sizes: _Sizes) -> None:
    sizes.present += _regular_size(file)
    sizes.files += 1


def _regular_size(file: Path) -> int:
    found = file.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{file.name} is a link or a device")
    return found.st_size


def _unpacked_size(chunk: _CompressedChunk) -> int:
    data = chunk.file.read_bytes()
    content = data[: len(data) - chunk.checksum_length]
    size = _blosc_size(content) if chunk.compressor == "blosc" else _zstd_size(content)
    if size is None:
        raise ValueError(f"chunk {chunk.file.name} of {chunk.file.parent.name} does not declare its unpacked size")
    return size


def _blosc_size(data: bytes) -> int | None:
    return int.from_bytes(data[4:8], "little") if len(data) >= 16 else None


def _zstd_size(data: bytes) -> int | None:
    """Content size of a single Zstandard frame (RFC 8878, section 3.1.1); None for anything else."""
    if not data.startswith(_ZSTD_MAGIC) or len(data) < 6:
        return None
    descriptor = data[4]
    is_single_segment = descriptor >> 5 & 1
    width = (is_single_segment, 2, 4, 8)[descriptor >> 6]
    start = 6 - is_single_segment + (0, 1, 2, 4)[descriptor & 3]
    checksum_length = _CHECKSUM_BYTES * (descriptor >> 2 & 1)
    if not width or _end_of_blocks(data, start + width) + checksum_length != len(data):
        return None  # a decoder continues with the next frame, whose size is not known from this frame
    return int.from_bytes(data[start : start + width], "little") + (256 if width == 2 else 0)


def _end_of_blocks(data: bytes, position: int) -> int:
    while position < len(data):
        header = int.from_bytes(data[position : position + 3], "little")
        is_last, kind, size = header & 1, header >> 1 & 3, header >> 3
        position += 3 + (1 if kind == _REPEATED_BYTE else size)
        if is_last:
            break
    return position
