"""Commented cards to start from, one for each system; their values are also the examples of error messages."""

from __future__ import annotations

import re

from bosonpeak.datasets.errors import CardError, did_you_mean

_HEAD = """\
# Card of a run for `bosonpeak score`. Save this file as card.toml in the folder of the data, correct the values,
# and run: bosonpeak score FOLDER. Lines that begin with "# key =" are optional; delete the first sign to use one.
"""

_TAIL = """\
# path = "data"             # file or folder inside the run; needed for several ensembles only
# samples_made = 24         # number of samples made, including discarded samples
# independent_chains = 8    # number of independent runs, in equal shares and in order

[code]
name = "my code"
version = "1.0"

[provenance]                # all optional
# authors = "A. Author"
# licence = "CC-BY-4.0"
# source = "https://doi.org/10.5281/zenodo.0000000"
# hardware = "16 cores, double precision"
# seeds = "1 to 24"
"""

_NETWORK = """\
system = "spring-network"
dimension = 2
nodes = 3600                # 60 x 60, the square of a side
displacement = 0.2          # delta in units of the lattice constant, from 0 to 1
situation = 2               # 1: 4 neighbours, t = t0 a/r; 2: pairs closer than a + delta, t = t0 a/r; 3: as 2, t = t0
quantity = "frequency"      # or "eigenvalue", "frequency_over_2pi"
units = "sqrt(t0/m)"        # of the angular frequency; "1" with t0 = m = 1
# columns = "samples"       # text files only: one sample per column
"""

_SOFT_SPHERES = """\
system = "soft-spheres"
dimension = 2
particles = 400
density = 1.0
parent_temperature = 1.0    # of the liquid that was quenched
taper = 2                   # order of the smooth end of the potential, "inf" for the exponential end
cutoff = 1.955              # distance, the same for all pairs
exponent = 12               # of the repulsion (a_ij/r)^n
quantity = "frequency"      # or "eigenvalue", "frequency_over_2pi"
units = "1"                 # reduced units
# truncation = "hard"       # in place of taper: "hard" or "shifted"; cutoff is then a multiple of a_ij
# cutoff_common = true      # the cutoff is the same distance for all pairs
# diameters = { 1 = 1.0, 2 = 1.4 }  # by type, for particles without sizes
"""

_LENNARD_JONES = """\
system = "lennard-jones"
dimension = 3
particles = 1000
density = 1.0
parent_temperature = 1.0    # of the liquid that was quenched
truncation = "shifted"      # "hard", "shifted", "force-shifted", or "tapered" with a taper
cutoff = 2.5                # in units of a_ij
quantity = "frequency"      # or "eigenvalue", "frequency_over_2pi"
units = "1"                 # reduced units
# taper = 2                 # order of the smooth end, with truncation = "tapered"
# cutoff_common = true      # the cutoff is the same distance for all pairs
# diameters = { 1 = 1.0, 2 = 1.4 }  # by type, for particles without sizes
"""

TEMPLATES = {
    system: f"{_HEAD}\n{body}{_TAIL}"
    for system, body in (
        ("soft-spheres", _SOFT_SPHERES),
        ("spring-network", _NETWORK),
        ("lennard-jones", _LENNARD_JONES),
    )
}
_ENTRY = re.compile(r"(?:# )?(?P<key>\w+) = (?P<value>\{.*?\}|\"[^\"]*\"|[^#\s]+)")


def card_template(system: str) -> str:
    """Commented card of a system; `CardError` with the nearest name if there is no template of this name."""
    if system not in TEMPLATES:
        raise CardError(
            "there is no template of this system",
            expected=", ".join(TEMPLATES),
            got=repr(system),
            likely_cause=did_you_mean(system, TEMPLATES),
        )
    return TEMPLATES[system]


def example_of(key: str, system: object) -> str:
    """Example line of a key, from the template of the system, else of any template; empty if none has the key."""
    own = TEMPLATES.get(system, "") if isinstance(system, str) else ""
    for text in (own, *TEMPLATES.values()):
        for line in text.splitlines():
            if (entry := _ENTRY.match(line)) and entry["key"] == key:
                return f"{key} = {entry['value']}"
    return ""
