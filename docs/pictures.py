"""Draw the README's picture again: `python docs/pictures.py`.

It is the first panel of the figure that the claims about the limit share, measured on the embedded glasses.
"""

from pathlib import Path

from bosonpeak import verify
from bosonpeak.benchmark.report.figure_files import write_figure
from bosonpeak.benchmark.scorecards.figure import Figure

PICTURE = Path(__file__).parent / "pictures" / "modes-of-all-sizes.svg"


def main() -> None:
    """Judge one of the claims, and write the panel of all sizes beside this file."""
    (figure,) = verify(claims=["LB-1"]).figures.values()
    panel = Figure("Modes per particle below a frequency", figure.caption, figure.panels[:1])
    PICTURE.parent.mkdir(exist_ok=True)
    write_figure(panel, PICTURE, "svg")


if __name__ == "__main__":
    main()
