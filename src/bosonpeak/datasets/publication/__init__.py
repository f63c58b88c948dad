"""What a data release needs to be trusted and found: mirrors to serve, cards, metadata, signatures, checks."""
