"""Pairs of particles closer than a cutoff in a periodic box, found with a cell list."""

from __future__ import annotations

import numpy as np
from numba import njit

from bosonpeak.datasets.array_types import FloatArray, IndexArray, IntegerArray
from bosonpeak.datasets.periodic_box import nearest_image_in_cell, with_images


def neighbour_pairs(positions: FloatArray, box: FloatArray, cutoff: float) -> IndexArray:
    """Pairs (pairs, 2) closer than the cutoff (exclusive) by the minimum image, each once, first < second, sorted."""
    start, neighbour = half_neighbour_list(positions, box, cutoff)
    first = np.repeat(np.arange(len(positions), dtype=np.int32), np.diff(start))
    return np.column_stack([first, neighbour])


def pairs_in_cell(positions: FloatArray, cell: FloatArray, cutoff: float) -> tuple[IndexArray, FloatArray]:
    """Pairs closer than the cutoff in a box of given edges, row by row, and their separations (pairs, dimension)."""
    # Separations point from the second to the first; the cutoff is at most half the distance of two faces.
    from scipy.spatial import cKDTree

    places, owner = with_images(positions, cell, cutoff)
    near = cKDTree(places[: len(positions)]).sparse_distance_matrix(cKDTree(places), cutoff, output_type="coo_matrix")
    first, second = near.row, owner[near.col]
    once = (first < second) & (near.data < cutoff)
    pairs = np.column_stack([first[once], second[once]]).astype(np.int32)
    pairs = pairs[np.lexsort(pairs.T[::-1])]
    return pairs, nearest_image_in_cell(positions[pairs[:, 0]] - positions[pairs[:, 1]], cell)


@njit(cache=True, error_model="numpy")
def half_neighbour_list(positions: FloatArray, box: FloatArray, cutoff: float) -> tuple[IntegerArray, IndexArray]:
    """Neighbours j > i of every particle i, ascending: ``neighbour[start[i]:start[i + 1]]``."""
    count = len(positions)
    cells = cell_counts(count, box, cutoff)
    around = surrounding_cells(cells)
    cell_of = np.empty(count, np.int64)
    for i in range(count):
        cell_of[i] = cell_index(positions[i], box, cells)
    # Sort particles by cell; if every cell touches every other cell, keep their order and compare all pairs.
    everywhere = around.shape[1] == len(around)
    order, cell_start = _particles_by_cell(cell_of, len(around))
    if everywhere:
        for i in range(count):
            order[i] = i
    coordinates, lengths = _padded_coordinates(positions, box, order)
    # Append the neighbours of each particle to a list that grows where necessary.
    start = np.zeros(count + 1, np.int64)
    neighbour = np.empty(16 * count + 64, np.int32)
    row = np.empty(count, np.int32)
    total = 0
    for i in range(count):
        if everywhere:
            found = _row_of_later_neighbours(i, coordinates, lengths, cutoff, row)
        else:
            found = _row_of_neighbours(i, around[cell_of[i]], cell_start, order, coordinates, lengths, cutoff, row)
        if total + found > len(neighbour):
            neighbour = _grown(neighbour, total, 2 * len(neighbour) + found)
        for k in range(found):
            neighbour[total + k] = row[k]
        total += found
        start[i + 1] = total
    return start, _grown(neighbour, total, total)


# Plain loops here and below: with array slices and functions numba takes several times longer to compile.
@njit(cache=True)
def _grown(values: IndexArray, kept: int, size: int) -> IndexArray:
    """Copy of the first `kept` values into an array of another size."""
    grown = np.empty(size, np.int32)
    for k in range(kept):
        grown[k] = values[k]
    return grown


@njit(cache=True)
def _particles_by_cell(cell_of: IntegerArray, cell_total: int) -> tuple[IndexArray, IntegerArray]:
    cell_start = np.zeros(cell_total + 1, np.int64)
    for cell in cell_of:
        cell_start[cell + 1] += 1
    filled = np.empty(cell_total, np.int64)
    for cell in range(cell_total):
        filled[cell] = cell_start[cell]
        cell_start[cell + 1] += cell_start[cell]
    order = np.empty(len(cell_of), np.int32)
    for i in range(len(cell_of)):
        order[filled[cell_of[i]]] = i
        filled[cell_of[i]] += 1
    return order, cell_start


@njit(cache=True)
def _padded_coordinates(positions: FloatArray, box: FloatArray, order: IndexArray) -> tuple[FloatArray, FloatArray]:
    """Coordinates in cell order, folded into the box, one row per axis; the third row is 0 in two dimensions."""
    coordinates = np.zeros((3, len(order)))
    lengths = np.ones(3)
    for axis in range(len(box)):
        lengths[axis] = box[axis]
        for k in range(len(order)):
            value = positions[order[k], axis]
            coordinates[axis, k] = value - box[axis] * np.floor(value / box[axis])
    return coordinates, lengths


@njit(cache=True, error_model="numpy")
def _row_of_neighbours(
    i: int,
    around: IntegerArray,
    cell_start: IntegerArray,
    order: IndexArray,
    coordinates: FloatArray,
    lengths: FloatArray,
    cutoff: float,
    row: IndexArray,
) -> int:
    x_all, y_all, z_all = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    # Find the coordinates of particle i; the middle entry of `around` is its own cell.
    own = cell_start[around[len(around) // 2]]
    while order[own] != i:
        own += 1
    x, y, z = x_all[own], y_all[own], z_all[own]
    limit = cutoff * cutoff
    found = 0
    # Every candidate is written, but only counted if it is close: a branch would cost more.
    for cell in around:
        for k in range(cell_start[cell], cell_start[cell + 1]):
            dx = abs(x_all[k] - x)
            dy = abs(y_all[k] - y)
            dz = abs(z_all[k] - z)
            dx = dx if dx < width - dx else width - dx
            dy = dy if dy < height - dy else height - dy
            dz = dz if dz < depth - dz else depth - dz
            row[found] = order[k]
            found += (order[k] > i) & (dx * dx + dy * dy + dz * dz < limit)
    _insertion_sort(row, found)
    return found


@njit(cache=True, error_model="numpy")
def _row_of_later_neighbours(
    i: int, coordinates: FloatArray, lengths: FloatArray, cutoff: float, row: IndexArray
) -> int:
    """Neighbours j > i among all particles, for boxes in which every cell touches every other cell."""
    x_all, y_all, z_all = coordinates[0], coordinates[1], coordinates[2]
    width, height, depth = lengths[0], lengths[1], lengths[2]
    x, y, z = x_all[i], y_all[i], z_all[i]
    limit = cutoff * cutoff
    found = 0
    for j in range(i + 1, len(x_all)):
        dx = abs(x_all[j] - x)
        dy = abs(y_all[j] - y)
        dz = abs(z_all[j] - z)
        dx = dx if dx < width - dx else width - dx
        dy = dy if dy < height - dy else height - dy
        dz = dz if dz < depth - dz else depth - dz
        row[found] = j
        found += dx * dx + dy * dy + dz * dz < limit
    return found


@njit(cache=True)
def _insertion_sort(values: IndexArray, count: int) -> None:
    for k in range(1, count):
        value = values[k]
        place = k
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@njit(cache=True)
def cell_counts(count: int, box: FloatArray, cutoff: float) -> IntegerArray:
    """Cells per axis, at least as wide as the cutoff; a single cell where fewer than three fit."""
    cells = np.empty(len(box), np.int64)
    enough = max(int(count ** (1.0 / len(box))), 3)
    for axis in range(len(box)):
        fitting = min(int(box[axis] / cutoff), enough)
        cells[axis] = fitting if fitting >= 3 else 1
    return cells


@njit(cache=True)
def cell_index(position: FloatArray, box: FloatArray, cells: IntegerArray) -> int:
    """Flat index of the cell that contains a position, folded into the box."""
    index = 0
    for axis in range(len(box)):
        fraction = position[axis] / box[axis]
        fraction -= np.floor(fraction)
        index = index * cells[axis] + min(int(fraction * cells[axis]), cells[axis] - 1)
    return index


@njit(cache=True)
def surrounding_cells(cells: IntegerArray) -> IntegerArray:
    """Each cell itself and the cells that touch it, shape (cells, 3^axes with at least three cells)."""
    dimension = len(cells)
    total, width = 1, 1
    for axis in range(dimension):
        total *= cells[axis]
        if cells[axis] > 1:
            width *= 3
    around = np.empty((total, width), np.int64)
    for cell in range(len(around)):
        for code in range(width):
            around[cell, code] = _touching_cell(cell, code, cells)
    return around


@njit(cache=True)
def _touching_cell(cell: int, code: int, cells: IntegerArray) -> int:
    index = 0
    stride = 1
    for axis in range(len(cells) - 1, -1, -1):
        place = cell % cells[axis]
        if cells[axis] > 1:
            place = (place + code % 3 - 1) % cells[axis]
            code //= 3
        index += place * stride
        stride *= cells[axis]
        cell //= cells[axis]
    return index
