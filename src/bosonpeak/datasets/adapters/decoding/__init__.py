"""Decoding of files to arrays: the readers of all formats, called in this process or in a protected process."""
