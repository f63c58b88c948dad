"""Changes of the claims from the history of this repository, as Markdown.

python docs/claim_history.py > docs/claims-changelog.md    # one row per commit
python docs/claim_history.py SIM-2                         # every change of one claim
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = "src/bosonpeak/benchmark/claims"

ASPECTS = 3
"""Facts about a test: expectation, data and measure."""

MOST_NAMED = 2
"""Tests that a line names before it counts them."""

HEAD = """# Changelog of the claims

Made from the history of the claim files by `docs/claim_history.py`, newest first; [policies](policies.md) explain the
meaning of a change. The verdict of a claim is the verdict of its main part, which is its first; until 25 November 2026
claims with parts of different verdicts were called "in part". QE-5 is part of QE-9 since then. The table lists each
commit with its reason, the claims that it wrote, the verdicts that it changed, with the part where a claim has several,
and the claims whose statement, parts, tests or controls it changed. `python docs/claim_history.py ID` prints every
change of a claim, test by test.

| commit | reason | written | changed verdicts | other changes |
|---|---|---|---|---|"""


def git(*arguments: str, root: Path = ROOT) -> str:
    """Output of a git command."""
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True).stdout


def versions(claim: str, root: Path = ROOT) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Date, short commit and content of every version of a claim's file, oldest first, wherever it has lain."""
    log = git(
        "log", "--follow", "--reverse", "--format=@%as %h", "--name-only", "--", f"{CLAIMS}/{claim}.toml", root=root
    )
    date = commit = ""
    for line in filter(None, log.splitlines()):
        if line.startswith("@"):
            date, commit = line[1:].split()
        else:
            try:
                yield date, commit, tomllib.loads(git("show", f"{commit}:{line}", root=root))
            except subprocess.CalledProcessError:  # the commit that took the file away
                continue


def facts(claim: dict[str, Any]) -> dict[str, str]:
    """What a verdict depends on, by what it is."""
    tests = [*claim.get("test", ()), *(test for part in claim.get("part", ()) for test in part.get("test", ()))]
    found = {"statement": claim.get("statement", "")}
    found |= {f"recorded, {name}": str(value) for name, value in _flat(claim.get("recorded", {}))}
    for part in claim.get("part", ()):
        if "recorded" in part:
            found[f"recorded, {part['name']}"] = str(part["recorded"])
    for test in tests:
        expect = {key: value for key, value in test.get("expect", {}).items() if key != "why"}
        found[f"expectation of \u201c{test['name']}\u201d"] = ", ".join(
            f"{key} {value}" for key, value in expect.items()
        )
        found[f"data of \u201c{test['name']}\u201d"] = f"{test.get('dataset', '')}: {', '.join(test.get('cells', ()))}"
        found[f"measure of \u201c{test['name']}\u201d"] = f"{test.get('measure', '')} {test.get('parameters', {})}"
    found["controls"] = ", ".join(control["name"] for control in claim.get("control", ()))
    return found


def _flat(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name} ")
        else:
            yield f"{path}{name}", value


def _parts(claim: dict[str, Any]) -> list[str]:
    """Names of the parts, the main part first."""
    return [part["name"] for part in claim.get("part", ())]


def _changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Every difference of two versions: verdicts and statement one by one, then tests, many of one kind as a number."""
    said, tests = [], dict[tuple[str, str], list[str]]()
    for name in (name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)):
        what = "added" if name not in before else "changed" if name in after else "left out"
        aspect, quoted, test = name.partition(" of \u201c")
        if name.startswith("recorded"):
            said.append(f"{name}: {before.get(name) or 'none'} \u2192 {after.get(name) or 'none'}")
        elif quoted:
            tests.setdefault((test, what), []).append(aspect)
        else:
            said.append(f"{name} {what}")
    for kind in ("changed", "added", "left out"):
        named = {test: aspects for (test, what), aspects in tests.items() if what == kind}
        if len(named) > MOST_NAMED:
            said.append(f"{len(named)} tests {kind}")
        else:
            said += [f"{_aspects(aspects)}\u201c{test} {kind}" for test, aspects in named.items()]
    return said


def _aspects(aspects: list[str]) -> str:
    return "" if len(aspects) == ASPECTS else f"{' and '.join(aspects)} of "


def changes(claim: str, root: Path = ROOT) -> list[str]:
    """Return a line per version that changed a statement, test, control or verdict, newest first.

    A line that changes or drops a recorded verdict, or names another main part, ends with the subject of its commit:
    the reason.
    """
    lines, before, earlier = [], None, dict[str, Any]()
    for date, commit, content in versions(claim, root):
        after = facts(content)
        if before is None:
            said = ["written"]
        else:
            said = _changes(before, after)
            had, has = _parts(earlier), _parts(content)
            if had and has and had[0] != has[0] and has[0] in had:
                said.insert(0, f"main part: {had[0]} \u2192 {has[0]}")
        before, earlier = after, content
        judged_anew = any(each.startswith(("recorded", "main part")) and ": none" not in each for each in said)
        reason = f". Reason: {git('show', '-s', '--format=%s', commit, root=root).strip()}" if judged_anew else ""
        if said:
            lines.append(f"- {date} (`{commit}`): {'; '.join(said)}{reason}")
    return lines[::-1]


def _verdict_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Changes from one recorded verdict to another, and of the main part."""
    had, has = (
        {name: value for name, value in facts(claim).items() if name.startswith("recorded, ")}
        for claim in (before, after)
    )
    several = len(has) > 1
    found = [
        f"{name.removeprefix('recorded, ') + ': ' if several else ''}{had[name]} \u2192 {has[name]}"
        for name in has
        if name in had and had[name] != has[name]
    ]
    old, new = _parts(before), _parts(after)
    if old and new and old[0] != new[0] and new[0] in old:
        found.insert(0, f"main part: {new[0]}")
    return found


def table(claims: Iterable[str], root: Path = ROOT) -> list[str]:
    """Return a row per commit that wrote or changed a claim, newest first."""
    commits: dict[tuple[str, str], tuple[list[str], list[str], list[str]]] = {}
    for claim in claims:
        before = dict[str, Any]()
        for date, commit, content in versions(claim, root):
            written, judged, others = commits.setdefault((date, commit), ([], [], []))
            if not before:
                written.append(claim)
            elif found := _verdict_changes(before, content):
                judged.append(f"{claim} ({'; '.join(found)})")
            elif facts(before) != facts(content):
                others.append(claim)
            before = content
    order = git("log", "--format=%h", root=root).split()
    rows = []
    for (date, commit), columns in sorted(commits.items(), key=lambda item: order.index(item[0][1])):
        if any(columns):
            subject = git("show", "-s", "--format=%s", commit, root=root).strip().replace("|", "\\|")
            rows.append(f"| {date} `{commit}` | {subject} | {' | '.join(', '.join(column) for column in columns)} |")
    return rows


def main(arguments: Sequence[str]) -> None:
    """Print the page, or the changes of the named claims."""
    if arguments:
        print("\n".join(line for claim in arguments for line in changes(claim)))
    else:
        print("\n".join([HEAD, *table(file.stem for file in sorted((ROOT / CLAIMS).glob("*.toml")))]))


if __name__ == "__main__":
    main(sys.argv[1:])
