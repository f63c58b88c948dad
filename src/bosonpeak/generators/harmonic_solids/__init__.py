"""Harmonic solids from anywhere: matrices, operators, calculators, configurations and files, and their modes."""
