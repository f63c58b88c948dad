"""Score of a submission: axes, grades, and objections to the data."""
