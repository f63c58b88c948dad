"""Waves: how much of a mode is plane waves, and how sound is damped."""
