"""Particles: pair potentials, diameters and neighbour lists."""
