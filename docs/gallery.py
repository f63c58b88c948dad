"""Pictures of the page of plots: each block of code that a picture follows is run, and its figure is written there."""

import os
import re
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "agg")

import matplotlib.pyplot as plt

PAGE = Path(__file__).parent / "plots.md"
PLACE = "generated/gallery"
ENTRY = re.compile(rf"```python\n((?:(?!```).)*)```\n\n!\[[^\]]+\]\({PLACE}/([a-z-]+)\.svg\)", re.DOTALL)
IMPORTS = "from bosonpeak import plot"


def entries() -> dict[str, str]:
    """Code of each picture by the name of its file."""
    return {name: code for code, name in ENTRY.findall(PAGE.read_text(encoding="utf-8"))}


def draw_gallery(folder: Path) -> None:
    """Write all pictures into a folder, on the ground of a light page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, code in entries().items():
        plt.close("all")
        exec(f"{IMPORTS}\n{code}", {})
        plt.gcf().savefig(folder / f"{name}.svg")
    plt.close("all")
