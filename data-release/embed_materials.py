"""Divide ensembles of materials into a whole file of the release and a file of the package without configurations.

    python data-release/embed_materials.py FILE...     # files of `bosonpeak generate material/...`

The release lists new files with ``make_blocks.py --checksums``.
"""

from __future__ import annotations

import shutil
import sys
import tomllib
from pathlib import Path

import xarray as xr

from bosonpeak.datasets import read, write
from bosonpeak.datasets.registry import update_entry

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "src" / "bosonpeak"


def without_configurations(ensemble: xr.Dataset) -> xr.Dataset:
    """Ensemble without eigenvectors and positions, and without the labels that only these have."""
    left_out = [each for each in ensemble.variables if "configuration" in ensemble[each].dims]
    left_out += [each for each in ("position", "low_mode", "high_mode") if each in ensemble.variables]
    reduced = ensemble.drop_vars(left_out)
    reduced.attrs.pop("content_digest", None)
    return reduced


def divide(file: Path) -> None:
    """Copy a file into the release, and write the ensembles without eigenvectors into the package."""
    tree = read(file, verify=True)
    name = tomllib.loads(tree.attrs["recipe"])["recipe"]["name"]
    released = HERE / f"{name}-with-eigenvectors.nc"
    released.parent.mkdir(exist_ok=True)
    if file.resolve() != released:
        shutil.copyfile(file, released)
    nodes = {node.path: without_configurations(node.to_dataset(inherit=False)) for node in tree.subtree}
    text = nodes["/"].attrs["summary"].replace("60 eigenvectors of 20 samples, positions, ", "")
    nodes["/"].attrs["summary"] = (
        f"{text.rstrip('.')}; 60 eigenvectors of 20 samples and all positions in {name}-with-eigenvectors of the data "
        "release."
    )
    embedded = PACKAGE / "datasets" / "reference" / f"{name.replace('/', '-')}.nc"
    write(xr.DataTree.from_dict(nodes), embedded)
    update_entry(embedded, name=name, recipe=f"generators/recipes/{name}.toml")
    print(f"{name}: {embedded.stat().st_size} bytes in the package, {released.stat().st_size} in the release")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        divide(Path(argument))
