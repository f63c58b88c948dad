"""Untrusted files before interpretation: format, content and safety checks."""
