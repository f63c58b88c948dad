"""Run of an ensemble: recipe, workers, finished samples, and output file."""
