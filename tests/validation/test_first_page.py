"""The table of exponents on the first page holds the numbers that the estimators give for the embedded glasses."""

import re
from pathlib import Path

import numpy as np
import pytest

from bosonpeak.datasets import open_dataset
from bosonpeak.validators import exponent_lower_bound, limit_exponent, limit_exponent_families, local_exponent

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CELLS = {
    "m = 2, T\\* = 1.00": ("taper-2", "T-1.00", "sizes", (500, 2000, 4000)),
    "m = 2, T\\* = 0.20": ("taper-2", "T-0.20", "sizes", (500, 2000, 4000)),
    "m = ∞, T\\* = 1.00": ("taper-inf", "T-1.00", "hot-sizes-inf", (500, 2000, 4000)),
    "m = ∞, T\\* = 0.20": ("taper-inf", "T-0.20", "sizes-inf", (500, 4000)),
}
# Glasses that no estimator was developed on: with the others in the columns of curves, alone in the bound.
CLOSED = {"m = 2, T\\* = 1.00": "limit/hot-taper-2", "m = ∞, T\\* = 1.00": "limit/hot-taper-inf"}


def row_of(cell):
    (line,) = [line for line in README.splitlines() if line.startswith(f"| {cell} |")]
    return [[float(number) for number in re.findall(r"\d+\.\d+", entry)] for entry in line.split("|")[2:6]]


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_exponents_of_the_first_page_are_measured(cell):
    dataset, group, others, sizes = CELLS[cell]
    ensembles = [open_dataset(f"limit/{dataset}", group=group)]
    ensembles += [open_dataset(f"limit/{others}", group=f"{group}/N-{size}") for size in sizes]
    closed = [open_dataset(CLOSED[cell], group=group)] if cell in CLOSED else []
    local, bound, one_family, families = row_of(cell)
    places = np.array([0.5, 0.3, 0.2]) * float(ensembles[0]["first_phonon"].mean())
    found = local_exponent([*ensembles, *closed], frequency=places, draws=50)["value"].values
    assert found[np.isfinite(found)] == pytest.approx(local, abs=0.051)
    assert exponent_lower_bound(closed or ensembles).low == pytest.approx(bound[0], abs=0.051)
    judged = limit_exponent(ensembles)
    assert [judged.value, judged.low, judged.high] == pytest.approx(one_family, abs=0.051)
    average = limit_exponent_families([*ensembles, *closed])
    limits = [limit for limit in (average.low, average.high) if np.isfinite(limit)]
    assert [average.value, *limits] == pytest.approx(families, abs=0.051)
