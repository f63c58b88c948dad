"""Eigenfrequencies of cutoff networks by a stranger's script: it knows nothing of the package.

Usage: foreign_networks.py OUTPUT [SIZE] [DISPLACEMENT] [SAMPLES]; OUTPUT ends in .npz, .csv (long table) or .txt
(one sample a column).
"""

import sys

import numpy as np
from scipy.spatial import cKDTree


def frequencies(size, displacement, generator):
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    angle = generator.uniform(0, 2 * np.pi, (size, size))
    nodes = (
        np.stack([x + displacement * np.cos(angle), y + displacement * np.sin(angle)], axis=-1).reshape(-1, 2) % size
    )
    matrix = np.zeros((size**2, size**2))
    for i, j in cKDTree(nodes, boxsize=size).query_pairs(1.0 + displacement):
        step = nodes[i] - nodes[j]
        step -= size * np.round(step / size)
        matrix[i, j] = matrix[j, i] = -1.0 / np.hypot(*step)
    matrix -= np.diag(matrix.sum(axis=1))
    return np.sqrt(np.clip(np.linalg.eigvalsh(matrix), 0.0, None))


def main(output, size=30, displacement=0.2, samples=6):
    generator = np.random.default_rng(12345)
    rows = np.stack([frequencies(size, displacement, generator) for _ in range(samples)])
    if output.endswith(".npz"):
        np.savez(output, frequencies=rows)
    elif output.endswith(".csv"):
        with open(output, "w") as file:
            file.write("sample,mode,frequency\n")
            for sample, row in enumerate(rows):
                file.writelines(f"{sample},{mode},{value!r}\n" for mode, value in enumerate(row.tolist()))
    else:
        np.savetxt(output, rows.T)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]), *map(float, sys.argv[3:4]), *map(int, sys.argv[4:5]))
