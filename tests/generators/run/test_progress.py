"""What a run says of itself, on a terminal and in a log file."""

import io

import pytest
from rich.console import Console

from bosonpeak.generators.run.progress import Pace, Progress


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_pace_counts_this_run_only():
    clock = Clock()
    pace = Pace(clock)
    pace.start(total=100, done=40)
    assert str(pace) == "40/100 samples, 0.0 samples/min, ? left"
    clock.now += 30.0
    pace.done += 10
    assert pace.samples_per_minute == pytest.approx(20.0)
    assert pace.seconds_left == pytest.approx(150.0)
    assert str(pace) == "50/100 samples, 20.0 samples/min, 0:02:30 left"


def test_failures_are_counted_but_are_not_left_to_do():
    clock = Clock()
    pace = Pace(clock)
    pace.start(total=10, done=0)
    clock.now += 60.0
    pace.done, pace.failed = 4, 2
    assert pace.seconds_left == pytest.approx(40.0)
    assert str(pace).endswith("0:00:40 left, 2 failed")


def test_lines_come_at_intervals_and_at_the_end():
    clock = Clock()
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(console, interval=10.0, clock=clock)
    progress.start(total=8, done=2)
    for _ in range(5):
        clock.now += 4.0
        progress.sample_finished()
    progress.notice("worker gone")
    progress.sample_failed()
    progress.stop()
    assert console.file.getvalue().splitlines() == [
        "2/8 samples are already finished",
        "5/8 samples, 15.0 samples/min, 0:00:12 left",
        "worker gone",
        "7/8 samples, 18.0 samples/min, 0:00:00 left, 1 failed",
    ]


def run_through(console):
    progress = Progress(console)
    progress.start(total=3, done=1)
    progress.sample_finished()
    progress.notice("[bold]not markup[/bold]")
    progress.sample_failed()
    progress.stop()
    return console.file.getvalue()


def test_plain_lines_without_a_terminal():
    text = run_through(Console(file=io.StringIO(), width=100))
    assert text.splitlines()[:2] == ["1/3 samples are already finished", "[bold]not markup[/bold]"]
    assert "2/3 samples" in text.splitlines()[-1]
    assert "\x1b" not in text


def test_bar_on_a_terminal():
    text = run_through(Console(file=io.StringIO(), width=100, force_terminal=True))
    assert "━" in text
    assert "2/3 samples" in text
    assert "1 failed" in text
    assert "[bold]not markup[/bold]" in text


def test_without_a_console_nothing_is_said(capfd):
    progress = Progress()
    progress.start(total=3, done=1)
    progress.sample_finished()
    progress.notice("nobody hears it")
    progress.stop()
    assert "".join(capfd.readouterr()) == ""
