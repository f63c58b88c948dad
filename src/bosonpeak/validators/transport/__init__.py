"""Waves and heat in a harmonic solid from its matrix: dynamic structure factor and diffusivity of modes."""
