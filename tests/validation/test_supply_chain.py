"""Supply chain: lock files with hashes that no index is named in, and a wheel that depends on the commit alone."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
LOCKS = [GITHUB / "requirements.txt", GITHUB / "build-tools.txt"]

pytestmark = pytest.mark.skipif(not GITHUB.is_dir(), reason="a source distribution has no workflows")


def locked(file):
    """Version and number of hashes of every package of a lock file."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [
        re.fullmatch(r"([a-z0-9-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+) *", line) for line in text.splitlines()
    ]
    assert lines
    assert all(lines), "a line that is not a version with hashes"
    return {line[1]: line[2] for line in lines}


def test_lock_files_have_what_the_package_needs_and_agree():
    run, tools = map(locked, LOCKS)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    for text in (*project["project"]["dependencies"], *extras["fresh"], *extras["sign"]):
        wanted = Requirement(text)
        assert run[canonicalize_name(wanted.name)] in wanted.specifier, text
    for text in (*project["build-system"]["requires"], "build", "cyclonedx-bom"):
        wanted = Requirement(text)
        assert tools[canonicalize_name(wanted.name)] in wanted.specifier, text
    assert {name: run[name] for name in run.keys() & tools} == {name: tools[name] for name in run.keys() & tools}


@pytest.mark.parametrize("file", sorted((GITHUB / "workflows").glob("*.yml")), ids=lambda file: file.name)
def test_workflows_install_locked_versions_or_the_package_itself(file):
    installs = re.findall(r"pip\"? install(.*)", file.read_text(encoding="utf-8"))
    assert installs
    assert all("--require-hashes" in options or "--no-deps" in options for options in installs)


@pytest.mark.slow
def test_the_same_commit_gives_the_same_wheel(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    needed = [
        "src",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "hatch_build.py",
        "data-release/manifest.json",
        "data-release/index.json.xz",
    ]
    wheels = []
    for folder, umask, zone in (("one", 0o022, "UTC"), ("another/place", 0o077, "Asia/Tokyo")):
        there = tmp_path / folder
        subprocess.run(["git", "clone", "--quiet", "--no-checkout", str(ROOT), str(there)], check=True)
        subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", *needed], cwd=there, check=True, umask=umask)
        for file in (there / "src").rglob("*.py"):
            os.utime(file, (1.7e9 + umask, 1.7e9 + umask))
        (there / "LICENSE").touch()
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(there / "out")]
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": str(umask)}
        subprocess.run(command, cwd=there, check=True, capture_output=True, umask=umask, env=environment)
        (wheel,) = (there / "out").iterdir()
        wheels.append(wheel)
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


@pytest.mark.slow
def test_the_list_of_components_has_every_package_that_is_loaded(tmp_path):
    """As in the wheel workflow, of the environment of this test."""
    file = tmp_path / "components.json"
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "environment",
        "--output-format",
        "JSON",
        "--output-file",
        str(file),
    ]
    subprocess.run(
        [*command, "--pyproject", str(ROOT / "pyproject.toml"), sys.executable], check=True, capture_output=True
    )
    bill = json.loads(file.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "bosonpeak")
    listed = {canonicalize_name(each["name"]): each["version"] for each in bill["components"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for text in project["project"]["dependencies"]:
        name = canonicalize_name(Requirement(text).name)
        assert listed[name] == metadata.version(name)
    relations = {each["ref"] for each in bill["dependencies"]}
    assert {each["bom-ref"] for each in bill["components"]} <= relations
