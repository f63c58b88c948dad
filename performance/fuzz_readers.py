"""Feed damaged files to every reader: nothing may come out but data or an error of this package.

    python performance/fuzz_readers.py --runs 100000                    # coverage-guided, with atheris, in process
    python performance/fuzz_readers.py --engine mutation --runs 100000  # plain mutation, in process
    python performance/fuzz_readers.py --engine child --runs 10000      # plain mutation, through the protected process
    python performance/fuzz_readers.py --tally FILE --total 1000000 -o docs/untrusted-files.md

The last goes on from what the tally holds, in turns of the first two engines with ``--runs`` inputs each, every turn
with a seed of its own, and writes their table; what atheris found to reach new lines is kept beside the tally.

Python's coverage guides atheris; what lies in C (HDF5, zlib) it does not see, so that this part is fuzzed by mutation.
Every engine reads netCDF and HDF5 in a protected process, because a damaged file can hold up these libraries or make
them ask for all memory; a refusal at a limit of that process counts as an error of this package.

An input that breaks a reader is kept in the folder that ``--keep`` names; mended, it goes into the corpus
(``tests/datasets/fuzz_corpus``), which the tests read.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import inspect
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bosonpeak.datasets.adapters.decoding.decoder import IN_PLACE, Decoder
from bosonpeak.datasets.adapters.decoding.formats import operation_for
from bosonpeak.datasets.adapters.decoding.protected import ProtectedDecoder
from bosonpeak.datasets.adapters.files.foreign_file import head_of
from bosonpeak.datasets.adapters.files.unpacking import CONTENT, may_be_packed, unpack
from bosonpeak.datasets.errors import BosonpeakError
from bosonpeak.datasets.sandbox.confinement import can_confine
from bosonpeak.datasets.sandbox.limits import Limits
from bosonpeak.datasets.storage.raw_files import NETCDF_SIGNATURES

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "datasets" / "fuzz_corpus"
INSTRUMENTED = ("bosonpeak.datasets.adapters", "bosonpeak.datasets.storage", "numpy.lib._format", "zipfile", "tarfile")
BEGIN, END = "<!-- table: performance/fuzz_readers.py -->\n", "<!-- end of the fuzzing -->\n"
SLOW_S = 10.0
MOST_MEMORY = 4 << 30
"""Address space, most of which is never touched; what is touched is reported."""

LIMITS = Limits(unpacked=1 << 26, harmless=1 << 24, memory=1 << 30, seconds=5.0)
"""Limits of archives, and of a protected process, which is replaced at a limit."""

CARDS = ({}, {"content": "matrix"}, {"content": "spectrum", "columns": "samples"}, {"atom_style": "sphere"})
_TOKENS = (b"\0", b"\xff", b"nan", b"-1", b"1e999", b"9" * 30, b"(" * 40, b"\n", b" ", b"0", b"1 1", b"'|S0'", b"\x80")


def read_anything(path: Path, scratch: Path, decoder: Decoder, card: dict[str, str]) -> str:
    """Read a file as the commands do; the error's class if one of this package is raised, else "read"."""
    try:
        if decoder is IN_PLACE and may_be_packed(path):
            return "unpacked" if unpack(path, scratch, LIMITS) else read_file(path, decoder, card)
        return read_file(path, decoder, card)
    except BosonpeakError as error:
        return type(error).__name__
    finally:
        shutil.rmtree(scratch / CONTENT, ignore_errors=True)
        (scratch / "archive.tar").unlink(missing_ok=True)


def read_file(path: Path, decoder: Decoder, card: dict[str, str]) -> str:
    """Read a file that is not an archive."""
    operation = operation_for(path)
    if operation == "stored":
        decoder.stored(path, {})
    elif operation == "configurations":
        decoder.configurations(path, card)
    else:
        decoder.spectra(path, card)
        with contextlib.suppress(BosonpeakError):
            decoder.numbers(path, matrix=True)
    return "read"


def mutated(seeds: list[bytes], source: random.Random) -> bytes:
    """One of the seeds, changed in a few places."""
    data = bytearray(source.choice(seeds))
    for _ in range(source.randint(1, 6)):
        kind, place = source.randrange(7), source.randrange(len(data) + 1)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << source.randrange(8)
        elif kind == 1 and data:
            data[place % len(data)] = source.randrange(256)
        elif kind == 2:
            data[place:place] = source.choice(_TOKENS)
        elif kind == 3:
            del data[place : place + source.randint(1, 64)]
        elif kind == 4:
            data[place : place + 8] = source.randbytes(8)
        elif kind == 5:
            other = source.choice(seeds)
            start = source.randrange(len(other) + 1)
            data[place : place + 32] = other[start : start + 32]
        else:
            del data[place:]
    return bytes(data)


class Campaign:
    """Inputs tried so far, what came of them, and those that broke something."""

    def __init__(self, decoder: Decoder, folder: Path, keep: Path) -> None:
        self.decoder, self.folder, self.keep = decoder, folder, keep
        self.outcomes: Counter[str] = Counter()
        self.broken: list[str] = []
        self.slowest = 0.0
        self._protected: ProtectedDecoder | None = None

    def close(self) -> None:
        """End the protected process, if there is one."""
        if self._protected is not None:
            self._protected.__exit__(None, None, None)

    def _decoder_of(self, path: Path) -> Decoder:
        """Decoder of an input: a protected process for netCDF and HDF5, else the decoder of the campaign."""
        if self.decoder is not IN_PLACE or not head_of(path).startswith(NETCDF_SIGNATURES) or not can_confine():
            return self.decoder
        if self._protected is None or self._protected.ended:
            self.close()
            self._protected = ProtectedDecoder(LIMITS)
            self._protected.confine(self.folder)
        return self._protected

    def attempt(self, data: bytes) -> None:
        """Try one input."""
        path, scratch = self.folder / "input.any", self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        path.write_bytes(data)
        decoder = self._decoder_of(path)
        clock = time.process_time if decoder is IN_PLACE else time.perf_counter
        if decoder is IN_PLACE:
            # Ends this process at a library that hangs.
            signal.setitimer(signal.ITIMER_PROF, 2.0 * SLOW_S)
        started = clock()
        try:
            outcome = read_anything(path, scratch, decoder, CARDS[len(data) % len(CARDS)])
        except Exception:  # noqa: BLE001 - whatever a reader lets out is what is looked for
            outcome = self.record(data, traceback.format_exc().strip().splitlines()[-1])
        elapsed = clock() - started
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        self.slowest = max(self.slowest, elapsed)
        if elapsed > SLOW_S + (0.0 if decoder is IN_PLACE else LIMITS.seconds):
            self.record(data, f"{elapsed:.1f} s")
        beside = sorted(entry.name for entry in self.folder.iterdir())
        if beside != ["input.any", "scratch"] or any(scratch.iterdir()):
            self.record(data, f"files left: {beside}")
        self.outcomes[outcome] += 1

    def result(self, engine: str, seed: int) -> str:
        """What a tally keeps."""
        return json.dumps(
            {
                "engine": engine,
                "seed": seed,
                "inputs": sum(self.outcomes.values()),
                "broke": len(set(self.broken)),
                "slowest": round(self.slowest, 2),
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
                "outcomes": dict(self.outcomes.most_common()),
            }
        )

    def record(self, data: bytes, reported: str) -> str:
        """Keep an input that broke something."""
        self.keep.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(data).hexdigest()[:16]
        (self.keep / name).write_bytes(data)
        self.broken.append(f"{name}: {reported}")
        return "BROKEN"

    def report(self) -> str:
        """One line a kind of outcome."""
        total = sum(self.outcomes.values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        lines = [f"{total} inputs, slowest {self.slowest:.2f} s, {peak} MB at most in this process"]
        lines += [f"  {name}: {count}" for name, count in self.outcomes.most_common()]
        return "\n".join([*lines, *dict.fromkeys(f"  {line}" for line in self.broken)])


def corpus() -> list[bytes]:
    """Every file of the corpus."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def seeds_from(seed: int, runs: int) -> Iterator[bytes]:
    """Mutated files of the corpus; the same seed gives the same."""
    source, seeds = random.Random(seed), corpus()
    for _ in range(runs):
        yield mutated(seeds, source)


def through_child(folder: Path, keep: Path, inputs: Iterator[bytes]) -> Campaign:
    """Try inputs in protected processes; one that dies of an input is replaced, which is what it is for."""
    campaign = Campaign(IN_PLACE, folder, keep)
    inputs = iter(inputs)
    while True:
        with ProtectedDecoder(LIMITS) as decoder:
            decoder.confine(folder)
            campaign.decoder = decoder
            for data in inputs:
                campaign.attempt(data)
                if decoder.ended:
                    break
            else:
                return campaign


def with_atheris(campaign: Campaign, runs: int, seed: int, tally: Path | None) -> None:
    """Let coverage guide the inputs."""
    import atheris

    # libFuzzer ends the process itself, so that the report is printed as it goes.
    def one(data: bytes) -> None:
        campaign.attempt(data)
        if sum(campaign.outcomes.values()) in (runs, runs // 2):
            print(campaign.report(), flush=True)
        if tally and sum(campaign.outcomes.values()) == runs:
            add(tally, campaign.result("atheris", seed))

    for name, module in list(sys.modules.items()):
        if name.startswith(INSTRUMENTED):
            for function in vars(module).values():
                if inspect.isfunction(function) and function.__module__ == name:
                    atheris.instrument_func(function)
    seeds = tally.with_suffix(".corpus") if tally else Path(tempfile.mkdtemp(prefix="bosonpeak-fuzz-"))
    shutil.copytree(CORPUS, seeds, dirs_exist_ok=True)
    # Its clock runs on while this process is stopped; what takes processor time is ended by `attempt`.
    atheris.Setup([sys.argv[0], str(seeds), f"-runs={runs}", f"-seed={seed}", "-max_len=16384", "-timeout=600"], one)
    atheris.Fuzz()


def add(tally: Path, line: str) -> None:
    """One more campaign has ended."""
    with tally.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")


def campaigns(tally: Path) -> list[dict[str, Any]]:
    """Those that have ended."""
    return [json.loads(line) for line in tally.read_text(encoding="utf-8").splitlines()] if tally.exists() else []


def until(total: int, tally: Path, runs: int, keep: Path) -> None:
    """Campaigns in processes of their own, each engine in turn, until there are so many inputs."""
    while sum(one["inputs"] for one in campaigns(tally)) < total:
        done = campaigns(tally)
        engine = ("atheris", "mutation")[len(done) % 2]
        seed = 1 + max([one["seed"] for one in done], default=0)
        command = [sys.executable, __file__, "--engine", engine, "--runs", str(runs), "--seed", str(seed)]
        with tempfile.TemporaryDirectory(prefix="bosonpeak-fuzz-") as place:
            environment = os.environ | {"TMPDIR": place}
            subprocess.run([*command, "--keep", str(keep), "--tally", str(tally)], env=environment, check=False)
            if len(campaigns(tally)) == len(done):
                # It died of its last input, or hung at it.
                campaign = Campaign(IN_PLACE, Path(place), keep)
                for last in Path(place).glob("*/input.any"):
                    campaign.record(last.read_bytes(), f"{engine} with seed {seed} ended before it counted")
                add(tally, campaign.result(engine, seed))


def table(tally: Path) -> Iterator[str]:
    """What the tally holds, a row an engine."""
    yield "| engine | campaigns | inputs | read or unpacked | broke | slowest | most memory |"
    yield "|---|---|---|---|---|---|---|"
    for engine in ("atheris", "mutation", "child"):
        if ended := [one for one in campaigns(tally) if one["engine"] == engine]:
            inputs, broke = (sum(one[what] for one in ended) for what in ("inputs", "broke"))
            read = sum(one["outcomes"].get(what, 0) for one in ended for what in ("read", "unpacked"))
            slowest, most = (max(one[what] for one in ended) for what in ("slowest", "megabytes"))
            name = {"child": "mutation, through the protected process"}.get(engine, f"{engine}, in process")
            counted = f"{len(ended)} | {inputs:,} | {read:,} | {broke} | {slowest:.2f} s"
            yield f"| {name} | {counted} | {most} MB{' in the parent' * (engine == 'child')} |"


def main() -> int:
    """Run a campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=("atheris", "mutation", "child"), default="atheris")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--tally", type=Path, help="a file that a line is added to for every campaign that ends")
    parser.add_argument("--total", type=int, default=0, help="go on until the tally holds so many inputs")
    parser.add_argument("-o", type=Path, metavar="PAGE", help="write the tally's table between the marks of a page")
    chosen = parser.parse_args()
    if chosen.tally and (chosen.total or chosen.o):
        until(chosen.total, chosen.tally, chosen.runs, chosen.keep)
        text = "\n".join(table(chosen.tally))
        print(text)
        if chosen.o:
            before, _, rest = chosen.o.read_text(encoding="utf-8").partition(BEGIN)
            chosen.o.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
        return int(any(one["broke"] for one in campaigns(chosen.tally)))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with tempfile.TemporaryDirectory(prefix="bosonpeak-fuzz-") as name:
        folder = Path(name)
        campaign = Campaign(IN_PLACE, folder, chosen.keep)
        if chosen.engine == "atheris":
            with_atheris(campaign, chosen.runs, chosen.seed, chosen.tally)
        elif chosen.engine == "mutation":
            for data in seeds_from(chosen.seed, chosen.runs):
                campaign.attempt(data)
        else:
            campaign = through_child(folder, chosen.keep, seeds_from(chosen.seed, chosen.runs))
        campaign.close()
        print(campaign.report())
        if chosen.tally:
            add(chosen.tally, campaign.result(chosen.engine, chosen.seed))
    return 1 if campaign.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
