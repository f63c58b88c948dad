"""Open glass/modes-2d-1000: once, by the analysis that was fixed beforehand (``analysis-discs.toml``).

    bosonpeak generate glass/modes-2d-1000 -o discs.nc
    python data-release/open_discs.py discs.nc

The package gets the lowest frequencies, participation ratios and omega_0 of all glasses, and positions and eigenvectors
of the glasses that the analysis names: all with a mode well below the first phonon, and a few others. The generated
file has the vectors of all glasses (50 MB); the recipe repeats it. Then the claims that the analysis names are judged
by ``bosonpeak verify``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import xarray as xr
from open_ensembles import HERE, committed, register

from bosonpeak.datasets import read
from bosonpeak.datasets.storage.encoding import rounded_to_bits
from bosonpeak.datasets.subsets import rows_of

NAME = "glass/modes-2d-1000"
WELL_BELOW, OTHER_CHAINS = 0.65, 5
KEPT = ("eigenfrequency", "participation_ratio", "first_phonon", "inherent_structure_energy", "sweep", "chain", "box")
KEPT_IN_SPACE = ("position", "eigenvector", "configuration_index")
BITS = {"eigenfrequency": 28, "participation_ratio": 8, "inherent_structure_energy": 24}
STEP = 2.0**-11
"""Step of positions and of components of eigenvectors: 1/2000 of the mean distance, 1/45 of a typical component."""


def chosen(ensemble: xr.Dataset) -> np.ndarray:
    """Configurations with a mode well below their own omega_0, and the first of the first chains, (chosen,)."""
    sample = rows_of(ensemble, "configuration")
    chain = ensemble["chain"].values[sample]
    ratio = ensemble["eigenfrequency"].values[sample, 0] / ensemble["first_phonon"].values[sample]
    first = np.unique(chain, return_index=True)[1][:OTHER_CHAINS]
    return np.union1d(np.flatnonzero(ratio < WELL_BELOW), first)


def reduced(ensemble: xr.Dataset) -> xr.Dataset:
    """What the claims need of an ensemble."""
    kept = ensemble[[*KEPT, *KEPT_IN_SPACE]].isel(configuration=chosen(ensemble))
    for name, bits in BITS.items():
        kept[name] = kept[name].copy(data=rounded_to_bits(kept[name].values, bits))
    for name in ("position", "eigenvector"):
        values = kept[name].values
        kept[name] = kept[name].copy(data=(np.rint(values / STEP) * STEP).astype(values.dtype))
    kept.attrs.pop("content_digest", None)
    return kept


def main(file: Path) -> None:
    """Embed the ensemble, and say how many configurations it has."""
    print(f"analysis: {committed(HERE / 'analysis-discs.toml')}")
    tree = read(file, verify=True)
    nodes = {leaf.path: reduced(leaf.to_dataset()) for leaf in tree.leaves}
    attributes = dict(tree.attrs)
    attributes["summary"] = attributes["summary"].replace(
        "the eigenvectors of the six lowest modes, and moduli",
        "and positions and eigenvectors of the six lowest modes of the glasses that have a mode below 0.65 omega_0 "
        "and of the first glasses of five chains",
    )
    for path, node in nodes.items():
        print(f"{path}: {node.sizes['sample']} glasses, {node.sizes['configuration']} of them with eigenvectors")
    register(NAME, attributes, nodes)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
