"""Data cards: content, production and reliability of a dataset, taken from its file alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bosonpeak.datasets.citation import bibtex, cited_papers
from bosonpeak.datasets.dataset_entry import DatasetEntry
from bosonpeak.datasets.publication.group_table import group_table, row
from bosonpeak.datasets.registry import complete_entry, fetch, is_blind

_LABELS = (
    "system", "taper", "truncation", "parent_temperature", "temperature", "particles", "lattice_size", "dimension",
    "density", "situation", "displacement", "theory",
)  # fmt: skip

_FEWEST_RECORDS = 4

_EVIDENCE: dict[str, tuple[str, Callable[..., Any]]] = {
    "residual_force": ("largest force left on a particle after quenching", np.nanmax),
    "energy_drift": ("largest drift of the running energy", lambda values: np.nanmax(np.abs(values))),
    "displacement_acceptance": ("accepted displacements, mean", np.nanmean),
    "swap_acceptance": ("accepted swaps, mean", np.nanmean),
    "mode_residual": ("largest residual of a mode", np.nanmax),
    "mode_orthonormality": ("largest deviation of the modes from orthonormality", np.nanmax),
    "hessian_asymmetry": ("largest asymmetry of a Hessian", np.nanmax),
}
"""Variables that say how well a sample was made; none of them is a result."""


def data_card(name: str, *, registry: Path | None = None) -> str:
    """Markdown page about a dataset, from the attributes of its file and its equilibration records."""
    from bosonpeak.datasets.storage import netcdf_codec

    entry = complete_entry(name, registry=registry)
    blindness, citation = _blind(entry, registry), _citation(entry)
    with netcdf_codec.opened(fetch(name, registry=registry)) as file:
        attributes = {key: file.getncattr(key) for key in file.ncattrs()}
        groups = [
            (path, file if path == "/" else file[path])
            for path in netcdf_codec.group_paths(file)
            if (file if path == "/" else file[path]).variables
        ]
        sections = [
            ("", _head(entry)),
            ("Contents", _contents(groups)),
            ("How it was made", _making(entry, attributes)),
            ("Evidence of equilibration and accuracy", _evidence(groups)),
            ("Limits", blindness + _limits(groups)),
            ("How to cite", citation),
        ]
    return "\n".join(f"{f'## {title}' if title else f'# {name}'}\n\n{body}\n" for title, body in sections if body)


def _head(entry: DatasetEntry) -> str:
    facts = {
        "Kind": entry.kind,
        "Version": str(entry.version),
        "Size": f"{entry.size:,} bytes",
        "Licence": entry.licence,
        "SHA-256 of the file": f"`{entry.sha256}`",
        "Digest of the content": f"`{entry.content_digest}`",
    }
    lines = "\n".join(f"- {label}: {value}" for label, value in facts.items())
    return f"{entry.description}.\n\n{entry.summary}\n\n{lines}"


def _contents(groups: list[tuple[str, Any]]) -> str:
    lines = [group_table({path: _labels(group) | _sizes(group) for path, group in groups}), ""]
    lines += [row("Variable", "Dimensions", "Units", "Meaning"), row(*["---"] * 4)]
    variables = {name: variable for _, group in reversed(groups) for name, variable in group.variables.items()}
    for name, variable in variables.items():
        said = {key: str(variable.getncattr(key)) for key in variable.ncattrs()}
        dimensions = ", ".join(variable.dimensions)
        lines.append(row(f"`{name}`", dimensions, said.get("units", ""), said.get("long_name", "")))
    return "\n".join(lines)


def _labels(group: Any) -> dict[str, str]:
    return {label.replace("_", " "): str(group.getncattr(label)) for label in _LABELS if label in group.ncattrs()}


def _sizes(group: Any) -> dict[str, str]:
    return {f"`{name}`": str(dimension.size) for name, dimension in group.dimensions.items()}


def _making(entry: DatasetEntry, attributes: dict[str, Any]) -> str:
    lines = [
        f"Source: {attributes['source']}.",
        f"Made by {attributes['code']} {attributes['code_version']}, commit `{attributes['git_commit'] or 'unknown'}`, "
        f"from the recipe of {attributes['created'] or 'an unknown date'} with the root seed {attributes['seed']}:",
    ]
    name = entry.recipe.removeprefix("generators/recipes/").removesuffix(".toml")
    command = f"```sh\nbosonpeak generate {name} -o FILE --seed {attributes['seed']}\n```\n" if name else ""
    return "\n\n".join(lines) + f"\n\n{command}\n```toml\n{str(attributes['recipe']).strip()}\n```"


def _evidence(groups: list[tuple[str, Any]]) -> str:
    facts = {path: found for path, group in groups if (found := dict(_facts(group)))}
    return group_table(facts) if facts else ""


def _grouped(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Lines of the form "groups: fact"; groups with the same fact share a line, groups without any are left out."""
    paths: dict[str, list[str]] = {}
    for path, fact in facts:
        if fact:
            paths.setdefault(fact, []).append(f"`{path}`")
    for fact, found in paths.items():
        yield f"- {', '.join(found)}: {fact}"


def _facts(group: Any) -> Iterator[tuple[str, str]]:
    """Facts about the production of a group, by name."""
    if "chain" in group.variables:
        yield "samples", str(group.variables["chain"].size)
        yield "independent chains", str(len(np.unique(np.asarray(group.variables["chain"][:]))))
    if "sweep" in group.variables:
        sweeps = np.ma.compressed(np.ma.masked_invalid(group.variables["sweep"][:]))
        if sweeps.size:
            yield "sweeps before a quench", f"{sweeps.min():,.0f} to {sweeps.max():,.0f}"
    if "liquid_energy" in group.variables and group.variables["liquid_energy"].shape[1] >= _FEWEST_RECORDS:
        energy = np.ma.filled(np.ma.asarray(group.variables["liquid_energy"][:], dtype=np.float64), np.nan)
        half = energy.shape[1] // 2
        change = np.nanmean(energy[:, half:], axis=1) - np.nanmean(energy[:, :half], axis=1)
        error = np.std(change, ddof=1) / np.sqrt(len(change)) if len(change) > 1 else np.nan
        yield (
            "energy of the liquid, later half of the record less the earlier",
            f"{change.mean():.2g} ± {error:.1g}",
        )
    for name, (meaning, summary) in _EVIDENCE.items():
        if name in group.variables and group.variables[name].size:
            values = np.ma.filled(np.ma.asarray(group.variables[name][:], dtype=np.float64), np.nan)
            if np.isfinite(values).any():
                yield meaning, f"{summary(values):.3g}"


def _limits(groups: list[tuple[str, Any]]) -> str:
    outcomes = []
    for path, group in groups:
        if "quench_outcome" in group.variables:
            counts = Counter(_flags(group.variables["quench_outcome"])).most_common()
            outcomes.append((path, f"outcome of the quenches: {', '.join(f'{text} {n}' for text, n in counts)}"))
    lines = list(_grouped(outcomes))
    samples = {group.dimensions["sample"].size for _, group in groups if "sample" in group.dimensions}
    if samples:
        least, most = min(samples), max(samples)
        count = str(least) if least == most else f"{least} to {most}"
        lines.append(f"- {count} samples per group; intervals resample samples or chains, never single modes.")
    lines.append("- Numbers are in model units; `to_physical_units` converts them to the units of a material.")
    return "\n".join(lines)


def _blind(entry: DatasetEntry, registry: Path | None) -> str:
    if not is_blind(entry, registry=registry):
        return ""
    return (
        "- **Blind data: its frequencies are not to be read** before the analysis that was fixed beforehand opens all "
        "of them, once (docs/methods/limit.md). Energies, sweeps and overlaps may be looked at.\n"
    )


def _flags(variable: Any) -> list[str]:
    """Meanings of the flag values of a variable, by the CF attributes."""
    meanings = dict(zip(np.ravel(variable.flag_values), variable.flag_meanings.split(), strict=True))
    return [meanings[value] for value in np.ravel(np.asarray(variable[:]))]


def _citation(entry: DatasetEntry) -> str:
    papers = [f"- {paper.reference}" for paper in cited_papers(entry.source)]
    return "\n".join([*papers, *([""] if papers else []), "```bibtex", bibtex(entry).strip(), "```"])
