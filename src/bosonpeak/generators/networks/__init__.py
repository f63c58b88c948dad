"""Spring networks: their dynamical matrix, modes, mode counts and effective stiffness."""
