"""Minimisers of the potential energy of particles; different minimisers may end in different minima."""
