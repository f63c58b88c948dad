"""Elastic continua on a grid: modulated media, Bloch bands, weak modulation."""
