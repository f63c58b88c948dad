"""Waves: plane-wave content of modes, and damping of sound."""
