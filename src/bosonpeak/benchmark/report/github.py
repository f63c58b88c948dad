"""GitHub annotations, job summary and outputs of a run, from its JUnit XML.

python -m bosonpeak.benchmark.report.github junit.xml
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import escape

SUMMARY_VARIABLE, OUTPUT_VARIABLE = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"
_SHOWN = ("verdict", "recorded", "value", "low", "high", "unit")
_ENCODED = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_LONGEST = 2000


def workflow_commands(root: ElementTree.Element) -> list[str]:
    """Return a workflow command for every failed case, escaped so that text cannot end it or start another command."""
    commands = []
    for case in root.iter("testcase"):
        for failure in (*case.findall("failure"), *case.findall("error")):
            title = case.get("name", "").translate(_ENCODED).replace(":", "%3A").replace(",", "%2C")
            commands.append(f"::error title={title}::{(failure.get('message') or '')[:_LONGEST].translate(_ENCODED)}")
    return commands


def summary(root: ElementTree.Element) -> str:
    """Table of all cases as HTML within GitHub's Markdown."""
    rows = []
    for case in root.iter("testcase"):
        told = {each.get("name"): each.get("value", "") for each in case.iter("property")}
        failed = case.find("failure") is not None or case.find("error") is not None
        cells = [case.get("name", ""), *(_short(told.get(name, "")) for name in _SHOWN), "failed" if failed else ""]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heading = "".join(f"<th>{name}</th>" for name in ("claim", *_SHOWN, ""))
    return f"<h3>bosonpeak</h3>\n<table>\n<tr>{heading}</tr>\n" + "\n".join(rows) + "\n</table>\n"


def _short(told: str) -> str:
    """Number rounded to four digits; other text unchanged."""
    try:
        return f"{float(told):.4g}"
    except ValueError:
        return told


def counts(root: ElementTree.Element) -> dict[str, int]:
    """Number of parts and of failed parts, for the action's outputs."""
    cases = list(root.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return {"parts": len(cases), "failed": len(failed)}


def main(path: str) -> None:
    """Print the annotations; append summary and outputs to the files given by GitHub's environment variables."""
    root = ElementTree.parse(path).getroot()
    print("\n".join(workflow_commands(root)))
    told = {SUMMARY_VARIABLE: summary(root), OUTPUT_VARIABLE: "".join(f"{k}={v}\n" for k, v in counts(root).items())}
    for variable, text in told.items():
        if file := os.environ.get(variable):
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
