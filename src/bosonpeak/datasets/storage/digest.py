"""SHA-256 digests of file bytes, and of dataset content independent of the file format."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bosonpeak.datasets.arguments import file_path
from bosonpeak.datasets.errors import SchemaError, StoreError

if TYPE_CHECKING:
    import xarray as xr

_SLAB_BYTES = 1 << 25


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    StoreError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "abc"
    ...     _ = path.write_bytes(b"abc")
    ...     file_sha256(path)[:16]
    'ba7816bf8f01cfea'
    """
    try:
        with open(file_path(path), "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise StoreError(
            "the file could not be read", got=error.strerror or str(error), where=os.fspath(path)
        ) from error


def content_digest(dataset: xr.Dataset) -> str:
    """Digest of the content of a dataset, independent of the file that holds the dataset.

    The digest covers, for every variable and coordinate in alphabetical order: name, dimensions, type, shape,
    units, and all values (little-endian, in C order). Provenance, compression, chunks, byte order and the order
    of variables do not enter.

    Parameters
    ----------
    dataset : xarray.Dataset
        The dataset; values on disk or in Dask chunks are read a slab at a time.

    Returns
    -------
    str
        ``"sha256:"`` and 64 hexadecimal digits.

    Raises
    ------
    SchemaError
        If the argument is not a dataset, or a variable is neither numeric nor text.

    Examples
    --------
    The digest equals the digest recorded in the file, and changes with any value.

    >>> from bosonpeak.datasets import open_dataset
    >>> lattice = open_dataset("network/nine-node", group="lattice")
    >>> content_digest(lattice) == lattice.attrs["content_digest"]
    True
    >>> content_digest(2.0 * lattice) == content_digest(lattice)
    False
    """
    if not hasattr(dataset, "variables"):
        raise SchemaError("not a dataset", expected="an xarray.Dataset", got=type(dataset).__name__)
    digest = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset.variables[name]
        label = _type_label(name, variable.dtype)
        units = str(variable.attrs.get("units", ""))
        header = json.dumps([name, [str(dim) for dim in variable.dims], label, list(variable.shape), units])
        digest.update(len(header).to_bytes(8, "little"))
        digest.update(header.encode())
        for slab in _slabs(variable):
            digest.update(_canonical_bytes(slab, label))
    return f"sha256:{digest.hexdigest()}"


def tree_digest(digests: Mapping[str, str]) -> str:
    """Digest of a collection, ``"sha256:..."``, from group paths (``"situation-2/delta-0.1"``) and content digests."""
    text = json.dumps(sorted((path.strip("/"), value) for path, value in digests.items()))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _type_label(name: str, dtype: np.dtype[Any]) -> str:
    if dtype.kind in "UOT":
        return "str"
    if dtype.kind in "biuf":
        return dtype.newbyteorder("<").str
    raise SchemaError(
        "a variable has an unsupported type",
        expected="floating point, integer, boolean or text",
        got=str(dtype),
        where=name,
    )


def _slabs(variable: xr.Variable) -> Iterator[np.ndarray[Any, Any]]:
    """Split along the first axis, so that C order is kept and memory stays bounded."""
    if variable.ndim == 0:
        yield np.asarray(variable.values)
        return
    length = variable.shape[0]
    row_bytes = variable.dtype.itemsize * int(np.prod(variable.shape[1:], dtype=np.int64))
    rows = max(1, _SLAB_BYTES // max(row_bytes, 1))
    for start in range(0, length, rows):
        yield np.asarray(variable[start : start + rows].values)


def _canonical_bytes(values: np.ndarray[Any, Any], label: str) -> bytes:
    if label == "str":
        encoded = [str(item).encode() for item in values.ravel()]
        return b"".join(len(item).to_bytes(8, "little") + item for item in encoded)
    canonical = np.array(values, dtype=np.dtype(label), order="C")
    if canonical.dtype.kind == "f":
        canonical[np.isnan(canonical)] = np.nan
    return canonical.tobytes()
