"""Who is to be cited: the papers that data come from, and the data themselves."""
