"""The figure of a claim: one file a family, and the registry of their names."""
