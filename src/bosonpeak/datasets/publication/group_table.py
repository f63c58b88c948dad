"""Facts about the groups of a dataset in Markdown: common facts in a sentence, the others in a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def row(*cells: str) -> str:
    """Row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def group_table(facts: Mapping[str, Mapping[str, str]]) -> str:
    """Describe groups by facts with the same names; a fact that all groups share is stated once.

    Parameters
    ----------
    facts : mapping
        Path of each group, with its facts by name.

    Returns
    -------
    str
        A sentence on the common facts, then a table of the others, or the paths if there are no others.

    Examples
    --------
    >>> print(group_table({"/hot": {"particles": "1000", "T*": "1.00"}, "/cold": {"particles": "1000", "T*": "0.20"}}))
    All groups: particles 1000.
    <BLANKLINE>
    | Group | T* |
    | --- | --- |
    | `/hot` | 1.00 |
    | `/cold` | 0.20 |
    """
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
