"""How often the rule of verdicts errs: claims of known truth, judged on simulated estimates.

    python performance/verdicts.py [--trials 20000]

A claim has parts, a part has ensembles, an ensemble has chains whose means scatter normally, with heavy tails or
skewed. The truth is that of the claim (at the centre of its regions, anywhere in them, at their edges) or of its rival
(one tolerance beyond the edge, in one ensemble of the main part, in the main part, or everywhere).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable

import numpy as np

from bosonpeak.benchmark.judging.verdicts import combine, judge
from bosonpeak.benchmark.scorecards.claim_results import Expectation, Verdict
from bosonpeak.validators.estimates.estimate import Estimate
from bosonpeak.validators.estimates.intervals import LEVEL, mean_interval

SHAPES = {"one comparison": (1, 1), "three parts of four ensembles": (3, 4), "twelve parts of three": (12, 3)}
SCATTER: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda generator, count: generator.standard_normal(count),
    "Student's t, 5 degrees": lambda generator, count: generator.standard_t(5.0, count) / np.sqrt(5.0 / 3.0),
    "skewed (exponential)": lambda generator, count: generator.exponential(1.0, count) - 1.0,
}
REGION = Expectation(-1.0, 1.0, "of half-width 1")


def truths(generator: np.random.Generator, parts: int, ensembles: int) -> dict[str, np.ndarray]:
    """The true value in each ensemble of each part, by what is true."""
    centre = np.zeros((parts, ensembles))
    one_ensemble, one_part = centre.copy(), centre.copy()
    one_ensemble[0, 0], one_part[0] = 2.0, 2.0
    return {
        "claim, at the centre": centre,
        "claim, anywhere inside": generator.uniform(-1.0, 1.0, centre.shape),
        "claim, at the edge": np.ones_like(centre),
        "rival, in one ensemble of the main part": one_ensemble,
        "rival, in the main part": one_part,
        "rival, everywhere": np.full_like(centre, 2.0),
    }


def verdict_on(
    truth: np.ndarray, spread: float, chains: int, scatter: str, generator: np.random.Generator
) -> tuple[Verdict, bool]:
    """The verdict on a simulated claim, and whether any part of it came out refuted."""
    parts, ensembles = truth.shape
    found = []
    for values in truth:
        judgements = []
        for value in values:
            sample = value + spread * np.sqrt(chains) * SCATTER[scatter](generator, chains)
            estimate = Estimate("value", *mean_interval(sample), LEVEL, chains, "mean over chains")
            judgements.append(judge(estimate, REGION, comparisons=parts * ensembles, together=ensembles))
        found.append(combine(judgements, [("test", str(index)) for index in range(ensembles)])[0])
    return found[0], "refuted" in found


def main() -> None:
    """Print a table of what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=2000)
    arguments = parser.parse_args()
    generator = np.random.default_rng(20261122)
    print("| claim | truth | error, chains, scatter | supported | undecided | refuted | some part refuted |")
    print("|---|---|---|---|---|---|---|")
    for shape, (parts, ensembles) in SHAPES.items():
        for spread, chains, scatter in [
            (0.2, 25, "normal"),
            (0.2, 6, "normal"),
            (0.2, 12, "Student's t, 5 degrees"),
            (0.2, 12, "skewed (exponential)"),
        ]:
            for truth in truths(generator, parts, ensembles):
                counts, lost = Counter[Verdict](), 0
                for _ in range(arguments.trials):
                    values = truths(generator, parts, ensembles)[truth]
                    verdict, refuted = verdict_on(values, spread, chains, scatter, generator)
                    counts[verdict] += 1
                    lost += refuted
                shares = [counts[verdict] / arguments.trials for verdict in ("supported", "undecided", "refuted")]
                cells = [f"{100 * share:.1f}" for share in (*shares, lost / arguments.trials)]
                print(f"| {shape} | {truth} | {spread}, {chains}, {scatter} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
