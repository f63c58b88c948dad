"""Datasets, generators, validators and a scored benchmark for the vibrational anomalies of amorphous solids."""

__version__ = "0.1.0"
