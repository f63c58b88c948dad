"""Make the blocks of the fresh ensembles that are not there yet, one after the other, in the order of ``blocks.toml``.

    python data-release/make_blocks.py                        # beside this file
    python data-release/make_blocks.py --into elsewhere       # blocks that are here already are not made again there
    python data-release/make_blocks.py --only limit/hot-      # recipes whose names begin so
    python data-release/make_blocks.py --list                 # what there is and what comes next
    python data-release/make_blocks.py --checksums            # new blocks that lie here join the manifest

Stopped at any moment, it goes on where it stopped. It looks at no frequency, and prints none. Run it with an installed
package, so that the blocks name the commit that made them.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent


def planned_blocks() -> Iterator[tuple[str, int, Path]]:
    """Recipe, number and relative file of every block, in order."""
    with (HERE / "blocks.toml").open("rb") as file:
        ensembles = tomllib.load(file)["ensemble"]
    rounds = max(entry["from"] + entry["blocks"] for entry in ensembles)
    for current in range(rounds):
        for entry in ensembles:
            number = current - entry["from"]
            if 0 <= number < entry["blocks"]:
                yield entry["recipe"], number, Path(entry["recipe"], f"block-{number:02d}.nc")


def make(recipe_name: str, number: int, output: Path) -> None:
    """Make one block through Dask, with one worker."""
    from bosonpeak.generators.run.ensemble import generate_ensemble
    from bosonpeak.generators.run.recipe import load_recipe

    output.parent.mkdir(parents=True, exist_ok=True)
    generate_ensemble(recipe_name, output, seed=load_recipe(recipe_name).seed + number)


def write_checksums() -> None:
    """List every block beside this file, in the manifest and as ``sha256sum --check`` reads it."""
    from bosonpeak.datasets.manifest import update_manifest

    entries = sorted(update_manifest(HERE), key=lambda entry: entry.file)
    (HERE / "SHA256SUMS").write_text("".join(f"{entry.sha256}  {entry.file}\n" for entry in entries))


def main() -> None:
    """Read the command line and make what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, default=HERE, help="where blocks are written")
    parser.add_argument("--only", default="", metavar="PREFIX", help="recipes whose names begin with PREFIX")
    parser.add_argument("--list", action="store_true", help="say what there is, and make nothing")
    parser.add_argument("--checksums", action="store_true", help="list new blocks in the manifest, and make nothing")
    arguments = parser.parse_args()
    if arguments.checksums:
        write_checksums()
        return
    for recipe_name, number, relative in planned_blocks():
        if not recipe_name.startswith(arguments.only):
            continue
        there = (HERE / relative).exists() or (arguments.into / relative).exists()
        if arguments.list:
            print(f"{relative}: {'there' if there else 'missing'}")
        elif not there:
            print(f"making {relative}", flush=True)
            make(recipe_name, number, arguments.into / relative)


if __name__ == "__main__":
    main()
