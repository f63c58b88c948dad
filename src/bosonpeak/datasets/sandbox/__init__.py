"""Sandboxed process for reading untrusted files: confinement and message exchange."""
