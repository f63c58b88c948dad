"""The plots on the first page and on the page of plots run as they are written."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["README.md", "docs/plots.md"])
def test_code_of_a_page_draws(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    for block in blocks:
        if "plot" in block:
            exec(block, names)
    assert (tmp_path / "boson-peak.svg").stat().st_size > 10_000
    assert all(axes.lines or axes.collections for number in plt.get_fignums() for axes in plt.figure(number).axes)
