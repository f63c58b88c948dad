"""Comparison of two ensembles: agreement, copied samples, selected samples."""
