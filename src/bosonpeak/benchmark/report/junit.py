"""A scorecard as JUnit XML, one test case per part of a claim, and its GitHub annotations and job summary.

Command in a workflow: ``python -m bosonpeak.benchmark.report.junit junit.xml``
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import escape

from bosonpeak.benchmark.report.words import wording
from bosonpeak.benchmark.scorecards.claim_results import ClaimResult, PartResult
from bosonpeak.benchmark.scorecards.scorecard import Scorecard
from bosonpeak.datasets.storage.atomic import write_bytes


def render_junit(scorecard: Scorecard) -> str:
    """Render the scorecard as JUnit XML; a part fails after a changed verdict or a failed control."""
    suite = ElementTree.Element("testsuite", name=f"bosonpeak.{scorecard.suite}")
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(scorecard):
        ElementTree.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    for claim in scorecard.claims:
        suite.extend(_case(claim, part, scorecard.suite) for part in claim.parts)
    for entry in scorecard.not_run:
        case = _empty_case(entry.id, "", scorecard.suite)
        if entry.recorded is None:
            ElementTree.SubElement(case, "skipped", message=_clean(entry.why))
        else:
            message = _clean(f"recorded {entry.recorded}, now not run: {entry.why}")
            ElementTree.SubElement(case, "failure", type="verdict", message=message)
        suite.append(case)
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    root = ElementTree.Element("testsuites", name="bosonpeak")
    root.append(suite)
    for element in (root, suite):
        element.attrib.update({key: str(count) for key, count in counts.items()})
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def write_junit(scorecard: Scorecard, path: str | os.PathLike[str]) -> None:
    """Write the JUnit XML to `path` atomically."""
    declaration = '<?xml version="1.0" encoding="utf-8"?>\n'
    write_bytes(path, (declaration + render_junit(scorecard)).encode("utf-8"))


def _properties(scorecard: Scorecard) -> list[tuple[str, str]]:
    return [
        (scorecard.code.name, scorecard.code.version),
        *scorecard.environment.items(),
        *((f"data {source.name}", source.digest) for source in scorecard.data),
    ]


def _case(claim: ClaimResult, part: PartResult, suite: str) -> ElementTree.Element:
    case = _empty_case(wording.part_title(claim, part), claim.title, suite)
    reported = ElementTree.SubElement(case, "properties")
    for name, value in wording.part_properties(part):
        ElementTree.SubElement(reported, "property", name=name, value=_clean(value))
    faults = wording.part_faults(claim, part)
    if faults:
        failure = ElementTree.SubElement(case, "failure", type="verdict", message=_clean(faults[0]))
        failure.text = _clean("\n".join([*faults, *part.reasons]))
    elif part.verdict == "not run":
        ElementTree.SubElement(case, "skipped", message=_clean("; ".join(part.reasons) or "not run"))
    ElementTree.SubElement(case, "system-out").text = _clean("\n".join(wording.part_lines(part)))
    return case


def _empty_case(identifier: str, title: str, suite: str) -> ElementTree.Element:
    name = f"{identifier}: {title}" if title else identifier
    return ElementTree.Element("testcase", classname=f"bosonpeak.{suite}", name=_clean(wording.one_line(name)))


def _clean(text: str) -> str:
    return wording.printable(text)


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
        reported = {each.get("name"): each.get("value", "") for each in case.iter("property")}
        failed = case.find("failure") is not None or case.find("error") is not None
        cells = [case.get("name", ""), *(_short(reported.get(name, "")) for name in _SHOWN), "failed" if failed else ""]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    heading = "".join(f"<th>{name}</th>" for name in ("claim", *_SHOWN, ""))
    return f"<h3>bosonpeak</h3>\n<table>\n<tr>{heading}</tr>\n" + "\n".join(rows) + "\n</table>\n"


def _short(reported: str) -> str:
    """Number rounded to four digits; other text unchanged."""
    try:
        return f"{float(reported):.4g}"
    except ValueError:
        return reported


def _judged(case: ElementTree.Element) -> bool:
    """Test whether a case was not skipped, or skipped with a verdict: pytest notes an expected failure as skipped."""
    verdict = next((each.get("value") for each in case.iter("property") if each.get("name") == "verdict"), "not run")
    return case.find("skipped") is None or verdict != "not run"


def counts(root: ElementTree.Element) -> dict[str, int]:
    """Number of parts and of failed parts, for the action's outputs."""
    cases = list(root.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return {"parts": len(cases), "failed": len(failed)}


def main(path: str) -> int:
    """Print the annotations; append summary and outputs to the files of GitHub; return 1 if no case was judged."""
    root = ElementTree.parse(path).getroot()
    print("\n".join(workflow_commands(root)))
    reported = {
        SUMMARY_VARIABLE: summary(root),
        OUTPUT_VARIABLE: "".join(f"{k}={v}\n" for k, v in counts(root).items()),
    }
    for variable, text in reported.items():
        if file := os.environ.get(variable):
            with Path(file).open("a", encoding="utf-8") as stream:
                stream.write(text)
    if not any(_judged(case) for case in root.iter("testcase")):
        print("::error::bosonpeak judged no claim: every part was skipped")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
