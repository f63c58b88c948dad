"""Does a code compute the right thing? Small cases, references in extended precision, scores in matching digits."""
