"""Losses by faults: ``python performance/faults.py [--only PART ...] [--every K] [--kills N] [--kept FILE] [-o PAGE]``.

Every call that changes a file (create, write, rename, fsync, unlink, mkdir, rmdir, truncate, fallocate) of small runs
of ``generate`` fails in turn: with an input/output error, with a full disk from there on, or the process is killed
instead of making it; and memory runs out at steps of some megabytes. Then the same run is made again without faults. It
must end well, with the same bits as an undisturbed run, no other file beside them, no finished sample made twice, and
what was there before must have been whole all along. Runs with Dask workers are killed at random moments: the main
process, a worker, the scheduler, or all processes of the run; no process may outlive its run. Runs in hostile
surroundings are the tests of ``tests/generators/run/test_surroundings.py``. What was tried is kept in a file after
every trial, if one is named, and goes on from there. Needs Linux and a C compiler; calls are caught by
``fault_shim.c``.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import ctypes
import errno
import itertools
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

SURROUNDINGS = Path(__file__).parents[1] / "tests" / "generators" / "run" / "test_surroundings.py"
RECIPE = """
[recipe]
name = "faults"
kind = "mode-ensemble"
title = "Random modes"
summary = "For fault injection."
created = "2026-11-22"
licence = "CC0-1.0"
source = "Drawn at random"
generator = "random-modes"
seed = 1
samples = 2

[parameters]
samples_per_chain = 1

[[ensemble]]
group = "extended"
parameters = {{ particles = {particles} }}

[[ensemble]]
group = "localised"
parameters = {{ particles = {particles}, localisation_length = 1.5 }}
"""
GROUPS = 2
CLEAR, RAW = 3, 4
FAULTS = {"killed": (-1, 0), "input/output error": (errno.EIO, 0), "disk full from there on": (errno.ENOSPC, 1)}
ALLOCATIONS = range(55, -5, -5)
PATIENCE = 60.0  # seconds until a run that takes less than a second is stuck


@dataclass(frozen=True)
class Scenario:
    """A run of ``generate`` in a folder, and what lies there before."""

    name: str
    output: str
    samples_before: int = 0
    objects: str = ""

    def prepare(self, folder: Path) -> None:
        (folder / "faults.toml").write_text(RECIPE.format(particles=40))
        if self.samples_before:
            self.run(folder, samples=self.samples_before, keep_shards=True)

    def run(self, folder: Path, **options: object) -> None:
        from bosonpeak.generators.run.ensemble import generate_ensemble

        if self.objects:  # a run that is killed leaves its lock in an object store
            options |= {"shards": f"objects://{folder / self.objects}", "break_lock": True}
        generate_ensemble(folder / "faults.toml", folder / self.output, **options)


SCENARIOS = (
    Scenario("a netCDF file, from nothing", "out.nc"),
    Scenario("a netCDF file that gets more samples", "out.nc", samples_before=1),
    Scenario("a Zarr store that gets more samples", "out.zarr", samples_before=1),
    Scenario("samples in an object store, then a netCDF file", "out.nc", objects="objects"),
)


@dataclass
class Row:
    """What came of all faults of one kind."""

    scenario: str
    fault: str
    tried: int = 0
    possible: int = 0
    unharmed: int = 0
    clear: int = 0
    troubles: list[str] = field(default_factory=list)
    calls: collections.Counter[str] = field(default_factory=collections.Counter)


class Rows:
    """The rows so far, in a file if one is given."""

    def __init__(self, file: Path | None, every: int) -> None:
        self.file, self.every, self.rows = file, every, []
        if file and file.exists():
            kept = json.loads(file.read_text())
            if kept["every"] != every:
                raise SystemExit(f"{file} holds trials of one call in {kept['every']}")
            self.rows = [Row(**row | {"calls": collections.Counter(row["calls"])}) for row in kept["rows"]]

    def row(self, scenario: str, fault: str) -> Row:
        """The row of that name, which is made if there is none."""
        found = [row for row in self.rows if (row.scenario, row.fault) == (scenario, fault)]
        if not found:
            self.rows.append(Row(scenario, fault))
        return (found or self.rows)[-1]

    def keep(self) -> None:
        """Write all rows to the file."""
        if self.file:
            beside = self.file.with_suffix(".new")
            beside.write_text(json.dumps({"every": self.every, "rows": [vars(row) for row in self.rows]}, indent=1))
            beside.replace(self.file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = "calls", "kills", "surroundings"
    parser.add_argument(
        "--only", nargs="+", choices=parts, default=parts, metavar="PART", help=f"of {', '.join(parts)}"
    )
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only every Kth call and step of memory")
    parser.add_argument("--kills", type=int, default=80, metavar="N", help="random kills of runs with workers")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="keep what was tried here, and go on from it")
    parser.add_argument("-o", type=Path, metavar="PAGE", help="write the tables between the marks of a page")
    options = parser.parse_args()
    if "fault_shim" not in os.environ.get("LD_PRELOAD", ""):
        with tempfile.TemporaryDirectory() as built:
            shim = Path(built, "fault_shim.so")
            source = Path(__file__).with_name("fault_shim.c")
            subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], check=True)
            environment = os.environ | {"LD_PRELOAD": str(shim), "PYTHONHASHSEED": "0"}
            raise SystemExit(subprocess.run([sys.executable, __file__, *sys.argv[1:]], env=environment).returncode)
    import_everything()
    kept = Rows(options.kept, options.every)
    for row in itertools.chain(
        *(injected(scenario, kept) for scenario in SCENARIOS if "calls" in options.only),
        random_kills(options.kills, kept) if "kills" in options.only else (),
        surroundings(kept) if "surroundings" in options.only else (),
    ):
        print(f"{row.scenario}, {row.fault}: {row.tried} tried", *row.troubles, sep="\n  ", flush=True)
    rows = kept.rows
    table = list(page(rows, options.every))
    print("\n".join(table))
    if options.o:
        before, _, rest = options.o.read_text().partition("<!-- table -->\n")
        after = rest.partition("<!-- end -->\n")[2]
        options.o.write_text("\n".join([f"{before}<!-- table -->", *table, "<!-- end -->", after]))
    raise SystemExit(any(row.troubles for row in rows))


def page(rows: list[Row], every: int) -> Iterator[str]:
    yield "| run | fault | tried | no harm | one clear error | died | lost, left over, other bits or stuck |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        died = row.tried - row.unharmed - row.clear
        tried = row.tried if row.tried >= row.possible else f"{row.tried} of {row.possible}"
        numbers = tried, row.unharmed, row.clear, died, len(row.troubles) or "none"
        yield f"| {row.scenario} | {row.fault} | " + " | ".join(map(str, numbers)) + " |"
    calls = sum((row.calls for row in rows), collections.Counter())
    yield ""
    if every > 1:
        yield f"One call in {every} was tested."
    yield "Calls: " + ", ".join(f"{number} {name}" for name, number in sorted(calls.items())) + "."


def injected(scenario: Scenario, kept: Rows) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as place:
        before, whole = Path(place, "before"), Path(place, "whole")
        before.mkdir()
        in_child(lambda: scenario.prepare(before))
        shutil.copytree(before, whole)
        calls = in_child(lambda: scenario.run(whole), arm=(0, 0, 0)).seen
        truth, old = content(whole / scenario.output), content(before / scenario.output)
        for fault, (action, sticky) in FAULTS.items():
            row = kept.row(scenario.name, fault)
            numbers = range(1, calls + 1, kept.every)
            row.possible = len(numbers)
            for number in numbers[row.tried :]:
                strike(scenario, before, truth, old, row, f"call {number}", (number, action, sticky))
                kept.keep()
            yield row
        row = kept.row(scenario.name, "memory runs out")
        for megabytes in ALLOCATIONS[:: kept.every][row.tried :]:
            strike(scenario, before, truth, old, row, f"{megabytes} MB", None, megabytes)
            kept.keep()
        yield row


def strike(
    scenario: Scenario,
    before: Path,
    truth: dict[str, bytes],
    old: dict[str, bytes],
    row: Row,
    what: str,
    arm: tuple[int, int, int] | None,
    megabytes: int | None = None,
) -> None:
    """Let one call fail, look at what is left, and run again."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "work")
        shutil.copytree(before, folder)
        ended = in_child(lambda: scenario.run(folder), arm=arm, megabytes=megabytes)
        row.tried += 1
        row.calls[ended.call] += bool(ended.call)
        row.unharmed += ended.code == 0
        row.clear += ended.code == CLEAR
        name = f"{row.scenario}, {row.fault}, {what} ({ended.call})"
        if ended.code == RAW or ended.is_stuck:
            row.troubles.append(f"{name}: {ended.error}")
        found = content(folder / scenario.output)
        if found not in (truth, old) or (ended.code == 0 and found != truth):
            row.troubles.append(f"{name}: the file is neither the old one nor the new one")
        row.troubles += [f"{name}: {trouble}" for trouble in after_another_run(scenario, folder, truth)]


def after_another_run(scenario: Scenario, folder: Path, truth: dict[str, bytes]) -> Iterator[str]:
    """What is not as it should be once the run has been made again."""
    complete = content(folder / scenario.output) == truth
    present = whole_shards(folder)
    again = in_child(lambda: scenario.run(folder))
    if again.code != 0:
        yield f"the next run failed: {again.error}"
        return
    if content(folder / scenario.output) != truth:
        yield "other bits"
    facts = folder / f"{scenario.output}.run.json"
    objects = folder / (scenario.objects or "none")
    left = {path.name for path in folder.iterdir()} - {"faults.toml", scenario.output, facts.name, scenario.objects}
    left |= {path.name for path in objects.rglob("*") if path.is_file()}
    if left:
        yield f"left over: {', '.join(sorted(left))}"
    if not facts.exists():
        yield "no facts of the run"
    elif not complete and json.loads(facts.read_text())["samples_made_in_this_run"] > 2 * GROUPS - present:
        yield "finished samples were made again"


def whole_shards(folder: Path) -> int:
    import zipfile

    return sum(zipfile.is_zipfile(path) for path in folder.rglob("*.npz"))


def content(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}
    return {"": path.read_bytes()} if path.exists() else {}


@dataclass(frozen=True)
class Ended:
    """How a child process ended."""

    code: int
    seen: int = 0
    call: str = ""
    error: str = ""
    is_stuck: bool = False


def in_child(job: Callable[[], None], arm: tuple[int, int, int] | None = None, megabytes: int | None = None) -> Ended:
    """Run a job in a forked process, whose nth call fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code, error = 0, ""
        shim = ctypes.CDLL(None)
        shim.fault_name.restype = ctypes.c_char_p
        shim.fault_seen.restype = ctypes.c_long
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        if megabytes is not None:
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + (megabytes << 20), resource.RLIM_INFINITY))
        try:
            if arm is not None:
                shim.fault_arm(ctypes.c_long(arm[0]), arm[1], arm[2])
            job()
        except BaseException as raised:  # noqa: BLE001 - the parent tells what it was
            from bosonpeak.datasets.errors import BosonpeakError

            code = CLEAR if isinstance(raised, BosonpeakError | MemoryError) else RAW
            error = f"{type(raised).__name__}: {raised}"[:300]
        seen = shim.fault_seen()
        with contextlib.suppress(OSError):
            os.write(writing, json.dumps([seen, shim.fault_name().decode(), error]).encode())
        os._exit(code)
    os.close(writing)
    with open(reading, "rb") as stream:
        if not select.select([stream], [], [], PATIENCE)[0]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Ended(-signal.SIGKILL, error=f"no end after {PATIENCE:g} s", is_stuck=True)
        reported = stream.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen, call, error = json.loads(reported) if reported else (0, "(killed)" if status < 0 else "", "")
    return Ended(status, seen, call, error)


def import_everything() -> None:
    """Once, before children are forked; samples are made in the process of the run itself."""
    import netCDF4  # noqa: F401
    import xarray  # noqa: F401
    import zarr  # noqa: F401
    from distributed.protocol import pickle

    import bosonpeak.datasets.storage.netcdf_codec
    import bosonpeak.datasets.storage.zarr_codec  # noqa: F401
    from bosonpeak.generators.run import ensemble
    from bosonpeak.generators.run.task_queue import Outcome
    from bosonpeak.generators.run.worker import make_samples, software_versions

    def compute(client, generator, tasks, *, stopping, notice):
        for task in tasks:
            request = pickle.dumps(task.slot), task.parameters, task.seed
            ((checksum, seconds, failure, machine),) = make_samples(
                pickle.dumps(generator), [request], software_versions()
            )
            yield Outcome(task, {}, seconds, failure, checksum=checksum, machine=machine)

    register_object_store()
    ensemble.connected_client = lambda *_: contextlib.nullcontext()
    ensemble.compute_tasks = compute
    with tempfile.TemporaryDirectory() as folder:  # what is imported late is imported now; netCDF starts no threads
        for scenario in (*SCENARIOS[:2], SCENARIOS[3]):
            work = Path(folder, scenario.name)
            work.mkdir()
            scenario.prepare(work)
            scenario.run(work)


def register_object_store() -> None:
    """Objects in a folder: an object is whole or absent, an unfinished upload is no object, and there is no lock."""
    import fsspec
    from fsspec.implementations.dirfs import DirFileSystem
    from fsspec.implementations.local import LocalFileSystem

    class ObjectStore(DirFileSystem):
        protocol = "objects"

        def __init__(self, **options):
            super().__init__(path="/", fs=LocalFileSystem(), **options)

        def pipe_file(self, path, value, mode="overwrite", **options):
            if mode == "create" and self.exists(path):
                raise FileExistsError(path)
            handle, upload = tempfile.mkstemp(prefix="upload-")
            with open(handle, "wb") as file:
                file.write(value)
            target = Path("/", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(upload, target)

    fsspec.register_implementation("objects", ObjectStore)


RUNNER = """
import sys
from bosonpeak.generators.run.ensemble import generate_ensemble
if __name__ == "__main__":
    scheduler = sys.argv[3] if len(sys.argv) > 3 else None
    generate_ensemble(sys.argv[1], sys.argv[2], workers=2, scheduler=scheduler)
"""


def random_kills(number: int, kept: Rows) -> Iterator[Row]:
    """Kill the main process, one of its workers, the scheduler, or all processes of a run, at random moments."""
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place, "whole")
        whole.mkdir()
        (whole / "faults.toml").write_text(RECIPE.format(particles=40).replace("samples = 2", "samples = 20", 1))
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", RUNNER, whole / "faults.toml", whole / "out.nc"], check=True)
        length, truth = time.monotonic() - started, content(whole / "out.nc")
        victims = {
            victim: kept.row("20 samples with two workers", f"{victim} killed at random")
            for victim in ("main process", "worker", "scheduler", "whole group")
        }
        for index, (victim, row) in itertools.product(range(-(-number // len(victims))), victims.items()):
            if row.tried > index:
                continue
            chance = random.Random(f"{victim} {index}")
            folder = Path(place, "work")
            folder.mkdir()
            shutil.copy(whole / "faults.toml", folder)
            found = killed_run(folder, victim, length, truth, chance, row)
            row.troubles += [f"{row.fault}: {text}" for text in found]
            shutil.rmtree(folder)
            kept.keep()
        yield from victims.values()


def killed_run(
    folder: Path, victim: str, length: float, truth: dict[str, bytes], chance: random.Random, row: Row
) -> Iterator[str]:
    command = [sys.executable, "-c", RUNNER, str(folder / "faults.toml"), str(folder / "out.nc")]
    scheduler = outside = None
    if victim == "scheduler":
        outside = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
             "--scheduler-file", str(folder.parent / "scheduler.json")], stderr=subprocess.DEVNULL,
        )  # fmt: skip
        scheduler = address(folder.parent / "scheduler.json")
        helpers = [
            subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1",
                              "--no-dashboard", "--death-timeout", "5"], stderr=subprocess.DEVNULL)
            for _ in range(2)
        ]  # fmt: skip
        command.append(scheduler)
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    time.sleep(chance.uniform(0.2, 1.0) * length)
    target = {"main process": run.pid, "scheduler": outside.pid if outside else 0}.get(victim)
    if victim == "worker":
        workers = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True).stdout.split()
        target = int(chance.choice(workers)) if workers else 0
    with contextlib.suppress(ProcessLookupError):
        if victim == "whole group":
            os.killpg(run.pid, signal.SIGKILL)
        elif target:
            os.kill(target, signal.SIGKILL)
    row.tried += 1
    try:
        code = run.wait(timeout=300)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        yield "the run hangs"
        code = -1
    if outside:
        for process in (outside, *helpers):
            process.kill()
            process.wait()
        (folder.parent / "scheduler.json").unlink(missing_ok=True)
    row.unharmed += code == 0
    row.clear += code not in (0, -signal.SIGKILL)
    if left := outliving(run.pid):
        yield f"processes outlive the run: {left}"
    again = in_child(lambda: Scenario("again", "out.nc").run(folder))  # by itself, which takes no second for workers
    if again.code:
        yield f"the next run failed: {again.error}"
    elif content(folder / "out.nc") != truth:
        yield "other bits"
    left = {path.name for path in folder.iterdir()} - {"faults.toml", "out.nc", "out.nc.run.json"}
    if left:
        yield f"left over: {', '.join(sorted(left))}"


def surroundings(kept: Rows) -> Iterator[Row]:
    """A row for each test of runs under limits and disturbances; a test that was skipped has tried nothing."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place, "junit.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "slow or not slow"]
        command += ["-o", "junit_family=xunit1"]  # the format that has properties
        environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
        subprocess.run([*command, f"--junitxml={report}", SURROUNDINGS], env=environment, stdout=subprocess.DEVNULL)
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            reported = {each.get("name"): each.get("value") for each in case.iter("property")}
            row = kept.row("in hostile surroundings", reported.get("fault", case.get("name")))
            row.tried += case.find("skipped") is None
            row.unharmed += reported.get("ended") == "no harm"
            row.clear += reported.get("ended") == "one clear error"
            row.troubles += [str(each.get("message")) for each in (*case.iter("failure"), *case.iter("error"))]
            kept.keep()
            yield row


def outliving(session: int) -> str:
    """Processes of a session that are still there after a while."""
    deadline, left = time.monotonic() + 60, "?"
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left = subprocess.run(["pgrep", "-l", "-s", str(session)], capture_output=True, text=True).stdout.strip()
    return left.replace("\n", ", ")


def address(file: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.2)
    raise RuntimeError("no scheduler")


if __name__ == "__main__":
    main()
