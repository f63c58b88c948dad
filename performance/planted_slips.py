"""Whether the tests see slips that matter: ``python performance/planted_slips.py [--only WORD] [-o PAGE]``.

Each slip of the list is planted alone in a copy of the package and of its tests, and the tests that should see it are
run there. First they are run on the copy as it is: a test that fails anyway kills nothing. A slip whose text is no
longer in the code is an error, so that the list keeps up with it. Exit code 1 if a slip survives.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("src", "tests", "docs", "performance", "pyproject.toml", "README.md", "CONTRIBUTING.md", "CITATION.cff")
NOTHING: Mapping[str, str] = {}
BEGIN, END = "<!-- slips -->\n", "<!-- end of slips -->\n"


@dataclass(frozen=True)
class Slip:
    """A mistake that somebody could make: this text for that one, and who should notice."""

    what: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


REGIMES = "benchmark/submission/test_reference_regimes.py"
SUBMISSION = "benchmark/submission/test_submission.py"
SCORECARD = "benchmark/scorecards/test_scorecard.py"
AUTHENTICITY = "benchmark/scoring/test_authenticity.py"
FETCHING = "datasets/download/test_fetching.py"
ATOMIC = "datasets/storage/test_atomic.py"
INTERVALS = "validators/estimates/test_intervals.py"
TWO_SAMPLE = "validators/comparisons/test_two_sample.py"
RUN_FAULTS = "generators/run/test_faults.py"
PLAIN_MOVES = "generators/liquids/test_plain_moves.py"
STORED_GLASSES = "generators/sample_generators/test_stored_glasses.py"

SLIPS = (
    Slip(
        "translations of unequal masses are weighted by the masses, not by their roots",
        "validators/reduced_densities/operator_density.py",
        "return np.sqrt(found)",
        "return found",
        ("validators/reduced_densities/test_vibrational_density.py",),
    ),
    Slip(
        "the nearest image of a tilted cell is taken along the given edges",
        "datasets/periodic_box.py",
        "edges = shortest_edges(cell)\n    nearest",
        "edges = np.array(cell)\n    nearest",
        ("validators/transport/test_tilted_cells.py",),
    ),
    Slip(
        "stored pair forces have the sign of the derivative of the potential",
        "generators/glasses/quench.py",
        '"pair_force": -found.first,',
        '"pair_force": found.first,',
        (STORED_GLASSES,),
    ),
    Slip(
        "each particle has the whole stress of its pairs",
        "generators/glasses/pair_stresses.py",
        "np.add.at(total, stresses.pairs[:, end], 0.5 * stresses.stress)",
        "np.add.at(total, stresses.pairs[:, end], stresses.stress)",
        (STORED_GLASSES,),
    ),
    Slip(
        "neighbours are counted by the largest of two diameters",
        "datasets/periodic_box.py",
        "near = distance < 0.5 * minimum * (sizes[pairs[:, 0]] + sizes[pairs[:, 1]])",
        "near = distance < minimum * np.maximum(sizes[pairs[:, 0]], sizes[pairs[:, 1]])",
        ("datasets/test_coordination.py",),
    ),
    Slip(
        "a card's taper is ignored",
        "benchmark/submission/card_potential.py",
        'InversePower(parameters["exponent"], parameters["cutoff"], taper)',
        'InversePower(parameters["exponent"], parameters["cutoff"])',
        (REGIMES,),
    ),
    Slip(
        'a verdict that became "undecided" is not a change',
        "benchmark/scorecards/claim_results.py",
        "self.recorded is not None and self.verdict != self.recorded",
        'self.recorded is not None and self.verdict not in (self.recorded, "undecided")',
        (SCORECARD,),
    ),
    Slip(
        'a verdict that was "undecided" is not a change',
        "benchmark/scorecards/claim_results.py",
        "self.recorded is not None and self.verdict != self.recorded",
        'self.recorded not in (None, "undecided") and self.verdict != self.recorded',
        (SCORECARD,),
    ),
    Slip(
        "an undecided control passes",
        "benchmark/judging/judgement.py",
        "passed=outcome.verdict == control.must_be",
        'passed=outcome.verdict in (control.must_be, "undecided")',
        ("benchmark/judging/test_verdicts.py", "benchmark/judging/test_judgement.py"),
    ),
    Slip(
        "repeated samples are noted, not void",
        "benchmark/scoring/objections.py",
        'yield Objection("duplicated", "void",',
        'yield Objection("duplicated", "note",',
        (AUTHENTICITY,),
    ),
    Slip(
        "the force limit of mechanics is a thousand times too wide",
        "benchmark/scoring/mechanics_axis.py",
        "LARGEST_FORCE = 1e-6",
        "LARGEST_FORCE = 1e-3",
        ("benchmark/scoring/test_mechanics_axis.py",),
    ),
    Slip(
        "the taper of stored glasses is not held against the card",
        "benchmark/submission/reading.py",
        '(*_GLASS_ATTRIBUTES, "taper")',
        "_GLASS_ATTRIBUTES",
        (REGIMES,),
    ),
    Slip(
        "a cached download is used unverified",
        "datasets/download/fetching.py",
        "return file.is_file() and file_sha256(file) == entry.sha256",
        "return file.is_file()",
        (FETCHING,),
    ),
    Slip(
        "what a mirror sent is used unverified",
        "datasets/download/fetching.py",
        "if (found := file_sha256(temporary)) != entry.sha256:",
        "if not (found := file_sha256(temporary)):",
        (FETCHING, "datasets/download/test_servers.py"),
    ),
    Slip(
        "a directory's fsync is dropped",
        "datasets/storage/atomic.py",
        "        os.fsync(descriptor)\n",
        "        pass\n",
        (ATOMIC,),
    ),
    Slip(
        "the directory of a replaced store is not synchronised",
        "datasets/storage/atomic.py",
        "            os.rename(temporary, target)\n        _make_last(target, path)\n",
        "            os.rename(temporary, target)\n",
        (ATOMIC,),
    ),
    Slip(
        "the files of a store are not synchronised before it takes its name",
        "datasets/storage/atomic.py",
        "        yield temporary\n        _synchronise_files(temporary)\n",
        "        yield temporary\n",
        (ATOMIC,),
    ),
    Slip(
        "changed defaults of a generator are accepted on resume",
        "generators/run/shards.py",
        ' and found["ensembles"] == manifest["ensembles"]',
        "",
        (RUN_FAULTS,),
    ),
    Slip(
        "a shard of another ensemble counts",
        "generators/run/shards.py",
        'if (label["digest"], label["index"]) != (self.digest, self.index):',
        'if label["index"] != self.index:',
        (RUN_FAULTS,),
    ),
    Slip(
        "the margin of the lists of the vector kernel is doubled",
        "generators/liquids/vector_moves.py",
        "np.float32(0.5 * (skin - longest) - _ROUND_OFF)",
        "np.float32(1.0 * (skin - longest) - _ROUND_OFF)",
        ("generators/liquids/test_swap_monte_carlo.py",),
    ),
    Slip(
        "the Boltzmann weights of the plain kernel are those of twice the temperature",
        "generators/liquids/plain_moves.py",
        "math.exp(-change / temperature)",
        "math.exp(-0.5 * change / temperature)",
        (PLAIN_MOVES,),
    ),
    Slip(
        "the plain kernel accepts nothing that costs energy",
        "generators/liquids/plain_moves.py",
        "change <= 0.0 or uniform(state) < math.exp(-change / temperature)",
        "change <= 0.0",
        (PLAIN_MOVES,),
    ),
    Slip(
        "every strained core swirls",
        "validators/vortices/cores.py",
        "swirling=divergence**2 < 4.0 * np.linalg.det(gradient)",
        "swirling=divergence**2 < 8.0 * np.linalg.det(gradient)",
        ("validators/vortices/test_cores.py",),
    ),
    Slip(
        "the p-value of Welch's t is one-sided",
        "validators/comparisons/two_sample.py",
        "2.0 * stdtr(freedom, -statistic)",
        "stdtr(freedom, -statistic)",
        (TWO_SAMPLE,),
    ),
    Slip(
        "Student's quantile is one-sided",
        "validators/estimates/intervals.py",
        "stdtrit(sample_count - 1, 0.5 * (1.0 + level))",
        "stdtrit(sample_count - 1, level)",
        (INTERVALS,),
    ),
    Slip(
        "the exact interval is one-sided",
        "validators/estimates/intervals.py",
        "tail = 0.5 * (1.0 - level)",
        "tail = 1.0 - level",
        (INTERVALS,),
    ),
    Slip(
        "the ratio of Student's quantiles is not squared",
        "validators/estimates/intervals.py",
        "(t_factor(int(total), level) / t_factor(clusters, level)) ** 2",
        "(t_factor(int(total), level) / t_factor(clusters, level))",
        (INTERVALS,),
    ),
    Slip(
        "the margin of agreement is doubled",
        "validators/comparisons/two_sample.py",
        "\nMARGIN = 1.0\n",
        "\nMARGIN = 2.0\n",
        (TWO_SAMPLE,),
    ),
    Slip(
        "the margin of counts is doubled",
        "validators/comparisons/two_sample.py",
        "HALF_A_COUNT = 0.5",
        "HALF_A_COUNT = 1.0",
        (TWO_SAMPLE,),
    ),
    Slip(
        "a recorded verdict is not handed to the scorecard",
        "benchmark/scoring/claims_axis.py",
        "recorded=recorded.get(claim.id, {}),",
        "recorded={},",
        ("benchmark/scoring/test_claims_axis.py",),
    ),
    Slip(
        "a recorded claim that could not be judged is forgotten",
        "benchmark/scorecards/scorecard.py",
        "self.changed or self.missed or self.failed_controls",
        "self.changed or self.failed_controls",
        (SCORECARD,),
    ),
    Slip(
        "samples of one chain count as independent",
        "benchmark/submission/reading.py",
        "labels = (np.arange(count) * card.independent_chains // count).astype(np.int32)",
        "labels = np.arange(count).astype(np.int32)",
        (SUBMISSION,),
    ),
    Slip(
        "estimates do not see which samples share a chain",
        "validators/comparisons/quantities.py",
        "labels = np.arange(len(rows)) if chain is None else np.asarray(chain)",
        "labels = np.arange(len(rows))",
        ("validators/comparisons/test_chains.py",),
    ),
    Slip(
        "a packed archive is held as a whole before its size is looked at",
        "datasets/adapters/files/unpacking.py",
        "while chunk := stream.read(_CHUNK):",
        "while chunk := stream.read():",
        ("datasets/adapters/files/test_unpacking.py",),
    ),
    Slip(
        "samples are looked for in their own bin only",
        "validators/comparisons/sample_repetitions.py",
        "for near in (key - 1, key, key + 1)",
        "for near in (key,)",
        ("validators/comparisons/test_sample_repetitions.py",),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORD", help="only slips with this in their description")
    parser.add_argument("-o", type=Path, metavar="PAGE", help="write the table between the marks of a page")
    options = parser.parse_args()
    slips = [slip for slip in SLIPS if options.only in slip.what]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        copy.mkdir()
        for name in COPIED:
            copied(ROOT / name, copy / name)
        tests = sorted({test for slip in slips for test in slip.tests})
        if failed := failing(copy, tests):
            print(f"these fail without any slip: {failed}", file=sys.stderr)
            return 2
        rows = [(slip, planted(slip, copy)) for slip in slips]
    lines = ["| slip | in | noticed by |", "|---|---|---|"]
    lines += [f"| {slip.what} | `{slip.file}` | {seen or '**nobody**'} |" for slip, seen in rows]
    killed = sum(bool(seen) for _, seen in rows)
    lines += ["", f"{killed} of {len(rows)} slips are noticed."]
    print("\n".join(lines))
    if options.o:
        before, _, rest = options.o.read_text(encoding="utf-8").partition(BEGIN)
        text = "\n".join(lines)
        options.o.write_text(f"{before}{BEGIN}\n{text}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return int(killed < len(rows))


def copied(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)


def planted(slip: Slip, copy: Path) -> str:
    """The test that noticed the slip; empty if none did."""
    file = copy / "src" / "bosonpeak" / slip.file
    text, stamp = file.read_text(encoding="utf-8"), file.stat()
    if text.count(slip.right) != 1:
        raise SystemExit(f"{slip.what}: {slip.file} has its text {text.count(slip.right)} times, not once")
    try:
        file.write_text(text.replace(slip.right, slip.wrong), encoding="utf-8")
        with tempfile.TemporaryDirectory() as cache:
            # Kernels that are compiled already would hide a slip in what they call.
            found = failing(copy, slip.tests, {"NUMBA_CACHE_DIR": cache} if "import njit" in text else {})
    finally:
        file.write_text(text, encoding="utf-8")
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    print(f"{slip.what}: {found or 'SURVIVES'}", file=sys.stderr, flush=True)
    return found


def failing(copy: Path, tests: Sequence[str], settings: Mapping[str, str] = NOTHING) -> str:
    """The first of the tests that fails on the copy as it is; empty if all pass."""
    there = [f"tests/{test}" for test in tests if (copy / "tests" / test).exists()]
    if len(there) < len(tests):
        raise SystemExit(f"no such tests: {', '.join(sorted({f'tests/{test}' for test in tests} - set(there)))}")
    environment = os.environ | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"} | settings
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no", *there],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return ""
    reported = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if done.returncode != 1 or not reported:
        raise SystemExit(f"the tests could not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return f"`{reported[0].split()[1].removeprefix('tests/').split(' - ')[0].split('[')[0]}`"


if __name__ == "__main__":
    raise SystemExit(main())
