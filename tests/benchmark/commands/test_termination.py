"""A command that is asked to end takes its temporary files with it."""

import os
import signal
import subprocess
import sys
import threading
import zipfile

import pytest

from bosonpeak.benchmark.commands.console import Terminated, termination_raises

RUNNER = """
import sys, time
import bosonpeak.benchmark.scoring.submission_score as scoring
from bosonpeak.benchmark.commands.main import main

def wait(*arguments, **options):
    print("unpacked", flush=True)
    time.sleep(60)

scoring.score_run = wait
sys.exit(main(["score", "run.zip", "--card", "card.toml"]))
"""
CARD = """
system = "soft-spheres"
dimension = 3
particles = 1000
parent_temperature = 0.2
taper = 2
[code]
name = "x"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_was_unpacked_goes_when_scoring_is_terminated(tmp_path, number):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    (tmp_path / "card.toml").write_text(CARD)
    with zipfile.ZipFile(tmp_path / "run.zip", "w") as archive:
        archive.writestr("a.txt", "1.0\n2.0\n3.0\n")
        archive.writestr("b.txt", "1.0\n2.0\n3.0\n")
    command = [sys.executable, "-c", RUNNER]
    environment = os.environ | {"TMPDIR": str(temporary)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # A run under nohup would hand down that the signal is ignored.
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL), **pipes
    ) as process:
        assert process.stdout.readline() == "unpacked\n", process.stderr.read()
        assert len(list(temporary.iterdir())) == 1
        process.send_signal(number)
        _, reported = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert reported.endswith("terminated\n")
    assert list(temporary.iterdir()) == []


def test_a_handler_of_somebody_else_stays():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with termination_raises():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_signal_raises_once_and_the_default_comes_back():
    with pytest.raises(Terminated, match="SIGTERM"), termination_raises():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_other_threads_change_no_handler():
    seen = []

    def look():
        with termination_raises():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
