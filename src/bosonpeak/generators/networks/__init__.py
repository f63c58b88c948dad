"""Spring networks: dynamical matrix, modes, mode counts and effective stiffness."""
