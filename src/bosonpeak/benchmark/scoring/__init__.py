"""Score of a submission: axes, tracks, and objections to the data."""
