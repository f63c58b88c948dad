"""The run of an ensemble: recipe, workers, finished samples, and the file that they end in."""
