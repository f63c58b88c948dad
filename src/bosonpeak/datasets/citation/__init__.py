"""Citation of datasets and of the papers that the data come from."""
