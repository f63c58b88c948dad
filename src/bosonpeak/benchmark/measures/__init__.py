"""Measures that claims can name: a validator applied to one ensemble of a dataset.

A measure takes ``open_cell``, which opens an ensemble by its group name, the group it is to look at, and the
parameters that the claim gives, and returns one `Estimate`. One that compares two datasets takes the name of the other
as its parameter ``other_dataset``.
"""
