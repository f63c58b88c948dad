"""What a recipe names: the generators of labelled samples, one file a family."""
