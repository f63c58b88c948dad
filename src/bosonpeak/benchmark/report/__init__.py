"""Views of a scorecard: HTML, terminal, JUnit; each depends on the scorecard alone."""
