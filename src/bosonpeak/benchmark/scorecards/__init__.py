"""The scorecard: what is recorded of claims, figures and scores, and its published schema."""
