"""Words of a page: how results are said, set and cited."""
