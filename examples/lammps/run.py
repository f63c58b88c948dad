"""Answer the cases of a run and make the ensembles of the other tracks: ``python run.py RUN``.

Some twenty minutes of one core; chains and networks run side by side on as many as there are.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import glasses
import networks

from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard.answering import answer_cases

SITUATIONS = (1, 2)


def make_ensembles(run: Path, seed: int) -> str:
    """Compute everything, and say what the card says of it."""
    for name in (*glasses.LIQUIDS, *map(_folder, SITUATIONS)):
        (run / name).mkdir()
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        chains = {
            path: [pool.submit(glasses.write_chain, run, path, chain, seed) for chain in range(liquid.chains)]
            for path, liquid in sorted(glasses.LIQUIDS.items(), key=lambda entry: -entry[1].waiting)
        }
        made = [
            pool.submit(networks.write_network, run / _folder(situation) / f"network-{k:02d}.npz", situation, seed + k)
            for situation in SITUATIONS
            for k in range(networks.SAMPLES)
        ]
        cards = [
            glasses.card(run, path, [row for chain in done for row in chain.result()]) for path, done in chains.items()
        ]
        for network in made:
            network.result()
    return "".join([*cards, *(networks.card(_folder(situation), situation) for situation in SITUATIONS)])


def _folder(situation: int) -> str:
    return f"network-{situation}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    ensembles = make_ensembles(folder, int(os.environ.get("BOSONPEAK_BOARD_SEED", "1")))
    answer_cases(simulation_code("lammps"), folder, source="https://www.lammps.org", others=ensembles)
