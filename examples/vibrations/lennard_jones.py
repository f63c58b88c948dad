"""The Kob-Andersen mixture by matscipy, beside the same pairs in LAMMPS, for the track vibrations.

pip install 'bosonpeak[ase]' matscipy
cd examples/vibrations
bosonpeak conformance run --track vibrations --ase lennard_jones:kob_andersen --answers results \
        --structures kob-andersen-200-0
"""

from matscipy.calculators.pair_potential import LennardJonesLinear, PairPotential

NICKEL, PHOSPHORUS = 28, 15
EPSILON, SIGMA, CUTOFF = 0.5, 2.2, 2.5  # eV and angstrom of the interaction AA; cutoff over the length of each pair


def kob_andersen(structure):
    """W. Kob and H. C. Andersen, Physical Review E 51, 4626 (1995), with force-shifted pairs."""
    if structure.material != "kob-andersen":
        return None
    kinds = {(NICKEL, NICKEL): (1.0, 1.0), (NICKEL, PHOSPHORUS): (1.5, 0.8), (PHOSPHORUS, PHOSPHORUS): (0.5, 0.88)}
    return PairPotential(
        {
            pair: LennardJonesLinear(energy * EPSILON, length * SIGMA, CUTOFF * length * SIGMA)
            for pair, (energy, length) in kinds.items()
        }
    )
