"""Place of `mode_figure` for one version more; the picture is drawn by `bosonpeak.plot`."""

from bosonpeak.plot.mode_picture import mode_figure as mode_figure
