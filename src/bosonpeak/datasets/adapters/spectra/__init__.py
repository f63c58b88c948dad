"""Eigenfrequencies that somebody else computed: tables and arrays, cleaned and labelled."""
