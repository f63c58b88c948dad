"""Run of an ensemble: recipe, workers, finished samples, and output file.

`bosonpeak.generators.load_recipe` reads a recipe, `bosonpeak.generators.recipe` replaces its parameters, and
`bosonpeak.generators.generate_ensemble` runs it through Dask and resumes an interrupted run.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
