"""The plots on the first page and in the gallery run as they are written."""

import importlib.util
import re
from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[2]


def test_code_of_the_first_page_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL):
        if "plot" in block:
            exec(block, names)
    assert (tmp_path / "boson-peak.svg").stat().st_size > 10_000
    assert all(axes.lines or axes.collections for number in plt.get_fignums() for axes in plt.figure(number).axes)


def test_every_block_of_the_gallery_has_its_picture(tmp_path, monkeypatch):
    specification = importlib.util.spec_from_file_location("gallery", ROOT / "docs" / "gallery.py")
    gallery = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(gallery)
    text = gallery.PAGE.read_text(encoding="utf-8")
    shown = text[text.index("## Gallery") :]
    code = gallery.entries()
    assert len(code) == shown.count("```python") == shown.count("![")
    drawn = {function for block in code.values() for function in re.findall(r"plot\.(\w+)", block)}
    table = set(re.findall(r"^\| `(\w+)`", text, flags=re.MULTILINE))
    assert table
    assert table <= drawn
    saved = []
    monkeypatch.setattr(plt.Figure, "savefig", lambda figure, path, **_: saved.append((path.stem, figure.axes)))
    gallery.draw_gallery(tmp_path)
    assert [name for name, _ in saved] == list(code)
    assert all(axes[0].lines or axes[0].collections for _, axes in saved)
