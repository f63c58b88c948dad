"""Sample generators of what is resolved in space or in wave vectors: energy densities, current correlations, moduli."""
