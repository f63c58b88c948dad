"""Vortices: genuine vortex modes distinguished from superposed waves, curl content, cores and enstrophy."""
