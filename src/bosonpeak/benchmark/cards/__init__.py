"""Card of a submission: its statements, its parser, and its consistency checks."""
