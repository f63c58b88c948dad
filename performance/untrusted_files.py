"""Run the attacks of the tests against the protected reader, and write the table of docs/untrusted-files.md.

    python performance/untrusted_files.py            # run, and rewrite the table
    python performance/untrusted_files.py --cost     # cost of the protection, for submissions of 1 to 1000 files

The attacks are those of the tests, so that table and tests cannot differ.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import h5py

from bosonpeak.benchmark.commands.main import main as command
from bosonpeak.datasets.adapters.decoding.protected import opened
from bosonpeak.datasets.adapters.folders import read_folder

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "untrusted-files.md"
BEGIN, END = "<!-- table: performance/untrusted_files.py -->", "<!-- end of the table -->"
SECRET = "hunter2-of-the-environment"
LIMIT_S = "10"


class Tried(NamedTuple):
    """One attack, whether it got anything, and how long it took."""

    name: str
    let_in: bool
    seconds: float


def load(path: str) -> ModuleType:
    """A module of the tests."""
    found = importlib.util.spec_from_file_location(Path(path).stem, ROOT / "tests" / "datasets" / path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def converted(name: str, make: Callable[[Path], dict[str, object]]) -> Tried:
    """Convert a hostile file by the command: it must say so, exit with 2, and leave nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        output, card = folder / "out.nc", folder / "card.toml"
        stated = make(folder / "input.any")
        (folder / "elsewhere.h5").unlink(missing_ok=True)
        arguments = ["datasets", "convert", str(folder / "input.any"), "-o", str(output), "--time-limit", LIMIT_S]
        if stated:
            card.write_text(load("adapters/test_hostile_input.py").toml(stated))
            arguments += ["--card", str(card)]
        before = sorted(folder.iterdir())
        reported = io.StringIO()
        started = time.perf_counter()
        with contextlib.redirect_stderr(reported), contextlib.redirect_stdout(reported):
            code = command(arguments)
        seconds = time.perf_counter() - started
        changed = sorted(folder.iterdir()) != before
        return Tried(
            name, code != 2 or changed or SECRET in reported.getvalue() or "Traceback" in reported.getvalue(), seconds
        )


def leading_out() -> Iterator[Tried]:
    """HDF5 files that lead out of themselves or in circles."""
    tests = load("storage/test_external_references.py")
    for build in tests.HOSTILE:

        def make(path: Path, build: Callable[..., None] = build) -> dict[str, object]:
            elsewhere = path.with_name("elsewhere.h5")
            with h5py.File(elsewhere, "w") as file:
                file["omega"] = tests.FREQUENCIES
            with h5py.File(path, "w", libver="latest") as file:
                build(file, elsewhere)
            return {}

        yield converted(build.__name__.replace("_", " "), make)


def damaged() -> Iterator[Tried]:
    """Archives, headers, numbers and cards that cannot be."""
    for name, build in load("adapters/test_hostile_input.py").CASES.items():

        def make(path: Path, build: Callable[..., tuple[bytes, dict[str, object]]] = build) -> dict[str, object]:
            content, stated = build(path.parent)
            path.write_bytes(content)
            return stated

        yield converted(name, make)


def headers() -> Iterator[Tried]:
    """Headers of NumPy arrays that no NumPy writes."""
    for name, content in load("adapters/test_odd_files.py").HEADERS.items():
        yield converted(name, lambda path, content=content: (path.write_bytes(content), {})[1])


def deeds() -> Iterator[Tried]:
    """What a process that a file took over might try, once it is locked in."""
    tests = load("protection/test_confinement.py")
    for name, attempt in tests.REFUSED.items():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            inside, writable, secret = folder / "inside", folder / "scratch", folder / "secret.txt"
            inside.mkdir()
            writable.mkdir()
            (inside / "data.txt").write_text("0.1")
            secret.write_text(SECRET)
            (inside / "link.txt").symlink_to(secret)
            os.mkfifo(writable / "pipe")
            body = "\n".join(f"    {line}" for line in attempt.format(tmp=folder).splitlines())
            places = {"sources": tests.SOURCES, "inside": str(inside), "scratch": str(writable)}
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-I", "-c", tests.LOCK.format(**places, attempt=body, seconds=20.0)],
                env={},
                capture_output=True,
                text=True,
            )
            seconds = time.perf_counter() - started
            found = json.loads(done.stdout) if done.returncode == 0 and done.stdout else "OSError"
            refused = found in ("PermissionError", "MemoryError", "ValueError", "OSError", False)
            yield Tried(name, not refused or secret.read_text() != SECRET or len(list(folder.iterdir())) != 3, seconds)


GROUPS = {
    "HDF5 files with external references, cycles or excessive sizes": leading_out,
    "hostile and damaged files: archives, headers, numbers, cards": damaged,
    "headers of NumPy arrays": headers,
    "actions of a process taken over by a file": deeds,
}


def table() -> str:
    """The table, in Markdown."""
    os.environ["TOKEN"] = SECRET
    lines = ["| attack | tried | let in | slowest |", "|---|---|---|---|"]
    for group, attacks in GROUPS.items():
        tried = list(attacks())
        inside = [attempt.name for attempt in tried if attempt.let_in]
        names = ", ".join(attempt.name.replace("|", "\\|") for attempt in tried)
        slowest = max(attempt.seconds for attempt in tried)
        lines.append(f"| **{group}**: {names} | {len(tried)} | {', '.join(inside) or 'nothing'} | {slowest:.1f} s |")
    return "\n".join(lines)


def cost() -> None:
    """Print what protection adds to reading a folder, by the number of its files."""
    text = "".join(f"{0.1 * k!r}\n" for k in range(1, 60))
    for files in (1, 10, 100, 1000):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(files):
                Path(folder, f"glass-{number}.txt").write_text(text)
            taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
            for _ in range(5):
                for trusted, times in taken.items():
                    started, used = time.perf_counter(), sum(os.times()[:4])
                    with opened(folder, trust_files=trusted) as (content, decoder):
                        read_folder(content, {}, decoder=decoder)
                    times.append((sum(os.times()[:4]) - used, time.perf_counter() - started))
            (here, wall_here), (there, wall_there) = (map(min, zip(*taken[who], strict=True)) for who in (True, False))
            print(
                f"{files:5d} files: {there - here:+.2f} s of processor time in all ({here:.2f} s in place, "
                f"{there:.2f} s protected); {wall_there - wall_here:+.2f} s on the clock"
            )


def main() -> int:
    """Rewrite the table, or print the cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cost", action="store_true", help="measure what protection costs")
    if parser.parse_args().cost:
        cost()
        return 0
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
