"""Local moduli of media of known truth: gamma and k_xi by `modulus_correlation` against those of the media.

Run ``python performance/moduli_of_known_media.py``; it prints a table of
``docs/methods/parameter-free-boson-peak.md``. A minute on one core.
"""

from __future__ import annotations

import numpy as np

from bosonpeak.generators.media import correlated_medium
from bosonpeak.generators.networks.homogenisation import node_shares
from bosonpeak.generators.theories.heterogeneous_elasticity.measured_medium import measured_medium
from bosonpeak.validators.theories import modulus_correlation

SHAPES = {(64, 64): 6, (24, 24, 24): 2}
DEVIATIONS = (0.1, 0.3, 0.6, 1.0)
CUTOFF = 0.6


def main() -> None:
    """Print the table."""
    print("| d | deviation of ln G | γ over true γ | k_ξ over true k_ξ | G₀ over true G₀ |")
    print("|---|---|---|---|---|")
    for shape, samples in SHAPES.items():
        axes = np.meshgrid(*[np.arange(length) for length in shape], indexing="ij")
        grid = np.stack([axis.ravel() for axis in axes][::-1], axis=1).astype(np.float64)
        for deviation in DEVIATIONS:
            shares, variances = [], []
            for seed in range(samples):
                medium, modulus = correlated_medium(shape, cutoff=CUTOFF, deviation=deviation, seed=seed)
                arguments = (medium.bonds, medium.conductance, medium.point_count, medium.bond_vectors)
                shares.append(node_shares(*arguments, lattice_shape=medium.shape))
                variances.append(modulus.var())
            found = modulus_correlation([grid] * samples, shares, shape[0], shear_over_longitudinal=None, largest=2.0)
            local, modulus = found.at_length(0.0), float(found.modulus.mean())
            made = measured_medium(local.variance / modulus**2, 1.0, dimension=len(shape), scalar=True)
            truth = float(np.mean(variances)) / len(shape)
            print(
                f"| {len(shape)} | {deviation:g} | {made.disorder / truth:.2f} | {local.cutoff / CUTOFF:.2f} | "
                f"{modulus / made.softening:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
