"""Answer the conformance cases of a run: ``python run.py RUN``."""

import sys

from bosonpeak.benchmark.conformance.simulation_code import simulation_code
from bosonpeak.benchmark.leaderboard.answering import answer_cases

if __name__ == "__main__":
    answer_cases(simulation_code("lammps"), sys.argv[1], source="https://www.lammps.org")
