"""Messages between a parent and its sandboxed child, which may be hostile: checked values and arrays, never objects.

A frame is the length of a header, the header in JSON, and the bytes of its arrays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_HEADER = 1 << 28
"""Bytes; a species name for each of ten million particles takes a fifth of it."""

_LENGTH_BYTES = 8
_WRITTEN_AT_ONCE = 1 << 16
_CARRIED = "biufcS"
_MOST_DIMENSIONS = 32
_ARRAY, _TEXTS, _SCALAR, _TABLE, _RECORD = "array", "texts", "scalar", "table", "record"

Write = Callable[[memoryview], None]
ReadInto = Callable[[memoryview], None]


class MessageError(ValueError):
    """A message violates the format."""


def send(value: Any, write: Write, records: Mapping[str, type] | None = None) -> None:
    """Send plain values, arrays, lists, dicts with text keys, and the dataclasses listed in `records`."""
    arrays: list[NDArray[Any]] = []
    names = {kind: name for name, kind in (records or {}).items()}
    body = _packed(value, arrays, names)
    layout = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = json.dumps({"value": body, "arrays": layout}).encode()
    gathered = bytearray(len(header).to_bytes(_LENGTH_BYTES, "little") + header)
    for array in arrays:
        if array.nbytes + len(gathered) <= _WRITTEN_AT_ONCE:
            gathered += array.tobytes()
        elif array.size:
            write(memoryview(gathered))
            gathered = bytearray()
            write(_bytes_of(np.ascontiguousarray(array)))
    if gathered:
        write(memoryview(gathered))


def receive(read_into: ReadInto, largest: int, records: Mapping[str, type] | None = None) -> Any:
    """Receive a value from `send`, with at most `largest` bytes of arrays; tuples arrive as lists."""
    length = int.from_bytes(_bytes(read_into, _LENGTH_BYTES), "little")
    if length > LARGEST_HEADER:
        raise MessageError(f"a header of {length:,} bytes")
    try:
        header = json.loads(_bytes(read_into, length))
        arrays = list(_arrays(header["arrays"], read_into, largest))
        return _unpacked(header["value"], arrays, records or {})
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError) as error:
        raise MessageError(f"{type(error).__name__}: {error}"[:200]) from error


def _bytes(read_into: ReadInto, length: int) -> bytearray:
    data = bytearray(length)
    read_into(memoryview(data))
    return data


def _packed(value: Any, arrays: list[NDArray[Any]], names: Mapping[type, str]) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        return [_packed(item, arrays, names) for item in value]
    if isinstance(value, Mapping):
        return {_TABLE: [[str(key), _packed(item, arrays, names)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and value.dtype.kind in "OUT":
        return {_TEXTS: [list(value.shape), [_text(item) for item in value.ravel().tolist()]]}
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in _CARRIED:
        arrays.append(np.asarray(value))
        return {_ARRAY if isinstance(value, np.ndarray) else _SCALAR: len(arrays) - 1}
    if type(value) in names:
        return {_RECORD: [names[type(value)], _packed(vars(value), arrays, names)]}
    raise TypeError(f"{type(value).__name__} cannot be sent")


def _bytes_of(array: NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data


def _text(item: Any) -> str:
    if not isinstance(item, str):
        raise TypeError(f"an array of {type(item).__name__} cannot be sent")
    return item


def _arrays(layout: Sequence[Any], read_into: ReadInto, largest: int) -> Iterator[NDArray[Any]]:
    left = largest
    for name, shape in layout:
        dtype = np.dtype(str(name))
        if dtype.kind not in _CARRIED or dtype.hasobject or dtype.names or len(shape) > _MOST_DIMENSIONS:
            raise MessageError(f"an array of {dtype} in {len(shape)} dimensions")
        if not all(type(length) is int and length >= 0 for length in shape):
            raise MessageError("an array of invalid shape")
        size = dtype.itemsize * math.prod(shape)
        left -= size
        if left < 0:
            raise MessageError(f"more than {largest:,} bytes of arrays")
        array = np.empty(tuple(shape), dtype=dtype)
        if size:
            read_into(_bytes_of(array))
        yield array


def _unpacked(body: Any, arrays: Sequence[NDArray[Any]], records: Mapping[str, type]) -> Any:
    if isinstance(body, list):
        return [_unpacked(item, arrays, records) for item in body]
    if not isinstance(body, dict):
        return body
    ((kind, content),) = body.items()
    if kind == _TABLE:
        return {str(key): _unpacked(item, arrays, records) for key, item in content}
    if kind == _ARRAY:
        return arrays[content]
    if kind == _SCALAR:
        return arrays[content][()]
    if kind == _TEXTS:
        shape, texts = content
        made = np.empty(len(texts), dtype=object)
        made[:] = [str(text) for text in texts]
        return made.reshape(shape)
    name, fields = content
    return records[name](**_unpacked(fields, arrays, records))
