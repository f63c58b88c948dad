"""The card that comes with a submission: what it states, how it is read, what contradicts it."""
