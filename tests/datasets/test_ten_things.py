"""The page of ten things: each runs in at most two lines, and gives the numbers that the page states."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ten-things.md"
SECTIONS = re.split(r"\n(?=\*\*\d+\. )", PAGE.read_text(encoding="utf-8"))
BLOCKS = [re.findall(r"```python\n(.*?)```", section, re.DOTALL) for section in SECTIONS]


@pytest.fixture(scope="module")
def names(data_release):
    """Everything that the page defines, run from top to bottom."""
    found = {}
    for (block,) in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), found)
    return found


def test_there_are_ten_of_at_most_two_lines():
    assert [re.match(r"\*\*(\d+)\.", section)[1] for section in SECTIONS[1:]] == [str(k) for k in range(1, 11)]
    assert [len(blocks) for blocks in BLOCKS] == [1] * 11
    assert all(len(block.splitlines()) <= 2 for (block,) in BLOCKS[1:])


def test_one_glass_is_the_same_in_every_variable(names):
    raw, glass = names["glasses"], names["glass"]
    row = raw["configuration"].values.tolist().index(12)
    assert row != 12
    assert np.array_equal(glass["eigenvector"], raw["eigenvector"].values[row])
    assert np.array_equal(glass["position"], raw["position"].values[row])
    assert np.array_equal(glass["eigenfrequency"], raw["eigenfrequency"].values[12])


def test_participation_ratios_are_compared_by_label(names):
    ratio, recorded = names["ratio"], names["recorded"]
    assert ratio.sizes == recorded.sizes
    # Components with nine significant bits are wrong by 2^-9 at most, hence the ratio by 8 times this.
    assert ratio.values == pytest.approx(recorded.values, rel=2.0**-6)
    assert ratio.sel(configuration=12).values == pytest.approx(
        names["glasses"]["participation_ratio"].values[12, :8], rel=2.0**-6
    )


def test_modes_are_counted_once(names):
    assert names["count"] == pytest.approx(143.0)
    assert np.count_nonzero(names["glasses"]["eigenfrequency"].values < 0.5) == 143


def test_the_curves_and_exponents_have_intervals(names):
    assert names["curve"].dims == ("frequency",)
    peak = names["peak"]
    assert (round(peak.value, 2), round(peak.low, 2), round(peak.high, 2)) == (1.28, 1.18, 1.39)
    assert any(warning.startswith("local exponent") for warning in names["local"].warnings)
    assert 2.0 < names["limit"].low < names["limit"].value < names["limit"].high


def test_tables_are_by_parameter_and_chain(names):
    assert names["first_phonon"].index.tolist() == [0.15, 0.2, 1.0]
    glasses = names["glasses"]
    assert names["first_phonon"][0.2] == pytest.approx(float(glasses["first_phonon"].mean()))
    assert len(names["table"]) == 300
    assert names["by_chain"][3] == pytest.approx(float(glasses["shear_modulus"][glasses["chain"] == 3].mean()))


def test_neighbours_are_those_of_the_text(names):
    assert names["springs"].value == pytest.approx(3.75, abs=0.005)
    assert names["neighbours"].value == pytest.approx(12.5, abs=0.05)
    assert round(float(names["glasses"]["contact_number"].mean())) == 31


def test_the_release_and_the_units(names):
    assert 0.0 < float(names["softest"]) < float(names["glasses"]["shear_modulus"].mean())
    argon, glasses = names["argon"]["eigenfrequency"], names["glasses"]["eigenfrequency"]
    scale = np.sqrt(0.0104 * 1.602176634e-19 / (39.948 * 1.66053906660e-27)) / 0.34e-9
    assert argon.attrs["units"] == "s-1"
    assert argon.values == pytest.approx(scale * glasses.values, rel=1e-8)
