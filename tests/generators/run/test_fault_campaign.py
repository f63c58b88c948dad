"""Small part of the fault campaign: some calls of every scenario fail, and the next run repairs everything."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[3] / "performance" / "faults.py"


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
def test_some_calls_of_every_scenario_fail_and_nothing_is_lost():
    command = [sys.executable, str(CAMPAIGN), "--only", "calls", "--every", "193"]
    reported = subprocess.run(command, capture_output=True, text=True, timeout=800)
    rows = [line for line in reported.stdout.splitlines() if line.startswith("| ") and "| tried |" not in line]
    assert reported.returncode == 0, reported.stdout + reported.stderr
    assert len(rows) == 16
    assert all(line.endswith("| none |") for line in rows)
    assert "One call in 193 was tested." in reported.stdout
