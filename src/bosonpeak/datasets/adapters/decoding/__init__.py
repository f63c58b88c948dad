"""From bytes to arrays: the readers of all formats, called in place or in a protected process."""
