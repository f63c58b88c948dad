"""Simulation codes with a common interface: this package, LAMMPS, matscipy, ASE."""
