"""Claims held against reference data: the claim file, the verdict, the verification."""
