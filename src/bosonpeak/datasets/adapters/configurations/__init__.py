"""Particle configurations of LAMMPS, ASE, GSD and extended XYZ, checked and labelled."""
