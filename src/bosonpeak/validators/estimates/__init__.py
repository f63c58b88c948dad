"""Inputs and results common to all measurements: mode lists, intervals, the `Estimate`."""
