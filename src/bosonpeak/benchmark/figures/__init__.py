"""The figure of a claim, drawn from what was measured: one file a family, and the registry of their names."""
