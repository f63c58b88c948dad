"""H5MD, the layout of trajectories in HDF5 (de Buyl, Colberg and Hoefling, Comput. Phys. Commun. 185, 1546)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bosonpeak.datasets.adapters.configurations.foreign_configuration import (
    RawConfiguration,
    cell_of_lengths,
    require_particle_count,
    require_total_count,
)
from bosonpeak.datasets.adapters.files.stored_files import LARGEST_LOADED, as_foreign
from bosonpeak.datasets.array_types import FloatArray
from bosonpeak.datasets.errors import ForeignInputError
from bosonpeak.datasets.storage.raw_files import HDF5_SIGNATURE, read_groups
from bosonpeak.datasets.storage.raw_groups import StoredGroup

_NAME = b"h5md"
_PARTICLES = "/particles/"
_SIZES = {"diameter": "diameters", "radius": "radii"}
_DOUBLE = 8


def looks_like_h5md(head: bytes) -> bool:
    """Test for an HDF5 signature with the name of H5MD's root group near the beginning of the file."""
    return head.startswith(HDF5_SIGNATURE) and _NAME in head


def read_h5md(path: Path, card: Mapping[str, Any]) -> list[RawConfiguration]:
    """Read every frame of one particle group; ``card["group"]`` selects it if the file has several."""
    with as_foreign():
        groups = read_groups(path, largest=LARGEST_LOADED)
    base = _PARTICLES + _chosen(groups, card, path)
    positions = _element(groups, base, "position")
    if positions is None or positions.ndim not in (2, 3) or positions.shape[-1] not in (2, 3):
        raise ForeignInputError(
            "there are no positions",
            expected="position, of particles in two or three dimensions",
            where=f"{path}{base}",
        )
    # A fixed configuration is a single frame; time-independent arrays are repeated for all frames.
    frames = positions if positions.ndim == 3 else positions[None]
    require_particle_count(frames.shape[1], str(path))
    require_total_count(frames.shape[0] * frames.shape[1], str(path))
    cells = _cells(groups, base, len(frames), path)
    beside = {
        name: _of_frames(groups, base, name, frames.shape[:2], path) for name in ("species", "mass", "id", *_SIZES)
    }
    sized = next((name for name in _SIZES if beside[name] is not None), "")
    return [
        RawConfiguration(
            positions=_in_space(frames[k], 0.0),
            origin=np.zeros(3),
            cell=cells[k],
            layout="H5MD",
            where=f"{path}, frame {k}",
            ids=_of_frame(beside["id"], k, np.int64),
            species=[] if (kinds := beside["species"]) is None else [str(code) for code in kinds[k].tolist()],
            sizes=_of_frame(beside[sized], k, np.float64) if sized else None,
            sizes_are=_SIZES.get(sized, ""),
            masses=_of_frame(beside["mass"], k, np.float64),
            single_precision=frames.dtype.itemsize < _DOUBLE,
        )
        for k in range(len(frames))
    ]


def _of_frame(values: NDArray[Any] | None, frame: int, kind: type[Any]) -> Any:
    return None if values is None else values[frame].astype(kind)


def _chosen(groups: Mapping[str, StoredGroup], card: Mapping[str, Any], path: Path) -> str:
    named = sorted({name.split("/")[2] for name in groups if name.startswith(_PARTICLES)})
    wanted = str(card.get("group", named[0] if len(named) == 1 else "")).removeprefix("particles/")
    if wanted not in named:
        raise ForeignInputError(
            "the file has several groups of particles" if len(named) > 1 else "the group of particles does not exist",
            expected='the name of a group, by group = "..." in the card',
            got=", ".join(named)[:200] or "none",
            where=str(path),
        )
    return wanted


def _element(groups: Mapping[str, StoredGroup], base: str, name: str) -> NDArray[Any] | None:
    """Return an H5MD element: a dataset, or the ``value`` of a time-dependent group; None if missing."""
    fixed = groups[base].variables.get(name) if base in groups else None
    moving = groups[f"{base}/{name}"].variables.get("value") if f"{base}/{name}" in groups else None
    found = fixed or moving
    return None if found is None else np.asarray(found.values)


def _of_frames(
    groups: Mapping[str, StoredGroup], base: str, name: str, shape: tuple[int, ...], path: Path
) -> NDArray[Any] | None:
    """Return values per frame and particle; values stored once are repeated for all frames."""
    found = _element(groups, base, name)
    if found is None:
        return None
    listed = found if found.ndim == 2 else found[None]
    if listed.ndim != 2 or listed.shape[0] not in (1, shape[0]) or listed.shape[1] != shape[1]:
        raise ForeignInputError(
            f"{name} does not fit the positions", expected=str(shape), got=str(found.shape), where=f"{path}{base}"
        )
    return np.broadcast_to(listed, shape)


def _cells(groups: Mapping[str, StoredGroup], base: str, frames: int, path: Path) -> FloatArray:
    """Box edges of each frame, shape (frames, 3, 3); a missing third axis has length 1."""
    place = f"{base}/box"
    boundary = groups[place].attributes.get("boundary", []) if place in groups else []
    kinds = [boundary] if isinstance(boundary, str) else [str(kind) for kind in np.atleast_1d(boundary)]
    if not kinds or any(kind != "periodic" for kind in kinds):
        raise ForeignInputError(
            "the box is not periodic",
            expected="boundary: periodic",
            got=", ".join(kinds)[:60] or "none",
            where=str(path),
        )
    found, dimension = _element(groups, place, "edges"), len(kinds)
    changes = f"{place}/edges" in groups
    rows = found if changes or found is None else found[None]
    if rows is None or rows.shape[0] not in (1, frames) or rows.shape[1:] not in ((dimension,), (dimension, dimension)):
        raise ForeignInputError(
            "the edges of the box cannot be used",
            expected=f"{dimension} lengths, or as many vectors",
            got="none" if found is None else str(found.shape),
            where=f"{path}{place}",
        )
    return np.broadcast_to(np.array([_cell(row, str(path)) for row in rows.astype(np.float64)]), (frames, 3, 3))


def _cell(edges: FloatArray, where: str) -> FloatArray:
    if edges.ndim == 1:
        return cell_of_lengths(_in_space(edges[None], 1.0)[0], (), where)
    cell = np.eye(3)
    cell[: len(edges), : len(edges)] = edges
    return cell


def _in_space(values: NDArray[Any], third: float) -> FloatArray:
    """Convert to rows of three numbers; in two dimensions the third is ``third``."""
    whole = np.full((len(values), 3), third)
    whole[:, : values.shape[1]] = values
    return whole
