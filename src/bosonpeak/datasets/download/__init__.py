"""Download of released data files through pooch: servers in order, digest checked, cached."""
