"""Simulation codes behind one interface: our own, LAMMPS, matscipy, ASE."""
