"""Sample generators for quantities resolved in space or wave vector: energy densities, currents, moduli."""
