"""Publication of a data release: mirrors, data cards, metadata, signatures and checks."""
