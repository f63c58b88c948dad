"""Two potentials for silicon by matscipy, for the track vibrations.

    pip install 'bosonpeak[ase]' matscipy
    cd examples/vibrations
    bosonpeak conformance run --track vibrations --ase silicon_potentials:tersoff --answers tersoff

A function with an argument gets the structure; it returns None where the potential has no such elements.
"""

from matscipy.calculators.manybody import Manybody
from matscipy.calculators.manybody.explicit_forms import StillingerWeber, TersoffBrenner
from matscipy.calculators.manybody.explicit_forms.stillinger_weber import Stillinger_Weber_PRB_31_5262_Si
from matscipy.calculators.manybody.explicit_forms.tersoff_brenner import Tersoff_PRB_39_5566_Si_C


def stillinger_weber(structure):
    """Stillinger and Weber, Physical Review B 31, 5262 (1985)."""
    return Manybody(**StillingerWeber(Stillinger_Weber_PRB_31_5262_Si)) if structure.material == "silicon" else None


def tersoff(structure):
    """Tersoff, Physical Review B 39, 5566 (1989)."""
    return Manybody(**TersoffBrenner(Tersoff_PRB_39_5566_Si_C)) if structure.material == "silicon" else None
