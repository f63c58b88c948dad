"""Submissions of third parties: reading, recomputation, comparison with the reference data, and scoring."""
