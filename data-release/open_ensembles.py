"""Open the fresh ensembles: once, by the analysis that was fixed beforehand (``analysis.toml``).

    python data-release/open_ensembles.py --check            # what there is; reads no frequency
    python data-release/open_ensembles.py --open             # embeds what claims need, and points the claims at it
    python data-release/open_ensembles.py --open --look sizes    # one look of the second analysis, analysis-hot.toml
    python data-release/open_ensembles.py --open --look temperatures    # analysis-temperatures.toml
    python data-release/open_ensembles.py --open --look pinned          # analysis-pinned.toml

Of every glass the twenty lowest frequencies with their participation ratios, omega_0, energy, sweep and segregation are
embedded, of every chain the counts of its stresses. Then the claims that the analysis names measure these ensembles,
with the measures and expectations that they had. What the package holds already stays as it is: an ensemble is opened
once. Run from a checkout whose analysis is committed and unchanged; verdicts are recorded afterwards, as they come out.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "src" / "bosonpeak"
ANALYSIS = HERE / "analysis.toml"
LOOKS = {
    "sizes": HERE / "analysis-hot.toml",
    "many": HERE / "analysis-hot.toml",
    "temperatures": HERE / "analysis-temperatures.toml",
    "pinned": HERE / "analysis-pinned.toml",
}
RECIPES = {
    "limit/taper-2": ("limit/taper-2",),
    "limit/taper-inf": ("limit/taper-inf",),
    "limit/sizes": ("limit/sizes", "limit/sizes-500"),
    "limit/sizes-inf": ("limit/sizes-inf", "limit/sizes-inf-500"),
    "limit/minimisers": ("limit/minimisers",),
}
RECIPES_OF_LOOK = {
    "sizes": {"limit/hot-sizes-inf": ("limit/hot-sizes-inf", "limit/hot-sizes-inf-500")},
    "many": {"limit/hot-taper-2": ("limit/hot-taper-2",), "limit/hot-taper-inf": ("limit/hot-taper-inf",)},
    "temperatures": {"limit/temperatures": ("limit/temperatures",)},
    "pinned": {"limit/pinned": ("limit/pinned",)},
}
PER_SAMPLE = ("first_phonon", "inherent_structure_energy", "diameter_structure_factor", "sweep", "chain")
PER_CHAIN = ("chain_stress_count", "chain_stress_count_below", "chain_stress_count_above")
WITH_STRESSES = ("limit/taper-2", "limit/taper-inf")
"""Ensembles that the package holds with pair stresses; all stresses are in the blocks of the release."""

WITH_ALL_MODES = (*WITH_STRESSES, "limit/sizes", "limit/sizes-inf")
"""Ensembles that the package holds with all modes and participation ratios of the blocks."""

HIGHEST_KEPT = 0.6
"""Other ensembles keep modes up to this multiple of the mean omega_0, the end of the range of every exponent."""

BITS = {
    "eigenfrequency": 28,
    "participation_ratio": 8,
    "inherent_structure_energy": 24,
    "diameter_structure_factor": 12,
}


def blocks_of(dataset: str) -> list[Path]:
    """Files of all blocks of an ensemble, in order."""
    of_looks = {name: recipes for look in RECIPES_OF_LOOK.values() for name, recipes in look.items()}
    recipes = (RECIPES | of_looks)[dataset]
    return [path for recipe in recipes for path in sorted((HERE / recipe).glob("block-*.nc"))]


def joined(blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """One ensemble from the same group of several blocks; the chains of a later block are counted on."""
    from bosonpeak.datasets import combine
    from bosonpeak.datasets.storage.encoding import rounded_to_bits

    wanted = ("eigenfrequency", "participation_ratio", *PER_SAMPLE, *PER_CHAIN, "stress_edge")
    whole = combine([block[[name for name in wanted if name in block]] for block in blocks])
    for name, bits in BITS.items():
        if name in whole:
            whole[name] = whole[name].copy(data=rounded_to_bits(whole[name].values, bits))
    whole.attrs = {key: value for key, value in blocks[0].attrs.items() if key != "content_digest"}
    return whole


def needed(ensemble: xr.Dataset) -> xr.Dataset:
    """Keep the lowest frequencies, complete up to `HIGHEST_KEPT` in every glass and at least ten per glass."""
    end = HIGHEST_KEPT * float(ensemble["first_phonon"].mean())
    below = int((ensemble["eigenfrequency"] < end).sum("mode").max())
    return ensemble.isel(mode=slice(0, max(10, below + 1))).drop_vars("participation_ratio", errors="ignore")


def embedded_part(dataset: str, ensemble: xr.Dataset) -> xr.Dataset:
    """Leave out all that the package does not hold of an ensemble."""
    if dataset not in WITH_ALL_MODES:
        ensemble = needed(ensemble)
    if dataset not in WITH_STRESSES:
        ensemble = ensemble.drop_vars([name for name in ensemble.variables if "stress" in str(name)])
    return ensemble


def grouped(trees: Sequence[xr.DataTree]) -> dict[str, list[xr.Dataset]]:
    """Blocks of every ensemble, whatever its level: not every file has all of them."""
    groups: dict[str, list[xr.Dataset]] = {}
    for leaf in (leaf for tree in trees for leaf in tree.leaves):
        groups.setdefault(leaf.path.lstrip("/"), []).append(leaf.to_dataset())
    return groups


def tests_of(analysis: Mapping[str, Any], claim: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Part and test of a claim, as the analysis has them."""
    for part, entry in analysis["claim"][claim].items():
        for test in entry["tests"]:
            yield part, test


def pointed(text: str, tests: Sequence[Mapping[str, Any]]) -> str:
    """A claim file whose tests measure other ensembles; nothing else of it changes."""
    blocks = re.split(r"(?m)^(?=\[)", text)
    wanted = {f"name = {json.dumps(test['name'], ensure_ascii=False)}": test for test in tests}
    for number, block in enumerate(blocks):
        named = next((line for line in block.splitlines() if line in wanted), None)
        if block.startswith("[[part.test]]") and named is not None:
            blocks[number] = _pointed(block, wanted.pop(named))
    if wanted:
        raise SystemExit(f"the claim has no such test: {', '.join(wanted)}")
    return "".join(blocks)


def _pointed(block: str, test: Mapping[str, Any]) -> str:
    reported = {"dataset": json.dumps(test["dataset"]), "cells": json.dumps(test["cells"])}
    if test.get("parameters"):
        reported["parameters"] = (
            f"{{ {', '.join(f'{key} = {json.dumps(value)}' for key, value in test['parameters'].items())} }}"
        )
    lines = [line for line in block.splitlines() if line.split(" = ")[0] not in ("dataset", "cells", "parameters")]
    place = next(index for index, line in enumerate(lines) if line.startswith("measure = ")) + 1
    lines[place:place] = [f"{key} = {value}" for key, value in reported.items()]
    return "\n".join(lines).rstrip("\n") + ("\n\n" if block.endswith("\n\n") else "\n")


def describe(dataset: str) -> str:
    """How many glasses there are of each cell, from the lengths of the dimensions alone."""
    import netCDF4

    counts: dict[str, int] = {}
    for path in blocks_of(dataset):
        with netCDF4.Dataset(path) as file:
            for group, samples in _samples(file, ""):
                counts[group] = counts.get(group, 0) + samples
    return ", ".join(f"{group} {count}" for group, count in sorted(counts.items())) or "none"


def _samples(group: Any, name: str) -> Iterator[tuple[str, int]]:
    if "sample" in group.dimensions:
        yield name or "/", len(group.dimensions["sample"])
    for key, inner in group.groups.items():
        yield from _samples(inner, f"{name}/{key}".lstrip("/"))


def embedded_file(dataset: str) -> Path:
    """Where the package holds an ensemble once it is open."""
    return PACKAGE / "datasets" / "reference" / f"{dataset.replace('/', '-')}.nc"


def described(
    dataset: str, trees: Sequence[xr.DataTree], ensembles: Mapping[str, xr.Dataset]
) -> Iterator[tuple[str, str]]:
    """What the file says of itself where blocks of one or more recipes are joined and only some variables are kept."""
    sizes = [str(size) for size in sorted({int(each.attrs["particles"]) for each in ensembles.values()})]
    particles = " and ".join(filter(None, (", ".join(sizes[:-1]), sizes[-1])))
    recipes = {tree.attrs["title"]: tree.attrs["summary"].partition(": ")[0] for tree in trees}
    numbered = zip(blocks_of(dataset), trees, strict=True)
    kept = {str(name) for ensemble in ensembles.values() for name in ensemble.variables}
    ratios, stresses = "participation_ratio" in kept, "chain_stress_count" in kept
    elsewhere = ["Moduli", *["participation ratios"] * (not ratios), *["pair stresses"] * (not stresses)]
    yield "title", f"Data for claims from {dataset}: soft-sphere glasses of {particles} particles"
    yield (
        "summary",
        f"Of each glass the lowest frequencies{' with their participation ratios' * ratios}, omega_0, energy, sweep "
        "and, where it was stored, the segregation of its liquid"
        f"{'; of each chain the counts of its pair stresses' * stresses}. {', '.join(elsewhere)}, configurations, "
        f"eigenvectors and last liquids are in the blocks of the data release. {'. '.join(recipes.values())}.",
    )
    yield "blocks", ", ".join(f"{path.parent.name}/{path.stem} (seed {tree.attrs['seed']})" for path, tree in numbered)


def register(dataset: str, attributes: Mapping[str, Any], ensembles: Mapping[str, xr.Dataset]) -> None:
    """Write ensembles into the package, register the dataset, and say how large it is."""
    from bosonpeak.datasets import write
    from bosonpeak.datasets.registry import update_entry

    target = embedded_file(dataset)
    write(xr.DataTree.from_dict({"/": xr.Dataset(attrs=attributes), **ensembles}), target)
    update_entry(target, name=dataset, recipe=f"generators/recipes/{dataset}.toml")
    glasses = sum(each.sizes["sample"] for each in ensembles.values())
    print(f"{dataset}: {glasses} glasses, {target.stat().st_size} bytes")


def embed(dataset: str) -> None:
    """Write what claims need of an ensemble into the package, and register it."""
    trees = [xr.open_datatree(path) for path in blocks_of(dataset)]
    ensembles = {group: embedded_part(dataset, joined(parts)) for group, parts in grouped(trees).items()}
    register(dataset, {**trees[0].attrs, **dict(described(dataset, trees, ensembles))}, ensembles)


def committed(analysis: Path) -> str:
    """Commit and date of the analysis; it must not have been touched since."""
    where = ["git", "-C", str(HERE)]
    if subprocess.run(
        [*where, "status", "--porcelain", analysis.name], capture_output=True, text=True, check=True
    ).stdout:
        raise SystemExit("the analysis is not committed as it stands")
    reported = subprocess.run(
        [*where, "log", "-1", "--format=%h %cI", analysis.name], capture_output=True, text=True, check=True
    )
    return reported.stdout.strip()


def take_look(look: str) -> None:
    """Embed the ensembles of a look, and print each of its tests as the estimator gives it."""
    from bosonpeak import validators
    from bosonpeak.datasets import open_dataset

    analysis = tomllib.loads(LOOKS[look].read_text(encoding="utf-8"))["look"][look]
    for dataset in RECIPES_OF_LOOK[look]:
        embed(dataset)
    embedded_as = {recipe: name for name, recipes in RECIPES_OF_LOOK[look].items() for recipe in recipes}

    def opened(names: Sequence[str]) -> list[xr.Dataset]:
        found = [re.fullmatch(r"(limit/[^/]*)/(.*)", name).groups() for name in names]
        return [open_dataset(embedded_as.get(recipe, recipe), group=group) for recipe, group in found]

    for test in analysis["tests"]:
        data, options = opened(test["ensembles"]), {}
        if "reference" in test:  # a difference compares single ensembles, in a window
            (data,), (reference,) = data, opened(test["reference"])
            options = {"reference": reference, "window": tuple(test["window"])}
        estimate = getattr(validators, test["validator"])(data, **options)
        print(test.get("claim", test.get("question")), test.get("part", ""), test["validator"], test.get("remark", ""))
        print(f"  {estimate.value} [{estimate.low}, {estimate.high}] {estimate.warnings}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="say what there is; reads no frequency")
    parser.add_argument("--open", action="store_true", help="the one look")
    parser.add_argument("--look", choices=sorted(RECIPES_OF_LOOK), help="one look of a later analysis")
    arguments = parser.parse_args()
    if arguments.look:
        print(f"analysis: {committed(LOOKS[arguments.look])}")
        for dataset in RECIPES_OF_LOOK[arguments.look]:
            print(f"{dataset}: {describe(dataset)}{', open' if embedded_file(dataset).exists() else ''}")
        if arguments.open:
            take_look(arguments.look)
        return
    analysis = tomllib.loads(ANALYSIS.read_text(encoding="utf-8"))
    print(f"analysis: {committed(ANALYSIS)}")
    for dataset in RECIPES:
        print(f"{dataset}: {describe(dataset)}{', open' if embedded_file(dataset).exists() else ''}")
    if not arguments.open:
        return
    opened = [dataset for dataset in RECIPES if blocks_of(dataset) and not embedded_file(dataset).exists()]
    for dataset in opened:
        embed(dataset)
    for claim in analysis["claim"]:
        file = PACKAGE / "benchmark" / "claims" / f"{claim}.toml"
        there = [test for _, test in tests_of(analysis, claim) if test["dataset"] in opened]
        if file.exists() and there:
            file.write_text(pointed(file.read_text(encoding="utf-8"), there), encoding="utf-8")
            print(f"{claim}: {len(there)} tests measure the fresh glasses")


if __name__ == "__main__":
    main()
