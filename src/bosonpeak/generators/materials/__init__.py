"""Glasses of real materials: force fields from the literature, melt and quench by LAMMPS, harmonic properties."""
