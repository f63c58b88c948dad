"""Claims tested against reference data: claim files, verdicts and verification."""
