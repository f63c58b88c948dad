"""Modules of the package that a short script loads: an import that drags in another room is noticed here."""

import subprocess
import sys

import pytest

COUNT = "import sys; print(sum(name.partition('.')[0] == 'bosonpeak' for name in sys.modules))"
ARRAY = "import numpy as np; modes = np.sort(np.random.default_rng(1).random((50, 20)), axis=1)"

SCORE = """
import tempfile
from pathlib import Path
import numpy as np
from bosonpeak.benchmark import score
with tempfile.TemporaryDirectory() as folder:
    card = ['system = "spring-network"', "dimension = 2", "nodes = 9", "displacement = 0.0", "situation = 1"]
    (Path(folder) / "card.toml").write_text("\\n".join(card))
    np.savetxt(Path(folder) / "frequencies.txt", np.sqrt([0.0, 3.0, 3.0, 3.0, 3.0, 6.0, 6.0, 6.0, 6.0]))
    score(folder, trust_files=True)
"""


def loaded_modules(script):
    run = subprocess.run(
        [sys.executable, "-c", f"{script}\n{COUNT}"], capture_output=True, text=True, check=True, timeout=300
    )
    return int(run.stdout.split()[-1])


@pytest.mark.parametrize(
    ("script", "budget"),
    [
        ("from bosonpeak.validators import Estimate", 5),
        (f"{ARRAY}; from bosonpeak.validators import exponent; exponent(modes, first_phonon=2.0)", 16),
        ("import bosonpeak; bosonpeak.open('network/nine-node', group='added')", 27),
        ("from bosonpeak.benchmark import load_claims; load_claims()", 35),
        ("from bosonpeak.benchmark import verify; verify(claims=['NET-6'])", 120),
        (SCORE, 210),
    ],
    ids=["import", "exponent of an array", "open", "claims", "verify of one claim", "score"],
)
def test_a_short_script_loads_few_modules(script, budget):
    assert loaded_modules(script) <= budget
