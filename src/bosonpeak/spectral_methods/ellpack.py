"""Storage and order of work for repeated products with a network's dynamical matrix.

Nodes are divided into blocks of consecutive indices, with rows of equal length contiguous as runs. A row touches few
other blocks, so that `wavefront` does several steps of a recursion while a part of the network is in the cache.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, eye_array

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray

Bonds = IndexArray
Stiffness = FloatArray
Index = IntegerArray
UnsignedIndex = NDArray[np.uint64]

ROWS_PER_BLOCK = 2048
"""Large enough that runs are hundreds of rows long, small enough that several blocks fit into a core's cache."""


@dataclass(frozen=True)
class BlockedRows:
    """Off-diagonal entries of a dynamical matrix, row by row in the order of work."""

    order: Index  # (nodes,), original node of each row
    run_start: UnsignedIndex  # (runs,), first row of each run of rows of equal length
    run_stop: UnsignedIndex  # (runs,), row past the last
    run_width: UnsignedIndex  # (runs,), entries per row
    run_entry: UnsignedIndex  # (runs,), first entry
    block_run: Index  # (blocks + 1,), first run of each block
    neighbour: NDArray[np.uint32]  # (entries,), row of the other node
    weight: FloatArray  # (entries,), spring constant
    link_start: IndexArray  # compressed rows of the blocks that share a spring with each block
    link: IndexArray  # with the block itself

    @property
    def node_count(self) -> int:
        """Number of rows."""
        return len(self.order)

    @property
    def block_count(self) -> int:
        """Number of blocks."""
        return len(self.block_run) - 1


def blocked_rows(
    bonds: Bonds, stiffness: Stiffness, node_count: int, *, rows_per_block: int = ROWS_PER_BLOCK
) -> BlockedRows:
    """Sort a network's rows into blocks and runs; the cache helps only if neighbours have close indices."""
    coordination = np.bincount(bonds.ravel(), minlength=node_count)
    block_count = -(-node_count // rows_per_block)
    block = np.arange(node_count) // rows_per_block
    key = block * (int(coordination.max()) + 1) + coordination
    order = np.argsort(key, kind="stable")
    rank = np.empty(node_count, np.int32)
    rank[order] = np.arange(node_count, dtype=np.int32)
    rows = rank[bonds]
    row_start = np.concatenate([[0], np.cumsum(coordination[order])])
    neighbour, weight = _fill(rows, stiffness, row_start)
    run_start = np.flatnonzero(np.diff(key[order], prepend=-1))
    links = _block_links(rows // rows_per_block, block_count)
    return BlockedRows(
        order=order,
        run_start=run_start.astype(np.uint64),
        run_stop=np.append(run_start[1:], node_count).astype(np.uint64),
        run_width=coordination[order[run_start]].astype(np.uint64),
        run_entry=row_start[run_start].astype(np.uint64),
        block_run=np.searchsorted(run_start, rows_per_block * np.arange(block_count + 1)),
        neighbour=neighbour,
        weight=weight,
        link_start=links.indptr.astype(np.int32),
        link=links.indices.astype(np.int32),
    )


def wavefront(rows: BlockedRows, depth: int) -> tuple[Index, Index]:
    """Order of `depth` steps of a recursion, block by block: block and step, each (blocks * depth,)."""
    # Step s of a block needs step s - 1 of all linked blocks; the order goes as deep as possible before the next block.
    blocks, steps = _wavefront(rows.link_start, rows.link, depth)
    return blocks, steps


@njit(cache=True)
def _fill(rows: Bonds, stiffness: Stiffness, row_start: Index) -> tuple[NDArray[np.uint32], FloatArray]:
    neighbour = np.empty(2 * len(stiffness), np.uint32)
    weight = np.empty(2 * len(stiffness), np.float64)
    free = row_start.copy()
    for bond in range(len(stiffness)):
        for end in range(2):
            row = rows[bond, end]
            neighbour[free[row]] = rows[bond, 1 - end]
            weight[free[row]] = stiffness[bond]
            free[row] += 1
    return neighbour, weight


def _block_links(block_of_end: Bonds, block_count: int) -> csr_array:
    crossing = block_of_end[block_of_end[:, 0] != block_of_end[:, 1]]
    first, second = np.concatenate([crossing, crossing[:, ::-1]]).T
    linked = coo_array((np.ones(len(first), np.int32), (first, second)), shape=(block_count, block_count))
    return csr_array(linked) + eye_array(block_count, dtype=np.int32, format="csr")


@njit(cache=True)
def _wavefront(link_start: IndexArray, link: IndexArray, depth: int) -> tuple[Index, Index]:
    block_count = len(link_start) - 1
    done = np.zeros(block_count, np.int64)
    lagging = np.zeros(block_count, np.int64)  # number of linked blocks that have done fewer steps
    blocks = np.empty(block_count * depth, np.int64)
    steps = np.empty(block_count * depth, np.int64)
    ready = np.empty(block_count, np.int64)
    written = 0
    # Open the blocks in order; after each, do all steps that have become possible, the latest first.
    for opened in range(block_count):
        ready[0] = opened
        waiting = 1
        while waiting > 0:
            waiting -= 1
            block = ready[waiting]
            blocks[written], steps[written] = block, done[block]
            written += 1
            done[block] += 1
            # Update the lag of this block and of its links; blocks without lag are ready for their next step.
            for other in link[link_start[block] : link_start[block + 1]]:
                if done[other] < done[block]:
                    lagging[block] += 1
                elif done[other] == done[block] and other != block:
                    lagging[other] -= 1
                    if lagging[other] == 0 and done[other] < depth:
                        ready[waiting] = other
                        waiting += 1
            if lagging[block] == 0 and done[block] < depth:
                ready[waiting] = block
                waiting += 1
    return blocks, steps
