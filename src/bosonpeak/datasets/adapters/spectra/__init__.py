"""Foreign eigenfrequencies: tables and arrays, cleaned and labelled."""
