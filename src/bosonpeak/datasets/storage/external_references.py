"""References of an HDF5 file to other files, which the HDF5 library follows with the permissions of the reader."""

from __future__ import annotations

import os
import secrets
from typing import Any

from h5py import h5d, h5f, h5g, h5l, h5o, h5p

from bosonpeak.datasets.errors import StoreError

_INSIDE = (h5l.TYPE_HARD, h5l.TYPE_SOFT)


def require_no_external_references(source: bytes | str | os.PathLike[str], where: str) -> None:
    """Refuse an HDF5 file with external storage, external links, virtual datasets, or a group with two paths."""
    # A second path to a group can be a cycle, which the netCDF library follows forever.
    file = _opened(source)
    try:
        root = h5g.open(file, b"/")
        # h5py cannot raise errors from inside the visit, so the visit only collects the links.
        links: list[tuple[bytes, int]] = []
        root.links.visit(lambda name, link: links.append((name, link.type)), info=True)
        groups = {h5o.get_info(root).addr}
        for name, kind in links:
            found = _external_reference(root, name, kind, groups)
            if found:
                raise _refused(found, name, where)
    finally:
        file.close()


def _opened(source: bytes | str | os.PathLike[str]) -> Any:
    """Open a file without locking, or the content of a file as an in-memory image."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fclose_degree(h5f.CLOSE_STRONG)
    if isinstance(source, bytes):
        access.set_fapl_core(backing_store=False)
        access.set_file_image(source)
        # HDF5 identifies images by name, so every image needs a name of its own.
        return h5f.open(secrets.token_hex(8).encode(), h5f.ACC_RDONLY, fapl=access)
    access.set_file_locking(False, True)
    return h5f.open(os.fsencode(source), h5f.ACC_RDONLY, fapl=access)


def _external_reference(root: Any, name: bytes, link: int, groups: set[int]) -> str:
    """Name the refused property of a linked object, or return an empty string; add the address of a new group."""
    if link not in _INSIDE:
        return "a link into another file"
    info = h5o.get_info(root, name)
    if info.type == h5o.TYPE_GROUP:
        if info.addr in groups:
            return "a group with two paths"
        groups.add(info.addr)
    elif info.type == h5o.TYPE_DATASET:
        # The shape is not requested, because HDF5 may open the source files of a virtual dataset for the shape.
        created = h5d.open(root, name).get_create_plist()
        if created.get_layout() == h5d.VIRTUAL:
            return "a virtual dataset"
        if created.get_external_count():
            return "a dataset with external storage"
    return ""


def _refused(got: str, name: bytes, where: str) -> StoreError:
    return StoreError(
        "the HDF5 file has references that are not followed",
        expected="datasets stored in the file itself, and one path to each group",
        got=f"{ascii(name.decode('utf-8', 'replace'))[1:-1][:80]}: {got}",
        where=where,
        likely_cause="a file that combines others: copy the values into one file, such as with h5repack or ncks",
        done="nothing was loaded",
    )
