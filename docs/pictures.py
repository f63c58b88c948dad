"""Draw the README's picture again: `python docs/pictures.py`.

Boson peaks of a glass and of amorphous silicon beside the local exponent of the ensembles for the limit, for light and
for dark pages.
"""

import io
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

import bosonpeak
from bosonpeak.plot.palette import INK

PICTURES = Path(__file__).parent / "pictures"

LIGHT = {"text.color": "#1b1e23", "axes.labelcolor": "#1b1e23", "xtick.color": "#1b1e23", "ytick.color": "#1b1e23"}
DARK = dict.fromkeys(LIGHT, "#e6e8eb") | {"axes.edgecolor": "#e6e8eb"}
PLAIN = {"font.size": 11.0, "svg.hashsalt": "bosonpeak", "svg.fonttype": "none", "font.family": ["sans-serif"]}


def main() -> None:
    """Write the picture for light and for dark pages."""
    PICTURES.mkdir(exist_ok=True)
    for name, colours in (("light", LIGHT), ("dark", DARK)):
        with matplotlib.rc_context(PLAIN | colours):
            (PICTURES / f"boson-peak-{name}.svg").write_bytes(first_picture(dark=name == "dark"))


def first_picture(*, dark: bool) -> bytes:
    """Boson peaks beside s(omega), as SVG on a transparent ground."""
    canvas = Canvas(figsize=(9.6, 6.0), layout="constrained", facecolor="none")
    panels = canvas.subplot_mosaic([["glass", "exponent"], ["silicon", "exponent"]])
    peaks = {"T* = 1.00": "glass/taper-2/T-1.00", "T* = 0.15": "glass/taper-2/T-0.15"}
    bosonpeak.plot.reduced_density(peaks, ax=panels["glass"], units="omega_0")
    panels["glass"].set_title("boson peak: soft spheres, m = 2", fontsize="medium")
    sizes = {"512 atoms": "material/silicon-512", "216 atoms": "material/silicon"}
    bosonpeak.plot.reduced_density(sizes, ax=panels["silicon"], units="THz")
    panels["silicon"].set_title("amorphous silicon: single waves below 3 THz", fontsize="medium")
    panels["silicon"].set_xlim(0.0, 10.0)
    slopes = {"m = 2, T* = 1.00": "limit/hot-taper-2/T-1.00", "m = ∞, T* = 1.00": "limit/hot-taper-inf/T-1.00"}
    bosonpeak.plot.local_exponent(slopes, ax=panels["exponent"])
    panels["exponent"].set_title("g(ω) ~ ωˢ: local exponent s below the first phonon", fontsize="medium")
    for axes in panels.values():
        axes.set_facecolor("none")
        if dark:
            _recolour(axes)
    stream = io.BytesIO()
    canvas.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _recolour(axes: Axes) -> None:
    """Lines in ink become light, and the grid dim, for a dark page."""
    axes.grid(True, color="#3a3f46")
    for line in (*axes.get_lines(), *axes.get_legend().legend_handles):
        if isinstance(line, Line2D) and line.get_color() == INK:
            line.set_color(DARK["text.color"])


if __name__ == "__main__":
    main()
