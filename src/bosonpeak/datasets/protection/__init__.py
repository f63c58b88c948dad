"""A process that reads strangers' files and can do nothing else: what locks it in, and how one talks to it."""
