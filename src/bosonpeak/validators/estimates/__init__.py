"""What every measurement takes and gives: mode lists, intervals, the `Estimate`."""
