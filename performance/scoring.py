"""Time the scoring of large submissions: ``python performance/scoring.py [glasses|networks|lowest] [samples]``.

A thousand samples with complete spectra, or with the 100 lowest modes of each glass (``lowest``), drawn at random from
the density of states of a reference ensemble, are written as one ``.npz`` and scored in a process of its own. Printed
are seconds, the ratio to reading the file alone, and the largest memory of the process.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bosonpeak.datasets import open_dataset

SAMPLES = 1000
LOWEST = 100
LIMIT = 30.0

_GLASSES = """
system = "soft-spheres"
dimension = 3
particles = 1000
parent_temperature = 0.2
taper = 2
samples_made = {samples}
independent_chains = {chains}
[code]
name = "synthetic glasses"
"""

CARDS = {
    "glasses": _GLASSES,
    "lowest": _GLASSES,
    "networks": """
system = "spring-network"
dimension = 2
nodes = 3600
displacement = 0.2
situation = 2
samples_made = {samples}
independent_chains = {chains}
[code]
name = "synthetic networks"
""",
}


def spectra(kind: str, samples: int) -> np.ndarray:
    """Spectra with the pooled distribution of a reference ensemble and independent levels."""
    if kind != "networks":
        pooled = open_dataset("glass/taper-2", group="T-0.20")["full_eigenfrequency"].values
        modes, zeros = 2997, 3
    else:
        pooled = open_dataset("network/paper", group="situation-2/delta-0.2")["eigenfrequency"].values
        modes, zeros = 3599, 1
    pooled = np.sort(pooled[pooled > 1e-3])
    wanted = LOWEST if kind == "lowest" else modes
    uniform = (np.arange(wanted) + np.random.default_rng(1).random((samples, wanted))) / modes
    drawn = np.interp(uniform, np.linspace(0.0, 1.0, pooled.size), pooled)
    return drawn if kind == "lowest" else np.hstack([np.zeros((samples, zeros)), np.sort(drawn, axis=1)])


def write(kind: str, samples: int, folder: Path) -> Path:
    np.savez(folder / "frequencies.npz", frequencies=spectra(kind, samples))
    (folder / "card.toml").write_text(CARDS[kind].format(samples=samples, chains=samples))
    return folder / "frequencies.npz"


def score_it(file: Path) -> None:
    """What the process of its own does."""
    started = time.perf_counter()
    with np.load(file) as archive:
        archive["frequencies"].sum()
    read = time.perf_counter() - started
    from bosonpeak.benchmark.report.words.wording import score_line
    from bosonpeak.benchmark.scoring.submission_score import score

    started = time.perf_counter()
    steps: list[tuple[float, str]] = []

    def note(text: str) -> None:
        steps.append((time.perf_counter() - started, text))

    found = score([file], card=file.parent / "card.toml", say=note, progress=lambda claim, number, total: note(claim))
    wall, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    print(f"scored in {wall:.1f} s (limit {LIMIT:g} s), {used.ru_utime + used.ru_stime:.1f} s of processor time")
    print(f"{wall / read:.0f} times reading the numbers alone ({read:.2f} s); {used.ru_maxrss / 2**20:.2f} GiB at most")
    print(f"{len(steps)} lines of progress; {score_line(found.score)}")
    ends = [start for start, _ in steps[1:]] + [wall]
    slowest = sorted(((end - start, text) for (start, text), end in zip(steps, ends, strict=True)), reverse=True)
    for seconds, text in slowest[:6]:
        print(f"  {seconds:6.2f} s  {text}")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--score"]:
        score_it(Path(arguments[1]))
        return
    kinds = [argument for argument in arguments if argument in CARDS] or ["glasses", "networks"]
    samples = next((int(argument) for argument in arguments if argument.isdigit()), SAMPLES)
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            file = write(kind, samples, Path(folder))
            print(f"{kind}: {samples} samples, {file.stat().st_size / 2**20:.0f} MiB", flush=True)
            subprocess.run([sys.executable, __file__, "--score", str(file)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
