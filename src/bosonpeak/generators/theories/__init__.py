"""Theories of the vibrations of disordered solids, solved."""
