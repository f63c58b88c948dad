"""Readers of foreign data: each takes the bytes of an untrusted file and returns checked arrays."""
