from .mode_picture import mode_figure as mode_figure
