"""Answer the conformance cases of a run with TorchSim: ``python run.py RUN``.

TorchSim knows harmonic spheres (its soft spheres of exponent 2, a species a particle) and Lennard-Jones particles of
one size with a step at the cutoff; both in double precision.
"""

import importlib.metadata
import sys

import numpy as np
import torch
import torch_sim
from torch_sim.models.lennard_jones import LennardJonesModel
from torch_sim.models.soft_sphere import SoftSphereMultiModel

from bosonpeak.benchmark.leaderboard.answering import answer_cases
from bosonpeak.datasets.errors import NotApplicableError

DEVICE, DOUBLE = torch.device("cpu"), torch.float64


def model_of(problem):
    """The model of a case; NotApplicableError where TorchSim has none."""
    given, diameters = problem.interaction, problem.diameters
    count = len(diameters)
    if given["form"] == "harmonic":
        mean = torch.tensor(0.5 * (diameters[:, None] + diameters[None, :]), dtype=DOUBLE)
        return SoftSphereMultiModel(
            species=torch.arange(count),
            sigma_matrix=mean,
            epsilon_matrix=torch.ones_like(mean),
            alpha_matrix=torch.full_like(mean, 2.0),
            device=DEVICE,
            dtype=DOUBLE,
            use_neighbor_list=False,
            cutoff=float(diameters.max()),
        )
    one_size = np.ptp(diameters) == 0.0 and not given.get("mixture")
    if given["form"] == "lennard-jones" and given["truncation"] == "hard" and one_size:
        size = float(diameters[0])
        return LennardJonesModel(
            sigma=size, device=DEVICE, dtype=DOUBLE, use_neighbor_list=False, cutoff=given["cutoff"] * size
        )
    raise NotApplicableError("TorchSim has no such potential", where=problem.name)


class TorchSim:
    """TorchSim as a code under test."""

    name = "TorchSim"
    version = importlib.metadata.version("torch-sim-atomistic")

    def _computed(self, problem):
        model, count = model_of(problem), len(problem.positions)
        places, box = np.zeros((count, 3)), np.full(3, float(problem.box.max()))
        places[:, : problem.dimension], box[: problem.dimension] = problem.positions, problem.box
        state = torch_sim.SimState(
            positions=torch.tensor(places, dtype=DOUBLE),
            masses=torch.ones(count, dtype=DOUBLE),
            cell=torch.diag(torch.tensor(box, dtype=DOUBLE)).unsqueeze(0),
            pbc=True,
            atomic_numbers=torch.ones(count, dtype=torch.int64),
        )
        return model(state)

    def energy(self, problem):
        """Total potential energy."""
        return float(self._computed(problem)["energy"].item())

    def forces(self, problem):
        """Force on every particle."""
        return self._computed(problem)["forces"].detach().numpy()[:, : problem.dimension].copy()


if __name__ == "__main__":
    answer_cases(TorchSim(), sys.argv[1], source="https://github.com/TorchSim/torch-sim")
