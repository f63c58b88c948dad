"""Submissions: what a third party hands in, read, recomputed, compared, and turned into a score."""
