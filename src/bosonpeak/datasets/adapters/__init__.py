"""Readers of data that somebody else computed; each takes foreign bytes and returns checked arrays."""
