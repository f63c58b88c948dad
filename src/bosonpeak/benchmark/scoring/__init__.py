"""The score of a submission: its axes, their grades, and what counts against it."""
