"""Spectra against Debye's law: the Debye level, the excess over it, phonon shells, Van Hove peaks."""
