"""Measures that claims can name: validators applied to the ensembles of registered datasets.

A measure takes ``open_cell``, which opens an ensemble by its group name, the name of its own group, and the parameters
of the claim, and returns one `Estimate`. A measure that compares two datasets takes the name of the second as its
parameter ``other_dataset``. The `registry` names the place of each measure; a place in `validators` is bound to the one
ensemble at hand, and modules here hold the measures that open several ensembles or need a generator.
"""
