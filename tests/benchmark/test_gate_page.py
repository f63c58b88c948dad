"""What docs/gate.md and action.yml say, done."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from bosonpeak.benchmark.commands.main import BAD_INPUT, DEFECT, INTERRUPTED
from bosonpeak.benchmark.report.junit import OUTPUT_VARIABLE, SUMMARY_VARIABLE, summary, workflow_commands

ROOT = Path(__file__).parents[2]
NETWORKS = ROOT / "tests" / "validation" / "foreign_networks.py"
BLOCK = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
PAGE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
BLOCKS = {title: text for _, title, text in BLOCK.findall(PAGE)}


def run(script, folder, **variables):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Somebody's repository: networks of their own, and the files of the page."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run([sys.executable, str(NETWORKS), str(folder / "frequencies.npz")], check=True)
    for name in ("card.toml", "gate.toml"):
        (folder / name).write_text(BLOCKS[name], encoding="utf-8")
    return folder


def outcomes(file):
    cases = ElementTree.parse(file).getroot().iter("testcase")
    return {case.get("name"): [child.tag for child in case if child.tag != "properties"] for case in cases}


def test_the_example_passes_as_it_stands(repository):
    finished = run(BLOCKS["run"], repository)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    items = outcomes(repository / "junit.xml")
    assert items.pop("NET-4[a peak is left, springs by distance]") == []
    assert len(items) == 4
    assert all(outcome == ["skipped"] for outcome in items.values())


def test_the_command_line_example_writes_what_it_says(tmp_path):
    finished = run(BLOCKS["verify"], tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"claims.xml", "scorecard.json", "badge.svg"}


def test_exit_codes_are_those_of_the_page():
    for code in (BAD_INPUT, DEFECT, INTERRUPTED):
        assert f"\n| {code} | " in PAGE


def step(name):
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    (found,) = (step for step in steps if step.get("name") == name)
    return found


def gate(folder, gate="", claims=""):
    """Run the action's last step as GitHub would."""
    given = {"gate": gate, "claims": claims, "reports": "reports"}
    names = {name: re.fullmatch(r"\${{ inputs\.(\w+) }}", value)[1] for name, value in step("Gate")["env"].items()}
    return run(step("Gate")["run"], folder, **{name: given[key] for name, key in names.items()})


def test_action_fails_where_a_verdict_changed_and_says_why(repository):
    (repository / "changed.toml").write_text(BLOCKS["card.toml"].replace("supported", "refuted"), encoding="utf-8")
    (repository / "other.toml").write_text(BLOCKS["gate.toml"].replace("card.toml", "changed.toml"), encoding="utf-8")
    finished = gate(repository, gate="other.toml")
    assert finished.returncode == 1
    assert "recorded refuted, now supported" in finished.stdout
    items = outcomes(repository / "reports" / "junit.xml")
    assert items["NET-4[a peak is left, springs by distance]"] == ["failure"]
    assert sum(outcome == ["failure"] for outcome in items.values()) == 1


def test_action_runs_nothing_of_the_repository(repository):
    """Settings and modules of the caller's folder would change what is tested, or end the process without a result."""
    planted = {
        "pytest.ini": "[pytest]\naddopts = -k nothing --no-such-option\n",
        "conftest.py": "raise SystemExit(7)\n",
        "xarray.py": "import os\nos._exit(0)\n",
    }
    for name, text in planted.items():
        (repository / name).write_text(text, encoding="utf-8")
    (repository / "reports" / "junit.xml").unlink(missing_ok=True)
    try:
        finished = gate(repository, gate="gate.toml")
        reported = run(step("Report")["run"], repository, BOSONPEAK_REPORTS="reports")
    finally:
        for name in planted:
            (repository / name).unlink()
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(outcomes(repository / "reports" / "junit.xml")) == 5
    assert reported.returncode == 0, reported.stdout + reported.stderr


@pytest.mark.parametrize("content", [None, ""])
def test_action_fails_without_a_result(tmp_path, content):
    (tmp_path / "reports").mkdir()
    if content is not None:
        (tmp_path / "reports" / "junit.xml").write_text(content)
    reported = run(step("Report")["run"], tmp_path, BOSONPEAK_REPORTS="reports")
    assert (reported.returncode, "nothing was judged" in reported.stdout) == (1, True)


def test_action_fails_where_every_part_was_skipped(tmp_path):
    (tmp_path / "reports").mkdir()
    case = '<testcase name="NET-4">{}<skipped message="not run"/></testcase>'
    verdict = '<properties><property name="verdict" value="{}"/></properties>'
    for inside, code in (("", 1), (verdict.format("not run"), 1), (verdict.format("refuted"), 0)):
        report = f"<testsuites><testsuite>{case.format(inside)}</testsuite></testsuites>"
        (tmp_path / "reports" / "junit.xml").write_text(report)
        reported = run(step("Report")["run"], tmp_path, BOSONPEAK_REPORTS="reports")
        assert (reported.returncode, "judged no claim" in reported.stdout) == (code, bool(code))


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("file", [ROOT / "action.yml", *WORKFLOWS], ids=lambda file: file.name)
def test_actions_are_pinned_by_their_commit(file):
    uses = re.findall(r"uses: (\S+)", file.read_text(encoding="utf-8"))
    assert uses
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each) for each in uses)


def test_what_a_case_says_cannot_command_the_runner():
    hostile = "bad\n::set-output name=x::y\r\n::error::z %0A"
    case = ElementTree.Element("testcase", name="A: b, c")
    ElementTree.SubElement(case, "failure", message=hostile)
    root = ElementTree.Element("testsuites")
    root.append(case)
    (command,) = workflow_commands(root)
    assert command.splitlines() == [command]
    assert command.startswith("::error title=A%3A b%2C c::bad%0A::set-output")
    case.set("name", "<script>x</script>|")
    assert "<script>" not in summary(root)


def test_the_summary_rounds_numbers_and_leaves_words():
    case = ElementTree.Element("testcase", name="NET-4")
    properties = ElementTree.SubElement(case, "properties")
    for name, value in {"verdict": "supported", "value": "0.471033765", "low": "", "unit": "1"}.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)
    root = ElementTree.Element("testsuites")
    root.append(case)
    assert re.findall("<td>(.*?)</td>", summary(root)) == ["NET-4", "supported", "", "0.471", "", "", "1", ""]


def test_action_verifies_the_reference_data(tmp_path):
    finished = gate(tmp_path, claims="NET-6\nNET-5\n")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    names = {path.name for path in (tmp_path / "reports").iterdir()}
    assert names == {"report.html", "scorecard.json", "junit.xml", "badge.svg"}
    assert {name.split("[")[0].split(":")[0] for name in outcomes(tmp_path / "reports" / "junit.xml")} == {
        "NET-5",
        "NET-6",
    }
    said = {SUMMARY_VARIABLE: str(tmp_path / "summary"), OUTPUT_VARIABLE: str(tmp_path / "output")}
    reported = run(step("Report")["run"], tmp_path, BOSONPEAK_REPORTS="reports", **said)
    assert (reported.returncode, reported.stdout.strip()) == (0, "")
    assert "failed=0\n" in (tmp_path / "output").read_text()
    assert "<td>refuted</td>" in (tmp_path / "summary").read_text()


def test_action_runs_nothing_that_an_input_holds(tmp_path):
    finished = gate(tmp_path, claims="$(touch${IFS}owned) `touch owned` ; touch owned")
    assert finished.returncode == BAD_INPUT
    assert not (tmp_path / "owned").exists()
    assert "${{" not in step("Gate")["run"] + step("Install")["run"]


def test_examples_for_github_and_gitlab_name_what_exists():
    workflow = yaml.safe_load(BLOCKS[".github/workflows/claims.yml"])
    used = next(entry for entry in workflow["jobs"]["claims"]["steps"] if "with" in entry)
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    assert set(used["with"]) <= set(inputs)
    job = yaml.safe_load(BLOCKS[".gitlab-ci.yml"])["claims"]
    assert BLOCKS["run"].strip() in job["script"]
