"""Correctness test of simulation codes: small cases, extended-precision references, scores in matching digits."""
