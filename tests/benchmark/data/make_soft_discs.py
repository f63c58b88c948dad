"""Make soft_discs.npz: twelve glasses of 400 soft discs in the regime glass/modes-2d/m-2/T-1.00, from another seed.

An honest submission to attack: python make_soft_discs.py (a minute).
"""

from pathlib import Path

import numpy as np

from bosonpeak.generators.sample_generators.glasses import SOFT_SPHERE_GLASSES

PARAMETERS = {
    "particles": 400,
    "dimension": 2,
    "taper": 2.0,
    "temperature": 1.0,
    "equilibration_sweeps": 2000,
    "sweeps_between": 500,
    "record_every": 500,
    "glasses": 3,
    "configurations": 3,
    "eigenvectors": 1,
    "lowest_modes": 20,
    "highest_modes": 0,
}
SEED = 987
CHAINS = 12


def main() -> None:
    generator = SOFT_SPHERE_GLASSES
    parameters = generator.check(PARAMETERS)
    chains = [generator.sample(parameters, np.random.SeedSequence(SEED, spawn_key=(k,))) for k in range(CHAINS)]
    np.savez_compressed(
        Path(__file__).with_name("soft_discs.npz"),
        position=[chain["position"][-1] for chain in chains],
        diameter=[chain["diameter"][-1] for chain in chains],
    )


if __name__ == "__main__":
    main()
