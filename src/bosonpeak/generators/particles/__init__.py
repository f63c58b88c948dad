"""Particles: pair potentials, diameters, and who is whose neighbour."""
