"""Files of strangers before their numbers mean anything: what they are, what they hold, what is refused."""
