"""Vortices: genuine ones told from superposed waves, curl, cores and enstrophy."""
