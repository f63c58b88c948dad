"""Claims held against reference data: the claim and its file, the verdict, the verification."""
