"""Facts about the groups of a dataset in Markdown: common facts in a sentence, the others in a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def row(*cells: str) -> str:
    """Row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def group_table(facts: Mapping[str, Mapping[str, str]]) -> str:
    """Describe groups, by path, with facts by name: a sentence on common facts, then a table, or the paths alone."""
    names = dict.fromkeys(name for known in facts.values() for name in known)
    varying = [name for name in names if len({known.get(name) for known in facts.values()}) > 1]
    common = [name for name in names if name not in varying]
    first = next(iter(facts.values()), {})
    subject = f"Group `{next(iter(facts))}`" if len(facts) == 1 else "All groups"
    parts = [f"{subject}: {', '.join(f'{name} {first[name]}' for name in common)}."] if common else []
    if varying:
        parts.append(
            "\n".join(
                [
                    row("Group", *varying),
                    row(*["---"] * (len(varying) + 1)),
                    *(row(f"`{path}`", *(known.get(name, "") for name in varying)) for path, known in facts.items()),
                ]
            )
        )
    elif len(facts) > 1:
        parts.append(f"Groups: {_listed(facts)}.")
    return "\n\n".join(parts)


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths)
