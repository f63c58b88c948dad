"""Views of a scorecard: HTML, terminal, JUnit; each is drawn from the scorecard and from nothing else."""
