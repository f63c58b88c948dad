"""Ensembles of a dataset: names with groups, selection by parameters, blocks joined to the whole."""
