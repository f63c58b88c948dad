"""Minimisers: ways down the potential energy of particles, each of which may end in another minimum."""
