"""Scorecard: records of claims, figures and scores, and the published schema."""
