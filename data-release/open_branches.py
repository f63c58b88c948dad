"""Open limit/branches: once, by the analysis that was fixed beforehand (``analysis-branches.toml``).

    python data-release/open_branches.py --check             # what there is; reads no frequency
    python data-release/open_branches.py --open              # embeds the groups of the analysis

Of every glass the twenty lowest frequencies, omega_0, energy, sweep, shear stress and stability against strain are
embedded, in its cubic box and at zero shear stress, and again for the groups of the analysis. Run from a checkout whose
analysis is committed and unchanged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr
from open_ensembles import HERE, committed, embedded_file, needed, register

ANALYSIS = HERE / "analysis-branches.toml"
DATASET = "limit/branches"
GROUP = "T-1.00/N-250"
MEASURED = (
    "eigenfrequency",
    "first_phonon",
    "inherent_structure_energy",
    "shear_stress",
    "lowest_stiffness",
)
OF_BRANCH = ("branch_is_elastic", "branch_strain", "sweep", "chain")
BITS = {"eigenfrequency": 28, "first_phonon": 28, "inherent_structure_energy": 24}
FOR_ESTIMATES = ("eigenfrequency", "first_phonon", "chain")


def joined(blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """All glasses of several blocks; samples and chains of a later block are counted on."""
    names = [*MEASURED, *(f"zero_shear_{name}" for name in MEASURED), *OF_BRANCH]
    kept, glasses, chains = [], 0, 0
    for block in blocks:
        part = block[names].load()
        part = part.assign_coords(sample=(part["sample"] + glasses).astype(np.int32))
        part["chain"] = (part["chain"] + chains).astype(np.int32)
        glasses += block.sizes["sample"]
        chains += block.sizes["independent_chain"]
        kept.append(part)
    whole = xr.concat(kept, "sample", data_vars="minimal", coords="minimal", compat="override", join="override")
    whole.attrs = {key: value for key, value in blocks[0].attrs.items() if key != "content_digest"}
    return whole


def groups_of(whole: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Name and glasses of every group of the analysis; frequencies at zero shear stress take the plain names."""
    from bosonpeak.datasets.storage.encoding import rounded_to_bits

    cubic = whole[[*MEASURED, *OF_BRANCH]]
    plain = [name for name in whole if not name.startswith("zero_shear_") and name not in MEASURED]
    relaxed = whole[plain].assign({name: whole[f"zero_shear_{name}"] for name in MEASURED})
    is_elastic = whole["branch_is_elastic"].values == 1
    is_stable = whole["lowest_stiffness"].values > 0.0
    for name, of_box, chosen in (
        ("all", cubic, None),
        ("elastic", cubic, is_elastic),
        ("instability", cubic, ~is_elastic),
        ("stable", cubic, is_stable),
        ("unstable", cubic, ~is_stable),
        ("zero-shear", relaxed, None),
        ("zero-shear-elastic", relaxed, is_elastic),
    ):
        group = of_box if chosen is None else of_box[list(FOR_ESTIMATES)].isel(sample=np.flatnonzero(chosen))
        group = group.assign(
            {
                key: group[key].copy(data=rounded_to_bits(group[key].values, bits))
                for key, bits in BITS.items()
                if key in group
            }
        )
        group.attrs = dict(whole.attrs)
        yield name, needed(group)


def embed() -> None:
    """Write the groups into the package, and register the dataset."""
    files = sorted((HERE / DATASET).glob("block-*.nc"))
    trees = [xr.open_datatree(file) for file in files]
    whole = joined([tree[GROUP].to_dataset() for tree in trees])
    groups = {f"{GROUP}/{name}": group for name, group in groups_of(whole)}
    blocks = ", ".join(f"{file.stem} (seed {tree.attrs['seed']})" for file, tree in zip(files, trees, strict=True))
    attributes = {
        **trees[0].attrs,
        "title": "Data for claims from limit/branches: soft-sphere glasses before and after relaxation of shear",
        "summary": "Of each glass of 250 particles the lowest frequencies, omega_0, energy, shear stress and stability "
        "against strain, in its cubic box (all) and at zero shear stress (zero-shear); the frequencies again for "
        "glasses on an elastic branch, on a branch that ends in an instability, and stable or unstable against strain. "
        "Moduli and participation ratios are in the blocks of the data release.",
        "blocks": blocks,
    }
    for name, group in groups.items():
        print(f"{name}: {group.sizes['sample']} glasses")
    register(DATASET, attributes, groups)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="say what there is; reads no frequency")
    parser.add_argument("--open", action="store_true", help="the one look")
    arguments = parser.parse_args()
    print(f"analysis: {committed(ANALYSIS)}")
    print(f"{DATASET}: {len(list((HERE / DATASET).glob('block-*.nc')))} blocks")
    if arguments.open and not embedded_file(DATASET).exists():
        embed()


if __name__ == "__main__":
    main()
